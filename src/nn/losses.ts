import { Loss } from '../../assembly/abi.js';
import { checkOptions, checkPositive } from '../errors.js';
import type { ActivationName } from './activations.js';
import { checkChoice, nameOf, type ParameterFact, parameterOf } from './choice.js';

interface LossRow {
  readonly kind: Loss;
  /** The formula for one row. */
  readonly about: string;
  /** What targets are: class indices or names, 0 and 1 for each output, or values. */
  readonly targets: 'classes' | 'binary' | 'values';
  /** The output activation that the loss kernel computes itself, from the logits; it must be the model's last. */
  readonly fuses?: ActivationName;
  /** δ of huber. */
  readonly parameter?: ParameterFact;
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
  meanAbsoluteError: {
    kind: Loss.MeanAbsoluteError,
    about: 'mean over outputs of abs(y − t)',
    targets: 'values',
  },
  huber: {
    kind: Loss.Huber,
    about: 'mean over outputs of e ≤ δ ? e²/2 : δ (e − δ/2), e = abs(y − t)',
    targets: 'values',
    parameter: { name: 'delta', standard: 1, check: checkPositive },
  },
} as const satisfies Record<Uncapitalize<keyof typeof Loss>, LossRow>;

/**
 * Name of a loss, a mean over rows, for outputs y and targets t: `crossEntropy` −Σ t ln y, behind softmax;
 * `binaryCrossEntropy` the mean over outputs of −t ln y − (1 − t) ln(1 − y), behind sigmoid; `meanSquaredError` that of (y −
 * t)²; `meanAbsoluteError` that of |y − t|; `huber` with δ = 1 (the function of that name has the formula, and takes
 * another). The first two are computed from the logits. (Goodfellow, Bengio, Courville, Deep Learning, 5.5 and 6.2.)
 * @useDeclaredType
 */
export type LossName = keyof typeof LOSSES;

/** The losses whose targets are values. */
export type RegressionLoss = {
  [K in LossName]: (typeof LOSSES)[K]['targets'] extends 'values' ? K : never;
}[LossName];

/** Every loss's name. */
export const LOSS_NAMES = /* @__PURE__ */ Object.keys(LOSSES) as LossName[];

/** The losses with targets of these kinds. */
export function lossesWith(...targets: readonly LossRow['targets'][]): LossName[] {
  return LOSS_NAMES.filter((name) => targets.includes(LOSSES[name].targets));
}

/** huber with a δ, as plain data. */
export interface Huber {
  /** Made by `huber`. */
  readonly kind: 'huber';
  /** δ, above 0: errors up to it count by their square, larger ones by their size. */
  readonly delta: number;
}

/** A loss: its name, or one with its parameter, such as `huber({ delta: 0.5 })`. */
export type LossOption<L extends LossName = LossName> =
  | L
  | (Huber & {
      /** The name of the loss. */
      readonly kind: L;
    });

/**
 * Huber's loss (1964): the mean over outputs of e²/2 where e = |y − t| ≤ δ, and of δ(e − δ/2) beyond, so that outliers do
 * not rule. With `standardizeTarget`, δ is in standardized units.
 * @param options.delta δ, above 0, default 1
 * @throws ArgumentError for an unknown option, a δ that is not above 0 or not finite.
 */
export function huber(options: { readonly delta?: number } = {}): Huber {
  checkOptions('huber', options, ['delta']);
  const { delta = 1 } = options;
  checkPositive('huber', 'delta', delta);
  return { kind: 'huber', delta };
}

/** The name of a loss. */
export function lossName<L extends LossName>(loss: LossOption<L>): L {
  return nameOf<L>(loss);
}

/** The facts about a loss. */
export function lossRow(loss: LossOption): LossRow {
  return LOSSES[lossName(loss)];
}

/** δ of huber, 0 for the others. */
export function lossParameter(loss: LossOption): number {
  return parameterOf(loss, lossRow(loss));
}

/** Checks a loss, however it was made. @throws ArgumentError for an unknown one and a bad parameter. */
export function checkLoss(where: string, loss: LossOption): void {
  checkChoice(where, 'loss', loss, LOSSES);
}

/** How many classes a model with that loss and so many outputs tells apart. */
export function classCount({ loss, outputs }: { readonly loss: LossOption; readonly outputs: number }): number {
  return lossRow(loss).targets === 'binary' ? 2 : outputs;
}
