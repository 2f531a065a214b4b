/** Models of tables encode rows block by block, with the bits and the words of all rows at once. */
import { describe, expect, it } from 'vitest';
import { encode, encodeExamples, fitFeatures, type Row, Table, tableOf } from '../../src/data/index.js';
import { encodedDataset } from '../../src/data/table/encode.js';
import { Encoder } from '../../src/data/table/encoder.js';
import { dense, outputLayer, sequential } from '../../src/index.js';
import { Domain, Random } from '../../src/random.js';

/** What models encode at a time. */
const BLOCK = 4096;
const ROWS = 2 * BLOCK + 1;

/** All kinds of columns, with gaps, rows without a target, and from row 300 on what the first rows do not have. */
const random = new Random(5, Domain.spirals);
const ALL: Row[] = Array.from({ length: ROWS }, (_, i) => ({
  number: i % 11 === 3 ? null : random.normal(),
  text: i % 7 === 0 ? 'none' : (0.5 * random.below(9)).toFixed(1),
  yes: i > 300 && i % 13 === 0 ? 'perhaps' : i % 2 === 0,
  city: i % 17 === 3 ? null : i > 300 && i % 19 === 0 ? `town ${i}` : ['Prague', 'Brno', 'Plzeň'][random.below(3)],
  day: i > 300 && i % 23 === 0 ? null : `202${random.below(4)}-0${1 + random.below(9)}-11`,
  whole: i > 300 && i % 29 === 0 ? null : random.below(100),
  kind: i % 31 === 4 ? null : ['a', 'b', 'c'][random.below(3)],
  side: i % 31 === 4 ? null : random.below(2) === 0 ? 'left' : 'right',
  price: i % 31 === 4 ? null : 100 + 20 * random.normal(),
  weight: 3 + random.normal(),
})) as Row[];
for (const row of ALL) if (row.text === 'none') (row as Record<string, unknown>).text = null;

const TARGETS = ['kind', 'side', 'price', 'weight'];
const table = tableOf(ALL);
const rowsUpTo = (count: number): Table => table.pick(Uint32Array.from({ length: count }, (_, i) => i));
const first = rowsUpTo(300);

const bits = (values: ArrayLike<number>): number[] => [...new Uint32Array(Float32Array.from(values).buffer)];

describe.each([
  ['three classes', 'kind', {}],
  ['two classes', 'side', {}],
  ['a number', 'price', {}],
  ['its logarithm', 'price', { log: true }],
  ['two numbers', ['price', 'weight'], {}],
] as const)('a model of %s', (_, target, options) => {
  const drop = TARGETS.filter((name) => !([target].flat() as readonly string[]).includes(name));
  const features = fitFeatures(first, { target, drop, ...options });
  const layers = [dense(9, { activation: 'relu' }), outputLayer(features)];
  const metrics = features.classes ? (['accuracy'] as const) : (['rmse', 'r2'] as const);
  const model = sequential({ input: features, layers, seed: 2 }).compile<'accuracy' | 'rmse' | 'r2'>({ metrics });
  model.fitSync(first, { epochs: 2 });
  // the same in one piece
  const { classes } = features;
  const task = classes ? { classes } : { standardizeTarget: true };
  const loss = !classes ? 'meanSquaredError' : classes.length === 2 ? 'binaryCrossEntropy' : 'crossEntropy';
  const plain = sequential({ input: features.width, layers, seed: 2, ...task }).compile<
    'meanSquaredError',
    'accuracy' | 'rmse' | 'r2'
  >({ loss: loss as 'meanSquaredError', metrics });
  const learned = encodeExamples(features, first);
  plain.fitSync(learned.x, learned.y as Float32Array, { epochs: 2 });

  it.each([1, 255, 256, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK, ROWS])(
    'predicts and judges %i rows with the bits of one piece',
    async (count) => {
      const some = rowsUpTo(count);
      const { x, unseen, warnings } = encode(features, some);
      const predicted = plain.predict(x);
      const values = model.predict(some);
      if (!features.log) expect(bits(values)).toEqual(bits(predicted));
      const detailed = model.predictDetailed(some);
      expect(bits(detailed.values)).toEqual(bits(values));
      expect([detailed.unseen, detailed.warnings]).toEqual([unseen, warnings]);
      if (classes) {
        expect(model.predictClasses(some)).toEqual(plain.predictClasses(x));
        expect(model.predictLabels(some)).toEqual(plain.predictLabels(x));
        expect(detailed.labels).toEqual(plain.predictLabels(x));
      } else expect(detailed.labels).toBe(undefined);
      const examples = encodeExamples(features, some);
      const judged = plain.evaluateSync(examples.x, examples.y as Float32Array);
      expect(model.evaluateSync(some)).toEqual(judged);
      expect(await model.evaluate(some)).toEqual(judged);
      if (count === ROWS) expect(model.evaluateSync(ALL)).toEqual(judged);
    },
  );

  it('counts what is strange over all blocks', () => {
    const { unseen, warnings } = model.predictDetailed(table);
    const strange = (name: string, is: (value: unknown) => boolean) => ALL.filter((row) => is(row[name])).length;
    expect(unseen).toEqual({
      yes: strange('yes', (value) => value === 'perhaps'),
      city: strange('city', (value) => String(value).startsWith('town')),
    });
    const gaps = strange('whole', (value) => value === null);
    expect(gaps).toBeGreaterThan(100);
    expect(warnings).toContain(`whole: ${gaps} of ${ROWS} rows have no value, and training rows all had one.`);
  });
});

