/** Files that hold tables. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { CsvReader, parseJsonLines, type Table } from '../../data/index.js';
import { FormatError, UnsupportedError } from '../../errors.js';
import { rethrow } from '../../node/files.js';
import { onFile } from './words.js';

/** What the name of a file says of its content. */
const FORMATS: readonly (readonly [ending: RegExp, format: Format])[] = [
  [/\.(csv|tsv)(\.gz)?$/i, 'csv'],
  [/\.(jsonl|ndjson)(\.gz)?$/i, 'jsonl'],
  [/\.(parquet|arrow)$/i, 'columns'],
];

type Format = 'csv' | 'jsonl' | 'columns';

/** Names of tables, for help texts. */
export const TABLE_NAMES = '.csv, .tsv, .jsonl or .ndjson, each perhaps with .gz';

/** Bytes that are looked at for what no text has. */
const HEAD = 4096;

function formatOf(path: string): Format | undefined {
  return FORMATS.find(([ending]) => ending.test(path))?.[1];
}

/** Whether a path has the name of a table. */
export function isTableName(path: string): boolean {
  return formatOf(path) !== undefined;
}

/** The first bytes. */
async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The text of a file, decompressed where it is gzip, piece by piece. @throws FormatError for bytes that are no text. */
async function* textOf(path: string): AsyncGenerator<string> {
  const [a, b] = await headOf(path);
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const gzip = a === 0x1f && b === 0x8b;
  const bytes = gzip ? file.pipe(createGunzip({ chunkSize: 1 << 20 })) : file;
  file.on('error', (error) => bytes.destroy(error));
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let first = true;
  try {
    for await (const piece of bytes as AsyncIterable<Buffer>) {
      if (first && piece.subarray(0, HEAD).includes(0)) {
        throw new FormatError(
          `${path}: this is no text: there are zeros among its bytes. Help: save it as CSV in UTF-8.`,
        );
      }
      first = false;
      yield decode(path, () => decoder.decode(piece, { stream: true }));
    }
    yield decode(path, () => decoder.decode());
  } catch (error) {
    if (gzip && error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw new FormatError(
        `${path}: the file must be whole gzip data. Received: ${error.message}. Help: fetch it again.`,
      );
    }
    throw error;
  } finally {
    file.destroy();
  }
}

function decode(path: string, work: () => string): string {
  try {
    return work();
  } catch {
    throw new FormatError(`${path}: the text is not UTF-8. Help: save the table as CSV in UTF-8.`);
  }
}

/** Refuses a file that was written while it was read. */
async function unchanged<T>(path: string, work: () => AsyncGenerator<T>): Promise<AsyncGenerator<T>> {
  const before = await stat(path);
  return (async function* () {
    yield* work();
    const after = await stat(path);
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs || after.ino !== before.ino) {
      const how = after.size !== before.size ? `it had ${before.size} bytes and has ${after.size}` : 'it was written';
      throw new FormatError(
        `${path}: the file must stay as it is while it is read. Received: ${how}. Help: try again once it is complete.`,
      );
    }
  })();
}

/** Tables of some of the rows each, or of all rows where `whole`. */
async function* tables(path: string, whole: boolean): AsyncGenerator<Table> {
  const format = formatOf(path);
  if (format === 'columns') throw new UnsupportedError(`${path}: this version reads ${TABLE_NAMES}.`);
  if (format === 'jsonl') {
    let text = '';
    for await (const piece of textOf(path)) text += piece;
    yield onFile(path, () => parseJsonLines(text));
    return;
  }
  const reader = new CsvReader(/\.tsv(\.gz)?$/i.test(path) ? { delimiter: '\t' } : {}, path);
  for await (const piece of textOf(path)) {
    onFile(path, () => reader.add(piece, false));
    if (whole || reader.names === undefined) continue;
    const some = reader.take();
    if (some.rows > 0) yield some;
  }
  onFile(path, () => reader.add('', true));
  const rest = reader.take();
  if (rest.rows > 0) yield rest;
}

/**
 * The rows of a table's file, some at a time, so that the file may be larger than memory.
 * @throws ArgumentError for a path that cannot be read; FormatError for a file that holds no table, or changes while it is read.
 */
export async function* readPieces(path: string, whole = false): AsyncGenerator<Table> {
  try {
    yield* await unchanged(path, () => tables(path, whole));
  } catch (error) {
    rethrow('lanegrad', 'DATA', path, error);
  }
}

/** All rows of a table's file. @throws as `readPieces` */
export async function readTable(path: string): Promise<Table> {
  for await (const table of readPieces(path, true)) return table;
  throw new FormatError(`${path}: there are no rows.`);
}
