import { Optimizer as Rule } from '../../assembly/abi.js';
import { checkNumber, checkOneOf, checkOptions, refuse } from '../errors.js';

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
  /** Throws an ArgumentError for unknown options and values out of range. */
  check(optimizer: O): void;
  /** The decay rates whose running products correct the bias of its averages. */
  decays(optimizer: O): readonly number[];
}

type Rows = { [K in Optimizer['kind']]: OptimizerRow<Extract<Optimizer, { kind: K }>> } & Record<
  Uncapitalize<keyof typeof Rule>,
  unknown
>;

/** A rate beyond this could carry a finite gradient past the largest float32. */
const LARGEST_RATE = 1e9;

function checkRate(where: string, rate: unknown): void {
  checkNumber(where, 'learningRate', rate, 0, LARGEST_RATE);
}

const OPTIMIZERS: Rows = {
  sgd: {
    rule: Rule.Sgd,
    states: 0,
    check(optimizer) {
      checkOptions('sgd', optimizer, ['kind', 'learningRate']);
      checkRate('sgd', optimizer.learningRate);
    },
    hyper: () => [0, 0, 0],
    decays: () => [],
  },
  adam: {
    rule: Rule.Adam,
    states: 2,
    check(optimizer) {
      checkOptions('adam', optimizer, ['kind', 'learningRate', 'beta1', 'beta2', 'epsilon']);
      checkRate('adam', optimizer.learningRate);
      checkNumber('adam', 'beta1', optimizer.beta1, 0, 0.999999);
      checkNumber('adam', 'beta2', optimizer.beta2, 0, 0.999999);
      // below it, moments that are flushed to zero (1e-30) would make steps larger than the rate
      checkNumber('adam', 'epsilon', optimizer.epsilon, 1e-12);
    },
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

/** Checks an optimizer, however it was made. @throws ArgumentError for anything that cannot be used. */
export function checkOptimizer(where: string, optimizer: Optimizer): void {
  if (typeof optimizer !== 'object' || optimizer === null) {
    refuse(where, '`optimizer` must be an optimizer such as adam()', optimizer);
  }
  checkOneOf(`${where}, optimizer`, 'kind', optimizer.kind, OPTIMIZER_NAMES);
  optimizerRow(optimizer).check(optimizer);
}

/** A checked optimizer out of defaults and options. */
function made<O extends Optimizer>(defaults: O, options: object): O {
  const { kind, ...rest } = defaults;
  checkOptions(kind, options, Object.keys(rest));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const optimizer = { ...defaults, ...given, kind };
  optimizerRow(optimizer).check(optimizer);
  return optimizer;
}

/**
 * Stochastic gradient descent: θ ← θ − ε g (Goodfellow, Bengio, Courville, Deep Learning, algorithm 8.1).
 * @param options.learningRate ε, default 0.01
 * @throws ArgumentError for an unknown option or a negative or non-finite rate.
 */
export function sgd(options: { readonly learningRate?: number } = {}): Optimizer {
  return made({ kind: 'sgd', learningRate: 0.01 }, options);
}

/** Options of `adam`. */
export interface AdamOptions {
  /** ε of the update, default 0.001 */
  readonly learningRate?: number;
  /** decay of the first moment (the books' ρ1), default 0.9 */
  readonly beta1?: number;
  /** decay of the second moment (the books' ρ2), default 0.999 */
  readonly beta2?: number;
  /** added outside the root (the books' δ), at least 1e-12, default 1e-8 */
  readonly epsilon?: number;
}

/**
 * Adam with bias correction (Kingma and Ba 2015; Goodfellow, Bengio, Courville, Deep Learning, algorithm 8.7).
 * @throws ArgumentError for an unknown option or a value out of range.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return made({ kind: 'adam', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, options);
}
