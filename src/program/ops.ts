import { BLOCK_DEPTH, Metric, Op, REDUCE_BLOCK } from '../../assembly/abi.js';
import { INFERENCE } from './inferenceops.js';
import { double, justM, justN, mn, type Operation, optional, read, targets, twoN, update, write } from './operation.js';

export type { Operand, Operation, Sizes } from './operation.js';

/** Partial sums of a slab-wide reduction over n elements. */
export function partials(n: number): number {
  return Math.ceil(n / REDUCE_BLOCK);
}

/** float64 accumulators of a metric over n outputs (assembly/abi.ts, enum Metric). */
export function accumulators(kind: Metric, n: number): number {
  return ACCUMULATORS[kind](n);
}

const ACCUMULATORS: Readonly<Record<Metric, (n: number) => number>> = {
  [Metric.Accuracy]: () => 2,
  [Metric.SquaredError]: (n) => 1 + 3 * n,
  [Metric.AbsoluteError]: (n) => 1 + n,
  [Metric.ClassCounts]: (n) => 3 * n,
};

/** The operation table. A missing row does not compile. */
export const OPERATIONS = {
  Gather: {
    about: 'y[i] = x[indices[first + i]], the batch from the bound data set',
    ...INFERENCE[Op.Gather],
    flops: mn,
  },
  Standardize: {
    about: 'y = (x − mean) · scale, per column',
    ...INFERENCE[Op.Standardize],
    flops: (s) => 2 * mn(s),
  },
  PackB: {
    about: 'B [k, n] into panels of a tile’s width',
    ...INFERENCE[Op.PackB],
    flops: () => 0,
  },
  Gemm: {
    about: `C = A · B (+ bias), k in blocks of ${BLOCK_DEPTH}`,
    ...INFERENCE[Op.Gemm],
    flops: ({ m, n, k }) => 2 * m * n * k,
  },
  ColumnSum: {
    about: 'y[j] = Σᵢ x[i, j]',
    operands: [read('x', mn), write('y', justN)],
    flops: mn,
  },
  Activation: {
    about: 'y = f(x)',
    ...INFERENCE[Op.Activation],
    flops: (s) => 4 * mn(s),
  },
  ActivationGradient: {
    about: 'dx = dy · f′, told from the output or from the input, by kind',
    operands: [read('source', mn), read('dy', mn), write('dx', mn)],
    inPlace: [2, 1],
    flops: (s) => 3 * mn(s),
  },
  Softmax: {
    about: 'y = exp(x − max) / Σ exp(x − max), per row',
    ...INFERENCE[Op.Softmax],
    flops: (s) => 20 * mn(s),
  },
  SoftmaxGradient: {
    about: 'dx = y · (dy − Σ dy·y), per row',
    operands: [read('y', mn), read('dy', mn), write('dx', mn)],
    inPlace: [2, 1],
    flops: (s) => 4 * mn(s),
  },
  Loss: {
    about: 'rowLoss = l(z, t);  dz = w/Σw · ∂l/∂z',
    operands: [
      read('z', mn),
      read('t', targets),
      optional(read('w', justM)),
      optional(write('dz', mn)),
      write('rowLoss', justM),
    ],
    inPlace: [3, 0],
    flops: (s) => 25 * mn(s),
  },
  Metric: {
    about: 'adds the batch to the accumulators of a metric',
    operands: [
      read('z', mn),
      read('t', targets),
      double(update('accumulators', ({ kind, n }) => accumulators(kind as Metric, n))),
    ],
    flops: (s) => 4 * mn(s),
  },
  Penalty: {
    about: 'Ω = λ₂/2 Σ w² + λ₁ Σ abs(w);  g += λ₂ w + λ₁ sign(w)',
    operands: [read('w', justN), optional(update('g', justN)), double(write('partials', ({ n }) => partials(n)))],
    flops: ({ n }) => 7 * n,
  },
  SquareSum: {
    about: 'Σ g², in blocks',
    operands: [read('g', justN), double(write('partials', ({ n }) => partials(n)))],
    flops: ({ n }) => 2 * n,
  },
  Verdict: {
    about: 'L = Σwl/Σw, J = L + Ω, ‖g‖; is the step finite?',
    operands: [
      read('rowLoss', justM),
      optional(read('w', justM)),
      double(optional(read('penalties', justN))),
      double(optional(read('squares', ({ k }) => k))),
    ],
    step: 'write',
    flops: ({ m, n, k }) => 2 * m + n + k,
  },
  Optimizer: {
    about: 'θ ← θ − ε · rule(min(1, c/‖g‖) g), unless the verdict forbids it',
    operands: [update('theta', justN), read('g', justN), optional(update('s', justN)), optional(update('r', justN))],
    step: 'read',
    flops: ({ n }) => 12 * n,
  },
  Random: {
    about: 'x = Philox4x32-10(seed; element, stream, step), uniform or normal',
    operands: [write('x', justN)],
    step: 'read',
    flops: ({ n }) => 60 * n,
  },
  Dropout: {
    about: 'y = mask · x / keep, mask = Philox4x32-10(seed; element, stream, step) < keep',
    operands: [read('x', mn), write('y', mn)],
    inPlace: [1, 0],
    step: 'read',
    flops: (s) => 40 * mn(s),
  },
  Moments: {
    about: 'mean and variance of every column',
    operands: [read('x', mn), write('moments', twoN)],
    flops: (s) => 5 * mn(s),
  },
  Normalize: {
    about: 'y = (x − mean) · γ / √(variance + ε) + β, per column',
    ...INFERENCE[Op.Normalize],
    flops: (s) => 3 * mn(s),
  },
  NormalizeGradient: {
    about: 'dβ = Σ dy;  dγ = Σ dy x̂;  dx = γ / √(variance + ε) · (dy − dβ/m − x̂ dγ/m)',
    operands: [
      read('x', mn),
      read('dy', mn),
      read('moments', twoN),
      read('gamma', justN),
      write('dx', mn),
      write('dgamma', justN),
      write('dbeta', justN),
    ],
    inPlace: [4, 1],
    flops: (s) => 9 * mn(s),
  },
  RunningAverage: {
    about: 'a ← p a + (1 − p) batch, unless the verdict forbids it',
    operands: [update('average', justN), read('batch', justN)],
    step: 'read',
    flops: ({ n }) => 3 * n,
  },
  NormalizationScale: {
    about: 'scale = γ / √(variance + ε);  shift = β − mean · scale',
    ...INFERENCE[Op.NormalizationScale],
    flops: ({ n }) => 5 * n,
  },
  Fold: {
    about: 'W′, b′: a normalization folded into the dense layer beside it',
    ...INFERENCE[Op.Fold],
    flops: (s) => 2 * mn(s),
  },
  LayerNorm: {
    about: 'y = γ (x − mean) · scale + β, per row;  scale = 1 / √(variance + ε)',
    ...INFERENCE[Op.LayerNorm],
    flops: (s) => 9 * mn(s),
  },
  LayerNormGradient: {
    about: 'dx = scale · (h − Σh/n − x̂ Σhx̂/n), h = γ dy, per row',
    operands: [
      read('x', mn),
      read('dy', mn),
      read('mean', justM),
      read('scale', justM),
      read('gamma', justN),
      write('dx', mn),
    ],
    inPlace: [5, 1],
    flops: (s) => 12 * mn(s),
  },
  LayerNormParameterGradient: {
    about: 'dβ = Σ dy;  dγ = Σ dy x̂, down the rows',
    operands: [
      read('x', mn),
      read('dy', mn),
      read('mean', justM),
      read('scale', justM),
      write('dgamma', justN),
      write('dbeta', justN),
    ],
    flops: (s) => 5 * mn(s),
  },
  Add: {
    about: 'c = a + b',
    ...INFERENCE[Op.Add],
    flops: mn,
  },
  Clip: {
    about: 'x ← min(max(x, −c), c)',
    operands: [update('x', justN)],
    flops: ({ n }) => 2 * n,
  },
  SoftThreshold: {
    about: 'w ← sign(w) · max(abs(w) − ελ, 0), unless the verdict forbids it',
    operands: [update('w', justN)],
    step: 'read',
    flops: ({ n }) => 3 * n,
  },
  MaxNorm: {
    about: 'w ← w · min(1, c/‖w‖), per row, unless the verdict forbids it',
    operands: [update('w', mn)],
    step: 'read',
    flops: (s) => 3 * mn(s),
  },
  RandomMap: {
    about: 'maps[i] = a random affine map: flip, stretch, rotation, shift',
    operands: [write('maps', ({ m }) => 6 * m)],
    step: 'read',
    flops: ({ m }) => 300 * m,
  },
  Warp: {
    about: 'y[i] = the image x[i] through maps[i], bilinear, 0 outside',
    operands: [read('x', mn), read('maps', ({ m }) => 6 * m), write('y', mn)],
    flops: (s) => 20 * mn(s),
  },
  Noise: {
    about: 'y = x + normal(0, p)',
    operands: [read('x', mn), write('y', mn)],
    inPlace: [1, 0],
    step: 'read',
    flops: (s) => 60 * mn(s),
  },
} as const satisfies Record<keyof typeof Op, Operation>;

// in the order of the enum, whose names are then not carried a second time
const NAMES = Object.keys(OPERATIONS);
const ROWS: readonly Operation[] = Object.values(OPERATIONS);

/** The row of an operation. */
export function operation(op: Op): Operation {
  return ROWS[op] as Operation;
}

/** The name of an operation; undefined for a number that is none. */
export function operationName(op: number): string | undefined {
  return NAMES[op];
}
