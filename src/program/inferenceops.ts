import { Op, Side } from '../../assembly/abi.js';
import { justM, justN, mn, type Operands, optional, read, write } from './operation.js';
import { packedElements } from './panels.js';

/** The operations of which predictions consist. */
export const INFERENCE = {
  [Op.Gather]: {
    operands: [write('y', mn)],
    step: 'read',
  },
  [Op.Standardize]: {
    operands: [read('x', mn), read('mean', justN), read('scale', justN), write('y', mn)],
    inPlace: [3, 0],
  },
  [Op.PackB]: {
    operands: [read('b', ({ k, n }) => k * n), write('panels', ({ kind, k, n }) => packedElements(kind, k, n))],
  },
  [Op.Gemm]: {
    operands: [
      read('a', ({ m, k }) => m * k),
      read('panels', ({ kind, k, n }) => packedElements(kind, k, n)),
      write('c', mn),
      optional(read('bias', justN)),
    ],
  },
  [Op.Activation]: {
    operands: [read('x', mn), write('y', mn)],
    inPlace: [1, 0],
  },
  [Op.Softmax]: {
    operands: [read('x', mn), write('y', mn)],
    inPlace: [1, 0],
  },
  [Op.Normalize]: {
    operands: [
      read('x', mn),
      read('mean', justN),
      read('variance', justN),
      read('gamma', justN),
      read('beta', justN),
      write('y', mn),
    ],
    inPlace: [5, 0],
  },
  [Op.NormalizationScale]: {
    operands: [
      read('mean', justN),
      read('variance', justN),
      read('gamma', justN),
      read('beta', justN),
      write('scale', justN),
      write('shift', justN),
    ],
  },
  [Op.Fold]: {
    operands: [
      read('weight', mn),
      read('bias', justM),
      read('scale', ({ m, n, kind }) => (kind === Side.Inputs ? n : m)),
      read('shift', ({ m, n, kind }) => (kind === Side.Inputs ? n : m)),
      write('foldedWeight', mn),
      write('foldedBias', justM),
    ],
  },
  [Op.LayerNorm]: {
    operands: [
      read('x', mn),
      read('gamma', justN),
      read('beta', justN),
      write('y', mn),
      write('mean', justM),
      write('scale', justM),
    ],
    inPlace: [3, 0],
  },
  [Op.Add]: {
    operands: [read('a', mn), read('b', mn), write('c', mn)],
    inPlace: [2, 1],
  },
} as const satisfies Partial<Record<Op, Operands>>;
