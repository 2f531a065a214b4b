import { Optimizer as Rule } from '../../assembly/abi.js';
import { checkNumber, checkOneOf, checkOptions, refuse } from '../errors.js';
import { checkRate, type Rate } from './schedules.js';

/** An optimizer, as plain data; made by the functions of the same names, which have the formulas and the defaults. */
export type Optimizer = {
  /** ε of the update: a number from 0 to 1e9, a schedule, or a function of t. */
  readonly learningRate: Rate;
} & (
  | {
      /** Made by `sgd`. */
      readonly kind: 'sgd';
      /** μ, from 0 to 0.999999. Default: 0. */
      readonly momentum?: number;
      /** Looks ahead by μv; needs a momentum above 0. Default: false. */
      readonly nesterov?: boolean;
    }
  | {
      /** Made by `ewaMomentum`. */
      readonly kind: 'ewaMomentum';
      /** α, the share of the past, from 0 to 0.999999. */
      readonly alpha: number;
    }
  | {
      /** Made by `adagrad`. */
      readonly kind: 'adagrad';
      /** δ, outside the root, at least 1e-12. */
      readonly epsilon: number;
    }
  | {
      /** Made by `rmsprop`. */
      readonly kind: 'rmsprop';
      /** ρ, the share of the past, from 0 to 0.999999. */
      readonly rho: number;
      /** δ, inside the root, at least 1e-12. */
      readonly epsilon: number;
    }
  | {
      /** Made by `adam`. */
      readonly kind: 'adam';
      /** Decay of the first moment, from 0 to 0.999999. */
      readonly beta1: number;
      /** Decay of the second moment, from 0 to 0.999999. */
      readonly beta2: number;
      /** Added outside the root, after the bias correction; at least 1e-12. */
      readonly epsilon: number;
    }
  | {
      /** Made by `adamw`. */
      readonly kind: 'adamw';
      /** Decay of the first moment, from 0 to 0.999999. */
      readonly beta1: number;
      /** Decay of the second moment, from 0 to 0.999999. */
      readonly beta2: number;
      /** Added outside the root, after the bias correction; at least 1e-12. */
      readonly epsilon: number;
      /** λ, at least 0: every update takes ελθ off the parameters that decay. */
      readonly weightDecay: number;
      /** Whether all parameters decay, not only matrices of weights. */
      readonly decayAll: boolean;
    }
);

type Of<K extends Optimizer['kind']> = Extract<Optimizer, { kind: K }>;

/** What a program and a step need to know of an optimizer. */
export interface Update {
  /** Its rule, and the one for parameters that decay. */
  readonly rule: Rule;
  readonly decaying: Rule;
  /** State slabs that the rule keeps. */
  readonly states: 0 | 1 | 2;
  /** The immediates p, q, r of its records (assembly/optimizers.ts). */
  readonly hyper: readonly [number, number, number];
  /** The decay rates whose running products correct the bias of its averages. */
  readonly decays: readonly number[];
  /** λ of decoupled weight decay, and whether it is for biases and the like too. */
  readonly weightDecay: number;
  readonly decayAll: boolean;
}

interface OptimizerRow<O> {
  /** The options with their defaults. */
  readonly defaults: O;
  /** Throws an ArgumentError for values out of range; unknown options and the rate are checked for all. */
  check(optimizer: O): void;
  update(optimizer: O): Pick<Update, 'rule' | 'states' | 'hyper'> & Partial<Update>;
}

/** Averages may forget slowly, but they must forget. */
const LONGEST = 0.999999;
/**
 * The least δ: below it, moments that are flushed to zero (1e-30) would make steps larger than the rate, and with 0 a
 * gradient of 0 would be divided by 0.
 */
const LEAST = 1e-12;

function checkAdam(optimizer: Of<'adam'> | Of<'adamw'>): void {
  checkNumber(optimizer.kind, 'beta1', optimizer.beta1, 0, LONGEST);
  checkNumber(optimizer.kind, 'beta2', optimizer.beta2, 0, LONGEST);
  checkNumber(optimizer.kind, 'epsilon', optimizer.epsilon, LEAST);
}

function adamUpdate({ beta1, beta2, epsilon }: Of<'adam'> | Of<'adamw'>) {
  return {
    rule: Rule.Adam,
    states: 2,
    hyper: [beta1, beta2, epsilon],
    // rounded as the kernel rounds them, so that 1 − ρ there and 1 − ρᵗ here belong together
    decays: [Math.fround(beta1), Math.fround(beta2)],
  } as const;
}

