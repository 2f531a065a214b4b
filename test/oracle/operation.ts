/**
 * What a test of one operation is made of: a record to run, what its operands hold, and what must come out. Operands go
 * by the names of the operation table (src/program/ops.ts), so a harness can run every case without knowing an operation
 * by name. Nothing of the library but the enums is used.
 */
import type { Step } from '../../assembly/abi.js';

/** Contents of an operand. */
export type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

/** What must come out: |got − values[i]| ≤ bounds[i]; NaN and the infinities stand for themselves. */
export interface Result {
  readonly values: Float64Array;
  readonly bounds: Float64Array;
}

/** Fields of the step block, by how they are stored. */
export interface StepFields {
  readonly words?: Partial<Record<keyof typeof Step, number>>;
  readonly floats?: Partial<Record<keyof typeof Step, number>>;
  readonly doubles?: Partial<Record<keyof typeof Step, number>>;
}

/** The words of a record beside operation and operands; what is left out is 0. */
export interface RecordFields {
  readonly kind?: number;
  readonly flags?: number;
  readonly m?: number;
  readonly n?: number;
  readonly k?: number;
  readonly p?: number;
  readonly q?: number;
  readonly r?: number;
  readonly s?: number;
  readonly t?: number;
  readonly u?: number;
}

/** What a case must leave behind. */
export interface Outcome {
  /** Written and updated operands by name; an operand that is missing here and in `inputs` is absent. Words are exact. */
  readonly operands: Readonly<Record<string, Result | Int32Array>>;
  /** Fields of the step block that it writes; all others must stay as they are. */
  readonly step?: StepFields;
}

/** One record to run. */
export interface OperationCase {
  /** What tells it from the other cases of its operation: sizes, kind, flags. */
  readonly label: string;
  readonly record: RecordFields;
  /** What the operands hold that are read or updated, by name. */
  readonly inputs: Readonly<Record<string, Values>>;
  /** Arrays that the step block points to, as a bound data set. */
  readonly bound?: Readonly<Partial<Record<keyof typeof Step, Values>>>;
  /** The step block before the operation. */
  readonly step?: StepFields;
  /** The reference, in float64. */
  readonly outcome: () => Outcome;
}

/** Everything that is tried of one operation. */
export interface OperationOracle {
  readonly cases: readonly OperationCase[];
}

/** Sizes on both sides of every vector, chunk and tile. */
export const SIZES = [1, 3, 5, 7, 17, 65, 129] as const;

/** Half the distance from 1 to the next float32: the largest relative error of one rounding. */
export const UNIT = 2 ** -24;
/** Half the least positive float32: the largest error of one rounding near zero. */
export const UNDERFLOW = 2 ** -150;

/**
 * A result with |error| ≤ absolute + relative · magnitude (+ what a rounding near zero takes). The magnitude of an element is |value|, or for a sum what its
 * terms add up to without their signs (Higham, Accuracy and Stability of Numerical Algorithms, 4.2: an error of a sum of
 * n numbers in any order is at most (n − 1)u times that).
 */
export function within(
  values: ArrayLike<number>,
  tolerance: { readonly absolute?: number; readonly relative?: number },
  magnitudes: ArrayLike<number> = values,
): Result {
  const { absolute = 0, relative = 0 } = tolerance;
  return {
    values: Float64Array.from(values),
    bounds: Float64Array.from(magnitudes, (magnitude) => absolute + relative * Math.abs(magnitude) + UNDERFLOW),
  };
}

/** A result without any error. */
export function exactly(values: ArrayLike<number>): Result {
  return { values: Float64Array.from(values), bounds: new Float64Array(values.length) };
}

/** An array of `count` numbers f(0), f(1) … */
export function tabulate(count: number, f: (i: number) => number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => f(i));
}

/** Numbers in [0, 1), the same ones for the same label (mulberry32 by Tommy Ettinger, public domain). */
export function generator(label: string): () => number {
  let state = 2166136261;
  for (const character of label) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` float32 from `low` to `high`. */
export function reals(next: () => number, count: number, low = -1, high = 1): Float32Array {
  return Float32Array.from({ length: count }, () => low + (high - low) * next());
}

/** `count` integers from 0 to `end` − 1. */
export function integers(next: () => number, count: number, end: number): Int32Array {
  return Int32Array.from({ length: count }, () => Math.floor(next() * end));
}

/** Row i of a matrix with n columns. */
export function row<T extends Float32Array | Float64Array>(matrix: T, i: number, n: number): T {
  return matrix.subarray(i * n, (i + 1) * n) as T;
}

/** Pairs of sizes: every one with itself and with the next, and long rows and columns. */
export const SHAPES: readonly (readonly [number, number])[] = [
  ...SIZES.map((size) => [size, size] as const),
  ...SIZES.slice(1).map((size, i) => [SIZES[i] as number, size] as const),
  ...SIZES.slice(1).map((size, i) => [size, SIZES[i] as number] as const),
  [1, 129],
  [129, 1],
  [3, 64],
];
