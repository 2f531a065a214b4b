import { checkNumber, checkOneOf, checkOptions, refuse } from '../errors.js';

/** A penalty on parameters, as plain data; made by the functions of the same names, which have the formulas. */
export type Regularizer =
  | {
      /** Made by `l2`. */
      readonly kind: 'l2';
      /** λ of λ/2 Σ w², from 0 to 1e18. */
      readonly strength: number;
    }
  | {
      /** Made by `l1`. */
      readonly kind: 'l1';
      /** λ of λ Σ |w|, from 0 to 1e18. */
      readonly strength: number;
      /** Whether λ acts by soft thresholding after the update, which reaches exact zeros. Default: false. */
      readonly proximal?: boolean;
    }
  | {
      /** Made by `l1l2`. */
      readonly kind: 'l1l2';
      /** λ₁ of λ₁ Σ |w|, from 0 to 1e18. */
      readonly l1: number;
      /** λ₂ of λ₂/2 Σ w², from 0 to 1e18. */
      readonly l2: number;
    };

/** What a regularizer comes to: Ω = λ₂/2 Σ w² + λ₁ Σ |w|. */
export interface Penalty {
  readonly l1: number;
  readonly l2: number;
  /** λ₁ acts by soft thresholding after the update, and not through the gradient. */
  readonly proximal: boolean;
}

interface RegularizerRow<R> {
  readonly options: readonly (keyof R & string)[];
  /** Those of its options that are strengths. */
  readonly strengths: readonly (keyof R & string)[];
  penalty(regularizer: R): Penalty;
}

const REGULARIZERS: { readonly [K in Regularizer['kind']]: RegularizerRow<Extract<Regularizer, { kind: K }>> } = {
  l2: {
    options: ['strength'],
    strengths: ['strength'],
    penalty: ({ strength }) => ({ l1: 0, l2: strength, proximal: false }),
  },
  l1: {
    options: ['strength', 'proximal'],
    strengths: ['strength'],
    penalty: ({ strength, proximal = false }) => ({ l1: strength, l2: 0, proximal }),
  },
  l1l2: {
    options: ['l1', 'l2'],
    strengths: ['l1', 'l2'],
    penalty: ({ l1: first, l2: second }) => ({ l1: first, l2: second, proximal: false }),
  },
};

/** Every regularizer's name. */
export const REGULARIZER_NAMES = Object.keys(REGULARIZERS) as Regularizer['kind'][];

function rowOf(kind: Regularizer['kind']): RegularizerRow<Regularizer> {
  return REGULARIZERS[kind] as RegularizerRow<Regularizer>;
}

/** What a regularizer comes to; nothing for none, and for one whose strengths are 0. */
export function penaltyOf(regularizer: Regularizer | undefined): Penalty | undefined {
  const penalty = regularizer && rowOf(regularizer.kind).penalty(regularizer);
  return penalty && (penalty.l1 > 0 || penalty.l2 > 0) ? penalty : undefined;
}

/** A penalty beyond this overflows before it regularizes. */
const LARGEST = 1e18;

/** Checks a regularizer, however it was made. @throws ArgumentError naming the option that holds it. */
export function checkRegularizer(where: string, name: string, regularizer: Regularizer | undefined): void {
  if (regularizer === undefined) return;
  if (typeof regularizer !== 'object' || regularizer === null) {
    refuse(where, `\`${name}\` must be a regularizer such as l2(1e-4)`, regularizer);
  }
  checkOneOf(`${where}, ${name}`, 'kind', regularizer.kind, REGULARIZER_NAMES);
  const { options, strengths } = rowOf(regularizer.kind);
  checkOptions(`${where}, ${name}`, regularizer, ['kind', ...options]);
  for (const strength of strengths) {
    const value: unknown = regularizer[strength];
    if (!(typeof value === 'number' && value >= 0 && value <= LARGEST)) {
      refuse(where, `\`${name}\` needs a \`${strength}\` from 0 to 1e18`, value);
    }
  }
  if (regularizer.kind === 'l1' && !['boolean', 'undefined'].includes(typeof regularizer.proximal)) {
    refuse(where, `\`${name}\` needs \`proximal\` to be true or false`, regularizer.proximal);
  }
}

/**
 * λ/2 Σ w², added to the loss, with gradient λ w (Goodfellow, Bengio, Courville, Deep Learning, 7.1.1). Keras' `l2(λ)` has
 * no ½: its λ is half of this one.
 * @param strength λ, from 0 to 1e18
 * @throws ArgumentError for a λ that is out of range.
 */
export function l2(strength: number): Regularizer {
  checkNumber('l2', 'strength', strength, 0, LARGEST);
  return { kind: 'l2', strength };
}

/**
 * λ Σ |w|, added to the loss, with gradient λ sign(w), sign(0) = 0 (Goodfellow, Bengio, Courville, Deep Learning, 7.1.2).
 * Weights of no use hover around 0 at a distance of about ελ.
 * @param strength λ, from 0 to 1e18
 * @param options.proximal reaches exact zeros instead: λ stays out of the gradient, and after each update every weight is
 * moved by ελ towards 0 and not beyond (soft thresholding: the proximal gradient method of Parikh and Boyd 2014, Proximal
 * Algorithms, 4.2 and 6.5.2, with the optimizer's step in place of the gradient step; ε is the learning rate, also where
 * the optimizer scales it by parameter). The penalty still counts in the loss. Default false.
 * @throws ArgumentError for a λ that is out of range, an unknown option or value.
 */
export function l1(strength: number, options: { readonly proximal?: boolean } = {}): Regularizer {
  checkOptions('l1', options, ['proximal']);
  checkNumber('l1', 'strength', strength, 0, LARGEST);
  const { proximal = false } = options;
  if (typeof proximal !== 'boolean') refuse('l1', '`proximal` must be true or false', proximal);
  return { kind: 'l1', strength, ...(proximal && { proximal }) };
}

/**
 * λ₁ Σ |w| + λ₂/2 Σ w²: both penalties, the elastic net (Zou and Hastie 2005).
 * @param options.l1 λ₁, from 0 to 1e18
 * @param options.l2 λ₂, from 0 to 1e18
 * @throws ArgumentError for a λ that is out of range or missing, or an unknown option.
 */
export function l1l2(options: { readonly l1: number; readonly l2: number }): Regularizer {
  checkOptions('l1l2', options, ['l1', 'l2']);
  checkNumber('l1l2', 'l1', options.l1, 0, LARGEST);
  checkNumber('l1l2', 'l2', options.l2, 0, LARGEST);
  return { kind: 'l1l2', l1: options.l1, l2: options.l2 };
}
