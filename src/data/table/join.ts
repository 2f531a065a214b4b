import type { Column, TextColumn } from './column.js';
import { Table } from './table.js';

/** Rows in which a column is not there at all. */
const absent = (rows: number): Column => ({ type: 'number', values: new Float64Array(rows).fill(Number.NaN) });

/**
 * Puts columns below each other: numbers where all are numbers; else texts, of which numbers have the name that they would have
 * had among them from the beginning.
 * @param columns is emptied, so that no column is held twice for long
 * @param text whether they are texts in any case
 */
export function joinColumns(columns: Column[], rows: number, text = false): Column {
  if (!text && columns.every((one) => one.type === 'number')) return joinNumbers(columns, rows);
  const dictionary: string[] = [];
  const known = new Map<string, number>();
  const learn = (name: string): number => {
    let code = known.get(name);
    if (code === undefined) {
      code = dictionary.push(name) - 1;
      known.set(name, code);
    }
    return code;
  };
  const codes = new Int32Array(rows);
  let at = 0;
  for (const column of columns.splice(0)) {
    if (column.type === 'number') {
      const { values } = column;
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        codes[at++] = Number.isNaN(value) ? -1 : learn(String(value));
      }
    } else {
      const places = column.dictionary.map(learn);
      const own = column.codes;
      for (let i = 0; i < own.length; i++)
        codes[at++] = (own[i] as number) < 0 ? -1 : (places[own[i] as number] as number);
    }
  }
  return { type: 'text', codes, dictionary };
}

function joinNumbers(columns: Column[], rows: number): Column {
  const values = new Float64Array(rows);
  let at = 0;
  for (const column of columns.splice(0)) {
    if (column.type === 'number') values.set(column.values, at);
    at += column.type === 'number' ? column.values.length : 0;
  }
  return { type: 'number', values };
}

/**
 * Puts tables below each other: the columns are those that one reading of all rows would have made. A column that a table
 * lacks is missing in its rows.
 */
export class TableJoiner {
  readonly #columns = new Map<string, Column[]>();
  #rows = 0;

  /** Adds the rows of a table. */
  add(table: Table): void {
    for (const name of table.names) {
      if (!this.#columns.has(name)) this.#columns.set(name, this.#rows > 0 ? [absent(this.#rows)] : []);
    }
    for (const [name, columns] of this.#columns) {
      columns.push(table.has(name) ? table.column(name) : absent(table.rows));
    }
    this.#rows += table.rows;
  }

  /** The table of everything that was added, which is given away. */
  finish(): Table {
    const rows = this.#rows;
    return new Table(new Map(Array.from(this.#columns, ([name, one]) => [name, joinColumns(one, rows)])), rows);
  }
}

/** Some columns of a table. @param names that it has */
export function selectColumns(table: Table, names: readonly string[]): Table {
  return new Table(new Map(names.map((name) => [name, table.column(name)])), table.rows);
}

/** A text column whose dictionary has the texts of its rows alone, in the order of their first appearance. */
export function compact({ codes, dictionary }: TextColumn): TextColumn {
  const places = new Int32Array(dictionary.length).fill(-1);
  const texts: string[] = [];
  const own = new Int32Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (code >= 0 && (places[code] as number) < 0) places[code] = texts.push(dictionary[code] as string) - 1;
    own[i] = code < 0 ? -1 : (places[code] as number);
  }
  return { type: 'text', codes: own, dictionary: texts };
}
