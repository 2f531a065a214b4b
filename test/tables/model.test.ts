/** Models of tables: rows as they are in, labels and numbers in their own units out, and everything fitted in the file. */
import { describe, expect, it } from 'vitest';
import { encode, encodeExamples, fitFeatures, type Row, split, Table, tableOf } from '../../src/data/index.js';
import {
  ArgumentError,
  adam,
  createRuntime,
  dense,
  FormatError,
  load,
  loadTable,
  outputLayer,
  sequential,
} from '../../src/index.js';
import { load as loadPredictor } from '../../src/predict.js';
import { Domain, Random } from '../../src/random.js';
import { expectMessage } from '../facade/refusals.js';

const random = new Random(3, Domain.spirals);

/** Customers: who is young, pays much or lives in Brno leaves; the price is of a curved sum. */
function customers(rows: number): Row[] {
  return Array.from({ length: rows }, (_, i) => {
    const age = 20 + random.below(50);
    const city = ['Prague', 'Brno', 'Plzeň'][random.below(3)] as string;
    const fee = Math.round(10 * (5 + 40 * random.uniform())) / 10;
    const leaves = age / 20 - fee / 15 + (city === 'Brno' ? -1 : 0.5) + 0.2 * random.normal() < 0.5;
    return {
      customer_id: 1000 + 7 * i,
      age: i % 13 === 5 ? null : age,
      city: i % 17 === 3 ? null : city,
      fee,
      member: random.below(2) === 1,
      since: `202${random.below(4)}-0${1 + random.below(9)}-11`,
      leaves: leaves ? 'yes' : 'no',
      spent: 1000 + 100 * fee + 20 * age + (city === 'Brno' ? 500 : 0),
      tier: ['gold', 'iron', 'tin'][fee > 30 ? 0 : fee > 18 ? 1 : 2] as string,
    };
  });
}

const table = tableOf(customers(400));
const { train, validation, test } = split(table, { validation: 0.15, test: 0.25, seed: 1 });
const drop = (...targets: string[]) => ['leaves', 'spent', 'tier'].filter((name) => !targets.includes(name));
const bits = (values: Float32Array) => [...new Uint32Array(values.buffer, values.byteOffset, values.length)];

function modelOf(target: string | string[], { log = false, seed = 4 } = {}) {
  const features = fitFeatures(train, { target, log, drop: drop(...[target].flat()) });
  const layers = [dense(24, { activation: 'relu' }), outputLayer(features)];
  return { features, architecture: sequential({ input: features, layers, seed }) };
}

