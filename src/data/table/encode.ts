import { refuse, suggest, words } from '../../errors.js';
import { log } from '../../math.js';
import type { Dataset } from '../dataset.js';
import { namesOf, numbersOf } from './cells.js';
import { type Column, type Row, refuseCell } from './column.js';
import { type Encoded, Encoder, range, tableOfGiven } from './encoder.js';
import { type Features, targetsOf } from './features.js';
import type { Table } from './table.js';

export type { Encoded } from './encoder.js';

/** Rows with their targets; those without a target are left out. */
export interface EncodedExamples extends Encoded {
  /** Class indices, or target values `[rows, targets]` in their own units (their logarithms with `log`). */
  readonly y: Int32Array | Float32Array;
  /** The rows that are there, where some are left out. */
  readonly kept: Uint32Array | undefined;
}

/**
 * Turns rows into numbers: a pure function of the features and these rows, so that a large table may come in pieces.
 * @param given a table, or rows as objects; further columns are ignored
 * @param where what messages begin with, default `'encode'`
 * @returns x `[rows, features.width]`, with what was strange about the rows
 * @throws ArgumentError for no rows, an input column that is absent (from all rows), a value that no cell may hold, text in
 * a column of numbers (by row and column), and a number that is too large beside those of training.
 */
export function encode(features: Features, given: Table | readonly Row[], where = 'encode'): Encoded {
  const encoder = new Encoder(features);
  const x = encoder.encode(where, tableOfGiven(where, features, given, features.columns));
  return { x, ...encoder.told() };
}

/**
 * Values of a target column, or log(1 + value) of each; NaN is missing.
 * @param kept which rows of a table these are, where not all
 * @throws ArgumentError for what is no number, or has no logarithm.
 */
export function targetValues(
  where: string,
  column: Column,
  name: string,
  logarithm: boolean,
  kept?: Uint32Array,
): Float64Array {
  const values = numbersOf(where, column, name, kept);
  if (!logarithm) return values;
  return values.map((value, row) => {
    if (value <= -1) {
      const help = '`log` learns log(1 + value); leave it out.';
      refuseCell(where, kept?.[row] ?? row, name, 'a number above −1', value, help);
    }
    return log(1 + value);
  });
}

/** Class indices of a target column; −1 is missing. @throws ArgumentError for a class that training rows did not have. */
export function classesIn(where: string, classes: readonly string[], column: Column, name: string): Int32Array {
  const { codes, dictionary } = namesOf(column);
  const places = new Map(classes.map((label, i) => [label, i]));
  const indices = dictionary.map((label) => places.get(label) ?? -2);
  const found = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    const index = indices[code] ?? -1;
    if (index === -2) {
      const help = `${suggest(dictionary[code] as string, classes)} Training rows had no other; fit features on rows of all classes.`;
      refuseCell(where, row, name, 'a class that training rows had', dictionary[code], help);
    }
    found[row] = index;
  }
  return found;
}

/** Rows with their targets, before their inputs are made. @throws ArgumentError, see `encodeExamples` */
function examplesIn(where: string, features: Features, given: Table | readonly Row[]) {
  const targets = targetsOf(features);
  const table = tableOfGiven(where, features, given, [...features.columns, ...targets]);
  const { classes } = features;
  const read = targets.map((name) => {
    const column = table.column(name);
    return classes ? classesIn(where, classes, column, name) : targetValues(where, column, name, features.log);
  });
  const isThere = (row: number) => read.every((values) => (values[row] as number) >= (classes ? 0 : -Infinity));
  const rows = range(0, table.rows).filter(isThere);
  if (rows.length === 0) refuse(where, 'at least one row with a target is needed', words(`${table.rows} rows without`));
  const y = classes ? new Int32Array(rows.length) : new Float32Array(rows.length * targets.length);
  read.forEach((values, j) => {
    for (let i = 0; i < rows.length; i++) y[i * read.length + j] = values[rows[i] as number] as number;
  });
  return { table, rows, y };
}

/**
 * Turns rows with their targets into numbers; rows without a target are left out.
 * @param given a table, or rows as objects; further columns are ignored
 * @param where what messages begin with, default `'encode'`
 * @throws ArgumentError as `encode`; for a target column that is absent or empty, a class that is unknown, a target that is
 * no number.
 */
export function encodeExamples(features: Features, given: Table | readonly Row[], where = 'encode'): EncodedExamples {
  const { table, rows, y } = examplesIn(where, features, given);
  const without = table.rows - rows.length;
  const kept = without > 0 ? rows : undefined;
  const encoder = new Encoder(features);
  const x = encoder.encode(where, table, kept);
  const told = encoder.told();
  const left = kept ? [`${without} of ${table.rows} rows have no target, and are left out.`] : [];
  return { x, ...told, warnings: [...told.warnings, ...left], y, kept };
}

/** The same rows as a data set, whose inputs are made when a block of it is read. @throws ArgumentError as there, some of it then */
export function encodedDataset(
  features: Features,
  given: Table | readonly Row[],
  where: string,
): Dataset<Int32Array | Float32Array> {
  const { table, rows, y } = examplesIn(where, features, given);
  const each = y.length / rows.length;
  const encoder = new Encoder(features);
  return {
    rows: rows.length,
    read: (first, count) => {
      const end = first + count;
      const data = encoder.encode(where, table, rows.subarray(first, end));
      return { x: { data, shape: [count, features.width] }, y: y.subarray(first * each, end * each) };
    },
  };
}
