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
import { LentTexts } from './lent.js';
import { ColumnMemory } from './memory.js';
import { columnIn, fetch, fetchNow, type Group, isIn, type Place, type Run, spansIn, spansOf } from './places.js';
import { TextCodes } from './textcodes.js';

/** Rows that are stored together, at most. */
const MOST_ROWS = 1 << 16;

/** What codes of texts mean in a store. */
interface Meanings {
  /** Of each group: the code among all texts for each of its own. */
  readonly codes: readonly Int32Array[];
  /** How many different texts there are. */
  readonly texts: number;
}

/** Closes files of stores that nobody closed, once nobody has them. */
const forgotten = new FinalizationRegistry<number>((file) => closeSync(file));

/** Tables one below the other in a temporary file, which has no name and goes with the process, whatever ends it. */
export class Store {
  readonly #groups: Group[] = [];
  readonly #names: string[] = [];
  /** Columns that hold texts, in some group at least. */
  readonly #texts = new Set<string>();
  /** Of columns of texts that were read; the texts themselves are not kept. */
  readonly #meanings = new Map<string, Meanings>();
  /** The number that the system has for the file; undefined once it is closed. */
  #file: number | undefined;
  #path: string | undefined;
  #bytes = 0;
  #rows = 0;
  /** What is read of a group before it goes where it belongs: values, and texts. */
  readonly #piece = [new ColumnMemory(), new ColumnMemory()] as const;
  /** Memory for columns that are lent, while they are not. */
  readonly #idle: ColumnMemory[] = [];

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
    this.#idle.length = 0;
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
   * @param into where its values go; by default into an array of its own
   */
  column(name: string, picked?: Uint32Array, into?: ColumnMemory): Column {
    const rows = picked?.length ?? this.#rows;
    if (!this.#texts.has(name)) return this.#numberColumn(name, picked, into?.numbers(rows) ?? new Float64Array(rows));
    const column = this.#textColumn(name, picked, into?.codes(rows) ?? new Int32Array(rows));
    // a column of its own has its texts too, whatever becomes of the file
    return into ? column : { type: 'text', codes: column.codes, dictionary: column.dictionary };
  }

  /** Does something with memory for a column, which others have before and afterwards. */
  lend<T>(use: (memory: ColumnMemory) => T): T {
    const memory = this.#idle.pop() ?? new ColumnMemory();
    try {
      return use(memory);
    } finally {
      this.#idle.push(memory);
    }
  }

  #numberColumn(name: string, picked: Uint32Array | undefined, values: Float64Array): Column {
    let at = 0;
    for (const group of this.#groups) {
      const column = this.#read(group, name);
      if (column.type === 'number') at = copyRows(column.values, group, picked, values, at);
    }
    return { type: 'number', values };
  }

  #textColumn(name: string, picked: Uint32Array | undefined, codes: Int32Array): TextColumn {
    const { codes: meanings, texts } = this.#meaningsOf(name);
    let at = 0;
    this.#groups.forEach((group, i) => {
      const meaning = meanings[i] as Int32Array;
      const from = at;
      at = copyRows(this.#codesOf(group, name), group, picked, codes, at);
      for (let row = from; row < at; row++) {
        const code = codes[row] as number;
        if (code >= 0) codes[row] = meaning[code] as number;
      }
    });
    return new LentTexts(codes, texts, () => this.#textsOf(name, meanings));
  }

  /** What the codes of each group mean among all, where the texts are in the order of their first appearance. */
  #meaningsOf(name: string): Meanings {
    const learned = this.#meanings.get(name);
    if (learned) return learned;
    const known = new TextCodes();
    const codes = this.#groups.map((group) => {
      const { dictionary } = namesOf(this.#read(group, name));
      const meaning = new Int32Array(dictionary.length);
      for (let code = 0; code < meaning.length; code++) meaning[code] = known.codeOf(dictionary[code] as string);
      return meaning;
    });
    const meanings = { codes, texts: known.size };
    this.#meanings.set(name, meanings);
    return meanings;
  }

  /** The codes of a group. */
  #codesOf(group: Group, name: string): Int32Array {
    const place = group.places.get(name);
    if (place?.type !== 'text') return namesOf(this.#read(group, name)).codes;
    const { values } = spansOf(place, group.rows, 0, group.rows);
    const { buffer } = fetchNow(this.opened(), values, this.#piece[0].bytes(values.length));
    return new Int32Array(buffer, 0, group.rows);
  }

  /** The texts of all groups, each once, in the order of their first appearance. */
  *#textsOf(name: string, meanings: readonly Int32Array[]): Generator<readonly string[], void> {
    let next = 0;
    for (const [i, group] of this.#groups.entries()) {
      const { dictionary } = namesOf(this.#read(group, name));
      const own = dictionary.filter((_, code) => meanings[i]?.[code] === next && next++ >= 0);
      if (own.length > 0) yield own;
    }
  }

  /** A column of a group, until the next one is read. */
  #read(group: Group, name: string): Column {
    return this.#readNow({ group, first: 0, length: group.rows, picked: undefined }, name, this.#piece);
  }

  #readNow(run: Run, name: string, [ofValues, ofTexts]: readonly [ColumnMemory, ColumnMemory]): Column {
    const file = this.opened();
    const spans = spansIn(run, name);
    if (!spans) return columnIn(run, spans, undefined);
    const { values, texts } = spans;
    return columnIn(run, spans, [
      fetchNow(file, values, ofValues.bytes(values.length)),
      fetchNow(file, texts, ofTexts.bytes(texts.length)),
    ]);
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
    const parts = Array.from(this.#runs(rows), (run) =>
      names.map((name) => this.#readNow(run, name, [new ColumnMemory(), this.#piece[1]])),
    );
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