describe('a model of two classes', () => {
  const { features, architecture } = modelOf('leaves');
  const model = architecture.compile({ optimizer: adam({ learningRate: 0.01 }), metrics: ['accuracy'] });

  it('learns, and tells probabilities of the second class, classes and names', async () => {
    expect(features.classes).toEqual(['no', 'yes']);
    expect(architecture.layers.at(-1)).toMatchObject({ kind: 'dense', units: 1, activation: 'sigmoid' });
    const history = await model.fit(train, { epochs: 40, validationData: validation, earlyStopping: { patience: 8 } });
    expect(history.metrics.val_accuracy?.length).toBe(history.metrics.loss.length);
    const { accuracy } = await model.evaluate(test);
    // almost as good as the rule that the rows were made by, which noise and gaps keep from being right always
    const rule = (row: number): string => {
      const [age, fee, city] = ['age', 'fee', 'city'].map((name) => test.value(row, name));
      return Number(age ?? 44.5) / 20 - Number(fee) / 15 + (city === 'Brno' ? -1 : 0.5) < 0.5 ? 'yes' : 'no';
    };
    const known = Array.from({ length: test.rows }, (_, row) => row).filter(
      (row) => rule(row) === test.value(row, 'leaves'),
    );
    expect(accuracy).toBeGreaterThan(known.length / test.rows - 0.1);
    const p = model.predict(test);
    expect(p.length).toBe(test.rows);
    expect(model.predictClasses(test)).toEqual(Int32Array.from(p, (one) => Number(one > 0.5)));
    expect(model.predictLabels(test)).toEqual(Array.from(p, (one) => (one > 0.5 ? 'yes' : 'no')));
    const right = model.predictLabels(test).filter((label, i) => label === test.value(i, 'leaves')).length;
    expect(right / test.rows).toBeCloseTo(accuracy, 6);
  });

  it('takes rows in any form, and the same rows for the same', () => {
    const rows = Array.from({ length: 5 }, (_, i) => test.row(i));
    const wanted = bits(model.predict(test.pick(Uint32Array.of(0, 1, 2, 3, 4))));
    expect(bits(model.predict(rows))).toEqual(wanted);
    // without the target, with other columns, in another order, as texts
    const texts = rows.map(({ leaves: _, ...row }) => {
      return Object.fromEntries(
        Object.entries({ ...row, extra: 1 })
          .reverse()
          .map(([name, value]) => [name, value === null ? '' : String(value)]),
      );
    });
    expect(bits(model.predict(texts))).toEqual(wanted);
  });

  it('counts what training rows did not have', () => {
    const rows = [{ ...test.row(0), city: 'Ostrava' }, { ...test.row(1), city: 'Aš', since: null }, test.row(2)];
    const { values, labels, unseen, warnings } = model.predictDetailed(rows);
    expect(unseen).toEqual({ city: 2 });
    expect(warnings).toEqual([
      'city: 2 of 3 rows hold what training rows did not, and count as missing.',
      'since: 1 of 3 rows have no value, and training rows all had one.',
    ]);
    expect(labels).toEqual(model.predictLabels(rows));
    expect(bits(values)).toEqual(bits(model.predict(rows)));
    expect(bits(model.predict([{ ...rows[0], city: null }]))).toEqual(bits(values.slice(0, 1)));
  });

  it('is in its file whole: a loaded model takes raw rows, and trains on as this one would', () => {
    const bytes = model.save({ optimizer: true });
    const loaded = loadTable<'accuracy'>(bytes);
    expect({ ...loaded.features }).toEqual({ ...features });
    expect(loaded.classes).toEqual(['no', 'yes']);
    expect(bits(loaded.predict(test))).toEqual(bits(model.predict(test)));
    expect(loaded.save({ optimizer: true })).toEqual(bytes);
    const other = loadTable<'accuracy'>(bytes);
    for (const one of [loaded, other]) one.fitSync(train, { epochs: 2 });
    expect(loaded.save({ optimizer: true })).toEqual(other.save({ optimizer: true }));
    // lanegrad/predict takes what `encode` makes of rows
    expect(bits(loadPredictor(bytes).predict(encode(features, test).x))).toEqual(bits(model.predict(test)));
  });

  it('is the model of numbers that the encoded rows would train', () => {
    const one = architecture.compile();
    one.fitSync(train, { epochs: 3, validationData: validation, batchSize: 16 });
    const layers = [dense(24, { activation: 'relu' }), dense(1, { activation: 'sigmoid' })];
    const plain = sequential({ input: features.width, layers, seed: 4, classes: ['no', 'yes'] }).compile({
      loss: 'binaryCrossEntropy',
    });
    const [{ x, y }, held] = [encodeExamples(features, train), encodeExamples(features, validation)];
    plain.fitSync(x, y as Int32Array, { epochs: 3, validationData: [held.x, held.y as Int32Array], batchSize: 16 });
    expect(one.parameters()).toEqual(plain.parameters());
    expect(one.history).toEqual(plain.history);
  });

  it('learns row by row, epoch by epoch, and from data sets of encoded blocks', async () => {
    const online = architecture.compile({ optimizer: adam({ learningRate: 0.01 }), metrics: ['accuracy'] });
    const first = online.evaluateSync(train).loss;
    for (let i = 0; i < 100; i++) online.trainOnBatch([train.row(i)]);
    expect(online.evaluateSync(train).loss).toBeLessThan(first);
    const epochs: number[] = [];
    for await (const { epoch } of online.train(train, { epochs: 9 })) {
      epochs.push(epoch);
      if (epoch === 2) break;
    }
    expect(epochs).toEqual([1, 2]);
    const read = (begin: number, count: number) => {
      const { x, y } = encodeExamples(features, train.pick(Uint32Array.from({ length: count }, (_, i) => begin + i)));
      return { x, y };
    };
    const before = online.evaluateSync(train).loss;
    await online.fit({ rows: train.rows, blockRows: 64, read }, { epochs: 3, validationData: validation });
    expect(online.evaluateSync({ rows: train.rows, read }).loss).toBeLessThan(before);
  });

  it('takes a softmax of two in place of the sigmoid', () => {
    const layers = [dense(2, { activation: 'softmax' })];
    const two = sequential({ input: features, layers }).compile({ metrics: ['accuracy'] });
    two.fitSync(train, { epochs: 3 });
    expect(two.predict(test).length).toBe(2 * test.rows);
    expect(two.predictLabels(test)).toHaveLength(test.rows);
  });

  it('weighs classes by name, and rows by theirs, also where some have no target', () => {
    const gaps = tableOf(
      Array.from({ length: 40 }, (_, i) => ({
        ...train.row(i),
        leaves: i % 4 === 0 ? null : train.value(i, 'leaves'),
      })),
    );
    const there = Uint32Array.from({ length: 40 }, (_, i) => i).filter((i) => i % 4 !== 0);
    const weights = Float32Array.from({ length: 40 }, (_, i) => i + 1);
    const [a, b] = [architecture.compile(), architecture.compile()];
    a.fitSync(gaps, { epochs: 2, sampleWeight: weights, classWeight: { yes: 3 } });
    b.fitSync(gaps.pick(there), {
      epochs: 2,
      sampleWeight: Float32Array.from(there, (i) => i + 1),
      classWeight: { yes: 3 },
    });
    expect(a.save()).toEqual(b.save());
  });
});

