/**
 * Reference of softmax and of the losses: float64, one row at a time, targets in dense form (a class is the row with 1
 * there and 0 elsewhere). Stable forms, because exp(1e4) is Infinity in float64 too; definitions: Goodfellow, Bengio,
 * Courville, Deep Learning, 6.2.2. Nothing of the library but the enum is used.
 */
import type { Loss } from '../../assembly/abi.js';

type Row = ArrayLike<number>;

/** What is known of one loss. */
export interface LossOracle {
  /** Loss of one row: z are logits (cross-entropies) or outputs, t the targets, both of n numbers; p is huber's δ. */
  readonly loss: (z: Row, t: Row, p?: number) => number;
  /** ∂loss/∂z_j; 0 at the kink of |z − t|. */
  readonly gradient: (z: Row, t: Row, p?: number) => number[];
  /** A parameter p to try, for losses that have one. */
  readonly parameter?: number;
  /** z to try: from, to. */
  readonly domain: readonly [number, number];
  /** Targets to try: rows that sum to 1, numbers from 0 to 1, or any numbers of the domain. */
  readonly targets: 'distribution' | 'probability' | 'any';
  /** |got − wanted| ≤ absolute + relative·|wanted|, for the loss and each element of the gradient. */
  readonly tolerance: { readonly absolute: number; readonly relative: number };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** ln Σ e^x. */
export function logSumExp(x: Row): number {
  const values = Array.from(x);
  const largest = Math.max(...values);
  return largest + Math.log(sum(values.map((value) => Math.exp(value - largest))));
}

/** e^x_j / Σ e^x_k. */
export function softmax(x: Row): number[] {
  const total = logSumExp(x);
  return Array.from(x, (value) => Math.exp(value - total));
}

/** Gradient by x of Σ dy·softmax(x), from y = softmax(x): y_j·(dy_j − Σ dy·y). */
export function softmaxGradient(y: Row, dy: Row): number[] {
  const dot = sum(Array.from(y, (value, j) => value * (dy[j] as number)));
  return Array.from(y, (value, j) => value * ((dy[j] as number) - dot));
}

/** Numbers z_j, t_j ↦ one number each. */
const pairs = (z: Row, t: Row, f: (z: number, t: number) => number): number[] =>
  Array.from(z, (value, j) => f(value, t[j] as number));

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

/** e²/2 up to δ, δ(e − δ/2) beyond (Huber 1964). */
const huber = (e: number, delta: number): number => (e <= delta ? e ** 2 / 2 : delta * (e - delta / 2));

/** Every loss of the enum. */
export const LOSSES: Record<keyof typeof Loss, LossOracle> = {
  CrossEntropy: {
    loss: (z, t) => {
      const total = logSumExp(z);
      return sum(pairs(z, t, (value, target) => target * (total - value)));
    },
    gradient: (z, t) => {
      const mass = sum(Array.from(t));
      return pairs(softmax(z), t, (p, target) => p * mass - target);
    },
    domain: [-20, 20],
    targets: 'distribution',
    tolerance: { absolute: 1e-6, relative: 1e-6 },
  },
  BinaryCrossEntropy: {
    loss: (z, t) => sum(pairs(z, t, (x, y) => Math.max(x, 0) - x * y + Math.log1p(Math.exp(-Math.abs(x))))) / z.length,
    gradient: (z, t) => pairs(z, t, (x, y) => (sigmoid(x) - y) / z.length),
    domain: [-20, 20],
    targets: 'probability',
    tolerance: { absolute: 1.5e-6, relative: 1e-6 },
  },
  MeanSquaredError: {
    loss: (z, t) => sum(pairs(z, t, (x, y) => (x - y) ** 2)) / z.length,
    gradient: (z, t) => pairs(z, t, (x, y) => (2 * (x - y)) / z.length),
    domain: [-20, 20],
    targets: 'any',
    tolerance: { absolute: 1e-7, relative: 1e-6 },
  },
  MeanAbsoluteError: {
    loss: (z, t) => sum(pairs(z, t, (x, y) => Math.abs(x - y))) / z.length,
    gradient: (z, t) => pairs(z, t, (x, y) => Math.sign(x - y) / z.length),
    domain: [-20, 20],
    targets: 'any',
    tolerance: { absolute: 0, relative: 1e-6 },
  },
  Huber: {
    loss: (z, t, p = 1) => sum(pairs(z, t, (x, y) => huber(Math.abs(x - y), p))) / z.length,
    gradient: (z, t, p = 1) => pairs(z, t, (x, y) => Math.max(-p, Math.min(p, x - y)) / z.length),
    // errors on both sides of δ
    domain: [-1.5, 1.5],
    targets: 'any',
    tolerance: { absolute: 0, relative: 1e-6 },
    parameter: 1,
  },
};
