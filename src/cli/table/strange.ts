/** What is strange about rows that a model is to judge: told before any of them is encoded. */
import type { Features, Field, Table } from '../../data/index.js';
import { namesOf, numbersOf, truthOf } from '../../data/table/cells.js';
import { type Column, numberIn } from '../../data/table/column.js';
import { dateParts } from '../../data/table/dates.js';
import { classesIn, targetValues } from '../../data/table/encode.js';
import { missingText, unseenText } from '../../data/table/encoder.js';
import { type Scale, targetsOf } from '../../data/table/features.js';
import { countsOf } from '../../data/table/kinds.js';
import { gapsIn } from '../../data/table/which.js';
import { refuse } from '../../errors.js';

/** What `encode` says of rows, without their numbers. */
export interface Strangeness {
  /** By column: values that training rows did not have. */
  readonly unseen: Readonly<Record<string, number>>;
  /** The same, and gaps where training rows had none, in words. */
  readonly warnings: readonly string[];
}

/** Whether a text is none that training rows had. */
function isUnseen(field: Exclude<Field, { kind: 'number' }>): (text: string) => boolean {
  switch (field.kind) {
    case 'boolean':
      return (text) => Number.isNaN(truthOf(text)) && Number.isNaN(numberIn(text));
    case 'date':
      return (text) => dateParts(text, field.order) === undefined;
    case 'category': {
      const known = new Set(field.categories);
      return (text) => !field.other && !known.has(text);
    }
  }
}

/** The first row with a number that is beyond float32 once it is standardized; −1 for none. */
function tooLarge(values: Float64Array, { mean, deviation }: Scale): number {
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(Math.fround(((values[i] as number) - mean) / deviation)) === Number.POSITIVE_INFINITY) return i;
  }
  return -1;
}

function unseenIn(where: string, field: Field, table: Table, column: Column, kept: Uint32Array | undefined): number {
  if (field.kind === 'number' || (field.kind === 'boolean' && column.type === 'number')) {
    const row = tooLarge(numbersOf(where, column, field.name, kept), field);
    if (row < 0) return 0;
    const at = kept?.[row] ?? row;
    return refuse(where, `row ${at} holds a number that is too large beside those of training`, table.row(row));
  }
  const named = namesOf(column);
  const counts = countsOf(named);
  const strange = isUnseen(field);
  return named.dictionary.reduce(
    (sum, text, code) => sum + ((counts[code] as number) > 0 && strange(text) ? (counts[code] as number) : 0),
    0,
  );
}

/**
 * What `encodeExamples` says of the rows of a table, column by column: of a table on disk, one is in memory at a time.
 * @param kept which rows of another table these are, where not all, for messages
 * @throws ArgumentError for text in a column of numbers, by row and column.
 */
export function strangenessOf(where: string, features: Features, table: Table, kept?: Uint32Array): Strangeness {
  const unseen: Record<string, number> = {};
  const warnings: string[] = [];
  const { rows } = table;
  for (const field of features.fields) {
    const { name } = field;
    const [strange, gaps] = table.lend(name, (column) => [unseenIn(where, field, table, column, kept), gapsIn(column)]);
    if (strange > 0) {
      unseen[name] = strange;
      warnings.push(unseenText(name, strange, rows));
    }
    if (gaps > 0 && field.missing === 0) {
      warnings.push(missingText(name, gaps, rows));
    }
  }
  return { unseen, warnings };
}

/** Looks at the targets of rows. @throws ArgumentError for a class that training rows did not have, and for what is no number. */
export function checkTargets(where: string, features: Features, table: Table): void {
  const { classes, log } = features;
  for (const name of targetsOf(features)) {
    if (classes) classesIn(where, classes, table.column(name), name);
    else targetValues(where, table.column(name), name, log);
  }
}
