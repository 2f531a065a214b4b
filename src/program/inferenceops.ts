import { BLOCK_DEPTH, Op, Side } from '../../assembly/abi.js';
import { justM, justN, mn, type Operation, optional, read, write } from './operation.js';
import { packedElements } from './panels.js';

/** The operations of which predictions consist. */
export const INFERENCE = {
  [Op.Gather]: {
    about: 'y[i] = x[indices[first + i]], the batch from the bound data set',
    operands: [write('y', mn)],
    step: 'read',
    flops: mn,
  },
  [Op.Standardize]: {
    about: 'y = (x − mean) · scale, per column',
    operands: [read('x', mn), read('mean', justN), read('scale', justN), write('y', mn)],
    inPlace: [3, 0],
    flops: (s) => 2 * mn(s),
  },
  [Op.PackB]: {
    about: 'B [k, n] into panels of a tile’s width',
    operands: [read('b', ({ k, n }) => k * n), write('panels', ({ kind, k, n }) => packedElements(kind, k, n))],
    flops: () => 0,
  },
  [Op.Gemm]: {
    about: `C = A · B (+ bias), k in blocks of ${BLOCK_DEPTH}`,
    operands: [
      read('a', ({ m, k }) => m * k),
      read('panels', ({ kind, k, n }) => packedElements(kind, k, n)),
      write('c', mn),
      optional(read('bias', justN)),
    ],
    flops: ({ m, n, k }) => 2 * m * n * k,
  },
  [Op.Activation]: {
    about: 'y = f(x)',
    operands: [read('x', mn), write('y', mn)],
    inPlace: [1, 0],
    flops: (s) => 4 * mn(s),
  },
  [Op.Softmax]: {
    about: 'y = exp(x − max) / Σ exp(x − max), per row',
    operands: [read('x', mn), write('y', mn)],
    inPlace: [1, 0],
    flops: (s) => 20 * mn(s),
  },
  [Op.Normalize]: {
    about: 'y = (x − mean) · γ / √(variance + ε) + β, per column',
    operands: [
      read('x', mn),
      read('mean', justN),
      read('variance', justN),
      read('gamma', justN),
      read('beta', justN),
      write('y', mn),
    ],
    inPlace: [5, 0],
    flops: (s) => 3 * mn(s),
  },
  [Op.NormalizationScale]: {
    about: 'scale = γ / √(variance + ε);  shift = β − mean · scale',
    operands: [
      read('mean', justN),
      read('variance', justN),
      read('gamma', justN),
      read('beta', justN),
      write('scale', justN),
      write('shift', justN),
    ],
    flops: ({ n }) => 5 * n,
  },
  [Op.Fold]: {
    about: 'W′, b′: a normalization folded into the dense layer beside it',
    operands: [
      read('weight', mn),
      read('bias', justM),
      read('scale', ({ m, n, kind }) => (kind === Side.Inputs ? n : m)),
      read('shift', ({ m, n, kind }) => (kind === Side.Inputs ? n : m)),
      write('foldedWeight', mn),
      write('foldedBias', justM),
    ],
    flops: (s) => 2 * mn(s),
  },
  [Op.LayerNorm]: {
    about: 'y = γ (x − mean) · scale + β, per row;  scale = 1 / √(variance + ε)',
    operands: [
      read('x', mn),
      read('gamma', justN),
      read('beta', justN),
      write('y', mn),
      write('mean', justM),
      write('scale', justM),
    ],
    inPlace: [3, 0],
    flops: (s) => 9 * mn(s),
  },
  [Op.Add]: {
    about: 'c = a + b',
    operands: [read('a', mn), read('b', mn), write('c', mn)],
    inPlace: [2, 1],
    flops: mn,
  },
} as const satisfies Partial<Record<Op, Operation>>;
