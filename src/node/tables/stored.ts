import type { Dataset } from '../../data/dataset.js';
import { type Column, numberIn, pickColumn } from '../../data/table/column.js';
import { encodeExamples } from '../../data/table/encode.js';
import { type Features, targetsOf } from '../../data/table/features.js';
import { narrowed } from '../../data/table/narrow.js';
import { Table } from '../../data/table/table.js';
import { refuse, suggest, words } from '../../errors.js';
import { checkPath, checkRange } from '../files.js';
import { LentTexts } from './lent.js';
import type { ColumnMemory } from './memory.js';
import { type TableFileOptions, tablesOf } from './read.js';
import { Store } from './store.js';
import { wantedColumns } from './values.js';

/** Options of `openTable`. */
export interface OpenTableOptions extends TableFileOptions {
  /**
   * The folder for the temporary file, which takes 8 bytes for each number, 4 for each text, and the texts. Default: the
   * system's; where that is memory, name one on a disk.
   */
  readonly temporary?: string;
}

/** Bytes of columns that a table keeps, at most, unless one alone is larger: fitting features asks for some again and again. */
const KEPT_BYTES = 32 << 20;
/** What a text takes in memory, roughly. */
const TEXT_BYTES = 64;

/** Whether the first value of a column of texts is no number, which most tell by: the other texts need not be read. */
function beginsWithText(column: Column): boolean {
  if (!(column instanceof LentTexts)) return false;
  const first = column.codes.find((code) => code >= 0);
  return first !== undefined && Number.isNaN(numberIn(column.at(first) as string));
}

function ascends(rows: Uint32Array): boolean {
  for (let i = 1; i < rows.length; i++) if ((rows[i] as number) <= (rows[i - 1] as number)) return false;
  return true;
}

/**
 * A table whose rows are in a temporary file: what `split`, `fitFeatures` and models take, with one column or one block of rows in
 * memory at a time. Made by `openTable`; its parts are of this kind too.
 */
export class StoredTable extends Table {
  readonly #store: Store;
  /** Its rows among those of the store; undefined for all. */
  readonly #picked: Uint32Array | undefined;
  /** Whether those rows ascend, as a file is read. */
  readonly #inOrder: boolean;
  /** Whether columns are what its rows alone make them. */
  readonly #narrow: boolean;
  /** Columns that were asked for last, oldest first. */
  readonly #kept = new Map<string, Column>();

  /** Use `openTable`. @internal */
  constructor(store: Store, picked?: Uint32Array, narrow = false) {
    const nothing: Column = { type: 'number', values: new Float64Array(0) };
    super(new Map(store.names.map((name) => [name, nothing])), picked?.length ?? store.rows);
    this.#store = store;
    this.#picked = picked;
    this.#narrow = narrow;
    this.#inOrder = picked === undefined || ascends(picked);
  }

