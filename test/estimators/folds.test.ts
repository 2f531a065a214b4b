/** Folds: each row is tested once, sizes are even, classes in their share, groups whole; what is cut out to judge by is no test row. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutValidation } from '../../src/data/folds.js';
import { type Fold, kFold } from '../../src/data/index.js';
import { expectMessage, untyped } from '../facade/refusals.js';

const seed = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const ascending = (rows: Uint32Array) => rows.every((row, i) => i === 0 || row > (rows[i - 1] as number));
const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts);

/** What holds of all folds: each row in one test part, and in the training part of all others. */
function expectFolds(rows: number, folds: readonly Fold[]): void {
  const tested = folds.flatMap(({ test }) => Array.from(test)).sort((a, b) => a - b);
  expect(tested).toEqual(Array.from({ length: rows }, (_, row) => row));
  for (const { train, test } of folds) {
    expect(ascending(train) && ascending(test)).toBe(true);
    expect(new Set([...train, ...test]).size).toBe(rows);
    expect(train.length + test.length).toBe(rows);
  }
}

describe('kFold', () => {
  it('deals every row out once, in sizes within one row, the same for the same seed', () => {
    const cases = fc.integer({ min: 2, max: 60 }).chain((rows) => {
      return fc.record({ rows: fc.constant(rows), folds: fc.integer({ min: 2, max: rows }), seed });
    });
    fc.assert(
      fc.property(cases, ({ rows, ...options }) => {
        const folds = kFold(rows, options);
        expect(folds).toHaveLength(options.folds);
        expectFolds(rows, folds);
        expect(spread(folds.map(({ test }) => test.length))).toBeLessThanOrEqual(1);
        expect(kFold(rows, options)).toEqual(folds);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('has other folds for another seed, and five where nothing is said', () => {
    expect(kFold(50)).toHaveLength(5);
    expect(kFold(50, { seed: 1 })).not.toEqual(kFold(50, { seed: 2 }));
    // any row in any fold
    const places = new Set<string>();
    for (let draw = 0; draw < 60; draw++) {
      kFold(10, { folds: 3, seed: draw }).forEach(({ test }, fold) => {
        for (const row of test) places.add(`${row} ${fold}`);
      });
    }
    expect(places.size).toBe(30);
  });

  it('stratifies: each class in its share within one row, in training too', () => {
    const labels = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 6, maxLength: 150 });
    fc.assert(
      fc.property(labels, fc.integer({ min: 2, max: 6 }), seed, (drawn, folds, one) => {
        // of each class two rows
        const names = [...drawn, 'a', 'b', 'c', 'a', 'b', 'c'];
        const parts = kFold(names.length, { folds, seed: one, labels: names });
        expectFolds(names.length, parts);
        expect(spread(parts.map(({ test }) => test.length))).toBeLessThanOrEqual(1);
        for (const name of ['a', 'b', 'c']) {
          const count = (rows: Uint32Array) => rows.filter((row) => names[row] === name).length;
          expect(spread(parts.map(({ test }) => count(test)))).toBeLessThanOrEqual(1);
          for (const { train } of parts) expect(count(train)).toBeGreaterThan(0);
        }
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it('keeps groups whole, and as even as they come', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 20, maxLength: 150 });
    fc.assert(
      fc.property(groups, fc.integer({ min: 2, max: 5 }), seed, (names, folds, one) => {
        fc.pre(new Set(names).size >= folds);
        const parts = kFold(names.length, { folds, seed: one, groups: Int32Array.from(names) });
        expectFolds(names.length, parts);
        for (const { train, test } of parts) {
          const tested = new Set(Array.from(test, (row) => names[row]));
          expect(Array.from(train).some((row) => tested.has(names[row]))).toBe(false);
          expect(test.length).toBeGreaterThan(0);
        }
        const largest = Math.max(...[...new Set(names)].map((name) => names.filter((other) => other === name).length));
        expect(spread(parts.map(({ test }) => test.length))).toBeLessThanOrEqual(largest);
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it.each([
    [() => kFold(0), ['`rows` must be a positive integer']],
    [() => kFold(10, { folds: 1 }), ['`folds` must be from 2 to the number of rows, 10', '1']],
    [() => kFold(3, { folds: 4 }), ['from 2 to the number of rows, 3']],
    [() => kFold(10, { folds: 2.5 }), ['`folds` must be a positive integer']],
    [() => kFold(10, { seed: -1 }), ['`seed`']],
    [() => kFold(10, untyped({ k: 3 })), ['`k` is not an option']],
    [() => kFold(4, { folds: 2, labels: ['a', 'a', 'b'] }), ['`labels`', '4 rows', '3 values']],
    [() => kFold(4, { folds: 2, labels: untyped('abab') }), ['`labels` must be an array']],
    [() => kFold(3, { folds: 2, labels: ['a', 'a', 'b'] }), ['at least two rows', 'one row of "b"']],
    [() => kFold(4, { folds: 3, groups: [1, 1, 2, 2] }), ['at least 3 groups', '2']],
    [() => kFold(3, { folds: 2, groups: [1, null, 2] }), ['every row must have a group', 'row 1 without']],
    [() => kFold(4, { labels: [1, 1, 2, 2], groups: [1, 1, 2, 2], folds: 2 }), ['one of `labels` and `groups`']],
  ] as const)('refuses %s', (call, parts) => expectMessage(call, parts));
});

describe('rows to judge by while a fold trains', () => {
  it('are cut out of its training rows: their share, classes in theirs, groups whole', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 30, maxLength: 150 });
    const share = fc.double({ min: 0.05, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(names, share, seed, fc.constantFrom('labels', 'groups', 'none'), (drawn, part, one, kind) => {
        const list = [...drawn, 'a', 'b', 'c', 'a', 'b', 'c'];
        const by = { folds: 3, seed: one, ...(kind !== 'none' && { [kind]: list }) };
        kFold(list.length, by).forEach(({ train }, fold) => {
          const { kept, heldOut } = cutValidation('test', train, part, fold, by);
          expect([...kept, ...heldOut].sort((a, b) => a - b)).toEqual(Array.from(train));
          expect(kept.length).toBeGreaterThan(0);
          expect(heldOut.length).toBeGreaterThan(0);
          if (kind === 'groups') {
            const held = new Set(Array.from(heldOut, (row) => list[row]));
            expect(Array.from(kept).some((row) => held.has(list[row] as string))).toBe(false);
            return;
          }
          expect(Math.abs(heldOut.length - train.length * part)).toBeLessThanOrEqual(1.5);
          if (kind === 'none') return;
          for (const name of ['a', 'b', 'c']) {
            const count = (rows: Uint32Array) => rows.filter((row) => list[row] === name).length;
            const exact = (count(train) * heldOut.length) / train.length;
            expect(Math.abs(count(heldOut) - exact)).toBeLessThanOrEqual(1.5);
            if (count(train) === 1) expect(count(kept)).toBe(1);
          }
        });
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});
