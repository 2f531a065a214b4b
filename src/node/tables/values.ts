import { type Column, ColumnBuilder } from '../../data/table/column.js';
import { FormatError, refuse, show, suggest } from '../../errors.js';

/** A column of a binary file as a library gives it. */
export type Given = ArrayLike<unknown>;

/**
 * A column of a table out of values: numbers as they are, texts, true and false, whole numbers of 64 bits (those that a number
 * would not hold exactly become texts, as in a CSV); null, undefined and NaN are missing.
 * @param first row of the file that the first of them is in, for messages
 * @throws FormatError for a value that no cell may hold, by row and column.
 */
export function columnOfValues(path: string, name: string, given: Given, first: number): Column {
  const numbers = numbersIn(given);
  if (numbers) {
    const infinite = numbers.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
    if (infinite >= 0) refuseValue(path, name, first + infinite, numbers[infinite]);
    return { type: 'number', values: numbers };
  }
  const builder = new ColumnBuilder();
  for (let i = 0; i < given.length; i++) {
    const value = given[i];
    if (value === null || value === undefined) builder.addNumber(Number.NaN);
    else if (typeof value === 'string') builder.addText(value);
    else if (typeof value === 'number' && Math.abs(value) !== Number.POSITIVE_INFINITY) builder.addNumber(value);
    else if (typeof value === 'boolean' || typeof value === 'bigint') builder.addText(String(value));
    else refuseValue(path, name, first + i, value);
  }
  return builder.finish();
}

/** The values where the array can hold nothing but numbers. */
function numbersIn(given: Given): Float64Array | undefined {
  if (given instanceof BigInt64Array || given instanceof BigUint64Array) return undefined;
  if (ArrayBuffer.isView(given)) return Float64Array.from(given as unknown as ArrayLike<number>);
  return undefined;
}

function refuseValue(path: string, name: string, row: number, value: unknown): never {
  throw new FormatError(
    `${path}: row ${row}, column \`${name}\` holds ${show(value)}, and a cell holds a finite number, a text, true, false, a ` +
      'date or nothing. Help: name the columns to read with `columns`, without this one.',
  );
}

/** @throws FormatError for a column that holds what no cell may. */
export function refuseKind(path: string, name: string, what: string): never {
  throw new FormatError(
    `${path}: the column \`${name}\` holds ${what}, and a cell holds a number, a text, true, false or a date. ` +
      'Help: name the columns to read with `columns`, without this one.',
  );
}

/** The columns that are asked for: all, where none is named. @throws FormatError for two of one name, ArgumentError for one that is not there. */
export function wantedColumns(
  path: string,
  there: readonly string[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  const twice = there.find((name, i) => there.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new FormatError(
      `${path}: two columns have the name ${show(twice)}. Help: give each column a name of its own.`,
    );
  }
  const absent = wanted?.find((name) => !there.includes(name));
  if (absent !== undefined) refuse(path, '`columns` must name columns of the file', absent, suggest(absent, there));
  return wanted ?? there;
}
