import { Distribution } from '../../assembly/abi.js';
import { checkNumber, checkOneOf, checkOptions, refuse } from '../errors.js';

/** How a parameter begins, as plain data. */
export type Initializer =
  | { readonly kind: 'heNormal' | 'heUniform' | 'glorotNormal' | 'glorotUniform' | 'zeros' }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly standardDeviation: number }
  | { readonly kind: 'constant'; readonly value: number };

/** What the arena is filled with: one value, or random numbers of a distribution with parameters p and q. */
export type Fill =
  | { readonly value: number }
  | { readonly distribution: Distribution; readonly p: number; readonly q: number };

const uniformWithin = (limit: number): Fill => ({ distribution: Distribution.Uniform, p: -limit, q: limit });
const normalAround0 = (deviation: number): Fill => ({ distribution: Distribution.Normal, p: 0, q: deviation });

type Rows = {
  [K in Initializer['kind']]: (i: Extract<Initializer, { kind: K }>, fanIn: number, fanOut: number) => Fill;
};

/** What each initializer fills a parameter with, given the inputs and outputs of its layer. */
const INITIALIZERS: Rows = {
  heNormal: (_, fanIn) => normalAround0(Math.sqrt(2 / fanIn)),
  heUniform: (_, fanIn) => uniformWithin(Math.sqrt(6 / fanIn)),
  glorotNormal: (_, fanIn, fanOut) => normalAround0(Math.sqrt(2 / (fanIn + fanOut))),
  glorotUniform: (_, fanIn, fanOut) => uniformWithin(Math.sqrt(6 / (fanIn + fanOut))),
  zeros: () => ({ value: 0 }),
  uniform: ({ low, high }) => ({ distribution: Distribution.Uniform, p: low, q: high }),
  normal: ({ mean, standardDeviation }) => ({ distribution: Distribution.Normal, p: mean, q: standardDeviation }),
  constant: ({ value }) => ({ value }),
};

/** Every initializer's name. */
export const INITIALIZER_NAMES = Object.keys(INITIALIZERS) as Initializer['kind'][];

/** Weights beyond this overflow in the first product. */
const LARGEST = 1e18;

type Checks = { [K in Initializer['kind']]: (where: string, i: Extract<Initializer, { kind: K }>) => void };

/** The options of each initializer, checked. */
const CHECKS: Checks = {
  heNormal: (where, i) => checkOptions(where, i, ['kind']),
  heUniform: (where, i) => checkOptions(where, i, ['kind']),
  glorotNormal: (where, i) => checkOptions(where, i, ['kind']),
  glorotUniform: (where, i) => checkOptions(where, i, ['kind']),
  zeros: (where, i) => checkOptions(where, i, ['kind']),
  uniform(where, i) {
    checkOptions(where, i, ['kind', 'low', 'high']);
    checkNumber(where, 'low', i.low, -LARGEST, LARGEST);
    checkNumber(where, 'high', i.high, -LARGEST, LARGEST);
    if (i.low >= i.high) refuse(where, '`low` must be less than `high`', [i.low, i.high]);
  },
  normal(where, i) {
    checkOptions(where, i, ['kind', 'mean', 'standardDeviation']);
    checkNumber(where, 'mean', i.mean, -LARGEST, LARGEST);
    checkNumber(where, 'standardDeviation', i.standardDeviation, 0, LARGEST);
  },
  constant(where, i) {
    checkOptions(where, i, ['kind', 'value']);
    checkNumber(where, 'value', i.value, -LARGEST, LARGEST);
  },
};

function checked<I extends Initializer>(where: string, initializer: I): I {
  (CHECKS[initializer.kind] as (where: string, i: Initializer) => void)(where, initializer);
  return initializer;
}

/** Checks an initializer, however it was made. @throws ArgumentError naming the option that holds it. */
export function checkInitializer(where: string, name: string, initializer: Initializer | undefined): void {
  if (initializer === undefined) return;
  if (typeof initializer !== 'object' || initializer === null) {
    refuse(where, `\`${name}\` must be an initializer such as heNormal()`, initializer);
  }
  checkOneOf(where, name, initializer.kind, INITIALIZER_NAMES);
  checked(`${where}, ${name}`, initializer);
}

/** What `initializer` fills a parameter with whose layer has fanIn inputs and fanOut outputs. */
export function fillOf(initializer: Initializer, fanIn: number, fanOut: number): Fill {
  const row = INITIALIZERS[initializer.kind] as (i: Initializer, fanIn: number, fanOut: number) => Fill;
  return row(initializer, fanIn, fanOut);
}

/** Normal with variance 2 / inputs; the default in front of the relu family (He, Zhang, Ren, Sun 2015, eq. 10). */
export const heNormal = (): Initializer => ({ kind: 'heNormal' });

/** Uniform within ±√(6 / inputs) (He et al. 2015). */
export const heUniform = (): Initializer => ({ kind: 'heUniform' });

/** Normal with variance 2 / (inputs + outputs) (Glorot and Bengio 2010, eq. 12). */
export const glorotNormal = (): Initializer => ({ kind: 'glorotNormal' });

/** Uniform within ±√(6 / (inputs + outputs)); the default elsewhere (Glorot and Bengio 2010, eq. 16). */
export const glorotUniform = (): Initializer => ({ kind: 'glorotUniform' });

/** All zeros; the default for biases. For weights it never breaks the symmetry of the units. */
export const zeros = (): Initializer => ({ kind: 'zeros' });

/**
 * Uniform between low and high.
 * @throws ArgumentError unless low < high, both finite.
 */
export function uniform(low = -0.05, high = 0.05): Initializer {
  return checked('uniform', { kind: 'uniform', low, high });
}

/**
 * Normal with that mean and standard deviation.
 * @throws ArgumentError for a negative deviation or a value that is not finite.
 */
export function normal(mean = 0, standardDeviation = 0.05): Initializer {
  return checked('normal', { kind: 'normal', mean, standardDeviation });
}

/**
 * One value everywhere.
 * @throws ArgumentError for a value that is not finite.
 */
export function constant(value: number): Initializer {
  return checked('constant', { kind: 'constant', value });
}
