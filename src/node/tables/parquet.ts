/** Parquet, by hyparquet; loaded when such a file is read. */
import type { FileHandle } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { parquetMetadataAsync, parquetSchema } from 'hyparquet/src/metadata.js';
import { parquetScan } from 'hyparquet/src/scan.js';
import type { Column } from '../../data/table/column.js';
import { dayText, instantText } from '../../data/table/instant.js';
import { Table } from '../../data/table/table.js';
import { FormatError } from '../../errors.js';
import { unpackBlock } from './lz4.js';
import { columnOfValues, refuseKind, wantedColumns } from './values.js';

/** Dates as texts, which is how tables hold them; what is missing stays so. */
const parsers = {
  dateFromDays: (days: number) => (typeof days === 'number' ? dayText(days) : days),
  timestampFromMilliseconds: (time: bigint) => instantOf(time, 1),
  timestampFromMicroseconds: (time: bigint) => instantOf(time, 1e3),
  timestampFromNanoseconds: (time: bigint) => instantOf(time, 1e6),
};

function instantOf(time: bigint | undefined, perMillisecond: number): string | undefined {
  return time === undefined || time === null ? undefined : instantText(Number(time) / perMillisecond);
}

/** Snappy is hyparquet's own. */
const compressors = {
  GZIP: (input: Uint8Array) => gunzipSync(input),
  BROTLI: (input: Uint8Array) => brotliDecompressSync(input),
  ZSTD: (input: Uint8Array) => decompress(input),
  LZ4_RAW: (input: Uint8Array, size: number) => {
    const output = new Uint8Array(size);
    unpackBlock(input, output, 0);
    return output;
  },
};

/** What hyparquet says is wrong, as an error of ours. */
async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`${path}: the file must be whole Parquet. Received: ${reason}. Help: write it again.`, {
      cause: error,
    });
  }
}

/**
 * Tables of a Parquet file, one for each of its row groups.
 * @throws (rejects) FormatError for a file that is none or damaged, and for columns of lists, structures or bytes (by name).
 */
export async function* parquetTables(
  path: string,
  handle: FileHandle,
  size: number,
  columns: readonly string[] | undefined,
): AsyncGenerator<Table> {
  const file = {
    byteLength: size,
    async slice(start: number, end = size): Promise<ArrayBuffer> {
      const bytes = new Uint8Array(end - start);
      await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
  };
  const metadata = await guarded(path, () => parquetMetadataAsync(file, { parsers }));
  const { children } = parquetSchema(metadata);
  const there = children.map(({ element }) => element.name);
  const names = wantedColumns(path, there, columns);
  for (const { children: within, element } of children) {
    if (!names.includes(element.name)) continue;
    const bytes = element.type === 'FIXED_LEN_BYTE_ARRAY' && !element.logical_type && !element.converted_type;
    if (within.length > 0 || element.repetition_type === 'REPEATED')
      refuseKind(path, element.name, 'lists or structures');
    if (bytes) refuseKind(path, element.name, 'bytes');
  }
  const scan = await guarded(path, () => parquetScan({ file, metadata, columns: [...names], compressors, parsers }));
  for (const range of scan.ranges) {
    const read = new Map<string, Column>();
    for (const column of names) {
      const values = await guarded(path, () => scan.readColumn({ column, ...range }));
      read.set(column, columnOfValues(path, column, values, range.rowStart));
    }
    yield new Table(read, range.rowEnd - range.rowStart);
  }
}
