import { Distribution } from '../../assembly/abi.js';
import { checkNumber, checkOneOf, checkOptions, checkPositive, refuse } from '../errors.js';
import type { Random } from '../random.js';
import { orthogonalMatrix } from './orthogonal.js';

/** How a parameter begins, as plain data; made by the functions of the same names, which have the formulas. */
export type Initializer =
  | {
      /** Made by the function of that name. */
      readonly kind:
        | 'heNormal'
        | 'heUniform'
        | 'glorotNormal'
        | 'glorotUniform'
        | 'lecunNormal'
        | 'lecunUniform'
        | 'zeros';
    }
  | {
      /** Made by `uniform`. */
      readonly kind: 'uniform';
      /** The lower bound, at least −1e18. */
      readonly low: number;
      /** The upper bound, above `low`, at most 1e18. */
      readonly high: number;
    }
  | {
      /** Made by `normal`. */
      readonly kind: 'normal';
      /** The mean, from −1e18 to 1e18. */
      readonly mean: number;
      /** The standard deviation, from 0 to 1e18. */
      readonly standardDeviation: number;
    }
  | {
      /** Made by `constant`. */
      readonly kind: 'constant';
      /** The value, from −1e18 to 1e18. */
      readonly value: number;
    }
  | {
      /** Made by `orthogonal`; for weights only. */
      readonly kind: 'orthogonal';
      /** The length of rows (or columns), above 0, at most 1e18. */
      readonly gain: number;
    };

/** The parameter that is filled, and the inputs and outputs of its layer. */
export interface Place {
  readonly shape: readonly number[];
  readonly fanIn: number;
  readonly fanOut: number;
}

/** What the arena is filled with: one value, values made here, or random numbers of a distribution with parameters p and q. */
export type Fill =
  | { readonly value: number }
  | { readonly make: (random: Random) => Float32Array }
  | { readonly distribution: Distribution; readonly p: number; readonly q: number };

const uniformWithin = (limit: number): Fill => ({ distribution: Distribution.Uniform, p: -limit, q: limit });
const normalAround0 = (deviation: number): Fill => ({ distribution: Distribution.Normal, p: 0, q: deviation });

type Rows = {
  [K in Initializer['kind']]: (i: Extract<Initializer, { kind: K }>, place: Place) => Fill;
};

/** What each initializer fills a parameter with. */
const INITIALIZERS: Rows = {
  heNormal: (_, { fanIn }) => normalAround0(Math.sqrt(2 / fanIn)),
  heUniform: (_, { fanIn }) => uniformWithin(Math.sqrt(6 / fanIn)),
  glorotNormal: (_, { fanIn, fanOut }) => normalAround0(Math.sqrt(2 / (fanIn + fanOut))),
  glorotUniform: (_, { fanIn, fanOut }) => uniformWithin(Math.sqrt(6 / (fanIn + fanOut))),
  lecunNormal: (_, { fanIn }) => normalAround0(Math.sqrt(1 / fanIn)),
  lecunUniform: (_, { fanIn }) => uniformWithin(Math.sqrt(3 / fanIn)),
  zeros: () => ({ value: 0 }),
  uniform: ({ low, high }) => ({ distribution: Distribution.Uniform, p: low, q: high }),
  normal: ({ mean, standardDeviation }) => ({ distribution: Distribution.Normal, p: mean, q: standardDeviation }),
  constant: ({ value }) => ({ value }),
  orthogonal: ({ gain }, { shape: [rows = 1, columns = 1] }) => ({
    make: (random) => orthogonalMatrix(rows, columns, gain, random),
  }),
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
  lecunNormal: (where, i) => checkOptions(where, i, ['kind']),
  lecunUniform: (where, i) => checkOptions(where, i, ['kind']),
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
  orthogonal(where, i) {
    checkOptions(where, i, ['kind', 'gain']);
    checkPositive(where, 'gain', i.gain);
    checkNumber(where, 'gain', i.gain, 0, LARGEST);
  },
};

function checked<I extends Initializer>(where: string, initializer: I): I {
  (CHECKS[initializer.kind] as (where: string, i: Initializer) => void)(where, initializer);
  return initializer;
}

