/** Tables that are too large for memory, column by column in a file of their own. */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writevSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namesOf } from '../../data/table/cells.js';
import type { Column, TextColumn } from '../../data/table/column.js';
import { compact, joinColumns } from '../../data/table/join.js';
import { Table } from '../../data/table/table.js';
import { DisposedError } from '../../errors.js';
import { rethrow } from '../files.js';
import { columnIn, fetch, fetchNow, type Group, isIn, type Place, type Run, spansIn } from './places.js';

/** Rows that are stored together, at most. */
const MOST_ROWS = 1 << 16;

/** Closes files of stores that nobody closed, once nobody has them. */
const forgotten = new FinalizationRegistry<number>((file) => closeSync(file));

/** Tables one below the other in a temporary file, which has no name and goes with the process, whatever ends it. */
export class Store {
  readonly #groups: Group[] = [];
  readonly #names: string[] = [];
  /** Columns that hold texts, in some group at least. */
  readonly #texts = new Set<string>();
  /** Of columns of texts that were read: what the codes of each group mean among all. The texts themselves are not kept. */
  readonly #meanings = new Map<string, readonly Int32Array[]>();
  /** The number that the system has for the file; undefined once it is closed. */
  #file: number | undefined;
  #path: string | undefined;
  #bytes = 0;
  #rows = 0;

