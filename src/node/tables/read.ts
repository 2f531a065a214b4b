import { type FileHandle, open, stat } from 'node:fs/promises';
import { type CsvOptions, CsvReader } from '../../data/table/csv.js';
import { selectColumns, TableJoiner } from '../../data/table/join.js';
import type { Table } from '../../data/table/table.js';
import { checkOneOf, checkOptions, FormatError, refuse } from '../../errors.js';
import { checkPath, rethrow } from '../files.js';
import { checkUnchanged } from '../identity.js';
import { jsonLinesTables, jsonTables } from './json.js';
import { textOf } from './text.js';
import { wantedColumns } from './values.js';

/** What a file of a table is written in. */
export type TableFormat = 'csv' | 'jsonLines' | 'json' | 'parquet' | 'arrow';

/** Options of `readTable` and `openTable`; those of `parseCsv` are for CSV. */
export interface TableFileOptions extends CsvOptions {
  /** Default: by the file's ending, see `readTable`. */
  readonly format?: TableFormat;
  /** The columns to read, in this order. Default: all. */
  readonly columns?: readonly string[];
}

const CSV_OPTIONS = ['delimiter', 'decimal', 'header', 'missing'] as const satisfies readonly (keyof CsvOptions)[];

/** Formats by the ending of a file. */
const ENDINGS: Readonly<Record<string, TableFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  jsonl: 'jsonLines',
  ndjson: 'jsonLines',
  json: 'json',
  parquet: 'parquet',
  pq: 'parquet',
  arrow: 'arrow',
  arrows: 'arrow',
  feather: 'arrow',
};
const FORMATS = ['csv', 'jsonLines', 'json', 'parquet', 'arrow'] as const satisfies readonly TableFormat[];

/** Characters of a CSV whose rows become one table. */
const GROUP = 4 << 20;

/** Checks options before the file is looked at. @returns the format @throws ArgumentError */
export function checkTableOptions(where: string, path: unknown, options: TableFileOptions): TableFormat {
  checkPath(where, 'path', path);
  checkOptions(where, options, ['format', 'columns', ...CSV_OPTIONS]);
  const { format, columns, ...csv } = options;
  if (format !== undefined) checkOneOf(where, 'format', format, FORMATS);
  const ending = /\.(\w+)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const found = format ?? ENDINGS[ending];
  if (!found) {
    const help = `give it one of ${Object.keys(ENDINGS).join(', ')} (texts also with .gz), or name its \`format\`.`;
    refuse(where, "`path` must have an ending that says what the file's format is", path, help);
  }
  if (columns !== undefined && !(Array.isArray(columns) && columns.length > 0 && columns.every(isName))) {
    refuse(where, '`columns` must be an array of names', columns);
  }
  if (columns && new Set(columns).size < columns.length) refuse(where, '`columns` must be different ones', columns);
  if (found === 'csv') new CsvReader(csv, where); // checks them
  const other = CSV_OPTIONS.find((name) => options[name] !== undefined);
  if (found !== 'csv' && other) refuse(where, `\`${other}\` is for CSV`, found, 'leave it out.');
  return found;
}

const isName = (name: unknown): name is string => typeof name === 'string';

/** What a binary file begins with. */
const MAGIC: Readonly<Record<string, string>> = { parquet: 'PAR1', arrow: 'ARROW1' };

/** @throws (rejects) FormatError for a file that does not begin as its format does. Streams of Arrow have no magic. */
async function checkMagic(path: string, handle: FileHandle, format: TableFormat): Promise<void> {
  const bytes = new Uint8Array(8);
  await handle.read(bytes, 0, 8, 0);
  const begins = String.fromCharCode(...bytes);
  const isStream = format === 'arrow' && bytes[0] === 255 && bytes[3] === 255;
  if (begins.startsWith(MAGIC[format] as string) || isStream) return;
  const other = Object.entries(MAGIC).find(([, magic]) => begins.startsWith(magic));
  const help = other ? `its \`format\` is '${other[0]}'.` : 'write it again, or name its `format`.';
  throw new FormatError(`${path}: the file must begin as ${format} does, with ${MAGIC[format]}. Help: ${help}`);
}

