/** Numbers are told without being sorted, and the answers are those of sorted ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distinctIn, medianOf, summaryOf } from '../../src/data/table/numbers.js';

/** As many as are counted by their bits, and few that are sorted. */
const SIZES = [0, 1, 2, 7, 8, 5000, 5001];

const random = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

const KINDS: readonly (readonly [string, (next: () => number) => number])[] = [
  ['amounts of either sign', (next) => (next() - 0.5) * 1000],
  ['of all magnitudes', (next) => (next() - 0.5) * 10 ** Math.floor(next() * 600 - 300)],
  ['that share their upper bits', (next) => 1 + next() * 2 ** -40],
  ['whole, close together', (next) => Math.floor(next() * 9) - 4],
  ['whole, far apart', (next) => Math.floor(next() * 2000) * 2 ** 40],
  ['zeros of either sign', (next) => (next() < 0.5 ? -0 : 0)],
  ['all the same', () => 4.25],
];

function sorted(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value)).sort();
}

function middle(values: Float64Array): number {
  const half = values.length >> 1;
  const upper = values[half] ?? 0;
  return values.length % 2 === 1 ? upper : upper / 2 + (values[half - 1] ?? 0) / 2;
}

describe.each(KINDS)('numbers %s', (_, make) => {
  it.each(SIZES)('have the median of the sorted ones: %i', (size) => {
    const next = random(size + 1);
    const values = Float64Array.from({ length: size }, () => (next() < 0.1 ? Number.NaN : make(next)));
    const before = values.slice();
    expect(Object.is(medianOf(values), middle(sorted(values)))).toBe(true);
    expect(values).toEqual(before);
  });

  it.each(SIZES)('have their count, range and different values: %i', (size) => {
    const next = random(size + 2);
    const values = Float64Array.from({ length: size }, () => (next() < 0.1 ? Number.NaN : make(next)));
    const all = sorted(values);
    const summary = summaryOf(values);
    expect(summary.count).toBe(all.length);
    expect(summary.whole).toBe(all.every(Number.isInteger));
    if (all.length > 0)
      expect([summary.least + 0, summary.most + 0]).toEqual([(all[0] as number) + 0, (all.at(-1) as number) + 0]);
    if (summary.whole) expect(distinctIn(values, summary)).toBe(new Set(all).size);
  });
});

it('is so for any numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noDefaultInfinity: true })), (given) => {
      const values = Float64Array.from(given);
      expect(medianOf(values)).toBe(middle(sorted(values)));
    }),
  );
});