  /** A column, read whole. @throws ArgumentError where there is none of that name; DisposedError after `close`. */
  override column(name: string): Column {
    if (!this.has(name)) refuse('column', `\`${name}\` is no column`, name, suggest(name, this.names));
    this.#store.opened();
    const column = this.#kept.get(name) ?? this.#read(name);
    this.#kept.delete(name);
    this.#kept.set(name, column);
    let bytes = 0;
    for (const [one, each] of [...this.#kept].reverse()) {
      bytes += each.type === 'number' ? 8 * this.rows : 4 * this.rows + TEXT_BYTES * each.dictionary.length;
      if (bytes > KEPT_BYTES && one !== name) this.#kept.delete(one);
    }
    return column;
  }

  /** Shows a column to a function: one that is not in memory already is read into memory that the next one is read into too. */
  override lend<T>(name: string, use: (column: Column) => T): T {
    if (!this.has(name) || this.#kept.has(name)) return use(this.column(name));
    return this.#store.lend((memory) => use(this.#read(name, memory)));
  }

  /** A table of some of the rows, in the order given; they stay where they are. */
  override pick(rows: Uint32Array): StoredTable {
    const picked = this.#picked;
    const all = picked ? rows.map((row) => picked[row] as number) : rows.slice();
    return new StoredTable(this.#store, all, this.#narrow);
  }

  /** The same rows, with each column what these rows alone make it, when it is read. */
  override narrowed(): StoredTable {
    return new StoredTable(this.#store, this.#picked, true);
  }

  /**
   * Rows `first` to `first + count − 1` as a table in memory.
   * @param names the columns; by default all
   * @throws (rejects) ArgumentError for rows or columns that are not there; DisposedError after `close`.
   */
  async load(first: number, count: number, names: readonly string[] = this.names): Promise<Table> {
    checkRange('load', first, count, this.rows);
    for (const name of names) {
      if (!this.has(name)) refuse('load', `\`${name}\` is no column`, name, suggest(name, this.names));
    }
    return this.#store.load(names, this.#rowsOf(first, count, this.#picked));
  }

  /**
   * The rows as a data set that encodes them block by block; those without a target are left out. `fit` and `evaluate` of a
   * model ask for it by themselves.
   * @throws ArgumentError for a column that is absent, and where no row has a target; out of `read`, as `encodeExamples`.
   */
  override encoded(features: Features): Dataset<Int32Array | Float32Array> {
    const where = 'openTable';
    const targets = targetsOf(features);
    const names = [...features.columns, ...targets];
    const absent = names.find((name) => !this.has(name));
    if (absent !== undefined) {
      refuse(
        where,
        `the column \`${absent}\` is needed`,
        words(`columns ${this.names.join(', ')}`),
        suggest(absent, this.names),
      );
    }
    const kept = this.#withTargets(targets);
    const rows = kept?.length ?? this.rows;
    if (rows === 0) refuse(where, 'at least one row with a target is needed', words(`${this.rows} rows without`));
    const { width } = features;
    return {
      rows,
      read: async (first, count) => {
        checkRange(where, first, count, rows);
        const table = await this.#store.load(names, this.#rowsOf(first, count, kept));
        const { x, y } = encodeExamples(features, table, `${where}, from row ${first} on`);
        return { x: { data: x, shape: [count, width] }, y };
      },
    };
  }

  /**
   * Some columns of the rows as tables in memory, one below the other, of at most so many rows.
   * @throws DisposedError after `close`, as all that reads rows.
   */
  override *pieces(names: readonly string[], rows: number): Generator<Table, void> {
    if (this.rows === 0 || !names.every((name) => this.has(name))) {
      yield this; // whoever wants them says what is wrong
      return;
    }
    for (let first = 0; first < this.rows; first += rows) {
      yield this.#store.loadNow(names, this.#rowsOf(first, Math.min(rows, this.rows - first), this.#picked));
    }
  }

  /** Gives the temporary file back: this table, and all that are parts of it, cannot be read any more. */
  close(): void {
    this.#kept.clear();
    this.#store.close();
  }

  /** `using table = await openTable(…)` */
  [Symbol.dispose](): void {
    this.close();
  }

  #read(name: string, into?: ColumnMemory): Column {
    const picked = this.#picked;
    const column =
      !picked || this.#inOrder
        ? this.#store.column(name, picked, into)
        : pickColumn(this.#store.column(name, undefined, into), picked);
    return this.#narrow && !beginsWithText(column) ? narrowed(column) : column;
  }

  #rowsOf(first: number, count: number, rows: Uint32Array | undefined): Uint32Array {
    return rows ? rows.subarray(first, first + count) : Uint32Array.from({ length: count }, (_, i) => first + i);
  }

  /** The rows that have every target, among those of the store; undefined where that is all of them. */
  #withTargets(targets: readonly string[]): Uint32Array | undefined {
    const gaps = new Uint8Array(this.rows);
    let some = false;
    for (const name of targets) {
      const column = this.column(name);
      for (let i = 0; i < gaps.length; i++) {
        const gap = column.type === 'number' ? Number.isNaN(column.values[i]) : (column.codes[i] as number) < 0;
        if (gap) gaps[i] = 1;
        some ||= gap;
      }
    }
    if (!some) return this.#picked;
    const there = Uint32Array.from(gaps.keys()).filter((row) => gaps[row] === 0);
    const picked = this.#picked;
    return picked ? there.map((row) => picked[row] as number) : there;
  }
}

/**
 * Opens a table that need not fit into memory: reads the file once (any that `readTable` reads), and keeps its columns in a
 * temporary file. What comes out is used like any other table: `split`, `fitFeatures` and models give the same features and the
 * same encoded rows, bit for bit, with a column (some 40 bytes for each row while features are fitted) or a block of rows in memory.
 * The temporary file goes with the table, with the process, or by `close()`.
 * @throws (rejects) as `readTable`; ArgumentError for a folder that no file can be made in.
 *
 * @example
 * using table = await openTable('orders.csv');
 * const { train, validation, test } = split(table, { validation: 0.1, test: 0.1, stratify: 'churned' });
 * const features = fitFeatures(train, { target: 'churned' });
 * await model.fit(train, { epochs: 3, validationData: validation });
 */
export async function openTable(path: string, options: OpenTableOptions = {}): Promise<StoredTable> {
  const where = 'openTable';
  if (typeof options !== 'object' || options === null) refuse(where, 'options must be an object', options);
  const { temporary, ...rest } = options;
  if (temporary !== undefined) checkPath(where, 'temporary', temporary);
  const store = new Store(where, temporary);
  try {
    for await (const table of tablesOf(where, path, rest, false)) store.add(table);
    if (rest.columns) wantedColumns(path, store.names, rest.columns);
    return new StoredTable(store);
  } catch (error) {
    store.close();
    throw error;
  }
}
