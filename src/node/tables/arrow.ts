/** Arrow's IPC format (Feather, version 2), by flechette; loaded when such a file is read. */
import type { FileHandle } from 'node:fs/promises';
import { type Batch, CompressionType, type DataType, setCompressionCodec, Type, tableFromIPC } from '@uwdata/flechette';
import { decompress } from 'fzstd';
import { dayText, instantText } from '../../data/table/instant.js';
import { Table } from '../../data/table/table.js';
import { FormatError } from '../../errors.js';
import { unpackFrame } from './lz4.js';
import { columnOfValues, type Given, refuseKind, wantedColumns } from './values.js';

/** Types whose values a cell may hold, as flechette gives them: numbers, whole numbers of 64 bits, texts, true and false. */
const PLAIN: readonly number[] = [
  Type.Null,
  Type.Int,
  Type.Float,
  Type.Utf8,
  Type.Bool,
  Type.Decimal,
  Type.Time,
  Type.Duration,
  Type.LargeUtf8,
  Type.Utf8View,
];

const refusePacking = (): never => {
  throw new Error('nothing is written here');
};

// a copy, since fzstd gives a part of a larger buffer, which may begin where no float64 may
setCompressionCodec(CompressionType.ZSTD, { decode: (bytes) => decompress(bytes).slice(), encode: refusePacking });
setCompressionCodec(CompressionType.LZ4_FRAME, { decode: (bytes) => unpackFrame(bytes), encode: refusePacking });

/** The values of a batch, dates as texts; numbers that are all there as an array of their type. */
function valuesOf(batch: Batch<unknown>, type: DataType): Given {
  const { length } = batch;
  if (type.typeId === Type.Float && batch.nullCount === 0 && ArrayBuffer.isView(batch.values)) {
    if (type.precision > 0) return (batch.values as Float64Array).subarray(0, length);
  }
  const text = type.typeId === Type.Date ? (time: number) => dayText(Math.floor(time / 86400000)) : instantText;
  const isTime = type.typeId === Type.Date || type.typeId === Type.Timestamp;
  return Array.from({ length }, (_, i) => {
    const value = batch.at(i);
    return isTime && typeof value === 'number' ? text(value) : value;
  });
}

/**
 * Tables of an Arrow file or stream, one for each of its record batches. Its bytes are read whole.
 * @throws (rejects) FormatError for a file that is none or damaged, and for columns of lists, structures or bytes (by name).
 */
export async function* arrowTables(
  path: string,
  handle: FileHandle,
  size: number,
  columns: readonly string[] | undefined,
): AsyncGenerator<Table> {
  const bytes = new Uint8Array(size);
  await handle.read(bytes, 0, size, 0);
  const table = guarded(path, () => tableFromIPC(bytes, { useBigInt: true }));
  const there = table.names.map(String);
  const names = wantedColumns(path, there, columns);
  const chosen = names.map((name) => {
    const column = table.children[there.indexOf(name)];
    if (!column) throw new RangeError(name);
    const type = column.type.typeId === Type.Dictionary ? column.type.dictionary : column.type;
    const { typeId } = type;
    const isTime = typeId === Type.Date || typeId === Type.Timestamp;
    if (!isTime && !PLAIN.includes(typeId)) refuseKind(path, name, 'lists, structures or bytes');
    return { name, type: column.type.typeId === Type.Dictionary && !isTime ? column.type : type, data: column.data };
  });
  const batches = chosen[0]?.data.length ?? 0;
  let first = 0;
  for (let i = 0; i < batches; i++) {
    const rows = chosen[0]?.data[i]?.length ?? 0;
    const read = chosen.map(({ name, type, data }) => {
      const values = guarded(path, () => valuesOf(data[i] as Batch<unknown>, type));
      return [name, columnOfValues(path, name, values, first)] as const;
    });
    if (rows > 0) yield new Table(new Map(read), rows);
    first += rows;
  }
}

/** What flechette says is wrong, as an error of ours. */
function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`${path}: the file must be whole Arrow. Received: ${reason}. Help: write it again.`, {
      cause: error,
    });
  }
}
