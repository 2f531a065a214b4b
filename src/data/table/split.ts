import { checkNumber, checkOptions, refuse, suggest, words } from '../../errors.js';
import { checkSeed, Domain, Random } from '../../random.js';
import { namesOf } from './cells.js';
import { numbersByCode } from './column.js';
import { dateParts } from './dates.js';
import { countsOf, dateOrderOf } from './kinds.js';
import { Table } from './table.js';
import { everyRow, rowsWhere } from './which.js';

/** Options of `split`. */
export interface SplitOptions {
  /** Share of the rows that the model is tested on, above 0 and below 1. */
  readonly test: number;
  /** Share of the rows that are judged while it trains, from 0 to below 1 − `test`. Default 0: a table without rows. */
  readonly validation?: number;
  /** A column of few values, such as the target: each part has each value in its share, to within one row. Default: none. */
  readonly stratify?: string;
  /** A column of times, dates or numbers: the latest rows are test, those before them validation. Default: none. */
  readonly time?: string;
  /** A column that names groups, such as a customer: all rows of a group are in one part. Default: none. */
  readonly group?: string;
  /** Drives the draw: same seed, same parts. An integer from 0 to 2⁵³ − 1; default 0. */
  readonly seed?: number;
}

/** The parts of a table; rows are in the order that they had. */
export interface Split<T extends Table = Table> {
  /** Rows to train on: all that are in no other part. */
  readonly train: T;
  /** Rows to judge while it trains; a table without rows where no share was asked for. */
  readonly validation: T;
  /** Rows to test with. */
  readonly test: T;
}

/** Parts as numbers: of each row, which one it is in. */
const Part = { train: 0, validation: 1, test: 2 } as const;

/** Members that each of several groups gives to a part of `wanted`: its share, by largest remainder. */
function shares(sizes: readonly number[], wanted: number, total: number): number[] {
  const exact = sizes.map((size) => (size * wanted) / total);
  const take = exact.map(Math.floor);
  const rest = (i: number) => (exact[i] as number) - (take[i] as number);
  const order = [...sizes.keys()].sort((a, b) => rest(b) - rest(a) || a - b);
  let missing = wanted - take.reduce((sum, n) => sum + n, 0);
  for (const i of order) {
    if (missing-- <= 0) break;
    take[i] = (take[i] as number) + 1;
  }
  return take;
}

/** Rows of each name in a column, parts of one array; those without a value are the last. */
function rowsByName(table: Table, name: string): Uint32Array[] {
  const { codes, dictionary } = namesOf(table.column(name));
  const none = dictionary.length;
  const ends = new Uint32Array(none + 1);
  const place = (row: number): number => ((codes[row] as number) < 0 ? none : (codes[row] as number));
  for (let row = 0; row < codes.length; row++) ends[place(row)] = (ends[place(row)] as number) + 1;
  for (let i = 1; i <= none; i++) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
  const begins = Uint32Array.from(ends, (_, i) => (i > 0 ? (ends[i - 1] as number) : 0));
  const next = begins.slice();
  const rows = new Uint32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const at = next[place(row)] as number;
    rows[at] = row;
    next[place(row)] = at + 1;
  }
  return Array.from(begins, (begin, i) => rows.subarray(begin, ends[i])).filter((own) => own.length > 0);
}

/** Deals shuffled rows, group by group, to the parts. */
function deal(parts: Uint8Array, groups: readonly Uint32Array[], wanted: Wanted, random: Random): void {
  for (const rows of groups) random.shuffle(rows);
  const sizes = groups.map((rows) => rows.length);
  const test = shares(sizes, wanted.test, parts.length);
  const left = sizes.map((size, i) => size - (test[i] as number));
  // validation rows are drawn from what is left: a group never gives more than it has
  const validation = shares(sizes, wanted.validation, parts.length).map((n, i) => Math.min(n, left[i] as number));
  groups.forEach((rows, i) => {
    const [t, v] = [test[i] as number, validation[i] as number];
    rows.forEach((row, j) => {
      parts[row] = j < t ? Part.test : j < t + v ? Part.validation : Part.train;
    });
  });
}

/** Gives whole groups to the parts, in a random order, until each has what it wants. */
function dealGroups(
  where: string,
  parts: Uint8Array,
  table: Table,
  name: string,
  wanted: Wanted,
  random: Random,
): void {
  const { codes } = namesOf(table.column(name));
  const without = codes.indexOf(-1);
  if (without >= 0) refuse(where, `every row must have a \`${name}\``, words(`row ${without} without`));
  const groups = rowsByName(table, name);
  const order = random.shuffle([...groups.keys()]);
  const needed = wanted.validation > 0 ? 3 : 2;
  if (groups.length < needed) {
    refuse(where, `\`${name}\` must name at least ${needed} groups, one for each part`, words(`${groups.length}`));
  }
  const filled = { test: 0, validation: 0 };
  order.forEach((group, i) => {
    const rows = groups[group] as Uint32Array;
    // one group at least is left for every part that is still empty
    const rest = order.length - i;
    const part =
      filled.test === 0 || (filled.test + rows.length / 2 <= wanted.test && rest > needed - 1)
        ? 'test'
        : wanted.validation > 0 &&
            (filled.validation === 0 || (filled.validation + rows.length / 2 <= wanted.validation && rest > 1))
          ? 'validation'
          : 'train';
    if (part !== 'train') filled[part] += rows.length;
    for (const row of rows) parts[row] = Part[part];
  });
}

