/** What the cells of a column mean: numbers, words for yes and no, names. */
import { ArgumentError, show } from '../../errors.js';
import { type Column, numberIn, numbersByCode } from './column.js';

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

/** The first row of a text column that holds that code. */
function rowWith(column: Column, code: number): number {
  return column.type === 'text' ? column.codes.indexOf(code) : 0;
}

/** Refuses a cell, by row and column. */
export function refuseCell(
  where: string,
  row: number,
  name: string,
  rule: string,
  value: unknown,
  help: string,
): never {
  throw new ArgumentError(
    `${where}: row ${row}, column \`${name}\` must hold ${rule}. Received: ${show(value)}. Help: ${help}`,
  );
}

/**
 * Numbers of a column.
 * @param kept which rows of a table these are, where not all
 * @throws ArgumentError for a text that is none, by row and column.
 */
export function numbersOf(where: string, column: Column, name: string, kept?: Uint32Array): Float64Array {
  if (column.type === 'number') return column.values;
  const values = column.dictionary.map((text, code) => {
    const value = numberIn(text);
    const row = Number.isNaN(value) ? rowWith(column, code) : -1;
    // a table of some rows has the texts of all of them
    if (row >= 0)
      refuseCell(
        where,
        kept?.[row] ?? row,
        name,
        'a number',
        text,
        'write nothing where there is no value (rows count from 0).',
      );
    return value;
  });
  return numbersByCode(column.codes, values);
}

/** Names of a column by code, with the code of each row (−1 is missing), whatever it holds. */
export function namesOf(column: Column): { readonly codes: Int32Array; readonly dictionary: readonly string[] } {
  if (column.type === 'text') return column;
  const dictionary: string[] = [];
  const known = new Map<number, number>();
  const codes = new Int32Array(column.values.length);
  for (let i = 0; i < codes.length; i++) {
    const value = column.values[i] as number;
    let code = Number.isNaN(value) ? -1 : known.get(value);
    if (code === undefined) {
      code = dictionary.push(String(value)) - 1;
      known.set(value, code);
    }
    codes[i] = code;
  }
  return { codes, dictionary };
}
