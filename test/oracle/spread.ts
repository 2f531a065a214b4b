/**
 * What the references of both normalizations share: means and variances in float64, with error bounds counted in roundings
 * (Higham, Accuracy and Stability of Numerical Algorithms, 4.2).
 */
import { type Result, reals, tabulate, UNIT } from './operation.js';

/** ε as the kernels get it. */
export const EPSILON = Math.fround(1e-5);

/** Some numbers. */
export type Row = ArrayLike<number>;

/** Σ f(value). */
export const sum = (values: Row, f: (value: number) => number = (value) => value): number =>
  Array.from(values).reduce((total, value) => total + f(value), 0);

/** Column j of a matrix [m, n]. */
export const column = (x: Row, j: number, m: number, n: number): Float64Array =>
  tabulate(m, (i) => x[i * n + j] as number);

/** The largest float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Mean and biased variance of some numbers, and how far a kernel's may be off. */
export interface Spread {
  readonly mean: number;
  readonly variance: number;
  readonly meanBound: number;
  readonly varianceBound: number;
}

/**
 * The first mean m₀ of the kernel is off by δ ≤ (n + 1)u·Σ|x|/n. Differences d = x − m₀ are rounded once each, their
 * mean (which corrects m₀) is off by (n + 2)u·Σ|d|/n, their mean square by (n + 3)u·Σd²/n = (n + 3)u·(v + δ²).
 */
export function spread(values: Row): Spread {
  const n = values.length;
  const mean = sum(values) / n;
  const variance = sum(values, (value) => (value - mean) ** 2) / n;
  const first = ((n + 1) * UNIT * sum(values, Math.abs)) / n;
  const differences = Math.sqrt(variance) + first;
  const correction = (n + 3) * UNIT * differences;
  return {
    mean,
    // squares that overflow make NaN, and not a variance that everything is divided by
    variance: variance > LARGEST ? Number.NaN : variance,
    meanBound: UNIT * Math.abs(mean) + correction,
    varianceBound: (n + 6) * UNIT * (variance + first ** 2) + 2 * correction * first,
  };
}

/** Values with a bound each. */
export const result = (values: readonly number[], bounds: readonly number[]): Result => ({
  values: Float64Array.from(values),
  bounds: Float64Array.from(bounds),
});

/** 1 / √(v + ε): sum, root (which halves an error) and quotient are rounded: below 3u. */
export const inverse = (variance: number): number => 1 / Math.sqrt(variance + EPSILON);

/** Matrices to find moments of: around 0, far from 0 compared with their spread, too large to square, all the same. */
export const STYLES = {
  'around 0': (next: () => number, count: number) => reals(next, count, -2, 2),
  'far from 0': (next: () => number, count: number) => reals(next, count, 999.9, 1000.1),
  'too large': (next: () => number, count: number) => reals(next, count, -3e30, 3e30),
  constant: (_: () => number, count: number) => new Float32Array(count).fill(0.1),
} as const;

/** What belongs to the columns of one case. */
export function columnsOf(next: () => number, n: number) {
  return {
    mean: reals(next, n, -1, 1),
    variance: reals(next, n, 0.01, 4),
    gamma: reals(next, n, -2, 2),
    beta: reals(next, n, -1, 1),
  };
}
