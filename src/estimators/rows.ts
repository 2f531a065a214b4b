import type { Inputs } from '../data/inputs.js';
import { refuse, words } from '../errors.js';

const product = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

/** Whether targets are one list for each row. */
export function isNested(y: unknown): y is readonly ArrayLike<unknown>[] {
  return Array.isArray(y) && (Array.isArray(y[0]) || ArrayBuffer.isView(y[0]));
}

/** How many rows there are in inputs, where they say so themselves: a flat array does not. */
export function rowsIn(x: Inputs): number | undefined {
  if (Array.isArray(x)) return x.length;
  return typeof x === 'object' && x !== null && 'shape' in x && Array.isArray(x.shape) ? x.shape[0] : undefined;
}

/** Values per row of inputs of so many rows. @throws ArgumentError where they have none; the model checks the rest. */
export function widthOf(where: string, x: Inputs, rows: number): number {
  if (x instanceof Float32Array || x instanceof Uint8Array) {
    const width = x.length / rows;
    if (Number.isInteger(width) && width > 0) return width;
    refuse(
      where,
      `flat inputs must have equally many values for each of the ${rows} rows`,
      words(`${x.length} values`),
    );
  }
  const counted = rowsIn(x);
  if (counted === undefined) {
    refuse(where, 'inputs must be an array of rows, a Float32Array, a Uint8Array or { data, shape }', x);
  }
  if (counted !== rows) {
    refuse(where, 'inputs and targets must have equally many rows', words(`${counted} and ${rows}`));
  }
  const width = Array.isArray(x)
    ? (x[0] as ArrayLike<number> | undefined)?.length
    : product((x as { readonly shape: readonly number[] }).shape.slice(1));
  if (width === undefined || !(width > 0)) refuse(where, 'rows must have at least one value', x);
  return width;
}

/** Some rows of a flat array. */
function pickFlat<T extends Float32Array | Uint8Array | Int32Array>(flat: T, width: number, rows: Uint32Array): T {
  const picked = new (flat.constructor as new (length: number) => T)(rows.length * width);
  rows.forEach((row, i) => {
    picked.set(flat.subarray(row * width, (row + 1) * width), i * width);
  });
  return picked;
}

/** Some rows of inputs that are `width` wide, in the order given. */
export function pickInputs(x: Inputs, width: number, rows: Uint32Array): Inputs {
  if (x instanceof Float32Array || x instanceof Uint8Array) return pickFlat(x, width, rows);
  if (Array.isArray(x)) return Array.from(rows, (row) => x[row] as number[]);
  const { data, shape, ...rest } = x as Extract<Inputs, { readonly shape: readonly number[] }>;
  return { ...rest, data: pickFlat(data, width, rows), shape: [rows.length, ...shape.slice(1)] };
}

/** Some rows of targets of which each row has `width`, in the order given. */
export function pickTargets<Y>(y: Y, width: number, rows: Uint32Array): Y {
  if (y instanceof Float32Array || y instanceof Uint8Array || y instanceof Int32Array) {
    return pickFlat(y, width, rows) as Y;
  }
  const list = y as readonly unknown[];
  return Array.from(rows, (row) => list.slice(row * width, (row + 1) * width)).flat(1) as Y;
}