it('tells many classes apart, with a probability for each', () => {
  const { features, architecture } = modelOf('tier');
  expect(features.classes).toEqual(['gold', 'iron', 'tin']);
  expect(architecture.layers.at(-1)).toMatchObject({ units: 3, activation: 'softmax' });
  const model = architecture.compile({ optimizer: adam({ learningRate: 0.01 }), metrics: ['accuracy'] });
  model.fitSync(train, { epochs: 30 });
  expect(model.evaluateSync(test).accuracy).toBeGreaterThan(0.85);
  const [a = 0, b = 0, c = 0] = model.predict([test.row(0)]);
  expect(a + b + c).toBeCloseTo(1, 5);
});

describe('a model of numbers', () => {
  it('predicts and is judged in the units of the target', () => {
    const { features, architecture } = modelOf('spent');
    const model = architecture.compile({ optimizer: adam({ learningRate: 0.01 }), metrics: ['rmse', 'mae', 'r2'] });
    model.fitSync(train, { epochs: 60 });
    const { r2, rmse, mae } = model.evaluateSync(test);
    expect(r2).toBeGreaterThan(0.9);
    const errors = Array.from(model.predict(test), (one, i) => one - (test.value(i, 'spent') as number));
    expect(rmse).toBeCloseTo(Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / test.rows), 1);
    expect(mae).toBeCloseTo(errors.reduce((sum, e) => sum + Math.abs(e), 0) / test.rows, 1);
    const loaded = loadTable(model.save());
    expect(bits(loaded.predict(test))).toEqual(bits(model.predict(test)));
    expect(features.scales).toHaveLength(1);
    expectMessage(() => model.predictLabels(test), ['the model must', 'class']);
    expect(model.predictDetailed(test).labels).toBeUndefined();
  });

  it('learns the logarithm on request, and predicts the number', () => {
    const { features, architecture } = modelOf('spent', { log: true });
    const model = architecture.compile({ optimizer: adam({ learningRate: 0.01 }) });
    model.fitSync(train, { epochs: 60 });
    const { x } = encode(features, test);
    const logs = loadPredictor(model.save()).predict(x);
    const values = model.predict(test);
    for (const [i, value] of logs.entries()) expect(values[i]).toBeCloseTo(Math.expm1(value), 1);
    const ratio = Array.from(values, (one, i) => Math.abs(Math.log(one / (test.value(i, 'spent') as number))));
    expect(Math.max(...ratio)).toBeLessThan(0.4);
    expect(bits(loadTable(model.save()).predict(test))).toEqual(bits(values));
  });

  it('predicts several at once, each in its own units', () => {
    const features = fitFeatures(train, { target: ['spent', 'fee'], drop: ['leaves', 'tier'] });
    expect(features.target).toEqual(['spent', 'fee']);
    const layers = [dense(24, { activation: 'relu' }), outputLayer(features)];
    const model = sequential({ input: features, layers }).compile({
      optimizer: adam({ learningRate: 0.01 }),
      metrics: ['r2'],
    });
    model.fitSync(train, { epochs: 30 });
    const values = model.predict(test);
    expect(values.length).toBe(2 * test.rows);
    const mean = (j: number) => values.filter((_, i) => i % 2 === j).reduce((sum, one) => sum + one, 0) / test.rows;
    expect(mean(0)).toBeGreaterThan(2000);
    expect(mean(1)).toBeLessThan(60);
    expect(model.evaluateSync(test).r2).toBeGreaterThan(-1);
  });
});

