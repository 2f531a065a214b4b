/** References of what is done around the optimizer: clipping by value, soft thresholding, the max-norm constraint. */
import {
  exactly,
  generator,
  type OperationCase,
  type Outcome,
  reals,
  row,
  SHAPES,
  SIZES,
  UNIT,
  within,
} from './operation.js';
import { padded } from './sums.js';

/** x ← min(max(x, −c), c); NaN and the infinities stay. */
export const clip = {
  cases: SIZES.map((count): OperationCase => {
    const label = `${count} padded`;
    const x = padded(generator(`clip ${label}`), count, -2, 2);
    if (count > 4) x.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0.75], 0);
    const c = 0.75;
    const clipped = x.map((value) => (Math.abs(value) === Number.POSITIVE_INFINITY ? value : clamp(value, c)));
    return {
      label,
      record: { n: x.length, p: c },
      inputs: { x },
      outcome: () => ({ operands: { x: exactly(clipped) } }),
    };
  }),
};

function clamp(value: number, c: number): number {
  return Math.min(Math.max(value, -c), c);
}

/** A case whose verdict may forbid it. */
function guarded(
  label: string,
  record: OperationCase['record'],
  w: Float32Array,
  status: 0 | 1,
  rate: number,
  after: () => Outcome['operands'][string],
): OperationCase {
  return {
    label: `${label}${status ? ', forbidden' : ''}`,
    record,
    inputs: { w },
    step: { words: { Status: status }, floats: { LearningRate: rate } },
    outcome: () => ({ operands: { w: status ? exactly(w) : after() } }),
  };
}

/** w ← sign(w) · max(|w| − ελ, 0) */
export const softThreshold = {
  cases: [...SIZES, ...SIZES].map((count, i): OperationCase => {
    const status = i < SIZES.length ? 0 : 1;
    const w = padded(generator(`soft threshold ${count}`), count, -1, 1);
    const [rate, lambda] = [Math.fround(0.3), Math.fround(0.9)];
    if (count > 2) w.set([Math.fround(rate * lambda), -0, Number.NaN], 0);
    return guarded(`${count} padded`, { n: w.length, p: lambda }, w, status, rate, () => {
      // ελ is rounded as the kernel rounds it, so that both agree on what becomes 0
      const threshold = Math.fround(rate * lambda);
      const shrunk = Array.from(w, (value) =>
        Math.abs(value) <= threshold ? 0 : Math.sign(value) * (Math.abs(value) - threshold),
      );
      return within(shrunk, { relative: UNIT });
    });
  }),
};

/** w ← w · min(1, c/‖w‖), per row: the root, the quotient and the product are rounded, the sum is float64. */
export const maxNorm = {
  cases: SHAPES.flatMap(([m, n], at): OperationCase[] => {
    const next = generator(`max norm ${m}×${n}`);
    const w = reals(next, m * n, -1, 1);
    // rows well within, around and beyond the limit, one of zeros, one whose squares are beyond float32
    const sizes = [1, 0.1, 3, 0, 1e25];
    w.forEach((value, i) => {
      w[i] = value * (sizes[Math.floor(i / n) % sizes.length] as number);
    });
    const c = Math.fround(0.4 * Math.sqrt(n));
    return ([0, 1] as const).slice(0, at === 0 ? 2 : 1).map((status) =>
      guarded(`${m}×${n}`, { m, n, p: c }, w, status, 0.1, () => {
        const scaled = Array.from({ length: m }, (_, i) => {
          const values = row(w, i, n);
          const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
          return Array.from(values, (value) => (norm > c ? (value * c) / norm : value));
        });
        return within(scaled.flat(), { relative: 3 * UNIT });
      }),
    );
  }),
};
