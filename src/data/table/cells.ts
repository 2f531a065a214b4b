/** What the cells of a column mean: numbers, words for yes and no, names. */
import { type Column, numberIn, numbersByCode, refuseCell } from './column.js';

/** What boolean columns may hold, in lower case. */
const TRUTHS: Readonly<Record<string, number>> = {
  true: 1,
  false: 0,
  yes: 1,
  no: 0,
  t: 1,
  f: 0,
  y: 1,
  n: 0,
  on: 1,
  off: 0,
  '1': 1,
  '0': 0,
};

/** What a text means in a boolean column; NaN where it is none. */
export function truthOf(text: string): number {
  const name = text.toLowerCase();
  return Object.hasOwn(TRUTHS, name) ? (TRUTHS[name] as number) : Number.NaN;
}

/**
 * Numbers of a column.
 * @param kept which rows of a table these are, where not all
 * @throws ArgumentError for a text that is none, by row and column.
 */
export function numbersOf(where: string, column: Column, name: string, kept?: Uint32Array): Float64Array {
  if (column.type === 'number') return column.values;
  const { codes, dictionary } = column;
  const values = numbersByCode(codes, dictionary.map(numberIn));
  const row = values.findIndex((value, i) => Number.isNaN(value) && (codes[i] as number) >= 0);
  if (row < 0) return values;
  const help = 'write nothing where there is no value (rows count from 0).';
  return refuseCell(where, kept?.[row] ?? row, name, 'a number', dictionary[codes[row] as number], help);
}

/**
 * Names of a column by code, with the code of each row (−1 is missing), whatever it holds.
 * @param present only those that rows have: a column of some rows has the texts of all of them
 */
export function namesOf(
  column: Column,
  present = false,
): { readonly codes: Int32Array; readonly dictionary: readonly string[] } {
  const isText = column.type === 'text';
  if (isText && !present) return column;
  const dictionary: string[] = [];
  const known = new Map<number, number>();
  const values = isText ? column.codes : column.values;
  const codes = new Int32Array(values.length);
  for (let i = 0; i < codes.length; i++) {
    const value = values[i] as number;
    let code = (isText ? value < 0 : Number.isNaN(value)) ? -1 : known.get(value);
    if (code === undefined) {
      code = dictionary.push(isText ? (column.dictionary[value] as string) : String(value)) - 1;
      known.set(value, code);
    }
    codes[i] = code;
  }
  return { codes, dictionary };
}
