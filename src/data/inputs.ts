import { ArgumentError, checkNumber, checkOptions, refuse, show, words } from '../errors.js';

/**
 * Rows of numbers: a flat array with the model's width, an array of rows, or a flat array with its shape. A Uint8Array
 * means its values 0 … 255 (nothing is scaled silently; `standardize: true` or `scale` does that).
 */
export type Inputs =
  | Float32Array
  | Uint8Array
  | readonly (readonly number[])[]
  | readonly Float32Array[]
  | {
      /** All values, row after row. */
      readonly data: Float32Array | Uint8Array;
      /** Rows first; the product of the others is the width. */
      readonly shape: readonly number[];
      /** What each value is multiplied by, for uint8 data only. Default 1. */
      readonly scale?: number;
    };

/** Inputs in the one form that the rest of the library works on. */
export interface Matrix {
  readonly data: Float32Array | Uint8Array;
  readonly rows: number;
  readonly columns: number;
  /** What uint8 data is multiplied by; 1 for float32. */
  readonly scale: number;
}

/** Refuses a value that is not a finite number, by row and column. */
export function refuseValue(where: string, row: number, column: number, value: unknown): never {
  throw new ArgumentError(
    `${where}: every value must be a finite number, but row ${row}, column ${column} holds ${show(value)}. ` +
      'Help: drop or fill such rows first (rows and columns count from 0).',
  );
}

/**
 * Whether all values are finite: their sum in float64 then is, as no number of them comes near the largest one, and an infinite
 * value or NaN stays in it. Four sums, because each waits for its last term.
 */
export function allFinite(data: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = data.length - (data.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += data[i] as number;
    b += data[i + 1] as number;
    c += data[i + 2] as number;
    d += data[i + 3] as number;
  }
  for (let i = whole; i < data.length; i++) a += data[i] as number;
  return Number.isFinite(a + b + c + d);
}

/** Checks that a float32 matrix is finite, and names the first value that is not; its rows count from `first`. */
export function checkFinite(where: string, data: Float32Array, columns: number, first = 0): void {
  if (allFinite(data)) return;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) refuseValue(where, first + Math.floor(i / columns), i % columns, data[i]);
  }
}

/** An array of rows as one flat float32 array. */
function flatten(
  where: string,
  rows: readonly (ArrayLike<number> | undefined)[],
  columns: number,
  first: number,
): Float32Array {
  const data = new Float32Array(rows.length * columns);
  // a loop over numbers: forEach would pass over the holes of a sparse array
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!Array.isArray(row) && !ArrayBuffer.isView(row))
      refuse(where, `row ${first + i} must be an array of numbers`, row);
    if (row.length !== columns) {
      refuse(
        where,
        `row ${first + i} must have ${columns} values like the model's input`,
        words(`${row.length} values`),
      );
    }
    for (let j = 0; j < columns; j++) {
      const value: unknown = row[j];
      if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) refuseValue(where, first + i, j, value);
      data[i * columns + j] = value;
    }
  }
  return data;
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/**
 * Checks inputs of a model of that width and brings them into one form, without copying typed arrays.
 * @param first the number of the first row in messages, where these are rows of something larger
 * @throws ArgumentError for no rows, a wrong width, ragged rows, and values that are not finite (row and column named).
 */
export function readInputs(where: string, x: Inputs, columns: number, first = 0): Matrix {
  if (x instanceof Float32Array || x instanceof Uint8Array) {
    return flat(where, x, x.length / columns, columns, 1, first);
  }
  if (Array.isArray(x)) {
    if (x.length === 0) refuse(where, 'at least one row is needed', x);
    if (typeof x[0] === 'number') {
      refuse(where, 'a plain array must be an array of rows', x, 'write [[…], […]], or pass a Float32Array.');
    }
    const rows = x as readonly ArrayLike<number>[];
    return { data: flatten(where, rows, columns, first), rows: x.length, columns, scale: 1 };
  }
  if (x !== null && typeof x === 'object' && 'data' in x && 'shape' in x) {
    checkOptions(where, x, ['data', 'shape', 'scale']);
    const { data, shape, scale = 1 } = x;
    if (!(data instanceof Float32Array || data instanceof Uint8Array)) {
      refuse(where, '`data` must be a Float32Array or a Uint8Array', data);
    }
    if (!Array.isArray(shape) || shape.length === 0 || !shape.every((n) => Number.isInteger(n) && n >= 0)) {
      refuse(where, '`shape` must be an array of sizes, rows first', shape);
    }
    if (product(shape) !== data.length) {
      refuse(where, `\`data\` of shape [${shape}] must hold ${product(shape)} values`, words(`${data.length} values`));
    }
    const width = product(shape.slice(1));
    if (width !== columns) {
      refuse(
        where,
        `a row must have ${columns} values like the model's input`,
        words(`shape [${shape}], ${width} values a row`),
      );
    }
    checkNumber(where, 'scale', scale);
    if (!Number.isFinite(Math.fround(scale * 255))) refuse(where, '`scale` times 255 must be a float32', scale);
    if (scale !== 1 && data instanceof Float32Array) refuse(where, '`scale` is for uint8 data only', scale);
    return flat(where, data, shape[0] as number, columns, scale, first);
  }
  return refuse(where, 'inputs must be a Float32Array, a Uint8Array, an array of rows or { data, shape }', x);
}

function flat(
  where: string,
  data: Float32Array | Uint8Array,
  rows: number,
  columns: number,
  scale: number,
  first: number,
): Matrix {
  if (data.length === 0) refuse(where, 'at least one row is needed', data);
  if (!Number.isInteger(rows)) {
    refuse(where, `the length must be a multiple of the model's input width ${columns}`, data);
  }
  if (data instanceof Float32Array) checkFinite(where, data, columns, first);
  return { data, rows, columns, scale };
}
