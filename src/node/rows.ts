/** Files of rows that are larger than memory, as data sets. */
import type { Block, Dataset } from '../data/dataset.js';
import { checkNumber, checkOneOf, checkOptions, checkPositiveInteger, refuse, words } from '../errors.js';
import { checkRange } from './files.js';
import { RowFile, VALUE_BYTES, type ValueType } from './rowfile.js';

/** Targets in a file of their own, row for row. */
export interface TargetFile {
  /** Path of the file. */
  readonly path: string;
  /** Type of its values: `'uint8'` for class indices, `'float32'` for values. */
  readonly type: ValueType;
  /** Values for each row. Default 1. */
  readonly columns?: number;
  /** Bytes in front of the first row. Default 0. */
  readonly skip?: number;
}

/** Targets in memory: as `fit` takes them, for all rows of the file. */
export type TargetArray =
  | Float32Array
  | Uint8Array
  | Int32Array
  | readonly number[]
  | readonly string[]
  | readonly (readonly number[])[];

/** Where the targets of a file of rows are. */
export type RowTargets = 'class' | number | TargetArray | TargetFile;

/** What the blocks of such a file have as targets. */
export type TargetsOf<T extends RowTargets> = T extends 'class'
  ? Int32Array
  : T extends number
    ? Float32Array
    : T extends TargetFile
      ? T['type'] extends 'uint8'
        ? Uint8Array
        : Float32Array
      : T;

/** Options of `openRows`. */
export interface RowsOptions<T extends RowTargets> {
  /** Input values in a row. */
  readonly columns: number;
  /** Type of all values of a row; float32 is little-endian. Default `'float32'`. */
  readonly type?: ValueType;
  /** What uint8 inputs are multiplied by. Default 1. */
  readonly scale?: number;
  /** Bytes in front of the first row. Default 0. */
  readonly skip?: number;
  /**
   * Where the targets are. `'class'`: the last value of each row, behind the inputs, is its class index. A number n: the last n
   * values of each row are its target values. Otherwise in memory, or in another file.
   */
  readonly targets: T;
  /** Rows in a block, see `Dataset`. Default: about 4 MiB of float32. */
  readonly blockRows?: number;
}

const OPTIONS = [
  'columns',
  'type',
  'scale',
  'skip',
  'targets',
  'blockRows',
] as const satisfies readonly (keyof RowsOptions<'class'>)[];
const FILE_OPTIONS = ['path', 'type', 'columns', 'skip'] as const satisfies readonly (keyof TargetFile)[];
const TYPES = Object.keys(VALUE_BYTES) as ValueType[];
const where = 'openRows';

type Values = Float32Array | Uint8Array;

/**
 * A file that holds rows of numbers and nothing else, as a data set for `fit`, `train`, `evaluate` and `validationData`. Nothing
 * of it is kept in memory, and nothing has to be closed: it is open only while a block is read.
 * @throws (rejects) ArgumentError for options and paths that cannot be used; FormatError if the size of the file is no whole
 * number of rows, and, out of `fit`, if it changes while it is read.
 *
 * @example
 * const rows = await openRows('train.f32', { columns: 64, targets: 'class' }); // 65 float32 values a row, the last is the class
 * await model.fit(rows, { epochs: 3, batchSize: 128 });
 *
 * @example
 * const images = await openRows('train-images-idx3-ubyte', {
 *   columns: 784, type: 'uint8', scale: 1 / 255, skip: 16,
 *   targets: { path: 'train-labels-idx1-ubyte', type: 'uint8', skip: 8 },
 * });
 */
