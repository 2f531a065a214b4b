/**
 * Random numbers by counter: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as 1, 2, 3,
 * SC 2011). A block of four words is a pure function of a counter and a key, so nothing depends on who draws first:
 *
 *     key      [seed low, seed high]
 *     counter  [block index, stream, step (0 here), domain]
 *
 * The same function as the wasm kernel's (assembly/random.ts), checked against the same known answers.
 */
import { refuse } from './errors.js';
import { cos, log, sin } from './math.js';

/** Who draws. Two domains never share a block, so a new use of random numbers changes no existing one. */
export const Domain = {
  /** the wasm kernels: initial parameters */
  kernels: 0,
  /** the order of training rows in an epoch */
  shuffle: 1,
  /** which rows are held out for validation or test */
  split: 2,
  /** the synthetic data set `digits` */
  digits: 3,
  /** the synthetic data set `spirals` */
  spirals: 4,
  /** initial parameters that are made outside of the kernels: `orthogonal` */
  initializers: 6,
  /** which units dropout keeps (assembly/dropout.ts) */
  dropout: 5,
  /** the map through which augmentation shows an image (assembly/augment.ts) */
  augment: 7,
  /** the noise that augmentation adds (assembly/augment.ts) */
  noise: 8,
  /** the rows that each member of a bagging ensemble trains on */
  bagging: 9,
  /** the data sets of the course (src/course/sets.ts) */
  course: 10,
  /** the rows that `fit` with diagnostics looks at */
  diagnosis: 11,
  /** the synthetic data set `moons` */
  moons: 16,
  /** the synthetic data set `circles` */
  circles: 17,
  /** the synthetic data set `xor` */
  xor: 18,
  /** the synthetic data set `friedman` */
  friedman: 19,
  /** the samples of test rows that the interval of R² is found from (src/report/numbers.ts) */
  bootstrap: 24,
  /** the shuffles of permutation importance (src/metrics/permutation.ts) */
  permutation: 28,
  /** which rows a report takes where there are many (src/report/thinned.ts) */
  thinning: 29,
} as const;

/** One of the values of the `Domain` object. */
export type Domain = (typeof Domain)[keyof typeof Domain];

/** Refuses a seed that is not a whole number from 0 to 2⁵³ − 1; `where` is who asks, for the message. */
export function checkSeed(where: string, seed: unknown): asserts seed is number {
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed) || seed < 0) {
    refuse(where, '`seed` must be a whole number from 0 to 2^53 - 1', seed);
  }
}

/** A seed as the two 32-bit words of a Philox key: [low, high]. */
export function seedWords(seed: number): readonly [low: number, high: number] {
  return [seed >>> 0, Math.floor(seed / 4294967296) >>> 0];
}

/** The upper 32 bits of the 64-bit product of two 32-bit words, by 16-bit limbs; the result is signed. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const cross = (Math.imul(aLow, bHigh) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const middle = (Math.imul(aHigh, bLow) + (cross & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (cross >>> 16) + (middle >>> 16)) | 0;
}

/**
 * One block: the four words of counter (c0, c1, c2, c3) under key (k0, k1), written to out[0 … 3]. Ten rounds, with
 * the multipliers and the key increments (golden ratio, √3 − 1) of the paper.
 */
export function philox(out: Uint32Array, c0: number, c1: number, c2: number, c3: number, k0: number, k1: number): void {
  let [a, b, c, d] = [c0 | 0, c1 | 0, c2 | 0, c3 | 0];
  let [key0, key1] = [k0 | 0, k1 | 0];
  for (let round = 0; round < 10; round++) {
    const highA = multiplyHigh(a, 0xd2511f53);
    const highC = multiplyHigh(c, 0xcd9e8d57);
    const lowA = Math.imul(a, 0xd2511f53);
    a = highC ^ b ^ key0;
    b = Math.imul(c, 0xcd9e8d57);
    c = highA ^ d ^ key1;
    d = lowA;
    key0 = (key0 + 0x9e3779b9) | 0;
    key1 = (key1 + 0xbb67ae85) | 0;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}

/**
 * A sequence of random numbers, fixed by (seed, domain, stream): the words of blocks 0, 1, 2 … in order. A stream holds
 * 2³⁴ words and then repeats. Not for secrets.
 */
export class Random {
  readonly #low: number;
  readonly #high: number;
  readonly #domain: number;
  readonly #stream: number;
  readonly #words = new Uint32Array(4);
  #block = 0;
  #used = 4;
  #spareNormal = Number.NaN;

  /**
   * @param seed a whole number from 0 to 2⁵³ − 1; anything else is an ArgumentError
   * @param domain who draws, a value of `Domain`
   * @param stream a whole number from 0 to 2³² − 1, such as an epoch: one more independent sequence of the same drawer
   */
  constructor(seed: number, domain: Domain, stream = 0) {
    checkSeed('Random', seed);
    if (!Number.isInteger(stream) || stream < 0 || stream > 0xffffffff) {
      refuse('Random', '`stream` must be a whole number from 0 to 2^32 - 1', stream);
    }
    [this.#low, this.#high] = seedWords(seed);
    this.#domain = domain;
    this.#stream = stream;
  }

  /** The next word: a whole number from 0 to 2³² − 1. */
  next(): number {
    if (this.#used === 4) {
      philox(this.#words, this.#block, this.#stream, 0, this.#domain, this.#low, this.#high);
      this.#block = (this.#block + 1) >>> 0;
      this.#used = 0;
    }
    return this.#words[this.#used++] as number;
  }

  /** Uniform on [0, 1) in steps of 2⁻⁵³; uses two words, the first one's upper 27 bits and the second's upper 26. */
  uniform(): number {
    const upper = this.next() >>> 5;
    const lower = this.next() >>> 6;
    return (upper * 67108864 + lower) / 9007199254740992;
  }

  /** Normal with mean 0 and standard deviation 1 (Box and Muller 1958: two per pair of uniform numbers). */
  normal(): number {
    const spare = this.#spareNormal;
    this.#spareNormal = Number.NaN;
    if (!Number.isNaN(spare)) return spare;
    const radius = Math.sqrt(-2 * log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * sin(angle);
    return radius * cos(angle);
  }

  /**
   * A whole number from 0 to n − 1, each exactly as likely, for a whole n from 1 to 2³² − 1. The upper half of word · n,
   * with the few words refused that would favour some results (Lemire, Fast random integer generation in an interval,
   * 2019).
   */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 0xffffffff) {
      refuse('Random.below', '`n` must be a whole number from 1 to 2^32 - 1', n);
    }
    let word = this.next();
    let low = Math.imul(word, n) >>> 0;
    if (low < n) {
      const excess = (4294967296 - n) % n;
      while (low < excess) {
        word = this.next();
        low = Math.imul(word, n) >>> 0;
      }
    }
    return multiplyHigh(word, n) >>> 0;
  }

  /** Puts the elements in a random order, in place, each order as likely, and returns the array (Durstenfeld 1964). */
  shuffle<T extends Uint32Array | number[]>(array: T): T {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const element = array[i] as number;
      array[i] = array[j] as number;
      array[j] = element;
    }
    return array;
  }
}