const OPTIMIZERS: { readonly [K in Optimizer['kind']]: OptimizerRow<Of<K>> } = {
  sgd: {
    defaults: { kind: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false },
    check({ momentum = 0, nesterov = false }) {
      checkNumber('sgd', 'momentum', momentum, 0, LONGEST);
      if (typeof nesterov !== 'boolean') refuse('sgd', '`nesterov` must be true or false', nesterov);
      if (nesterov && momentum === 0) refuse('sgd', '`nesterov` needs a `momentum` above 0', momentum);
    },
    update({ momentum = 0, nesterov = false }) {
      if (momentum === 0) return { rule: Rule.Sgd, states: 0, hyper: [0, 0, 0] };
      return { rule: nesterov ? Rule.Nesterov : Rule.Momentum, states: 1, hyper: [momentum, 1, 0] };
    },
  },
  ewaMomentum: {
    defaults: { kind: 'ewaMomentum', learningRate: 0.01, alpha: 0.9 },
    check: ({ alpha }) => checkNumber('ewaMomentum', 'alpha', alpha, 0, LONGEST),
    // 1 − α as float32 sees α, so that the weights of a constant gradient sum to 1 − αᵗ
    update: ({ alpha }) => ({ rule: Rule.Momentum, states: 1, hyper: [alpha, 1 - Math.fround(alpha), 0] }),
  },
  adagrad: {
    defaults: { kind: 'adagrad', learningRate: 0.01, epsilon: 1e-7 },
    check: ({ epsilon }) => checkNumber('adagrad', 'epsilon', epsilon, LEAST),
    update: ({ epsilon }) => ({ rule: Rule.Adagrad, states: 1, hyper: [0, 0, epsilon] }),
  },
  rmsprop: {
    defaults: { kind: 'rmsprop', learningRate: 1e-3, rho: 0.9, epsilon: 1e-6 },
    check({ rho, epsilon }) {
      checkNumber('rmsprop', 'rho', rho, 0, LONGEST);
      checkNumber('rmsprop', 'epsilon', epsilon, LEAST);
    },
    update: ({ rho, epsilon }) => ({ rule: Rule.Rmsprop, states: 1, hyper: [rho, 0, epsilon] }),
  },
  adam: {
    defaults: { kind: 'adam', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    check: checkAdam,
    update: adamUpdate,
  },
  adamw: {
    defaults: {
      kind: 'adamw',
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.01,
      decayAll: false,
    },
    check(optimizer) {
      checkAdam(optimizer);
      checkNumber('adamw', 'weightDecay', optimizer.weightDecay, 0);
      if (typeof optimizer.decayAll !== 'boolean') {
        refuse('adamw', '`decayAll` must be true or false', optimizer.decayAll);
      }
    },
    update: (optimizer) => ({
      ...adamUpdate(optimizer),
      decaying: Rule.AdamW,
      weightDecay: optimizer.weightDecay,
      decayAll: optimizer.decayAll,
    }),
  },
};

/** Every optimizer's name. */
export const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS) as Optimizer['kind'][];

function rowOf(kind: Optimizer['kind']): OptimizerRow<Optimizer> {
  return OPTIMIZERS[kind] as unknown as OptimizerRow<Optimizer>;
}

/** What a program and a step need to know of an optimizer. */
export function updateOf(optimizer: Optimizer): Update {
  const update = rowOf(optimizer.kind).update(optimizer);
  return { decays: [], decaying: update.rule, weightDecay: 0, decayAll: false, ...update };
}

/** The learning rate that an optimizer has unless it is given one. */
export function defaultRate(kind: Optimizer['kind']): number {
  return rowOf(kind).defaults.learningRate as number;
}

/** Checks an optimizer, however it was made. @throws ArgumentError for anything that cannot be used. */
export function checkOptimizer(where: string, optimizer: Optimizer): void {
  if (typeof optimizer !== 'object' || optimizer === null) {
    refuse(where, '`optimizer` must be an optimizer such as adam()', optimizer);
  }
  checkOneOf(`${where}, optimizer`, 'kind', optimizer.kind, OPTIMIZER_NAMES);
  const { defaults, check } = rowOf(optimizer.kind);
  checkOptions(optimizer.kind, optimizer, Object.keys(defaults));
  checkRate(optimizer.kind, optimizer.learningRate);
  check(optimizer);
}

/** A checked optimizer by name, out of its defaults and options; options that are undefined count as left out. */
export function optimizerOf(kind: Optimizer['kind'], options: object): Optimizer {
  const { kind: _, ...defaults } = rowOf(kind).defaults;
  checkOptions(kind, options, Object.keys(defaults));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const optimizer = { kind, ...defaults, ...given } as Optimizer;
  checkOptimizer(kind, optimizer);
  return optimizer;
}

