/** Where columns are in the temporary file of a table, and how they are read from it. */
import { read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Column, pickColumn } from '../../data/table/column.js';
import { InternalError } from '../../errors.js';

const readSome = promisify(read);

/** Where the values of a column are in the file: numbers as float64, or codes as int32 with their texts behind. */
export interface Place {
  readonly type: Column['type'];
  readonly at: number;
  /** Bytes of the texts, as JSON. */
  readonly texts: number;
}

/** Rows that were stored together. */
export interface Group {
  readonly first: number;
  readonly rows: number;
  readonly places: ReadonlyMap<string, Place>;
}

const BYTES = { number: 8, text: 4 } as const;

/** Rows of a group that follow each other, or some of them. */
export interface Run {
  readonly group: Group;
  readonly first: number;
  readonly length: number;
  /** Which of them, where not all. */
  readonly picked: Uint32Array | undefined;
}

/** Where a run of a column is; undefined where its group has no such column. */
export function spansIn({ group: { places, rows }, first, length }: Run, name: string) {
  const place = places.get(name);
  return place && { place, ...spansOf(place, rows, first, length) };
}

/** The column of what was read. */
export function columnIn(
  { length, picked }: Run,
  spans: { readonly place: Place } | undefined,
  bytes: readonly [values: Uint8Array<ArrayBuffer>, texts: Uint8Array<ArrayBuffer>] | undefined,
): Column {
  const column = spans && bytes ? columnOf(spans.place, ...bytes) : missing(length);
  return picked ? pickColumn(column, picked) : column;
}

export const isIn = ({ first, rows }: Group, row: number): boolean => row >= first && row < first + rows;

const missing = (rows: number): Column => ({ type: 'number', values: new Float64Array(rows).fill(Number.NaN) });

/** Bytes of the file. */
interface Span {
  readonly at: number;
  readonly length: number;
}

/** Where some values of a column are, and its texts. @param rows of its group */
export function spansOf(
  { type, at, texts }: Place,
  rows: number,
  first: number,
  count: number,
): { values: Span; texts: Span } {
  const size = BYTES[type];
  return { values: { at: at + first * size, length: count * size }, texts: { at: at + rows * size, length: texts } };
}

function columnOf({ type }: Place, values: Uint8Array<ArrayBuffer>, texts: Uint8Array<ArrayBuffer>): Column {
  const { buffer, byteOffset, length } = values;
  if (type === 'number') return { type, values: new Float64Array(buffer, byteOffset, length / BYTES[type]) };
  const dictionary = JSON.parse(new TextDecoder().decode(texts)) as string[];
  return { type, codes: new Int32Array(buffer, byteOffset, length / BYTES[type]), dictionary };
}

/** Bytes of the file. @param bytes where they go: as many as there are to be */
export function fetchNow(file: number, { at, length }: Span, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, length - done, at + done);
    if (count === 0) throw new InternalError('the temporary file of a table is too short.');
    done += count;
  }
  return bytes;
}

/** The same, without waiting for the disk. */
export async function fetch(file: number, { at, length }: Span): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await readSome(file, bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new InternalError('the temporary file of a table is too short.');
    done += bytesRead;
  }
  return bytes;
}