describe('blocks of rows', () => {
  const features = fitFeatures(first, { target: 'kind', drop: ['side', 'price', 'weight'] });

  it('are all that is encoded at a time', () => {
    const sizes = Array.from(new Encoder(features).blocks('predict', table, 1000), (x) => x.length / features.width);
    expect(sizes).toEqual([...Array(8).fill(1000), ROWS - 8000]);
    const { rows, read } = encodedDataset(features, table, 'evaluate');
    expect(rows).toBe(encodeExamples(features, table).y.length);
    expect(rows).toBeLessThan(ROWS);
    const block = read(5, 3);
    const { x, y } = encodeExamples(features, table);
    const { width } = features;
    expect(block).toEqual({ x: { data: x.slice(5 * width, 8 * width), shape: [3, width] }, y: y.slice(5, 8) });
  });

  it('find out what texts mean for those that they have', () => {
    // a dictionary of other rows' texts is never read, however long it is
    const codes = Int32Array.of(1, -1, 2);
    const asked: string[] = [];
    const dictionary = new Proxy(['Aš', 'Brno', 'Prague', 'Plzeň', 'Zlín'], {
      get: (names, key) => {
        if (typeof key === 'string' && /^\d/.test(key)) asked.push(names[Number(key)] as string);
        return Reflect.get(names, key);
      },
    });
    const cities = fitFeatures(
      tableOf([
        { city: 'Brno', t: 1.5 },
        { city: 'Prague', t: 2.5 },
      ]),
      { target: 't' },
    );
    const few = new Table(new Map([['city', { type: 'text', codes, dictionary }]]), 3);
    expect([...encode(cities, few).x]).toEqual([1, 0, 0, 0, 0, 1]);
    expect(asked).toEqual(['Brno', 'Prague']);
  });

  it('name a row by its number among all', () => {
    const layers = [outputLayer(features)];
    const model = sequential({ input: features, layers, seed: 1 }).compile();
    const spoilt = (value: unknown) =>
      ALL.map((row, i) => (i === BLOCK + 7 ? { ...row, number: value } : row)) as Row[];
    const rule = `row ${BLOCK + 7}, column \`number\` must hold a number. Received: "much"`;
    expect(() => model.predict(spoilt('much'))).toThrow(`predict: ${rule}`);
    expect(() => model.predictDetailed(tableOf(spoilt('much')))).toThrow(`predictDetailed: ${rule}`);
    expect(() => model.evaluateSync(spoilt('much'))).toThrow(`evaluateSync: ${rule}`);
    expect(() => model.predict(spoilt(1e300))).toThrow(`row ${BLOCK + 7} holds a number that is too large`);
    expect(model.predict(ALL)).toHaveLength(3 * ROWS);
    expect(() => model.predict([])).toThrow('predict: at least one row is needed');
    expect(() => model.evaluateSync(table.pick(new Uint32Array(0)))).toThrow(
      'at least one row with a target is needed',
    );
  });
});
