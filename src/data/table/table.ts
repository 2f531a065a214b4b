import { refuse, suggest } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { type Column, columnOf, pickColumn, type Row } from './column.js';
import type { Features } from './features.js';
import { narrowed } from './narrow.js';

/**
 * Rows with named columns, in memory, column by column; it does not change. Made by `parseCsv`, `parseJsonLines` and `tableOf`.
 */
export class Table {
  /** How many rows there are. */
  readonly rows: number;
  /** Names of the columns, in their order. */
  readonly names: readonly string[];
  readonly #columns: ReadonlyMap<string, Column>;

  /** Of columns that all have so many rows; `parseCsv` and its kin make them. */
  constructor(columns: ReadonlyMap<string, Column>, rows: number) {
    this.#columns = columns;
    this.names = [...columns.keys()];
    this.rows = rows;
  }

  /** Whether there is a column of that name. */
  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** A column as it is held in memory; not a copy. @throws ArgumentError where there is none of that name. */
  column(name: string): Column {
    return this.#columns.get(name) ?? refuse('column', `\`${name}\` is no column`, name, suggest(name, this.names));
  }

  /**
   * Shows a column to a function that keeps none of its arrays: a table on disk (`openTable` of `lanegrad/node`) reads the next one into
   * the same memory. @throws as `column`
   */
  lend<T>(name: string, use: (column: Column) => T): T {
    return use(this.column(name));
  }

  /** The value in a row (from 0) and column; null where it is missing. @throws ArgumentError as `column`. */
  value(row: number, name: string): string | number | null {
    const column = this.column(name);
    if (column.type === 'text') return column.dictionary[column.codes[row] ?? -1] ?? null;
    const value = column.values[row] ?? Number.NaN;
    return Number.isNaN(value) ? null : value;
  }

  /** A row (from 0) as an object: what `tableOf` would take. */
  row(row: number): Record<string, string | number | null> {
    return Object.fromEntries(this.names.map((name) => [name, this.value(row, name)]));
  }

  /** The same rows, with each column what these rows alone make it: numbers, where other rows of the file were texts. */
  narrowed(): Table {
    return new Table(new Map(this.names.map((name) => [name, narrowed(this.column(name))])), this.rows);
  }

  /**
   * The rows as a data set that encodes them block by block, where they are not in memory (`openTable` of `lanegrad/node`);
   * undefined where they are. Models ask for it.
   */
  encoded(_features: Features): Dataset<Int32Array | Float32Array> | undefined {
    return undefined;
  }

  /**
   * The rows as tables in memory, one below the other: this table, unless it is on disk (`openTable` of `lanegrad/node`). Models ask
   * for it.
   * @param _names the columns that are wanted
   * @param _rows of each piece, at most
   */
  *pieces(_names: readonly string[], _rows: number): Generator<Table, void> {
    yield this;
  }

  /** A table of some of the rows, in the order given. */
  pick(rows: Uint32Array): Table {
    return new Table(new Map(this.names.map((name) => [name, pickColumn(this.column(name), rows)])), rows.length);
  }
}

/** Some columns of rows that are objects; a value that an object lacks is missing. */
export function tableFrom(where: string, rows: readonly Row[], names: Iterable<string>): Table {
  return new Table(new Map(Array.from(names, (name) => [name, columnOf(where, rows, name)])), rows.length);
}

/** Refuses anything but a table. @throws ArgumentError */
export function checkTable(where: string, table: unknown): asserts table is Table {
  if (!(table instanceof Table)) {
    refuse(where, 'a table is needed', table, 'parseCsv, parseJsonLines and tableOf make one.');
  }
}
