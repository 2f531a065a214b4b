import { ArgumentError, refuse, show, suggest, words } from '../errors.js';
import { refuseValue } from './inputs.js';

/** Targets in the one form that the rest of the library works on: a class index per row, or `columns` values per row. */
export type TargetMatrix =
  | { readonly kind: 'indices'; readonly data: Int32Array; readonly rows: number }
  | { readonly kind: 'values'; readonly data: Float32Array; readonly rows: number; readonly columns: number };

/**
 * Class labels: indices from 0, names, or one row per example (one-hot, or probabilities that sum to 1). For sigmoid outputs, a
 * number from 0 to 1 for each output; two names where there is one output.
 */
export type ClassTargets =
  | Uint8Array
  | Int32Array
  | readonly number[]
  | readonly string[]
  | readonly (readonly number[])[];

/** Target values: `[rows, outputs]` flat, or one row per example. */
export type ValueTargets = Float32Array | readonly number[] | readonly (readonly number[])[];

function isRows(y: unknown): y is readonly (readonly number[])[] {
  return Array.isArray(y) && (Array.isArray(y[0]) || ArrayBuffer.isView(y[0]));
}

function isNames(y: unknown): y is readonly string[] {
  return Array.isArray(y) && typeof y[0] === 'string';
}

/** Refuses the first label that is not a name, where the others are. */
function checkNames(where: string, y: readonly unknown[], first = 0): void {
  for (let i = 0; i < y.length; i++) {
    const rule = `the label of row ${first + i} must be a name like that of row ${first}`;
    if (typeof y[i] !== 'string') refuse(where, rule, y[i]);
  }
}

function checkLength(where: string, length: number, rows: number): void {
  if (length !== rows)
    refuse(where, `there must be one target for each of the ${rows} rows`, words(`${length} targets`));
}

function flattenRows(where: string, y: readonly (readonly number[])[], columns: number, first: number): Float32Array {
  const data = new Float32Array(y.length * columns);
  // loops over numbers: forEach would pass over the holes of a sparse array
  for (let i = 0; i < y.length; i++) {
    const row: ArrayLike<unknown> | undefined = y[i];
    if (row?.length !== columns) {
      refuse(
        where,
        `target row ${first + i} must have ${columns} values like the model's output`,
        words(`${row?.length ?? 'no'} values`),
      );
    }
    for (let j = 0; j < columns; j++) {
      const value = row[j];
      if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) refuseValue(where, first + i, j, value);
      data[i * columns + j] = value;
    }
  }
  return data;
}

/**
 * The names in `y`, sorted, for models that were given no `classes`.
 * @throws ArgumentError for a label among them that is no name.
 */
export function namesIn(where: string, y: unknown): string[] | undefined {
  if (!isNames(y)) return undefined;
  checkNames(where, y);
  return [...new Set(y)].sort();
}

/**
 * Class labels as indices (or as rows of probabilities where they are not one-hot).
 * @param count number of classes
 * @param classes the names, by index, where there are names
 * @param first the number of the first row in messages, where these are rows of something larger
 * @throws ArgumentError for labels out of range, unknown names, a wrong number of rows.
 */
export function readClasses(
  where: string,
  y: ClassTargets,
  rows: number,
  count: number,
  classes: readonly string[] | undefined,
  first = 0,
): TargetMatrix {
  if (!Array.isArray(y) && !(y instanceof Uint8Array) && !(y instanceof Int32Array)) {
    refuse(where, 'labels must be class indices, class names or one-hot rows', y);
  }
  checkLength(where, y.length, rows);
  if (isRows(y)) return readProbabilities(where, flattenRows(where, y, count, first), rows, count, first);
  const data = new Int32Array(rows);
  if (isNames(y)) {
    if (!classes) {
      refuse(where, 'names need the model to know its `classes`', y[0], 'declare them with `classes` in sequential.');
    }
    checkNames(where, y, first);
    const index = new Map(classes.map((name, i) => [name, i]));
    y.forEach((name, i) => {
      const at = index.get(name);
      if (at === undefined) {
        const rule = `the label of row ${first + i} is not one of the model's classes`;
        refuse(where, rule, name, suggest(String(name), classes));
      }
      data[i] = at;
    });
    return { kind: 'indices', data, rows };
  }
  for (let i = 0; i < rows; i++) {
    const label: unknown = y[i];
    if (typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label >= count) {
      refuse(where, `the label of row ${first + i} must be a class index from 0 to ${count - 1}`, label);
    }
    data[i] = label;
  }
  return { kind: 'indices', data, rows };
}