export async function openRows<const T extends RowTargets>(
  path: string,
  options: RowsOptions<T>,
): Promise<Dataset<TargetsOf<T>>> {
  checkOptions(where, options, OPTIONS);
  const { columns, type = 'float32', scale = 1, skip = 0, targets, blockRows } = options;
  checkPositiveInteger(where, 'columns', columns);
  checkOneOf(where, 'type', type, TYPES);
  checkNumber(where, 'scale', scale);
  if (type === 'float32' && scale !== 1) refuse(where, '`scale` is for uint8 data only', scale);
  checkSkip(where, skip);
  if (blockRows !== undefined) checkPositiveInteger(where, 'blockRows', blockRows);
  const source = targets as RowTargets;
  if (typeof source === 'number') checkPositiveInteger(where, 'targets', source);
  const behind = source === 'class' ? 1 : typeof source === 'number' ? source : 0;
  const file = await RowFile.open('path', path, { type, values: columns + behind, skip });
  const { rows } = file;
  const elsewhere = behind > 0 ? undefined : await targetsElsewhere(source, file.rows);
  /** The bytes behind each block, which may be filled again. */
  const buffers = new WeakMap<Block<unknown>, Uint8Array>();

  async function readBlock(first: number, count: number, spare?: Block<unknown>): Promise<Block<unknown>> {
    checkRange(`${where}, read`, first, count, rows);
    const old = spare && buffers.get(spare);
    const [bytes, given] = await Promise.all([file.read(first, count, old), elsewhere?.(first, count)]);
    const data = type === 'uint8' ? bytes : new Float32Array(bytes.buffer, 0, bytes.length / 4);
    const refuseClass = (row: number, value: number): never => {
      refuse(where, `the class of row ${first + row} of ${path} must be a whole number`, value);
    };
    const y = given ?? divide(data, columns, behind, source === 'class' ? refuseClass : undefined);
    const inputs = data.subarray(0, count * columns);
    const block = { x: { data: inputs, shape: [count, columns], scale }, y };
    buffers.set(block, bytes);
    return block;
  }

  const read = readBlock as Dataset<TargetsOf<T>>['read'];
  return blockRows === undefined ? { rows, read } : { rows, blockRows, read };
}

function checkSkip(owner: string, skip: unknown): void {
  if (typeof skip !== 'number' || !Number.isSafeInteger(skip) || skip < 0) {
    refuse(owner, '`skip` must be a whole number of bytes', skip);
  }
}

/** Gives the targets of some rows. */
type TargetReader = (first: number, count: number) => unknown;

/** Targets that are not in the rows themselves. */
async function targetsElsewhere(source: RowTargets, rows: number): Promise<TargetReader> {
  if (Array.isArray(source) || ArrayBuffer.isView(source)) return targetsInMemory(source as TargetArray, rows);
  if (typeof source !== 'object' || source === null) {
    const rule = "`targets` must be 'class', a number of values in each row, the targets themselves, or { path, type }";
    refuse(where, rule, source);
  }
  const { path, type, columns = 1, skip = 0 } = source as TargetFile;
  const owner = `${where}, targets`;
  checkOptions(owner, source, FILE_OPTIONS);
  checkOneOf(owner, 'type', type, TYPES);
  checkPositiveInteger(owner, 'columns', columns);
  checkSkip(owner, skip);
  const file = await RowFile.open('targets.path', path, { type, values: columns, skip });
  if (file.rows !== rows) refuse(where, `${path} must have targets for ${rows} rows`, words(`${file.rows} rows`));
  return async (first, count) => {
    const bytes = await file.read(first, count, undefined);
    return type === 'uint8' ? bytes : new Float32Array(bytes.buffer, 0, bytes.length / 4);
  };
}

function targetsInMemory(targets: TargetArray, rows: number): TargetReader {
  const each = targets.length / rows;
  if (!Number.isInteger(each) || each < 1) {
    refuse(where, `\`targets\` must have one or more for each of the ${rows} rows`, words(`${targets.length} targets`));
  }
  return (first, count) => {
    const [begin, end] = [first * each, (first + count) * each];
    return 'subarray' in targets ? targets.subarray(begin, end) : targets.slice(begin, end);
  };
}

/** Rows from where on they are moved as one: shorter ones are faster value by value. */
const LONG_ROW = 16;

/**
 * Takes the last values of each row out of `data`, in which the inputs then stand row after row.
 * @param refuseClass called for one that is no whole number, where they are class indices; without it they are target values
 */
function divide(
  data: Values,
  columns: number,
  behind: number,
  refuseClass: ((row: number, value: number) => never) | undefined,
): Int32Array | Float32Array {
  const width = columns + behind;
  const rows = data.length / width;
  const targets = refuseClass ? new Int32Array(rows) : new Float32Array(rows * behind);
  for (let row = 0; row < rows; row++) {
    const from = row * width;
    const to = row * columns;
    for (let j = 0; j < behind; j++) {
      const value = data[from + columns + j] as number;
      targets[row * behind + j] = value;
      if (refuseClass && targets[row * behind + j] !== value) refuseClass(row, value);
    }
    if (columns >= LONG_ROW) data.copyWithin(to, from, from + columns);
    else for (let j = 0; j < columns; j++) data[to + j] = data[from + j] as number;
  }
  return targets;
}
