import { Optimizer as Rule } from '../../assembly/abi.js';
import { checkNumber, checkOptions } from '../errors.js';

/** An optimizer, as plain data. */
export type Optimizer =
  | { readonly kind: 'sgd'; readonly learningRate: number }
  | {
      readonly kind: 'adam';
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
    };

interface OptimizerRow<O> {
  readonly rule: Rule;
  /** State slabs that the rule keeps. */
  readonly states: 0 | 1 | 2;
  /** The immediates p, q, r of its record (assembly/optimizers.ts). */
  hyper(optimizer: O): readonly [number, number, number];
  /** The decay rates whose running products correct the bias of its averages. */
  decays(optimizer: O): readonly number[];
}

type Rows = { [K in Optimizer['kind']]: OptimizerRow<Extract<Optimizer, { kind: K }>> } & Record<
  Uncapitalize<keyof typeof Rule>,
  unknown
>;

const OPTIMIZERS: Rows = {
  sgd: { rule: Rule.Sgd, states: 0, hyper: () => [0, 0, 0], decays: () => [] },
  adam: {
    rule: Rule.Adam,
    states: 2,
    hyper: ({ beta1, beta2, epsilon }) => [beta1, beta2, epsilon],
    // rounded as the kernel rounds them, so that 1 − ρ there and 1 − ρᵗ here belong together
    decays: ({ beta1, beta2 }) => [Math.fround(beta1), Math.fround(beta2)],
  },
};

/** Every optimizer's name. */
export const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS) as Optimizer['kind'][];

/** The facts about an optimizer. */
export function optimizerRow(optimizer: Optimizer): OptimizerRow<Optimizer> {
  return OPTIMIZERS[optimizer.kind] as OptimizerRow<Optimizer>;
}

/**
 * Stochastic gradient descent: θ ← θ − ε g (Goodfellow, Bengio, Courville, Deep Learning, algorithm 8.1).
 * @param options.learningRate ε, default 0.01
 * @throws ArgumentError for an unknown option or a negative or non-finite rate.
 */
export function sgd(options: { readonly learningRate?: number } = {}): Optimizer {
  checkOptions('sgd', options, ['learningRate']);
  const { learningRate = 0.01 } = options;
  checkNumber('sgd', 'learningRate', learningRate, 0);
  return { kind: 'sgd', learningRate };
}

/** Options of `adam`. */
export interface AdamOptions {
  /** ε of the update, default 0.001 */
  readonly learningRate?: number;
  /** decay of the first moment (the books' ρ1), default 0.9 */
  readonly beta1?: number;
  /** decay of the second moment (the books' ρ2), default 0.999 */
  readonly beta2?: number;
  /** added outside the root (the books' δ), default 1e-8 */
  readonly epsilon?: number;
}

/**
 * Adam with bias correction (Kingma and Ba 2015; Goodfellow, Bengio, Courville, Deep Learning, algorithm 8.7).
 * @throws ArgumentError for an unknown option or a value out of range.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  checkOptions('adam', options, ['learningRate', 'beta1', 'beta2', 'epsilon']);
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  checkNumber('adam', 'learningRate', learningRate, 0);
  checkNumber('adam', 'beta1', beta1, 0, 0.999999);
  checkNumber('adam', 'beta2', beta2, 0, 0.999999);
  checkNumber('adam', 'epsilon', epsilon, 0);
  return { kind: 'adam', learningRate, beta1, beta2, epsilon };
}