it('fits features on training rows alone: other rows would change what is learned', () => {
  // the rows that are held out have other numbers, another category, and gaps
  const outer = Array.from({ length: 40 }, (_, i) => ({
    n: i < 30 ? i % 5 : 1000,
    c: i < 30 ? 'ab'[i % 2] : 'z',
    y: (i % 7) / 2,
  }));
  const all = tableOf(outer as Row[]);
  const inner = all.pick(Uint32Array.from({ length: 30 }, (_, i) => i));
  const [fitted, leaky] = [inner, all].map((rows) => fitFeatures(rows, { target: 'y', task: 'regression' }));
  expect(fitted?.fields).toMatchObject([{ mean: 2, median: 2 }, { categories: ['a', 'b'] }]);
  expect(leaky?.fields).toMatchObject([{ mean: 251.5 }, { categories: ['a', 'b', 'z'] }]);
  const predict = (features: typeof fitted) => {
    const given = features as NonNullable<typeof fitted>;
    const model = sequential({
      input: given,
      layers: [dense(4, { activation: 'tanh' }), outputLayer(given)],
      seed: 1,
    }).compile();
    model.fitSync(inner, { epochs: 5 });
    return model.predict(inner);
  };
  expect(bits(predict(fitted))).not.toEqual(bits(predict(leaky)));
});

