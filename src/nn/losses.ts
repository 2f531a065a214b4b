import { Loss } from '../../assembly/abi.js';
import type { ActivationName } from './activations.js';

interface LossRow {
  readonly kind: Loss;
  /** The formula for one row. */
  readonly about: string;
  /** What targets are: class indices or names, 0 and 1 for each output, or values. */
  readonly targets: 'classes' | 'binary' | 'values';
  /** The output activation that the loss kernel computes itself, from the logits; it must be the model's last. */
  readonly fuses?: ActivationName;
}

/** The losses, each a mean over the rows of a batch (Goodfellow, Bengio, Courville, Deep Learning, 6.2). */
export const LOSSES = {
  crossEntropy: {
    kind: Loss.CrossEntropy,
    about: '−Σ t log softmax(z)',
    targets: 'classes',
    fuses: 'softmax',
  },
  binaryCrossEntropy: {
    kind: Loss.BinaryCrossEntropy,
    about: 'mean over outputs of −t log σ(z) − (1 − t) log(1 − σ(z))',
    targets: 'binary',
    fuses: 'sigmoid',
  },
  meanSquaredError: {
    kind: Loss.MeanSquaredError,
    about: 'mean over outputs of (y − t)²',
    targets: 'values',
  },
} as const satisfies Record<Uncapitalize<keyof typeof Loss>, LossRow>;

/** Name of a loss. */
export type LossName = keyof typeof LOSSES;

/** Every loss's name. */
export const LOSS_NAMES = Object.keys(LOSSES) as LossName[];

/** The facts about a loss. */
export function lossRow(name: LossName): LossRow {
  return LOSSES[name];
}
