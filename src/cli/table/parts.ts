/** Which rows of a table are for training, validation and test. */
import { createHash } from 'node:crypto';
import { cutValidation, dealFolds } from '../../data/folds.js';
import { type Column, split, Table } from '../../data/index.js';
import { namesOf } from '../../data/table/cells.js';
import { textsOf } from '../../data/table/texts.js';
import { everyRow, isThere, rowsWhere } from '../../data/table/which.js';
import { counted } from '../../report/format.js';
import type { Split } from '../dataset.js';

/** By what rows are parted, where it is not by chance alone: a column, in one of these ways. */
export interface SplitBy {
  readonly stratify?: string;
  readonly time?: string;
  readonly group?: string;
}

/** Numbers of the rows of each part, in ascending order; rows without a target are in none. */
export interface Parts {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
  /** What a person should know of them. */
  readonly notes: readonly string[];
}

/** Rows that have a value in all of these columns. */
export function rowsWith(table: Table, names: readonly string[]): Uint32Array {
  const columns = names.map((name) => table.column(name));
  return rowsWhere(table.rows, (row) => columns.every((column) => isThere(column, row)));
}

/** Name of the column with the numbers of rows, which no file has. */
const ROW = '\u0000row';

/**
 * Parts the rows that have a target. The same table, shares, seed and columns give the same parts, so that `evaluate` finds the
 * test part again. A class that only rows for validation or test have cannot be learned: these rows go to the training part, or
 * where time or groups decide, into no part.
 * @param classes the target column, where the task is classification
 */
export function partsOf(
  table: Table,
  targets: readonly string[],
  { test, validation, seed }: Split,
  by: SplitBy,
  classes: string | undefined,
): Parts {
  const all = rowsWith(table, targets);
  const names = Object.values(by).filter((name): name is string => name !== undefined);
  const columns = new Map(names.map((name) => [name, table.column(name)]));
  const numbers: Column = { type: 'number', values: new Float64Array(everyRow(table.rows)) };
  const whole = new Table(new Map<string, Column>([...columns, [ROW, numbers]]), table.rows);
  const slim = all.length < table.rows ? whole.pick(all) : whole;
  const parts = split(slim, { test: test ?? 0, validation, seed, ...by });
  const rowsOf = (part: Table): Uint32Array => {
    const column = part.column(ROW);
    return column.type === 'number' ? new Uint32Array(column.values) : new Uint32Array(0);
  };
  const drawn = { train: rowsOf(parts.train), validation: rowsOf(parts.validation), test: rowsOf(parts.test) };
  return classes === undefined ? { ...drawn, notes: [] } : knownClasses(drawn, table, classes, by);
}

/**
 * Deals the rows that have a target out to folds; each is the test part of one. The share of validation rows among those that are not
 * tested is that of a single training.
 */
export function foldsOf(
  table: Table,
  targets: readonly string[],
  folds: number,
  { test = 0, validation, seed }: Split,
  by: SplitBy,
  classes: string | undefined,
): Parts[] {
  const all = rowsWith(table, targets);
  const names = (name: string | undefined) => {
    if (name === undefined) return undefined;
    const { codes, dictionary } = namesOf(table.column(name));
    return Array.from(all, (row) => dictionary[codes[row] as number] ?? null);
  };
  const [labels, groups] = [names(by.stratify), names(by.group)];
  const how = { folds, seed, ...(labels && { labels }), ...(groups && { groups }) };
  const numbersOf = (rows: Uint32Array) => rows.map((row) => all[row] as number);
  return dealFolds('train', all.length, how).map((fold, index) => {
    const { kept, heldOut } =
      validation > 0
        ? cutValidation('train', fold.train, validation / (1 - test), index, how)
        : { kept: fold.train, heldOut: new Uint32Array(0) };
    const drawn = { train: numbersOf(kept), validation: numbersOf(heldOut), test: numbersOf(fold.test) };
    return classes === undefined ? { ...drawn, notes: [] } : knownClasses(drawn, table, classes, by);
  });
}

function knownClasses(drawn: Omit<Parts, 'notes'>, table: Table, name: string, { time, group }: SplitBy): Parts {
  const { codes, dictionary } = namesOf(table.column(name));
  const known = new Uint8Array(dictionary.length);
  for (let i = 0; i < drawn.train.length; i++) known[codes[drawn.train[i] as number] as number] = 1;
  const knownOf = (rows: Uint32Array, isKnown: 0 | 1): Uint32Array => {
    const some = rowsWhere(rows.length, (i) => known[codes[rows[i] as number] as number] === isKnown);
    return some.map((i) => rows[i] as number);
  };
  const strange = [...knownOf(drawn.validation, 0), ...knownOf(drawn.test, 0)];
  if (strange.length === 0) return { ...drawn, notes: [] };
  const left = { validation: knownOf(drawn.validation, 1), test: knownOf(drawn.test, 1) };
  const rows = counted(strange.length, 'row');
  if (time !== undefined || group !== undefined) {
    const note = `${name}: ${rows} for validation or test with classes that no training row has, and are left out.`;
    return { train: drawn.train, ...left, notes: [note] };
  }
  const train = Uint32Array.from([...drawn.train, ...strange]).sort();
  return { train, ...left, notes: [`${name}: ${rows} of the rarest classes, in the training part alone.`] };
}

/** How parts come about, in words. */
export function splitAbout({ stratify, time, group }: SplitBy): string {
  if (time !== undefined) return `by time: the latest rows by ${time} are the test`;
  if (group !== undefined) return `at random, all rows of one ${group} in one part`;
  return `at random${stratify === undefined ? '' : ', each class by the same shares'}`;
}

/** What tells a table from others: a hash over names and values, whatever file they are in. */
export function fingerprintOf(table: Table): string {
  const hash = createHash('sha256');
  for (const name of table.names) {
    table.lend(name, (column) => {
      hash.update(JSON.stringify([name, column.type, table.rows]));
      if (column.type === 'number') hash.update(column.values);
      else {
        // the dictionary as JSON, of which only a part need be in memory
        hash.update(column.codes).update('[');
        let before = '';
        for (const texts of textsOf(column)) {
          if (texts.length === 0) continue;
          hash.update(`${before}${JSON.stringify(texts).slice(1, -1)}`);
          before = ',';
        }
        hash.update(']');
      }
    });
  }
  return hash.digest('hex').slice(0, 32);
}