/** Times of a column as numbers. @throws ArgumentError for a row without one. */
function timesOf(where: string, table: Table, name: string): Float64Array {
  const column = table.column(name);
  let times: Float64Array;
  if (column.type === 'number') times = column.values;
  else {
    const counts = countsOf(column);
    const order = dateOrderOf(column.dictionary.filter((_, code) => (counts[code] as number) > 0))?.order;
    if (!order) {
      const help = 'dates are written 2024-03-31, 31.3.2024 or 3/31/2024, with or without a time, all in one way.';
      refuse(where, `\`${name}\` must be a column of dates or numbers`, column.dictionary[0], help);
    }
    const days = column.dictionary.map((text) => dateParts(text, order)?.day ?? Number.NaN);
    times = numbersByCode(column.codes, days);
  }
  const without = times.findIndex(Number.isNaN);
  if (without >= 0) refuse(where, `every row must have a \`${name}\``, words(`row ${without} without`));
  return times;
}

/** Rows that each part is to have. */
interface Wanted {
  readonly test: number;
  readonly validation: number;
}

/**
 * Splits a table into rows to train on, to judge by while training, and to test with: drawn at random, or stratified, by time,
 * or by group. Do this before `fitFeatures`, which then sees the training rows alone.
 *
 * @example
 * const { train, validation, test } = split(table, { validation: 0.15, test: 0.15, stratify: 'species', seed: 1 });
 *
 * @throws ArgumentError for shares that leave no training row, a column that is not there, two of `stratify`, `time` and
 * `group`, too few rows or groups, a row without a time or group, times that are no dates, and values to stratify by that do
 * not repeat.
 */
export function split<T extends Table>(table: T, options: SplitOptions): Split<T> {
  const where = 'split';
  if (!(table instanceof Table))
    refuse(where, 'a table is needed', table, 'parseCsv, parseJsonLines and tableOf make one.');
  checkOptions(where, options, ['test', 'validation', 'stratify', 'time', 'group', 'seed']);
  const { test, validation = 0, stratify, time, group, seed = 0 } = options;
  checkNumber(where, 'test', test, 0, 1);
  checkNumber(where, 'validation', validation, 0, 1);
  if (test === 0) refuse(where, '`test` must be above 0', test);
  if (test + validation >= 1) {
    refuse(where, '`test` and `validation` must leave rows to train on', words(`${test} + ${validation}`));
  }
  checkSeed(where, seed);
  const by = Object.entries({ stratify, time, group }).filter(([, name]) => name !== undefined);
  if (by.length > 1)
    refuse(where, 'one of `stratify`, `time` and `group` can be used', words(by.map(([key]) => key).join(' and ')));
  for (const [key, name] of by) {
    if (typeof name !== 'string' || !table.has(name)) {
      refuse(where, `\`${key}\` must name a column of the table`, name, suggest(String(name), table.names));
    }
  }
  const { rows } = table;
  const needed = validation > 0 ? 3 : 2;
  if (rows < needed)
    refuse(where, `at least ${needed} rows are needed, one for each part`, words(`${rows}`), 'train on all of them.');
  const least = (share: number) => (share > 0 ? Math.max(1, Math.round(rows * share)) : 0);
  const wanted = { test: Math.min(least(test), rows - needed + 1), validation: least(validation) };
  wanted.validation = Math.min(wanted.validation, rows - wanted.test - 1);
  const parts = new Uint8Array(rows);
  const random = new Random(seed, Domain.split);
  if (time !== undefined) {
    const times = timesOf(where, table, time);
    const order = everyRow(rows).sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
    const first = rows - wanted.test;
    for (const row of order.slice(first)) parts[row] = Part.test;
    for (const row of order.slice(first - wanted.validation, first)) parts[row] = Part.validation;
  } else if (group !== undefined) {
    dealGroups(where, parts, table, group, wanted, random);
  } else if (stratify !== undefined) {
    const groups = rowsByName(table, stratify);
    if (groups.length > rows / 2) {
      const rule = `\`stratify\` must name a column whose values repeat`;
      refuse(
        where,
        rule,
        words(`${groups.length} different values of \`${stratify}\` in ${rows} rows`),
        'leave it out.',
      );
    }
    deal(parts, groups, wanted, random);
  } else {
    deal(parts, [everyRow(rows)], wanted, random);
  }
  // of a table on disk, rows are a table on disk
  const part = (number: number) => table.pick(rowsWhere(rows, (row) => parts[row] === number)) as T;
  return { train: part(Part.train), validation: part(Part.validation), test: part(Part.test) };
}
