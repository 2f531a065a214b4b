/** From tables to numbers: what columns are taken for, what is learned of training rows, and what becomes of others. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describeFeatures,
  encode,
  encodeExamples,
  type FeatureOptions,
  type Features,
  type Field,
  fitFeatures,
  kindsOf,
  type Row,
  type Table,
  tableOf,
} from '../../src/data/index.js';
import { dateParts } from '../../src/data/table/dates.js';
import { Domain, Random } from '../../src/random.js';
import { expectMessage } from '../facade/refusals.js';

/** A table of one column `x`, or of that name, and a target `y` of numbers. */
function column(values: readonly unknown[], name = 'x') {
  return tableOf(values.map((value, i) => ({ [name]: value, y: Math.sin(i) })) as Row[]);
}

const times = (count: number, make: (i: number) => unknown) => Array.from({ length: count }, (_, i) => make(i));
const random = new Random(7, Domain.spirals);
const draw = (count: number, values: readonly unknown[]) => times(count, () => values[random.below(values.length)]);

describe('what columns are taken for', () => {
  it.each<[what: string, kind: string, values: unknown[], name?: string]>([
    ['numbers', 'number', [1.5, 2, 3.25]],
    ['whole numbers', 'number', times(50, (i) => (i * i) % 37)],
    ['numbers with gaps', 'number', [1.5, null, 2, '', 'NA', '?']],
    ['one number with gaps', 'number', [5, null, 5, null]],
    ['texts that are numbers', 'number', ['1', '2.5', '-3e2']],
    ['0 and 1', 'boolean', [0, 1, 1, 0]],
    ['true and false', 'boolean', [true, false, null]],
    ['yes and no', 'boolean', ['yes', 'No', 'YES']],
    ['t and f', 'boolean', ['t', 'f']],
    ['on and off', 'boolean', ['on', 'off']],
    ['two words that are no pair', 'category', ['y', 'f', 'y']],
    ['1 and 2', 'number', draw(30, [1, 2])],
    ['few texts', 'category', draw(100, ['red', 'green', 'blue'])],
    ['texts of which some are numbers', 'category', draw(100, ['1', '2', 'x'])],
    ['codes with zeros in front', 'category', draw(100, ['010', '020', '030'])],
    ['texts in a few rows', 'category', ['a', 'b', 'c']],
    ['one text with gaps', 'category', ['x', null, 'x']],
    ['ISO dates', 'date', ['2024-03-31', '2023-12-01']],
    ['ISO dates with times', 'date', ['2024-03-31T10:15:00Z', '2024-03-31 10:15:30.25', '2024-03-31T10:15+02:00']],
    ['dates with dots', 'date', ['31.3.2024', '1.12.2023']],
    ['dates with bars', 'date', ['3/31/2024', '12/1/2023']],
    ['Date objects', 'date', [new Date(0), new Date(1e12), null]],
    ['days that are none', 'category', ['2024-02-30', '2024-03-31']],
    ['dates written in two ways', 'category', ['2024-03-31', '31.3.2024', '2024-03-30']],
    ['times without a date', 'category', ['10:15', '11:20']],
    ['sentences', 'text', times(40, (i) => `the quick fox number ${i} jumps`)],
    ['keys', 'identifier', times(40, (i) => `k${i}`)],
    ['almost all different', 'identifier', times(40, (i) => `k${Math.min(i, 38)}`)],
    ['many texts that repeat', 'category', times(400, (i) => `k${i % 150}`)],
    ['long codes', 'identifier', times(40, (i) => `49291234123412345${10 + i}`)],
    ['numbers named id', 'identifier', times(40, (i) => 1000 + 3 * i), 'customer_id'],
    ['numbers named customerId', 'identifier', times(400, (i) => 1000 + (i % 90)), 'customerId'],
    ['numbers named paid', 'number', times(40, (i) => 1000 + 3 * i), 'paid'],
    ['row numbers', 'identifier', times(40, (i) => i), 'row_number'],
    ['row numbers of another name', 'number', times(40, (i) => i), 'age'],
    ['one number', 'constant', [3, 3, 3]],
    ['one text', 'constant', ['x', 'x', 'x']],
    ['nothing', 'empty', [null, '', 'NA']],
  ])('%s: %s', (_, kind, values, name = 'x') => {
    expect(kindsOf(column(values, name))[name]).toBe(kind);
  });

  it('kindsOf and describeFeatures refuse what is of another kind', () => {
    for (const given of [undefined, null, {}, []]) {
      expectMessage(() => kindsOf(given as unknown as Table), ['kindsOf: a table is needed', 'tableOf make one.']);
      expectMessage(() => describeFeatures(given as unknown as Features), ['describeFeatures: what fitFeatures gives']);
    }
  });

  it('notes what could be otherwise, once for all columns that share it', () => {
    const rows = times(60, (i) => ({
      size: (i * 7) % 5,
      grade: (i * 11) % 4,
      when: `${(i % 12) + 1}/${((i * 5) % 12) + 1}/2024`,
      width: i % 20 === 0 ? 'broken' : (i * 37) % 53,
      age: i,
      y: Math.sin(i),
    })) as Row[];
    const { notes, columns } = fitFeatures(tableOf(rows), { target: 'y' });
    expect(columns).toEqual(['size', 'grade', 'when', 'width', 'age']);
    expect(notes).toEqual([
      "size, grade: few whole numbers, taken for numbers; if they are codes, give kinds: { size: 'category' }.",
      'when: day and month could be the other way round; taken for month/day/year.',
      'width: mostly numbers, but not all; if the others mean that there is no value, name them with `missing` of parseCsv.',
      'age: numbers the rows; if it is no measurement, give drop: ["age"].',
    ]);
  });

  it.each([
    ['2024-03-31T06:00', 'ymd', { year: 2024, month: 3, weekday: 6, hour: 6, day: 19813.25 }],
    ['31.3.2024', 'dmy', { year: 2024, month: 3, weekday: 6, hour: 0, day: 19813 }],
    ['3/31/2024 18:00', 'mdy', { year: 2024, month: 3, weekday: 6, hour: 18, day: 19813.75 }],
    ['1969-12-31', 'ymd', { year: 1969, month: 12, weekday: 2, hour: 0, day: -1 }],
    ['1600/02/29', 'ymd', { year: 1600, month: 2, weekday: 1, hour: 0, day: -135081 }],
    ['1900-02-29', 'ymd', undefined],
    ['2023-02-29', 'ymd', undefined],
    ['2024-13-01', 'ymd', undefined],
    ['2024-00-01', 'ymd', undefined],
    ['2024-01-01T24:00', 'ymd', undefined],
    ['2024-01/01', 'ymd', undefined],
    ['31.3.24', 'dmy', undefined],
  ] as const)('%s in the order %s', (text, order, parts) => {
    expect(dateParts(text, order)).toEqual(parts);
  });

  it('knows the calendar: every day from 1900 to 2100 as the engine does', () => {
    for (let day = -25567; day < 47847; day += 1) {
      const date = new Date(day * 86_400_000);
      const parts = dateParts(date.toISOString(), 'ymd');
      const weekday = (date.getUTCDay() + 6) % 7;
      const wanted = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, weekday, hour: 0, day };
      if (parts?.day !== day || parts.weekday !== weekday) expect(parts).toEqual(wanted);
    }
  });
});