/** Tables of an open file, one behind the other, by its format. */
async function* tablesIn(
  path: string,
  handle: FileHandle,
  format: TableFormat,
  options: TableFileOptions,
  whole: boolean,
): AsyncGenerator<Table> {
  const { format: _, columns, ...csv } = options;
  if (format === 'parquet' || format === 'arrow') {
    await checkMagic(path, handle, format);
    const { size } = await handle.stat();
    if (format === 'parquet') yield* (await import('./parquet.js')).parquetTables(path, handle, size, columns);
    else yield* (await import('./arrow.js')).arrowTables(path, handle, size, columns);
    return;
  }
  const text = textOf(path, handle);
  const tables =
    format === 'csv'
      ? csvTables(path, text, csv, whole)
      : format === 'json'
        ? jsonTables(path, text)
        : jsonLinesTables(path, text);
  for await (const table of tables)
    yield columns ? selectColumns(table, wantedIn(path, table, columns, format)) : table;
}

/** The columns that are asked for; what lines of JSON do not name is missing in them. */
function wantedIn(path: string, table: Table, columns: readonly string[], format: TableFormat): readonly string[] {
  return format === 'jsonLines' ? columns.filter((name) => table.has(name)) : wantedColumns(path, table.names, columns);
}

async function* csvTables(
  path: string,
  text: AsyncIterable<string>,
  options: CsvOptions,
  whole: boolean,
): AsyncGenerator<Table> {
  const reader = new CsvReader(options, path);
  let size = 0;
  for await (const piece of text) {
    reader.add(piece, false);
    size += piece.length;
    if (whole || size < GROUP) continue;
    const table = reader.take();
    if (table.rows > 0) yield table;
    size = 0;
  }
  reader.add('', true);
  const table = reader.take();
  if (table.rows > 0) yield table;
}

/**
 * Tables of a file, one behind the other: pieces that fit into memory, whatever its size.
 * @param whole asks for as few as the format allows
 * @throws (rejects) as `readTable`
 */
export async function* tablesOf(
  where: string,
  path: string,
  options: TableFileOptions,
  whole: boolean,
): AsyncGenerator<Table> {
  const format = checkTableOptions(where, path, options);
  let handle: FileHandle;
  try {
    if ((await stat(path)).isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
    handle = await open(path, 'r');
  } catch (error) {
    rethrow(where, 'path', path, error);
  }
  try {
    const before = await handle.stat();
    // what comes through a pipe is not there before
    const check = async (): Promise<void> => {
      if (before.isFile()) checkUnchanged(where, path, before, await stat(path));
    };
    if (before.isFile() && before.size === 0) {
      throw new FormatError(`${path}: the file is empty. Help: write the table into it.`);
    }
    try {
      yield* tablesIn(path, handle, format, options, whole);
    } catch (error) {
      await check(); // half a row of a file that is being written is no fault of the row
      throw error;
    }
    await check();
  } finally {
    await handle.close();
  }
}

/**
 * Reads a table from a file into memory, by its ending: `.csv`, `.tsv`, `.txt` (see `parseCsv`); `.jsonl`, `.ndjson` (an object
 * on each line); `.json` (an array of objects); each of these also packed, with `.gz` added; `.parquet`, `.pq`; `.arrow`,
 * `.arrows`, `.feather`. Dates and times of Parquet and Arrow become texts (`2024-03-31`, `2024-03-31T10:15:30`), decimals
 * numbers, whole numbers beyond 2⁵³ texts.
 * @throws (rejects) ArgumentError for a path that cannot be used and for options; FormatError for a file that is empty, damaged,
 * of another format, that changes while it is read, or holds what no cell may.
 *
 * @example
 * const table = await readTable('orders.csv.gz');
 */
export async function readTable(path: string, options: TableFileOptions = {}): Promise<Table> {
  return readWhole('readTable', path, options);
}

/**
 * Reads a CSV from a file, whatever its ending, also packed by gzip: `readTable` with `format: 'csv'`.
 * @throws (rejects) as `readTable`.
 */
export async function readCsv(
  path: string,
  options: CsvOptions & Pick<TableFileOptions, 'columns'> = {},
): Promise<Table> {
  checkOptions('readCsv', options, ['columns', ...CSV_OPTIONS]);
  return readWhole('readCsv', path, { ...options, format: 'csv' });
}

async function readWhole(where: string, path: string, options: TableFileOptions): Promise<Table> {
  let only: Table | undefined;
  let joiner: TableJoiner | undefined;
  for await (const table of tablesOf(where, path, options, true)) {
    if (only && !joiner) {
      joiner = new TableJoiner();
      joiner.add(only);
    }
    joiner?.add(table);
    only ??= table;
  }
  const table = joiner?.finish() ?? only ?? refuse(where, 'the file must have rows', path);
  return options.columns ? selectColumns(table, wantedColumns(path, table.names, options.columns)) : table;
}
