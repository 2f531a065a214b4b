import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digits } from '../../src/data/index.js';
import { ArgumentError } from '../../src/errors.js';

/** Adds one to a count. */
function tally(counts: number[], place: number): void {
  counts[place] = (counts[place] ?? 0) + 1;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('digits', () => {
  it('gives these bytes for a seed, on every engine', () => {
    const { x, y } = digits({ rows: 200, seed: 1 });
    expect(sha256(x.data)).toBe('5f48d56a8edebae14d9388bcc785ee386900f5a8f9b7a3b69a8c0e543da27d37');
    expect(Array.from(y.subarray(0, 10))).toEqual([9, 6, 7, 9, 6, 9, 4, 5, 8, 0]);
  });

  it('is 6000 pictures of 16 × 16 with seed 1 by default', () => {
    const { x, y } = digits();
    expect(x.shape).toEqual([6000, 16, 16]);
    expect(x.data.length).toBe(6000 * 256);
    expect(y.length).toBe(6000);
    expect(sha256(digits({ rows: 6000, seed: 1 }).x.data)).toBe(sha256(x.data));
  });

  it('has digits equally often, in mixed order, for any number of rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.maxSafeNat(), (rows, seed) => {
        const { y } = digits({ rows, seed });
        const counts = new Array<number>(10).fill(0);
        for (const digit of y) tally(counts, digit);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 30 },
    );
    const { y } = digits({ rows: 1000 });
    const repeats = y.filter((digit, row) => row > 0 && digit === y[row - 1]).length;
    expect(repeats).toBeGreaterThan(50);
    expect(repeats).toBeLessThan(150);
  });

  it('draws another picture each time, and others for another seed', () => {
    const { x } = digits({ rows: 500 });
    const pictures = new Set(
      Array.from({ length: 500 }, (_, row) => sha256(x.data.subarray(row * 256, row * 256 + 256))),
    );
    expect(pictures.size).toBe(500);
    expect(sha256(digits({ rows: 500, seed: 2 }).x.data)).not.toBe(sha256(x.data));
  });

  it('has dark strokes on light paper', () => {
    const { x } = digits({ rows: 300 });
    for (let row = 0; row < 300; row++) {
      const picture = x.data.subarray(row * 256, row * 256 + 256);
      const inked = picture.filter((pixel) => pixel > 128).length;
      expect(inked).toBeGreaterThan(8);
      expect(inked).toBeLessThan(128);
    }
  });

  it('refuses bad options', () => {
    expect(() => digits({ rows: 0 })).toThrow('digits: `rows` must be a positive integer. Received: 0.');
    expect(() => digits({ rows: 1e7 })).toThrow(ArgumentError);
    expect(() => digits({ seed: -1 })).toThrow('digits: `seed` must be');
    // @ts-expect-error not an option
    expect(() => digits({ row: 5 })).toThrow('did you mean `rows`?');
  });
});