const people = tableOf(
  times(40, (i) => ({
    age: i % 5 === 0 ? null : 20 + ((i * 7) % 31),
    city: i % 8 === 0 ? null : ['Prague', 'Brno', 'Prague', 'Plzeň'][i % 4],
    member: i % 2 ? 'yes' : 'no',
    since: `20${10 + (i % 9)}-0${(i % 9) + 1}-15`,
    note: `a note that says ${i} things`,
    country: 'CZ',
    price: 100.5 + 3 * ((i * 13) % 17),
  })) as Row[],
);

describe('fitFeatures', () => {
  const features = fitFeatures(people, { target: 'price' });

  it('is plain data that says what becomes of each column', () => {
    expect(JSON.parse(JSON.stringify(features))).toEqual({ ...features });
    expect(structuredClone({ ...features })).toEqual({ ...features });
    expect(features.columns).toEqual(['age', 'city', 'member', 'since']);
    const [age, city, member, since] = features.fields as readonly Field[];
    expect(age).toMatchObject({ kind: 'number', missing: 8, median: 34.5 });
    expect(city).toEqual({
      kind: 'category',
      name: 'city',
      missing: 5,
      categories: ['Prague', 'Brno', 'Plzeň'],
      other: false,
    });
    expect(member).toMatchObject({ kind: 'boolean', mean: 0.5, deviation: 0.5 });
    expect(since?.kind === 'date' && since.parts.map(({ part }) => part)).toEqual(['year', 'month', 'weekday', 'day']);
    expect(features.width).toBe(2 + 4 + 1 + 4);
    expect(features.leftOut).toEqual([
      { name: 'note', kind: 'text', why: 'it is text: 40 different values in 40 rows' },
      { name: 'country', kind: 'constant', why: 'every row has "CZ"' },
    ]);
    expect(features).toMatchObject({ target: 'price', task: 'regression', rows: 40, log: false });
  });

  it('goes by the training rows alone: a text elsewhere in the file does not make texts of their numbers', () => {
    const rows = times(40, (i) => ({ constructor: (i * 7) % 23, y: i / 2 })) as Row[];
    const all = tableOf([...rows, { constructor: 'broken', y: 1 }] as Row[]);
    const inner = all.pick(Uint32Array.from({ length: 40 }, (_, i) => i));
    const fitted = fitFeatures(inner, { target: 'y' });
    expect({ ...fitted }).toEqual({ ...fitFeatures(tableOf(rows), { target: 'y' }) });
    expect(fitted.fields[0]?.kind).toBe('number');
    expect(kindsOf(inner)).toEqual({ constructor: 'number', y: 'number' });
    expect(encode(fitted, inner).x).toEqual(encode(fitted, rows).x);
    expectMessage(() => encode(fitted, all), ['row 40, column `constructor` must hold a number', '"broken"']);
  });

  it('describes itself', () => {
    const text = features.describe();
    expect(text).toContain('regression of price from 4 columns, 11 inputs, fitted on 40 rows');
    expect(text).toMatch(/^age +number +8 +mean [\d.]+, deviation [\d.]+; a gap has the median 34.5, and a flag$/m);
    expect(text).toMatch(/^city +category +5 +one of Prague, Brno, Plzeň; missing$/m);
    expect(text).toMatch(/^member +boolean +50 % yes$/m);
    expect(text).toMatch(/^since +date +year, month, weekday, day number$/m);
    expect(text).toMatch(/^country +constant +left out: every row has "CZ"$/m);
    expect(text).toContain('- note: left out, it is text');
    expect(describeFeatures(JSON.parse(JSON.stringify(features)))).toBe(text);
  });

  it('does what it is told: kinds, columns to drop, categories', () => {
    const options: FeatureOptions = {
      target: 'price',
      drop: ['since', 'note'],
      kinds: { age: 'category', country: 'category' },
      maxCategories: 3,
    };
    const { fields, leftOut } = fitFeatures(people, options);
    expect(fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'age category',
      'city category',
      'member boolean',
      'country category',
    ]);
    expect(fields[0]).toMatchObject({ other: true, missing: 8 });
    expect(leftOut.map(({ kind }) => kind)).toEqual(['dropped', 'dropped']);
  });

  it('names copies, and columns that give the target away', () => {
    const rows = times(50, (i) => ({
      a: (i * 7) % 23,
      twin: (i * 7) % 23,
      b: ['u', 'v', 'w'][(i * 5) % 3],
      same: ['1st', '2nd', '3rd'][(i * 5) % 3],
      cents: 100 * ((i * 11) % 37) + 5,
      price: (i * 11) % 37,
    })) as Row[];
    const { notes } = fitFeatures(tableOf([...rows, ...rows.slice(0, 3)]), { target: 'price' });
    expect(notes).toEqual([
      '3 of 53 rows are exact copies of others: where such rows are in two parts of a split, the test is too kind.',
      'twin: the same as a in every row.',
      'same: the same as b in every row.',
      'cents: gives the target away, its correlation with price is 1.0000; if it is not known when you predict, `drop` it.',
    ]);
  });

  it('names what gives classes away: a value for each, or a range for each', () => {
    const rows = times(60, (i) => ({
      code: ['x', 'y', 'z', 'x2'][i % 4],
      level: (i % 2) * 100 + ((i * 7) % 29),
      fair: (i * 13) % 31,
      left: i % 2 ? 'stays' : 'goes',
    })) as Row[];
    const { notes, classes } = fitFeatures(tableOf(rows), { target: 'left' });
    expect(classes).toEqual(['goes', 'stays']);
    expect(notes).toEqual([
      'code: gives the target away, each of its values goes with one class; if it is not known when you predict, `drop` it.',
      'level: gives the target away, its values alone tell the classes apart; if it is not known when you predict, `drop` it.',
    ]);
  });

  it.each<[what: string, values: unknown[], task: string, classes: string[] | undefined]>([
    ['texts', ['b', 'a', 'b', 'a'], 'classification', ['a', 'b']],
    ['yes and no', ['yes', 'no', 'yes', 'no'], 'classification', ['no', 'yes']],
    ['few whole numbers from 0', times(40, (i) => 2 - (i % 3)), 'classification', ['0', '1', '2']],
    ['few whole numbers from 1', times(40, (i) => 3 - (i % 3)), 'classification', ['1', '2', '3']],
    ['two whole numbers', times(40, (i) => 7 + (i % 2)), 'classification', ['7', '8']],
    ['few whole numbers that do not count from 0 or 1', times(40, (i) => 10 - (i % 3)), 'regression', undefined],
    ['fractions', [0.5, 1.5, 0.5, 1.5], 'regression', undefined],
    ['many whole numbers', times(60, (i) => i % 25), 'regression', undefined],
    ['whole numbers that hardly repeat', [1, 2, 3, 4, 5, 1], 'regression', undefined],
    ['texts with gaps', ['b', null, 'a', '?'], 'classification', ['a', 'b']],
  ])('takes a target of %s for %s', (_, values, task, classes) => {
    const found = fitFeatures(tableOf(values.map((y, i) => ({ x: i / 2, y })) as Row[]), { target: 'y' });
    expect(found.task).toBe(task);
    expect(found.classes).toEqual(classes);
  });

  it('takes whole numbers for either, and says so', () => {
    const rows = (least: number) => tableOf(times(60, (i) => ({ x: i / 2, y: least + (i % 6) })) as Row[]);
    const [marks] = fitFeatures(rows(3), { target: 'y' }).notes;
    expect(marks).toBe(
      "y: 6 different whole numbers from 3 to 8 are taken for numbers; task: 'classification' takes them for classes.",
    );
    const [codes] = fitFeatures(rows(1), { target: 'y' }).notes;
    expect(codes).toBe(
      "y: 6 different whole numbers from 1 to 6 are taken for classes; task: 'regression' takes them for numbers.",
    );
    expect(fitFeatures(rows(1), { target: 'y', task: 'regression' }).scales).toEqual([
      { mean: 3.5, deviation: Math.sqrt(35 / 12) },
    ]);
  });

  const good = times(30, (i) => ({ x: i / 2, z: `k${i % 3}`, y: (i * 7) % 29 })) as Row[];
  const withY = (values: unknown[]) => tableOf(values.map((y, i) => ({ x: i / 2, y })) as Row[]);
  it.each<[what: string, call: () => unknown, ...parts: string[]]>([
    ['no table', () => fitFeatures(good as never, { target: 'y' }), 'a table is needed'],
    [
      'an option that is none',
      () => fitFeatures(tableOf(good), { target: 'y', cat: 1 } as never),
      '`cat` is not an option',
    ],
    [
      'a target that is not there',
      () => fitFeatures(tableOf(good), { target: 'Y2' }),
      '`target` must name columns',
      '"Y2"',
      'did you mean `y`?',
    ],
    ['a target with another case', () => fitFeatures(people, { target: 'Price' }), 'did you mean `price`?'],
    ['no target', () => fitFeatures(tableOf(good), {} as never), '`target` must be the name of a column'],
    ['a target twice', () => fitFeatures(tableOf(good), { target: ['y', 'y'] }), 'several different ones'],
    [
      'a target that is constant',
      () => fitFeatures(withY([2.5, 2.5, 2.5]), { target: 'y' }),
      'the target `y` must vary',
      '2.5 in every row',
    ],
    [
      'a target beyond float32',
      () => fitFeatures(withY([1e300, 0.5, 3.5]), { target: 'y' }),
      'the numbers of the target `y` must be within float32',
    ],
    [
      'a target that is empty',
      () => fitFeatures(withY([null, '', null]), { target: 'y' }),
      'the target `y` must have values',
      'none',
    ],
    [
      'one class',
      () => fitFeatures(withY(['a', 'a', null]), { target: 'y' }),
      'must have at least two classes',
      'only "a"',
    ],
    [
      'one class of whole numbers',
      () => fitFeatures(withY([1, 1, 1]), { target: 'y' }),
      'must have at least two classes',
    ],
    [
      'classes that are all different',
      () => fitFeatures(withY(times(30, (i) => `n${i}`)), { target: 'y' }),
      'must have few classes',
      '30 in 30 rows',
    ],
    [
      'text as a target of numbers',
      () => fitFeatures(withY([1, 2, 'x']), { target: 'y', task: 'regression' }),
      'row 2, column `y` must hold a number',
      '"x"',
    ],
    [
      'several targets of which one is text',
      () => fitFeatures(tableOf(good), { target: ['y', 'z'] }),
      'of several targets each must be numbers',
      '`z`',
    ],
    [
      'several targets of classes',
      () => fitFeatures(tableOf(good), { target: ['y', 'x'], task: 'classification' }),
      'classification has one target',
    ],
    [
      'the log of classes',
      () => fitFeatures(tableOf(good), { target: 'z', log: true, task: 'classification' }),
      '`log` is for targets of numbers',
    ],
    [
      'the log of −1',
      () => fitFeatures(withY([1, -1, 3.5]), { target: 'y', log: true }),
      'row 1, column `y` must hold a number above −1',
      '-1',
    ],
    [
      'a column to drop that is not there',
      () => fitFeatures(tableOf(good), { target: 'y', drop: ['q'] }),
      '`drop` must name columns',
      '"q"',
    ],
    ['the target to drop', () => fitFeatures(tableOf(good), { target: 'y', drop: ['y'] }), 'this is the target'],
    [
      'a kind that is none',
      () => fitFeatures(tableOf(good), { target: 'y', kinds: { z: 'code' } as never }),
      '`kinds.z` is not one that exists',
    ],
    [
      'a kind of a column that is not there',
      () => fitFeatures(tableOf(good), { target: 'y', kinds: { q: 'number' } }),
      '`kinds` must name columns',
    ],
    [
      'text as numbers',
      () => fitFeatures(tableOf(good), { target: 'y', kinds: { z: 'number' } }),
      'row 0, column `z` must hold a number',
      '"k0"',
    ],
    [
      'text as dates',
      () => fitFeatures(tableOf(good), { target: 'y', kinds: { z: 'date' } }),
      'row 0, column `z` must hold a date',
      '"k0"',
    ],
    [
      'a bad cell by its row, also where rows before it have no target',
      () =>
        fitFeatures(tableOf([{ x: 1, y: null }, ...good, { x: 'a', y: 1 }] as Row[]), {
          target: 'y',
          kinds: { x: 'number' },
        }),
      'row 31, column `x`',
      '"a"',
    ],
    [
      'numbers as booleans',
      () => fitFeatures(tableOf(good), { target: 'y', kinds: { x: 'boolean' } }),
      'row 1, column `x` must hold yes or no',
    ],
    [
      'no column that is left',
      () => fitFeatures(tableOf(good), { target: 'y', drop: ['x', 'z'] }),
      'at least one column must be left',
      'x (you said so)',
    ],
    [
      'categories that are none',
      () => fitFeatures(tableOf(good), { target: 'y', maxCategories: 0 }),
      '`maxCategories` must be a positive integer',
    ],
  ])('refuses %s', (_, call, ...parts) => {
    if (parts[0]?.startsWith('of several')) expect(call).toThrow(parts[0]);
    else expectMessage(call, parts);
  });
});

