/** Tables that are too large for memory, column by column in a file of their own. */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, read, readSync, unlinkSync, writevSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { namesOf } from '../../data/table/cells.js';
import { type Column, pickColumn, type TextColumn } from '../../data/table/column.js';
import { compact, joinColumns } from '../../data/table/join.js';
import { Table } from '../../data/table/table.js';
import { DisposedError, InternalError } from '../../errors.js';
import { rethrow } from '../files.js';

const readSome = promisify(read);

/** Rows that are stored together, at most. */
const MOST_ROWS = 1 << 16;

/** Where the values of a column are in the file: numbers as float64, or codes as int32 with their texts behind. */
interface Place {
  readonly type: Column['type'];
  readonly at: number;
  /** Bytes of the texts, as JSON. */
  readonly texts: number;
}

/** Rows that were stored together. */
interface Group {
  readonly first: number;
  readonly rows: number;
  readonly places: ReadonlyMap<string, Place>;
}

const BYTES = { number: 8, text: 4 } as const;

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
  #read({ places, rows }: Group, name: string): Column {
    const file = this.opened();
    const place = places.get(name);
    if (!place) return missing(rows);
    const { values, texts } = spansOf(place, rows, 0, rows);
    return columnOf(place, fetchNow(file, values), fetchNow(file, texts));
  }

  /** Some columns of some rows, in memory. @param rows that follow each other, with gaps or without */
  async load(names: readonly string[], rows: Uint32Array): Promise<Table> {
    const loaded = new Map<string, Column[]>(names.map((name) => [name, []]));
    const file = this.opened();
    let group = 0;
    for (let i = 0; i < rows.length; ) {
      const first = rows[i] as number;
      while (!isIn(this.#groups[group] as Group, first)) group = (group + 1) % this.#groups.length;
      const { first: start, rows: count, places } = this.#groups[group] as Group;
      let end = i + 1;
      // as long as they are in this group, and one behind the other
      while (
        end < rows.length &&
        (rows[end] as number) < start + count &&
        (rows[end] as number) > (rows[end - 1] as number)
      ) {
        end++;
      }
      const run = rows.subarray(i, end);
      const last = run[run.length - 1] as number;
      const length = last - first + 1;
      const columns = await Promise.all(
        names.map(async (name) => {
          const place = places.get(name);
          if (!place) return missing(length);
          const { values, texts } = spansOf(place, count, first - start, length);
          return columnOf(place, ...(await Promise.all([fetch(file, values), fetch(file, texts)])));
        }),
      );
      this.opened(); // what was read while it was closed may be another file's
      const whole = run.length === length;
      const picked = run.map((row) => row - first);
      names.forEach((name, j) => {
        const column = columns[j] as Column;
        loaded.get(name)?.push(whole ? column : pickColumn(column, picked));
      });
      i = end;
    }
    const join = ([name, columns]: [string, Column[]]) =>
      [name, joinColumns(columns, rows.length, this.#texts.has(name))] as const;
    return new Table(new Map([...loaded].map(join)), rows.length);
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

const isIn = ({ first, rows }: Group, row: number): boolean => row >= first && row < first + rows;

const missing = (rows: number): Column => ({ type: 'number', values: new Float64Array(rows).fill(Number.NaN) });

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

/** Bytes of the file. */
interface Span {
  readonly at: number;
  readonly length: number;
}

/** Where some values of a column are, and its texts. @param rows of its group */
function spansOf(
  { type, at, texts }: Place,
  rows: number,
  first: number,
  count: number,
): { values: Span; texts: Span } {
  const size = BYTES[type];
  return { values: { at: at + first * size, length: count * size }, texts: { at: at + rows * size, length: texts } };
}

function columnOf({ type }: Place, values: Uint8Array<ArrayBuffer>, texts: Uint8Array<ArrayBuffer>): Column {
  if (type === 'number') return { type, values: new Float64Array(values.buffer) };
  const dictionary = JSON.parse(new TextDecoder().decode(texts)) as string[];
  return { type, codes: new Int32Array(values.buffer), dictionary };
}

function fetchNow(file: number, { at, length }: Span): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, length - done, at + done);
    if (count === 0) throw new InternalError('the temporary file of a table is too short.');
    done += count;
  }
  return bytes;
}

async function fetch(file: number, { at, length }: Span): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await readSome(file, bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new InternalError('the temporary file of a table is too short.');
    done += bytesRead;
  }
  return bytes;
}
