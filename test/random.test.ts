import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../src/errors.js';
import { checkSeed, Domain, philox, Random, seedWords } from '../src/random.js';

/** Adds one to a count. */
function tally(counts: number[], place: number): void {
  counts[place] = (counts[place] ?? 0) + 1;
}

const WORD = 0xffffffffn;

/** Philox4x32-10 as the paper writes it, in BigInt: the oracle. */
function reference(counter: readonly number[], key: readonly number[]): number[] {
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const p = 0xd2511f53n * a;
    const q = 0xcd9e8d57n * c;
    [a, b, c, d] = [(q >> 32n) ^ b ^ k0, q & WORD, (p >> 32n) ^ d ^ k1, p & WORD];
    [k0, k1] = [(k0 + 0x9e3779b9n) & WORD, (k1 + 0xbb67ae85n) & WORD];
  }
  return [a, b, c, d].map(Number);
}

function block(counter: readonly number[], key: readonly number[]): number[] {
  const out = new Uint32Array(4);
  const [c0, c1, c2, c3] = counter as [number, number, number, number];
  philox(out, c0, c1, c2, c3, key[0] as number, key[1] as number);
  return Array.from(out);
}

const ones = 0xffffffff;
const word = fc.integer({ min: 0, max: ones });

describe('philox', () => {
  // kat_vectors of Random123 (Salmon et al.)
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [ones, ones, ones, ones],
      [ones, ones],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('known answer %#', (counter, key, answer) => {
    expect(block(counter, key)).toEqual(answer);
  });

  it('agrees with the paper for any counter and key', () => {
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        expect(block(counter, key)).toEqual(reference(counter, key));
      }),
    );
  });
});

describe('Random', () => {
  it('draws blocks 0, 1, 2 … of [block, stream, 0, domain] under the seed', () => {
    const random = new Random(2 ** 40 + 5, Domain.digits, 7);
    const words = Array.from({ length: 12 }, () => random.next());
    expect(words).toEqual([0, 1, 2].flatMap((index) => reference([index, 7, 0, Domain.digits], [5, 256])));
  });

  it('has no two domains with one number', () => {
    const numbers = Object.values(Domain);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Domain.kernels).toBe(0);
  });

  it('uniform takes 53 bits of two words', () => {
    const random = new Random(3, Domain.split);
    const words = new Random(3, Domain.split);
    for (let i = 0; i < 100; i++) {
      const value = (BigInt(words.next() >>> 5) << 26n) + BigInt(words.next() >>> 6);
      expect(random.uniform()).toBe(Number(value) / 2 ** 53);
    }
  });

  it('uniform is even on [0, 1) and normal has mean 0, deviation 1 and kurtosis 3', () => {
    const random = new Random(11, Domain.shuffle);
    const n = 100_000;
    const tenths = new Array<number>(10).fill(0);
    let moments = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const u = random.uniform();
      expect(u >= 0 && u < 1).toBe(true);
      tally(tenths, Math.floor(10 * u));
      const z = random.normal();
      moments = moments.map((moment, i) => moment + z ** (i + 1) / n);
    }
    // five standard errors: √(n · 0.1 · 0.9) = 95 for a count; 1/√n, √(2/n), √(15/n), √(96/n) for the moments
    for (const count of tenths) expect(Math.abs(count - n / 10)).toBeLessThan(475);
    const variances = [1, 2, 15, 96];
    for (const [i, value] of [0, 1, 0, 3].entries()) {
      expect(Math.abs((moments[i] as number) - value)).toBeLessThan(5 * Math.sqrt((variances[i] as number) / n));
    }
  });

  it('normal is the pair of numbers that Box and Muller make of two uniform ones', () => {
    const random = new Random(4, Domain.split);
    const source = new Random(4, Domain.split);
    for (let i = 0; i < 100; i++) {
      const radius = Math.sqrt(-2 * Math.log(1 - source.uniform()));
      const angle = 2 * Math.PI * source.uniform();
      expect(random.normal()).toBeCloseTo(radius * Math.cos(angle), 13);
      expect(random.normal()).toBeCloseTo(radius * Math.sin(angle), 13);
    }
  });

  it('below stays in range and repeats with the seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: ones }), fc.maxSafeNat(), (n, seed) => {
        const value = new Random(seed, Domain.split).below(n);
        expect(Number.isInteger(value) && value >= 0 && value < n).toBe(true);
        expect(new Random(seed, Domain.split).below(n)).toBe(value);
      }),
    );
  });

  it('below is unbiased where a plain remainder or product would favour results twofold', () => {
    // of 2³² words, n = ¾ · 2³² would give every third result two words: those must not come up more often
    const random = new Random(5, Domain.split);
    const n = 3 * 2 ** 30;
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) tally(counts, random.below(n) % 3);
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(30_000 * (2 / 9)));
  });

  it('shuffle makes a permutation, each equally likely', () => {
    const random = new Random(1, Domain.shuffle);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.shuffle([0, 1, 2, 3]).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000));
  });

  it('shuffles a typed array in place', () => {
    const rows = Uint32Array.from({ length: 1000 }, (_, i) => i);
    const shuffled = new Random(1, Domain.shuffle).shuffle(rows);
    expect(shuffled).toBe(rows);
    expect(Array.from(rows)).not.toEqual(Array.from(rows).sort((a, b) => a - b));
    expect(new Set(rows).size).toBe(1000);
  });

  it('is another sequence for another seed, domain or stream', () => {
    const first = [
      new Random(1, Domain.digits),
      new Random(2, Domain.digits),
      new Random(1 + 2 ** 32, Domain.digits),
      new Random(1, Domain.spirals),
      new Random(1, Domain.digits, 1),
    ].map((random) => random.next());
    expect(new Set(first).size).toBe(5);
  });
});

describe('arguments', () => {
  it('splits a seed into its words', () => {
    expect(seedWords(0)).toEqual([0, 0]);
    expect(seedWords(2 ** 32 - 1)).toEqual([ones, 0]);
    expect(seedWords(Number.MAX_SAFE_INTEGER)).toEqual([ones, 2 ** 21 - 1]);
    fc.assert(
      fc.property(fc.maxSafeNat(), (seed) => {
        const [low, high] = seedWords(seed);
        expect(high * 2 ** 32 + low).toBe(seed);
      }),
    );
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53, '1', undefined, 1n])('refuses the seed %s', (seed) => {
    expect(() => checkSeed('fit', seed)).toThrow(ArgumentError);
    expect(() => checkSeed('fit', seed)).toThrow('fit: `seed` must be a whole number from 0 to 2^53 - 1. Received: ');
  });

  it('refuses a bad stream and a bad bound', () => {
    expect(() => new Random(1, Domain.split, -1)).toThrow(ArgumentError);
    expect(() => new Random(1, Domain.split, 2 ** 32)).toThrow(ArgumentError);
    for (const n of [0, -3, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => new Random(1, Domain.split).below(n)).toThrow(ArgumentError);
    }
  });
});
