/** Parts of a table: disjoint, complete, of the size that was asked for, and drawn in the way that was asked for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Row, type SplitOptions, split, type Table, tableOf } from '../../src/data/index.js';
import { expectMessage } from '../facade/refusals.js';

const numbered = (rows: number, more: (i: number) => Row = () => ({})) =>
  tableOf(Array.from({ length: rows }, (_, i) => ({ row: i, ...more(i) })));
const rowsIn = (table: Table) => Array.from({ length: table.rows }, (_, i) => table.value(i, 'row') as number);
const names = ['train', 'validation', 'test'] as const;
const shares = fc.record({
  test: fc.double({ min: 0.01, max: 0.49, noNaN: true }),
  validation: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 0.49, noNaN: true })),
  seed: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
});

/** What holds of every split: no row twice, none lost, in their order; parts of the sizes that were asked for. */
function expectParts(rows: number, parts: ReturnType<typeof split>, options: SplitOptions, slack = 0): void {
  const lists = names.map((name) => rowsIn(parts[name]));
  for (const list of lists) expect(list).toEqual([...list].sort((a, b) => a - b));
  expect(lists.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
  expect(Math.abs(parts.test.rows - rows * options.test)).toBeLessThanOrEqual(1 + slack);
  expect(Math.abs(parts.validation.rows - rows * (options.validation ?? 0))).toBeLessThanOrEqual(1 + slack);
  expect(parts.train.rows).toBeGreaterThan(0);
  expect(parts.test.rows).toBeGreaterThan(0);
  if (options.validation) expect(parts.validation.rows).toBeGreaterThan(0);
}

describe('split', () => {
  it('gives parts that are disjoint and complete, the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 200 }), shares, (rows, options) => {
        const parts = split(numbered(rows), options);
        expectParts(rows, parts, options);
        const again = split(numbered(rows), options);
        for (const name of names) expect(rowsIn(again[name])).toEqual(rowsIn(parts[name]));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('gives others for another seed, and any row a place in any part', () => {
    const places = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const parts = split(numbered(10), { test: 0.3, validation: 0.3, seed });
      for (const name of names) for (const row of rowsIn(parts[name])) places.add(`${row} ${name}`);
    }
    expect(places.size).toBe(30);
  });

  it('stratifies: each part has each value in its share, to within one row', () => {
    const labels = fc.array(fc.constantFrom('a', 'b', 'c', null), { minLength: 20, maxLength: 200 });
    fc.assert(
      fc.property(labels, shares, (values, options) => {
        const table = numbered(values.length, (i) => ({ label: values[i] }));
        const parts = split(table, { ...options, stratify: 'label' });
        expectParts(values.length, parts, options);
        for (const label of ['a', 'b', 'c', null]) {
          const count = (part: Table) =>
            Array.from({ length: part.rows }, (_, i) => part.value(i, 'label')).filter((one) => one === label).length;
          const all = count(table);
          // the share of the part as it came out, which is whole rows
          expect(Math.abs(count(parts.test) - (all * parts.test.rows) / values.length)).toBeLessThan(1);
          const validation = (all * parts.validation.rows) / values.length;
          expect(Math.abs(count(parts.validation) - validation)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it.each<[what: string, time: (i: number) => Row['x']]>([
    ['numbers', (i) => 1000 - i],
    ['dates', (i) => new Date(Date.UTC(2024, 0, 1000 - i))],
    ['dates with dots', (i) => `${28 - (i % 28)}.${12 - (Math.floor(i / 28) % 12)}.2023`],
  ])('takes the latest rows to test with: %s', (_, time) => {
    const { train, validation, test } = split(
      numbered(50, (i) => ({ time: time(i) })),
      { test: 0.2, validation: 0.1, time: 'time' },
    );
    expect(rowsIn(test)).toEqual(Array.from({ length: 10 }, (_, i) => i));
    expect(rowsIn(validation)).toEqual(Array.from({ length: 5 }, (_, i) => 10 + i));
    expect(train.rows).toBe(35);
  });

  it('keeps groups together', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 60, maxLength: 200 });
    fc.assert(
      fc.property(groups, shares, (of, options) => {
        fc.pre(new Set(of).size >= 3);
        const table = numbered(of.length, (i) => ({ group: `g${of[i]}` }));
        const parts = split(table, { ...options, group: 'group' });
        const largest = Math.max(...Array.from({ length: 31 }, (_, g) => of.filter((one) => one === g).length));
        expectParts(of.length, parts, options, largest);
        const where = new Map<unknown, string>();
        for (const name of names) {
          for (let i = 0; i < parts[name].rows; i++) {
            const group = parts[name].value(i, 'group');
            expect(where.get(group) ?? name).toBe(name);
            where.set(group, name);
          }
        }
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  const table = numbered(10, (i) => ({ half: i % 2, time: i === 3 ? null : i, text: `t${i % 3}` }));
  it.each<[what: string, options: unknown, ...parts: string[]]>([
    ['no share to test with', {}, '`test` must be a number from 0 to 1'],
    ['nothing to test with', { test: 0 }, '`test` must be above 0'],
    ['a share above 1', { test: 2 }, '`test` must be a number from 0 to 1'],
    ['shares that leave nothing', { test: 0.5, validation: 0.5 }, 'must leave rows to train on', '0.5 + 0.5'],
    [
      'an option that is none',
      { test: 0.1, stratified: 'half' },
      '`stratified` is not an option',
      'did you mean `stratify`?',
    ],
    [
      'a column that is not there',
      { test: 0.1, stratify: 'hal' },
      '`stratify` must name a column',
      'did you mean `half`?',
    ],
    [
      'two ways at once',
      { test: 0.1, stratify: 'half', time: 'time' },
      'one of `stratify`, `time` and `group`',
      'stratify and time',
    ],
    ['a row without a time', { test: 0.1, time: 'time' }, 'every row must have a `time`', 'row 3 without'],
    ['a row without a group', { test: 0.1, group: 'time' }, 'every row must have a `time`', 'row 3 without'],
    ['a time that is none', { test: 0.1, time: 'text' }, '`text` must be a column of dates or numbers', '"t0"'],
    ['too few groups', { test: 0.1, validation: 0.1, group: 'half' }, '`half` must name at least 3 groups', '2'],
    [
      'values that do not repeat',
      { test: 0.1, stratify: 'row' },
      '`stratify` must name a column whose values repeat',
      '10 different',
    ],
    ['a seed that is none', { test: 0.1, seed: -1 }, '`seed` must be a whole number'],
  ])('refuses %s', (_, options, ...parts) => {
    expectMessage(() => split(table, options as SplitOptions), parts);
  });

  it('refuses what is no table, and a table that is too small', () => {
    expectMessage(() => split([{ a: 1 }] as never, { test: 0.1 }), ['a table is needed']);
    expectMessage(() => split(numbered(1), { test: 0.1 }), ['at least 2 rows are needed', '1']);
    expectMessage(() => split(numbered(2), { test: 0.1, validation: 0.1 }), ['at least 3 rows are needed', '2']);
  });
});