describe('models of tables refuse', () => {
  const { features, architecture } = modelOf('leaves');
  const model = architecture.compile({ metrics: ['accuracy'] });
  const before = model.save({ optimizer: true });
  const row = test.row(0);
  const { fee: _, ...without } = row;

  it.each<[what: string, call: () => unknown, ...parts: string[]]>([
    [
      'validationSplit',
      () => model.fitSync(train, { validationSplit: 0.1 }),
      '`validationSplit` would hold out rows',
      '0.1',
      'use split of lanegrad/data',
    ],
    [
      'validation data that is arrays',
      () => model.fitSync(train, { validationData: [[1], [1]] as never }),
      'validationData',
    ],
    [
      'validation rows without the target',
      () => model.fitSync(train, { validationData: [without] as never }),
      'fitSync, validationData: the input column `fee` is needed',
    ],
    ['rows of numbers', () => model.fitSync([[1, 2, 3]] as never), 'the input column `age` is needed'],
    [
      'a table without the target',
      () => model.fitSync([{ ...row, leaves: undefined }]),
      'at least one row with a target',
    ],
    [
      'a class that training rows did not have',
      () => model.evaluateSync([{ ...row, leaves: 'maybe' }]),
      'row 0, column `leaves`',
      '"maybe"',
    ],
    [
      'text in a column of numbers',
      () => model.predict([row, { ...row, age: 'old' }]),
      'predict: row 1, column `age` must hold a number',
      '"old"',
    ],
    [
      'a column that is absent',
      () => model.predictLabels([without]),
      'predictLabels: the input column `fee` is needed',
    ],
    [
      'weights of other rows',
      () => model.fitSync(tableOf([row, { ...row, leaves: null }]), { sampleWeight: Float32Array.of(1) }),
      '`sampleWeight` must be a Float32Array with one weight for each of the 2 rows',
    ],
    [
      'an option of fit that is none',
      () => model.fitSync(train, { epoch: 3 } as never),
      '`epoch` is not an option',
      'did you mean `epochs`?',
    ],
    ['no rows', () => model.predict([]), 'at least one row is needed'],
    [
      'an output that does not fit the classes',
      () => sequential({ input: features, layers: [dense(3, { activation: 'softmax' })] }).compile(),
      '`classes` must name as many classes',
    ],
    [
      'an output that does not fit the numbers',
      () => sequential({ input: modelOf('spent').features, layers: [dense(2)] }).compile(),
      'must have an output for each target (1)',
      'outputLayer(features)',
    ],
    [
      'an activation that does not fit',
      () => sequential({ input: features, layers: [dense(1)] }).compile(),
      'needs an output layer with activation `sigmoid`',
    ],
    ['a metric that does not fit', () => architecture.compile({ metrics: ['rmse'] as never }), 'metric `rmse` fits'],
    [
      'options of models of numbers',
      () => sequential({ input: features, layers: [dense(1)], standardize: true } as never),
      '`standardize` is not an option',
    ],
    [
      'an input that is no features',
      () => sequential({ input: { width: 3 }, layers: [dense(1)] } as never),
      '`input` must be the size of a row, or the features',
    ],
    [
      'features that were tampered with',
      () => sequential({ input: { ...features, width: 3 }, layers: [dense(1)] }),
      '`input` must be',
    ],
    ['an output layer of nothing', () => outputLayer({} as never), 'what fitFeatures returns is needed'],
  ])('%s', (_, call, ...parts) => {
    expectMessage(call, parts);
    expect(model.save({ optimizer: true })).toEqual(before);
  });

  it('bytes of the other kind of model, and features that are damaged', () => {
    const plain = sequential({ input: 2, layers: [dense(1)] })
      .compile({ loss: 'meanSquaredError' })
      .save();
    expect(() => loadTable(plain)).toThrow('loadTable: this model takes numbers. Help: load it with load.');
    expect(() => load(before)).toThrow('load: this model takes rows of a table. Help: load it with loadTable.');
    const text = new TextDecoder('latin1').decode(before);
    const at = text.indexOf('\\"kind\\":\\"number\\"');
    expect(at).toBeGreaterThan(0);
    const damaged = before.slice();
    damaged[at + 2] = 'K'.charCodeAt(0);
    expect(() => loadTable(damaged)).toThrow(FormatError);
    expect(() => loadTable(plain.slice(0, 40))).toThrow(FormatError);
    expect(() => loadTable('x' as never)).toThrow(ArgumentError);
  });

  it('leave no memory behind when they are disposed', () => {
    const runtime = createRuntime();
    const { used } = runtime;
    const one = sequential({ input: features, layers: [outputLayer(features)] }, { runtime }).compile();
    one.fitSync(train);
    one.dispose();
    expect(runtime.used).toBe(used);
    expect(() => one.predict(test)).toThrow('disposed');
    expect(new Table(new Map(), 0).names).toEqual([]);
  });
});
