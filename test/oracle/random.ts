/**
 * Reference of the random numbers: Philox4x32-10 in whole-number arithmetic (Salmon, Moraes, Dror, Shaw, "Parallel
 * Random Numbers: As Easy as 1, 2, 3", SC 2011), then uniform and normal (Box and Muller 1958) in float64. Nothing of
 * the library but the enum is used.
 */
import type { Distribution } from '../../assembly/abi.js';

type Words = readonly [number, number, number, number];

const WORD = 0xffffffffn;

/** The four words of a 128-bit counter under a 64-bit key. */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c0;
    const product1 = 0xcd9e8d57n * c2;
    c0 = (product1 >> 32n) ^ c1 ^ k0;
    c1 = product1 & WORD;
    c2 = (product0 >> 32n) ^ c3 ^ k1;
    c3 = product0 & WORD;
    k0 = (k0 + 0x9e3779b9n) & WORD;
    k1 = (k1 + 0xbb67ae85n) & WORD;
  }
  return [Number(c0), Number(c1), Number(c2), Number(c3)];
}

/** [counter, key, words] of the authors' own test, Random123's kat_vectors. */
export const KNOWN_ANSWERS: readonly (readonly [Words, readonly [number, number], Words])[] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

/** Where a random tensor stands in the space of counters. */
export interface RandomPlace {
  /** Which tensor (uint32). */
  readonly stream: number;
  /** Update number (uint32). */
  readonly step: number;
  readonly seedLow: number;
  readonly seedHigh: number;
}

/** The words that element i's counter gives: counter (⌊i/4⌋, stream, step, domain). */
export function wordsOf(i: number, { stream, step, seedLow, seedHigh }: RandomPlace, domain = 0): Words {
  return philox([Math.floor(i / 4), stream, step, domain], [seedLow, seedHigh]);
}

/** Counter word 3 of dropout's masks. */
const DROPOUT_DOMAIN = 5;

/** Whether dropout keeps element i: word i mod 4 has upper 24 bits below keep · 2²⁴. */
export function kept(i: number, place: RandomPlace, keep: number): boolean {
  return unit(wordsOf(i, place, DROPOUT_DOMAIN)[i % 4] as number) < keep;
}

/** The upper 24 bits of a word, as a number in [0, 1). */
const unit = (word: number): number => (word >>> 8) / 2 ** 24;

/** What is known of one distribution. */
export interface DistributionOracle {
  /** Element i of a tensor, with parameters p and q. */
  readonly element: (i: number, place: RandomPlace, p: number, q: number) => number;
  /** |got − wanted| ≤ absolute·(|p| + |q|). */
  readonly tolerance: { readonly absolute: number };
}

/** Every distribution of the enum. */
export const DISTRIBUTIONS: Record<keyof typeof Distribution, DistributionOracle> = {
  /** p + (q − p)·u */
  Uniform: {
    element: (i, place, p, q) => p + (q - p) * unit(wordsOf(i, place)[i % 4] as number),
    tolerance: { absolute: 2.5e-7 },
  },
  /** p + q·√(−2 ln u₁)·cos 2πu₂ (even elements) or sin 2πu₂ (odd ones) */
  Normal: {
    element: (i, place, p, q) => {
      const words = wordsOf(i, place);
      const pair = i % 4 < 2 ? 0 : 2;
      const u1 = unit(words[pair]) + 2 ** -24;
      const turn = 2 * Math.PI * unit(words[pair + 1] as number);
      return p + q * Math.sqrt(-2 * Math.log(u1)) * (i % 2 === 0 ? Math.cos(turn) : Math.sin(turn));
    },
    tolerance: { absolute: 1.5e-6 },
  },
};