/** Options of an optimizer, all of them with defaults. */
type Options<K extends Optimizer['kind']> = Partial<Omit<Of<K>, 'kind'>>;

/**
 * Stochastic gradient descent: θ ← θ − ε g (Goodfellow, Bengio, Courville, Deep Learning, algorithm 8.1). With momentum in
 * PyTorch's form: v ← μv + g, θ ← θ − ε v (Polyak 1964), and with `nesterov` θ ← θ − ε (g + μv) (Sutskever, Martens, Dahl,
 * Hinton 2013). The course's averaged form is `ewaMomentum`.
 * @param options.learningRate ε: a number, a schedule or a function of t; default 0.01
 * @param options.momentum μ, from 0 to 0.999999; default 0
 * @param options.nesterov needs a momentum above 0; default false
 * @throws ArgumentError for an unknown option or a value out of range, as all optimizers.
 */
export function sgd(options: Options<'sgd'> = {}): Optimizer {
  return optimizerOf('sgd', options);
}

/**
 * Gradient descent along the exponentially weighted average of the gradients: v ← αv + (1 − α)g, θ ← θ − ε v, v₀ = 0
 * without bias correction. Its ε is 1/(1 − α) times that of `sgd({ momentum: α })`.
 * (Goodfellow, Bengio, Courville, Deep Learning, 8.3.2, has v ← αv − εg.)
 * @param options.learningRate ε, default 0.01
 * @param options.alpha α, the share of the past, from 0 to 0.999999; default 0.9: about the last ten gradients count
 * @throws ArgumentError as `sgd`.
 */
export function ewaMomentum(options: Options<'ewaMomentum'> = {}): Optimizer {
  return optimizerOf('ewaMomentum', options);
}

/**
 * AdaGrad: r ← r + g², θ ← θ − ε/(δ + √r) g (Duchi, Hazan, Singer 2011; Goodfellow, Bengio, Courville, Deep Learning,
 * algorithm 8.4).
 * @param options.learningRate ε, default 0.01
 * @param options.epsilon δ, outside the root, at least 1e-12; default 1e-7
 * @throws ArgumentError as `sgd`.
 */
export function adagrad(options: Options<'adagrad'> = {}): Optimizer {
  return optimizerOf('adagrad', options);
}

/**
 * RMSProp: r ← ρr + (1 − ρ)g², θ ← θ − ε/√(δ + r) g (Hinton 2012; Goodfellow, Bengio, Courville, Deep Learning, algorithm
 * 8.5).
 * @param options.learningRate ε, default 0.001
 * @param options.rho ρ, the share of the past, from 0 to 0.999999; default 0.9
 * @param options.epsilon δ, inside the root, at least 1e-12; default 1e-6
 * @throws ArgumentError as `sgd`.
 */
export function rmsprop(options: Options<'rmsprop'> = {}): Optimizer {
  return optimizerOf('rmsprop', options);
}

/** Options of `adam`. */
export interface AdamOptions {
  /** ε of the update: a number from 0 to 1e9, a schedule or a function of t. Default 0.001. */
  readonly learningRate?: Rate;
  /** Decay of the first moment (the book's ρ1), from 0 to 0.999999. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment (the book's ρ2), from 0 to 0.999999. Default 0.999. */
  readonly beta2?: number;
  /** Added outside the root, after the bias correction (the book's δ); at least 1e-12. Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * Adam with bias correction: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − ε m̂/(√v̂ + δ) with m̂ = m/(1 − β₁ᵗ) and
 * v̂ = v/(1 − β₂ᵗ) (Kingma and Ba 2015, algorithm 1; Goodfellow, Bengio, Courville, Deep Learning, algorithm 8.7).
 * @throws ArgumentError as `sgd`.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return optimizerOf('adam', options);
}

/** Options of `adamw`. */
export interface AdamWOptions extends AdamOptions {
  /** λ, at least 0: every update takes ελθ off the parameters beside Adam's step. Default 0.01. */
  readonly weightDecay?: number;
  /** Decay all parameters, as PyTorch does, not only matrices of weights. Default false. */
  readonly decayAll?: boolean;
}

/**
 * Adam with decoupled weight decay: θ ← (1 − ελ)θ − Adam's step (Loshchilov and Hutter 2019). The decay is no part of the
 * loss. Weights decay; biases and the γ and β of normalizations do not, unless `decayAll` is set.
 * @throws ArgumentError as `sgd`.
 */
export function adamw(options: AdamWOptions = {}): Optimizer {
  return optimizerOf('adamw', options);
}