  /** @param folder for the file, by default the system's for temporary ones @throws ArgumentError where none can be made */
  constructor(where: string, folder: string = tmpdir()) {
    const path = join(folder, `lanegrad-${randomUUID()}.tmp`);
    try {
      // nobody else may read it: it is a copy of what may be private
      this.#file = openSync(path, 'wx+', 0o600);
    } catch (error) {
      rethrow(where, 'temporary', folder, error);
    }
    forgotten.register(this, this.#file, this);
    // without a name, the file goes as soon as it is closed, also by a crash
    try {
      unlinkSync(path);
    } catch {
      this.#path = path; // a system on which that must wait
    }
  }

  get rows(): number {
    return this.#rows;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Gives the file back. The tables over it cannot be read any more. */
  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    if (this.#path) unlinkSync(this.#path);
    this.#file = undefined;
    forgotten.unregister(this);
  }

  /** Stores the rows of a table below those that are there. */
  add(table: Table): void {
    if (table.rows <= MOST_ROWS) {
      this.#addGroup(table, (column) => column);
      return;
    }
    for (let first = 0; first < table.rows; first += MOST_ROWS) {
      const length = Math.min(MOST_ROWS, table.rows - first);
      // a part of a table has the texts of all of it
      this.#addGroup(table.pick(Uint32Array.from({ length }, (_, i) => first + i)), compact);
    }
  }

  #addGroup(table: Table, own: (column: TextColumn) => TextColumn): void {
    const file = this.opened();
    const places = new Map<string, Place>();
    const pieces: Uint8Array[] = [];
    const put = (bytes: Uint8Array): void => {
      pieces.push(bytes);
      this.#bytes += bytes.length;
    };
    for (const name of table.names) {
      if (!this.#names.includes(name)) this.#names.push(name);
      const column = table.column(name);
      const at = this.#bytes;
      if (column.type === 'number') {
        put(bytesOf(column.values));
        places.set(name, { type: 'number', at, texts: 0 });
        continue;
      }
      this.#texts.add(name);
      const { codes, dictionary } = own(column);
      put(bytesOf(codes));
      const texts = new TextEncoder().encode(JSON.stringify(dictionary));
      put(texts);
      places.set(name, { type: 'text', at, texts: texts.length });
    }
    let left = pieces.reduce((sum, piece) => sum + piece.length, 0);
    while (left > 0) {
      const written = writevSync(file, pieces);
      left -= written;
      dropBytes(pieces, written);
    }
    this.#groups.push({ first: this.#rows, rows: table.rows, places });
    this.#rows += table.rows;
  }

  /**
   * A column of all rows, or of some; a group of rows is in memory at a time.
   * @param picked rows in ascending order
   */
  column(name: string, picked?: Uint32Array): Column {
    const rows = picked?.length ?? this.#rows;
    return this.#texts.has(name) ? this.#textColumn(name, rows, picked) : this.#numberColumn(name, rows, picked);
  }

  #numberColumn(name: string, rows: number, picked: Uint32Array | undefined): Column {
    const values = new Float64Array(rows);
    let at = 0;
    for (const group of this.#groups) {
      const column = this.#read(group, name);
      if (column.type === 'number') at = copyRows(column.values, group, picked, values, at);
    }
    return { type: 'number', values };
  }

  #textColumn(name: string, rows: number, picked: Uint32Array | undefined): Column {
    const codes = new Int32Array(rows);
    const dictionary: string[] = [];
    const known = new Map<string, number>();
    const learned = this.#meanings.get(name);
    let at = 0;
    const meanings = this.#groups.map((group, i) => {
      const own = namesOf(this.#read(group, name));
      const meaning = learned?.[i] ?? new Int32Array(own.dictionary.length);
      for (let code = 0; code < meaning.length; code++) {
        const text = own.dictionary[code] as string;
        if (!learned) {
          const first = known.get(text);
          meaning[code] = first ?? known.size;
          if (first === undefined) known.set(text, known.size);
        }
        dictionary[meaning[code] as number] = text;
      }
      const from = at;
      at = copyRows(own.codes, group, picked, codes, at);
      for (let row = from; row < at; row++) {
        const code = codes[row] as number;
        if (code >= 0) codes[row] = meaning[code] as number;
      }
      return meaning;
    });
    this.#meanings.set(name, meanings);
    return { type: 'text', codes, dictionary };
  }

  /** A column of a group. */
  #read(group: Group, name: string): Column {
    return this.#readNow({ group, first: 0, length: group.rows, picked: undefined }, name);
  }

  #readNow(run: Run, name: string): Column {
    const file = this.opened();
    const spans = spansIn(run, name);
    return columnIn(run, spans, spans && [fetchNow(file, spans.values), fetchNow(file, spans.texts)]);
  }

  /** Some columns of some rows, in memory. @param rows that follow each other, with gaps or without */
  async load(names: readonly string[], rows: Uint32Array): Promise<Table> {
    const file = this.opened();
    const parts: Column[][] = [];
    for (const run of this.#runs(rows)) {
      const columns = names.map(async (name) => {
        const spans = spansIn(run, name);
        return columnIn(
          run,
          spans,
          spans && (await Promise.all([fetch(file, spans.values), fetch(file, spans.texts)])),
        );
      });
      parts.push(await Promise.all(columns));
      this.opened(); // what was read while it was closed may be another file's
    }
    return this.#joined(names, parts, rows.length);
  }

  /** The same at once. */
  loadNow(names: readonly string[], rows: Uint32Array): Table {
    const parts = Array.from(this.#runs(rows), (run) => names.map((name) => this.#readNow(run, name)));
    return this.#joined(names, parts, rows.length);
  }

  /** Puts parts of columns below each other. @param parts is emptied, as `joinColumns` says */
  #joined(names: readonly string[], parts: Column[][], rows: number): Table {
    const columns = names.map((_, i) => parts.map((part) => part[i] as Column));
    parts.length = 0;
    const join = (name: string, i: number) =>
      [name, joinColumns(columns[i] as Column[], rows, this.#texts.has(name))] as const;
    return new Table(new Map(names.map(join)), rows);
  }

  /** Rows as runs, each within a group. */
  *#runs(rows: Uint32Array): Generator<Run> {
    let at = 0;
    for (let i = 0; i < rows.length; ) {
      while (!isIn(this.#groups[at] as Group, rows[i] as number)) at = (at + 1) % this.#groups.length;
      const group = this.#groups[at] as Group;
      let [end, first, last] = [i, rows[i] as number, rows[i] as number];
      for (; end < rows.length && isIn(group, rows[end] as number); end++) {
        first = Math.min(first, rows[end] as number);
        last = Math.max(last, rows[end] as number);
      }
      const run = rows.subarray(i, end);
      const inOrder = run.every((row, j) => row === first + j);
      yield {
        group,
        first: first - group.first,
        length: last - first + 1,
        picked: inOrder ? undefined : run.map((row) => row - first),
      };
      i = end;
    }
  }

  /** The file. @throws DisposedError once it is closed. */
  opened(): number {
    if (this.#file === undefined) {
      throw new DisposedError('openTable: this table was closed. Help: call openTable again.');
    }
    return this.#file;
  }
}

/**
 * Copies those rows of a group that are picked.
 * @param at where they go in `to` @returns where the next ones go
 */
function copyRows<T extends Float64Array | Int32Array>(
  from: T,
  { first, rows }: Group,
  picked: Uint32Array | undefined,
  to: T,
  at: number,
): number {
  if (!picked) {
    to.set(from, at);
    return at + rows;
  }
  let next = at;
  for (; next < picked.length && (picked[next] as number) < first + rows; next++) {
    to[next] = from[(picked[next] as number) - first] as number;
  }
  return next;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Takes bytes from the beginning of pieces. */
function dropBytes(pieces: Uint8Array[], count: number): void {
  let left = count;
  while (left > 0) {
    const piece = pieces[0] as Uint8Array;
    if (piece.length > left) pieces[0] = piece.subarray(left);
    else pieces.shift();
    left -= Math.min(left, piece.length);
  }
}