/**
 * Checks an initializer of a matrix, or of a vector (biases), however it was made.
 * @throws ArgumentError naming the option that holds it.
 */
export function checkInitializer(
  where: string,
  name: string,
  initializer: Initializer | undefined,
  of: 'matrix' | 'vector' = 'matrix',
): void {
  if (initializer === undefined) return;
  if (typeof initializer !== 'object' || initializer === null) {
    const example = of === 'vector' ? 'constant(0.01)' : 'heNormal()';
    refuse(where, `\`${name}\` must be an initializer such as ${example}`, initializer);
  }
  checkOneOf(where, name, initializer.kind, INITIALIZER_NAMES);
  checked(`${where}, ${name}`, initializer);
  if (of === 'vector' && initializer.kind === 'orthogonal') {
    refuse(where, `\`${name}\` must fit a vector, and orthogonal is for matrices`, initializer.kind);
  }
}

/** What `initializer` fills a parameter with. */
export function fillOf(initializer: Initializer, place: Place): Fill {
  const row = INITIALIZERS[initializer.kind] as (i: Initializer, place: Place) => Fill;
  return row(initializer, place);
}

/** Normal with variance 2 / inputs; the default with an activation of the relu family (He, Zhang, Ren, Sun 2015, eq. 10). */
export const heNormal = (): Initializer => ({ kind: 'heNormal' });

/** Uniform within ±√(6 / inputs) (He et al. 2015). */
export const heUniform = (): Initializer => ({ kind: 'heUniform' });

/** Normal with variance 2 / (inputs + outputs) (Glorot and Bengio 2010, eq. 12). */
export const glorotNormal = (): Initializer => ({ kind: 'glorotNormal' });

/** Uniform within ±√(6 / (inputs + outputs)); the default elsewhere (Glorot and Bengio 2010, eq. 16). */
export const glorotUniform = (): Initializer => ({ kind: 'glorotUniform' });

/** Normal with variance 1 / inputs (LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998, eq. 16). */
export const lecunNormal = (): Initializer => ({ kind: 'lecunNormal' });

/** Uniform within ±√(3 / inputs), which has that variance too (LeCun et al. 1998). */
export const lecunUniform = (): Initializer => ({ kind: 'lecunUniform' });

/** All zeros; the default for biases. For weights it never breaks the symmetry of the units. */
export const zeros = (): Initializer => ({ kind: 'zeros' });

/**
 * Uniform between low and high.
 * @param low default −0.05
 * @param high default 0.05
 * @throws ArgumentError unless low < high, both from −1e18 to 1e18.
 */
export function uniform(low = -0.05, high = 0.05): Initializer {
  return checked('uniform', { kind: 'uniform', low, high });
}

/**
 * Normal with that mean and standard deviation; nothing is truncated.
 * @param mean default 0
 * @param standardDeviation default 0.05
 * @throws ArgumentError for a negative deviation, and for values that are not finite or beyond 1e18 in size.
 */
export function normal(mean = 0, standardDeviation = 0.05): Initializer {
  return checked('normal', { kind: 'normal', mean, standardDeviation });
}

/**
 * One value everywhere.
 * @throws ArgumentError for a value that is not finite, or beyond 1e18 in size.
 */
export function constant(value: number): Initializer {
  return checked('constant', { kind: 'constant', value });
}

/**
 * Random orthogonal weights: the rows, or the columns if they are fewer, are at right angles and of length `gain` (Saxe,
 * McClelland, Ganguli 2014). For weights only. 512 × 784 take 0.3 s, and the time grows with the square of the shorter side.
 * @param options.gain default 1; √2 is its counterpart of he in front of relu
 * @throws ArgumentError for an unknown option, a gain that is not above 0 or beyond 1e18.
 */
export function orthogonal(options: { readonly gain?: number } = {}): Initializer {
  checkOptions('orthogonal', options, ['gain']);
  const { gain = 1 } = options;
  return checked('orthogonal', { kind: 'orthogonal', gain });
}