describe('encode', () => {
  it('gives each kind its numbers', () => {
    const train = tableOf([
      { n: 1, c: 'a', b: 'yes', d: '2024-01-01', y: 0.5 },
      { n: 3, c: 'b', b: 'no', d: '2024-01-03', y: 1.5 },
      { n: null, c: null, b: 'no', d: null, y: 2.5 },
      { n: 2, c: 'a', b: 'yes', d: '2024-01-02', y: 2.5 },
    ]);
    const features = fitFeatures(train, { target: 'y' });
    const unit = Math.fround(2 / Math.sqrt(2)); // 1, 3, 2 and the median 2: deviation √½
    const weekday = Math.fround(1 / Math.sqrt(2 / 3));
    expect(features.width).toBe(2 + 3 + 1 + 3);
    expect([...encode(features, train).x]).toEqual([
      ...[-unit, 0, 1, 0, 0, 1, -weekday, -weekday, 0],
      ...[unit, 0, 0, 1, 0, -1, weekday, weekday, 0],
      ...[0, 1, 0, 0, 1, -1, 0, 0, 1],
      ...[0, 0, 1, 0, 0, 1, 0, 0, 0],
    ]);
    // raw rows, in any form, with what training rows did not have
    const { x, unseen, warnings } = encode(features, [
      { n: '1', c: 'z', b: true, d: new Date(Date.UTC(2024, 0, 2)), more: 'ignored' },
      { c: null, b: 'perhaps', d: 'yesterday' },
    ]);
    expect([...x]).toEqual([-unit, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1]);
    expect(unseen).toEqual({ c: 1, b: 1, d: 1 });
    expect(warnings).toEqual([
      'c: 1 of 2 rows hold what training rows did not, and count as missing.',
      'b: 1 of 2 rows hold what training rows did not, and count as missing.',
      'd: 1 of 2 rows hold what training rows did not, and count as missing.',
    ]);
  });

  it('fills gaps that training rows did not have, and says so', () => {
    const features = fitFeatures(
      tableOf([
        { n: 1, y: 0.5 },
        { n: 2, y: 1.5 },
        { n: 9, y: 1 },
      ]),
      { target: 'y' },
    );
    const { x, warnings } = encode(features, [{ n: null }, { n: 2 }]);
    expect(x[0]).toBe(x[1]);
    expect(warnings).toEqual(['n: 1 of 2 rows have no value, and training rows all had one.']);
  });

  it('lets the most frequent categories have inputs of their own, and others share one', () => {
    const values = [...Array(5).fill('a'), ...Array(4).fill('b'), ...Array(2).fill('c'), 'd', 'e'];
    const features = fitFeatures(tableOf(values.map((c, i) => ({ c, y: i / 2 }))), { target: 'y', maxCategories: 2 });
    expect(features.fields[0]).toMatchObject({ categories: ['a', 'b'], other: true });
    const { x, unseen } = encode(features, [{ c: 'a' }, { c: 'c' }, { c: 'new' }, { c: null }]);
    expect([...x]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]);
    expect(unseen).toEqual({});
  });

  const features = fitFeatures(people, { target: 'price' });
  it.each<[what: string, rows: unknown, ...parts: string[]]>([
    [
      'text in a column of numbers',
      [{ age: 30, city: 'Brno', member: 'no', since: null }, { age: 'old' }],
      'row 1, column `age` must hold a number',
      '"old"',
    ],
    [
      'a column that is absent',
      [{ age: 30, city: 'Brno', menber: 'no', since: null }],
      'the input column `member` is needed',
      'did you mean `menber`?',
    ],
    ['no rows', [], 'at least one row is needed'],
    ['what is no rows', 'Brno', 'rows must be a Table or an array of objects'],
    ['rows of numbers', [[1, 2, 3, 4]], 'the input column `age` is needed'],
    ['a row that is none', [{ age: 30, city: 'Brno', member: 'no', since: null }, null], 'row 1 must be an object'],
    [
      'infinity',
      [{ age: Number.POSITIVE_INFINITY, city: 'Brno', member: 'no', since: null }],
      'row 0, column `age` must hold a finite number',
      'Received: Infinity',
    ],
    [
      'a number beyond float32',
      [{ age: 1e300, city: 'Brno', member: 'no', since: null }],
      'row 0 holds a number that is too large',
    ],
  ])('refuses %s', (_, rows, ...parts) => {
    expectMessage(() => encode(features, rows as Row[]), parts);
  });

  it('refuses a target that is absent, empty, or of an unknown class, where targets are needed', () => {
    const table = tableOf(times(20, (i) => ({ x: i / 2, y: i % 2 ? 'ham' : 'spam' })) as Row[]);
    const fitted = fitFeatures(table, { target: 'y' });
    expectMessage(() => encodeExamples(fitted, [{ x: 1 }]), ['the target column `y` is needed']);
    expectMessage(() => encodeExamples(fitted, [{ x: 1, y: null }]), ['at least one row with a target is needed']);
    expectMessage(
      () =>
        encodeExamples(fitted, [
          { x: 1, y: 'ham' },
          { x: 1, y: 'span' },
        ]),
      ['row 1, column `y`', '"span"', 'did you mean `spam`?'],
    );
    const { y, kept, warnings, rows } = encodeExamples(fitted, [
      { x: 1, y: 'spam' },
      { x: 2, y: '' },
      { x: 3, y: 'ham' },
    ]);
    expect([...y]).toEqual([1, 0]);
    expectMessage(
      () =>
        encodeExamples(fitted, [
          { x: 'a', y: null },
          { x: 'b', y: 'ham' },
        ]),
      ['row 1, column `x`', '"b"'],
    );
    expect(kept).toEqual(Uint32Array.of(0, 2));
    expect(rows).toBe(2);
    expect(warnings).toEqual(['1 of 3 rows have no target, and are left out.']);
  });

  it('gives training rows mean 0 and deviation 1, whatever the numbers', () => {
    const value = fc
      .oneof(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e9, max: 1e9 + 100, noNaN: true }),
        fc.constant(null),
      )
      .map((one) => (one !== null && Math.abs(one) < 1e-100 ? 0 : one)); // the square of less is 0
    fc.assert(
      fc.property(fc.array(value, { minLength: 3, maxLength: 60 }), (values) => {
        fc.pre(new Set(values).size > 2);
        const table = column(values);
        const { fields, width, ...rest } = fitFeatures(table, { target: 'y', kinds: { x: 'number' } });
        const { x } = encode({ fields, width, ...rest }, table);
        const first = Float64Array.from(x.filter((_, i) => i % width === 0));
        const mean = first.reduce((sum, one) => sum + one, 0) / first.length;
        const square = first.reduce((sum, one) => sum + (one - mean) ** 2, 0) / first.length;
        expect(Math.abs(mean)).toBeLessThan(1e-5);
        expect(Math.abs(square - 1)).toBeLessThan(1e-5);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('gives finite numbers for whatever a table holds, the same for its rows and its JSON, or refuses in words', () => {
    const cell = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(
        0,
        1,
        2,
        3,
        null,
        '',
        'NA',
        'yes',
        'no',
        'a',
        'b',
        '2024-02-29',
        '1.2.2024',
        '007',
        true,
        1e308,
        -1e308,
        5e-324,
      ),
      fc.string({ maxLength: 3 }),
    );
    const columns = fc.array(fc.array(cell, { minLength: 12, maxLength: 12 }), { minLength: 2, maxLength: 4 });
    let fitted = 0;
    fc.assert(
      fc.property(columns, fc.array(fc.nat({ max: 11 }), { minLength: 6, maxLength: 12 }), (cells, picked) => {
        const rows = times(12, (i) => Object.fromEntries(cells.map((values, j) => [`c${j}`, values[i]]))) as Row[];
        const all = tableOf(rows);
        const train = all.pick(Uint32Array.from(picked));
        let features: ReturnType<typeof fitFeatures>;
        try {
          features = fitFeatures(train, { target: 'c0' });
        } catch (error) {
          expectMessage(() => {
            throw error;
          }, ['fitFeatures']);
          return;
        }
        fitted++;
        const { x, warnings, rows: encoded } = encodeExamples(features, train);
        expect(x.every(Number.isFinite)).toBe(true);
        expect(x.length).toBe(encoded * features.width);
        // what training rows hold is nothing new
        expect(warnings.filter((one) => !one.endsWith('have no target, and are left out.'))).toEqual([]);
        const given = times(train.rows, (i) => train.row(i)) as Row[];
        expect(encodeExamples(JSON.parse(JSON.stringify(features)), given).x).toEqual(x);
        expect(features.describe()).toContain('c0');
        try {
          expect(encode(features, all).x.every(Number.isFinite)).toBe(true);
        } catch (error) {
          expectMessage(() => {
            throw error;
          }, ['encode: row ']);
        }
      }),
      { numRuns: 1500, seed: 1 },
    );
    expect(fitted).toBeGreaterThan(300);
  });
});