/** One-hot rows become indices; rows of probabilities stay rows, and must sum to 1. */
function readProbabilities(
  where: string,
  data: Float32Array,
  rows: number,
  count: number,
  first: number,
): TargetMatrix {
  const indices = new Int32Array(rows);
  let oneHot = true;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < count; j++) {
      const value = data[i * count + j] as number;
      if (value < 0) refuse(where, `target row ${first + i} must hold probabilities, none of them negative`, value);
      if (value === 1) indices[i] = j;
      else if (value !== 0) oneHot = false;
      sum += value;
    }
    if (Math.abs(sum - 1) > 1e-4) refuse(where, `target row ${first + i} must sum to 1`, sum);
  }
  return oneHot ? { kind: 'indices', data: indices, rows } : { kind: 'values', data, rows, columns: count };
}

/**
 * Labels for sigmoid outputs: 0 or 1 (or a probability between) for each output; with one output also two class names.
 * @throws ArgumentError for values outside of [0, 1], unknown names, a wrong number of rows.
 */
export function readBinary(
  where: string,
  y: ClassTargets | Float32Array,
  rows: number,
  outputs: number,
  classes: readonly string[] | undefined,
  first = 0,
): TargetMatrix {
  if (isNames(y)) {
    if (outputs !== 1) refuse(where, 'names fit a model with one sigmoid output', words(`${outputs} outputs`));
    const named = readClasses(where, y, rows, 2, classes, first);
    return { kind: 'values', data: Float32Array.from(named.data), rows, columns: 1 };
  }
  const target = readValues(where, y, rows, outputs, first);
  const at = target.data.findIndex((value) => value < 0 || value > 1);
  if (at >= 0) {
    refuse(where, `the label of row ${first + Math.floor(at / outputs)} must be 0 or 1`, target.data[at]);
  }
  return target;
}

/**
 * Target values, one for each output.
 * @throws ArgumentError for strings, values that are not finite, a wrong number of rows or columns.
 */
export function readValues(
  where: string,
  y: unknown,
  rows: number,
  outputs: number,
  first = 0,
): TargetMatrix & { kind: 'values' } {
  if (isRows(y)) {
    checkLength(where, y.length, rows);
    return { kind: 'values', data: flattenRows(where, y, outputs, first), rows, columns: outputs };
  }
  if (!Array.isArray(y) && !ArrayBuffer.isView(y)) {
    refuse(where, 'targets must be a Float32Array, an array of numbers or an array of rows', y);
  }
  const flat = y as ArrayLike<unknown>;
  if (flat.length !== rows * outputs) {
    const rule =
      outputs === 1
        ? `there must be one target for each of the ${rows} rows`
        : `there must be ${outputs} targets for each of the ${rows} rows, ${rows * outputs} in all`;
    refuse(where, rule, words(`${flat.length} targets`));
  }
  const data = new Float32Array(flat.length);
  for (let i = 0; i < flat.length; i++) {
    const value = flat[i];
    if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) {
      throw new ArgumentError(
        `${where}: every target must be a finite number, but row ${first + Math.floor(i / outputs)} holds ${show(value)}. ` +
          'Help: drop or fill such rows first (rows count from 0).',
      );
    }
    data[i] = value;
  }
  return { kind: 'values', data, rows, columns: outputs };
}
