/** Cross-validation: what the same loop by hand gives, features of training rows alone, no test row judged while it trains. */
import { describe, expect, it } from 'vitest';
import { fitFeatures, kFold, moons, type Table, tableOf } from '../../src/data/index.js';
import { crossValidate, type FoldScores } from '../../src/estimators/index.js';
import { adam, dense, type Features, outputLayer, sequential } from '../../src/index.js';
import { accuracy } from '../../src/metrics/index.js';
import { Domain, Random } from '../../src/random.js';
import { untyped } from '../facade/refusals.js';
import { classifier, clusters, curve, regressor, rowsOf } from '../facade/support.js';

/** Orders whose size grows without bound, so that the scale of a column is that of the rows it was fitted on. */
function orders(rows = 60): Table {
  const random = new Random(5, Domain.split);
  return tableOf(
    Array.from({ length: rows }, (_, i) => {
      const amount = Math.abs(random.normal()) * 10 * (i % 7 === 0 ? 8 : 1);
      const city = ['Prague', 'Brno', 'Plzeň'][random.below(3)] as string;
      return {
        amount,
        city,
        customer: i % 12,
        price: amount * 3 + (city === 'Brno' ? 20 : 0),
        late: amount > 9 ? 'yes' : 'no',
      };
    }),
  );
}

const layersFor = (features: Features) => [dense(6, { activation: 'tanh' }), outputLayer(features)];
const optimizer = adam({ learningRate: 0.02 });

const build = (features: Features) =>
  sequential({ input: features, seed: 2, layers: layersFor(features) }).compile({ optimizer, metrics: ['accuracy'] });

const buildNumbers = (features: Features) =>
  sequential({ input: features, seed: 2, layers: layersFor(features) }).compile({ optimizer, metrics: ['rmse', 'r2'] });

const late = { target: 'late', drop: ['price'] } as const;

describe('crossValidate of a table', () => {
  it('is the loop over kFold with features of the training rows, and not that with features of all rows', async () => {
    const table = orders();
    const labels = Array.from({ length: table.rows }, (_, row) => table.value(row, 'late'));
    const seen: Features[] = [];
    const result = await crossValidate(table, {
      features: late,
      folds: 4,
      seed: 3,
      build: (features) => {
        seen.push(features);
        return build(features);
      },
      fit: { epochs: 5 },
    });
    const leaked: number[] = [];
    for (const [fold, { train, test }] of kFold(table.rows, { folds: 4, seed: 3, labels }).entries()) {
      const features = fitFeatures(table.pick(train), late);
      expect(seen[fold]).toEqual(features);
      expect(seen[fold]?.rows).toBe(45);
      const model = build(features);
      model.fitSync(table.pick(train), { epochs: 5 });
      expect(result.folds[fold]?.scores).toEqual(model.evaluateSync(table.pick(test)));
      const predictions = model.predict(table.pick(test));
      expect(Array.from(test, (row) => result.predictions[row])).toEqual(Array.from(predictions));
      const other = build(fitFeatures(table, late));
      other.fitSync(table.pick(train), { epochs: 5 });
      leaked.push(other.evaluateSync(table.pick(test)).loss);
      expect(fitFeatures(table, late).fields).not.toEqual(features.fields);
    }
    for (const [fold, loss] of leaked.entries()) expect(result.folds[fold]?.scores.loss).not.toBe(loss);
  });

  it('gives mean and sample deviation of every score, and a label for every row', async () => {
    const table = orders();
    const folds: FoldScores<'accuracy'>[] = [];
    const onFold = (fold: FoldScores<'accuracy'>) => {
      folds.push(fold);
    };
    const result = await crossValidate(table, { features: late, build, fit: { epochs: 40 }, onFold });
    expect(folds).toEqual(result.folds);
    expect(folds.map(({ fold }) => fold)).toEqual([1, 2, 3, 4, 5]);
    expect(folds.map(({ rows }) => rows)).toEqual(Array(5).fill({ train: 48, validation: 0, test: 12 }));
    const { values, mean, deviation } = result.scores.accuracy;
    expect(values).toEqual(folds.map(({ scores }) => scores.accuracy));
    expect(mean).toBeCloseTo(values.reduce((sum, one) => sum + one, 0) / 5, 12);
    expect(deviation ** 2).toBeCloseTo(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 4, 12);
    expect(mean).toBeGreaterThan(0.85);
    const truth = Array.from({ length: table.rows }, (_, row) => table.value(row, 'late') as string);
    // folds are equally large: the mean of their accuracies is that of all rows
    expect(accuracy(truth, result.labels as string[])).toBeCloseTo(mean, 12);
    expect(String(result)).toMatch(
      /^loss +[\d.]+ ± [\d.]+ {2}\(.*\)\ndataLoss .*\naccuracy {2}0\.\d+ ± 0\.\d+ {2}\(([\d.]+, ){4}[\d.]+\)$/,
    );
  });

  it('leaves rows without a target out, and marks them', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ x: i, y: i % 10 === 3 ? null : 2 * i + 0.5 }));
    const result = await crossValidate(tableOf(rows), {
      features: { target: 'y' },
      folds: 3,
      build: buildNumbers,
      fit: { epochs: 200 },
    });
    expect(result.folds.map(({ rows: { test } }) => test)).toEqual([12, 12, 12]);
    expect(Array.from(result.predictions.keys()).filter((row) => Number.isNaN(result.predictions[row]))).toEqual([
      3, 13, 23, 33,
    ]);
    expect(result.labels).toBeUndefined();
    expect(result.scores.r2.mean).toBeGreaterThan(0.9);
  });

  it('judges early stopping by training rows that were cut out, never by the test rows', async () => {
    const table = orders();
    const fit = { epochs: 60, batchSize: 16, earlyStopping: { patience: 3 } };
    const result = await crossValidate(table, { features: late, build, fit, seed: 8 });
    for (const { rows, history } of result.folds) {
      expect(rows).toEqual({ train: 43, validation: 5, test: 12 });
      expect(history.metrics.val_loss).toHaveLength(history.metrics.loss.length);
    }
    // other values in the test rows of a fold: its training is the same to the bit, its scores are others
    const labels = Array.from({ length: table.rows }, (_, row) => table.value(row, 'late'));
    const [first] = kFold(table.rows, { seed: 8, labels });
    const changed = tableOf(
      Array.from({ length: table.rows }, (_, row) => ({
        ...table.row(row),
        ...(first?.test.includes(row) && { amount: 1 }),
      })),
    );
    const again = await crossValidate(changed, { features: late, build, fit, seed: 8 });
    expect(again.folds[0]?.history).toEqual(result.folds[0]?.history);
    expect(again.folds[0]?.scores).not.toEqual(result.folds[0]?.scores);
  });

  it('keeps groups whole, also in what is cut out to judge by', async () => {
    const table = orders(120);
    const customers: Set<unknown>[] = [];
    await crossValidate(table, {
      features: { target: 'price', drop: ['late'], kinds: { customer: 'category' } },
      folds: 3,
      group: 'customer',
      validation: 0.2,
      build: (features) => {
        const field = features.fields.find(({ name }) => name === 'customer');
        customers.push(new Set(field?.kind === 'category' ? field.categories : []));
        return buildNumbers(features);
      },
      onFold: ({ rows }) => expect(rows.train % 10 === 0 && rows.validation % 10 === 0 && rows.test === 40).toBe(true),
    });
    // 12 customers: 4 are tested, 2 of the others judged, 6 trained on
    expect(customers.map(({ size }) => size)).toEqual([6, 6, 6]);
  });

  it('takes the task of the whole table for every fold', async () => {
    // 20 whole numbers in 44 rows are classes; in the 22 rows of a fold they would be numbers
    const table = tableOf(Array.from({ length: 44 }, (_, i) => ({ a: i % 11, b: i, y: i % 20 })));
    const tasks: string[] = [];
    await crossValidate(table, {
      features: { target: 'y' },
      folds: 2,
      build: (features) => {
        tasks.push(features.task);
        return build(features);
      },
    });
    expect(tasks).toEqual(['classification', 'classification']);
  });
});

describe('crossValidate of arrays', () => {
  it('is the loop over kFold, in whatever form the rows are', async () => {
    const { x, y } = clusters(45);
    const options = { folds: 3, seed: 1, build: () => classifier(), fit: { epochs: 8 } } as const;
    const result = await crossValidate(rowsOf(x, 4), y, options);
    for (const [i, { train, test }] of kFold(45, { folds: 3, seed: 1, labels: y }).entries()) {
      const rows = rowsOf(x, 4);
      const model = classifier();
      model.fitSync(
        Array.from(train, (row) => rows[row] as number[]),
        Array.from(train, (row) => y[row] as number),
        { epochs: 8 },
      );
      const judged = model.evaluateSync(
        Array.from(test, (row) => rows[row] as number[]),
        Array.from(test, (row) => y[row] as number),
      );
      expect(result.folds[i]?.scores).toEqual(judged);
    }
    expect(result.predictions).toHaveLength(135);
    const hot = y.map((label) => [0, 1, 2].map((one) => Number(one === label)));
    for (const inputs of [x, { data: x, shape: [45, 4] }, rowsOf(x, 4).map((row) => Float32Array.from(row))]) {
      expect((await crossValidate(inputs, Int32Array.from(y), options)).scores).toEqual(result.scores);
      expect((await crossValidate(inputs, Uint8Array.from(y), options)).predictions).toEqual(result.predictions);
    }
    // rows of targets have no classes to stratify by
    const nested = await crossValidate(x, hot, options);
    const plain = await crossValidate(x, y, { ...options, stratify: false });
    expect(nested.scores.loss).toEqual(plain.scores.loss);
  });

  it('takes names, groups, several targets, bytes', async () => {
    const { x, y } = clusters(45);
    const names = y.map((label) => 'abc'[label] as string);
    const named = await crossValidate(x, names, { folds: 3, build: () => classifier(), fit: { epochs: 60 } });
    expect(accuracy(names, named.labels as string[])).toBeGreaterThan(0.85);
    const groups = y.map((_, i) => i % 9);
    const grouped = await crossValidate(x, y, { folds: 3, groups, validation: 0.3, build: () => classifier() });
    expect(grouped.folds.map(({ rows }) => rows)).toEqual(Array(3).fill({ train: 20, validation: 10, test: 15 }));
    const two = () =>
      sequential({ input: 4, layers: [dense(2)] }).compile({ loss: 'meanSquaredError', metrics: ['r2'] });
    const shaped = { data: x, shape: [45, 4] };
    const flat = Float32Array.from({ length: 90 }, (_, i) => x[4 * Math.floor(i / 2) + (i % 2)] as number);
    const several = await crossValidate(shaped, flat, { build: two, fit: { epochs: 50 } });
    expect(several.predictions).toHaveLength(90);
    expect((await crossValidate(shaped, rowsOf(flat, 2), { build: two, fit: { epochs: 50 } })).scores).toEqual(
      several.scores,
    );
    const bytes = { data: Uint8Array.from(x, (value) => 100 + 10 * value), shape: [45, 4], scale: 0.01 };
    expect((await crossValidate(bytes, y, { build: () => classifier() })).predictions).toHaveLength(135);
  });

  it('watches validation rows for early stopping, and numbers are not stratified', async () => {
    const { x, y } = curve(80);
    const fit = { epochs: 30, earlyStopping: { patience: 2, monitor: 'val_rmse' } } as const;
    const { folds } = await crossValidate(x, y, { folds: 4, build: () => regressor({ learningRate: 0.05 }), fit });
    expect(folds.map(({ rows }) => rows)).toEqual(Array(4).fill({ train: 54, validation: 6, test: 20 }));
  });

  it('gives each model its fold, so that seeds may differ', async () => {
    const { x, y } = moons({ rows: 100 });
    const told: number[] = [];
    const one = (fold: number) => {
      told.push(fold);
      const layers = [dense(4, { activation: 'tanh' }), dense(1, { activation: 'sigmoid' })];
      return sequential({ input: 2, seed: fold, layers }).compile({ loss: 'binaryCrossEntropy' });
    };
    await crossValidate(x, y, { folds: 3, build: one });
    expect(told).toEqual([1, 2, 3]);
  });

  it('ends where its signal says so, with the models given back', async () => {
    const { x, y } = clusters(45);
    const abort = new AbortController();
    const models: ReturnType<typeof classifier>[] = [];
    const call = crossValidate(x, y, {
      build: () => {
        models.push(classifier());
        return models.at(-1) as ReturnType<typeof classifier>;
      },
      signal: abort.signal,
      onFold: ({ fold }) => fold === 2 && abort.abort(new Error('enough')),
    });
    await expect(call).rejects.toThrow('enough');
    expect(models).toHaveLength(2);
    for (const model of models) expect(() => model.predict(x)).toThrow('disposed');
    // within a fold too
    const other = new AbortController();
    const fit = { epochs: 1e6, onEpochEnd: () => other.abort(new Error('now')) };
    await expect(crossValidate(x, y, { build: () => classifier(), fit, signal: other.signal })).rejects.toThrow('now');
  });
});

describe('refusals of crossValidate', () => {
  const { x, y } = clusters(30);
  const model = classifier();
  const table = orders(20);
  const features = { target: 'late' };
  it.each([
    [() => crossValidate(untyped(x), untyped({})), ['a table and options, or x, y and options']],
    [() => crossValidate(x, y, untyped({})), ['`build` must be a function']],
    [() => crossValidate(x, y, untyped({ build: () => 3 })), ['`build` must return a compiled model', '3']],
    [() => crossValidate(x, y, { build: () => model }), ['a new model for each fold', 'has been trained']],
    [() => crossValidate(x, y, { build: () => classifier(), folds: 31 }), ['`folds` must be from 2']],
    [
      () => crossValidate(x, y, untyped({ build: () => classifier(), fold: 3 })),
      ['`fold` is not an option', '`folds`'],
    ],
    [() => crossValidate(x, y, untyped({ build: () => classifier(), features })), ['`features` is not an option']],
    [() => crossValidate(x, y.slice(1), { build: () => classifier() }), ['flat inputs', '29 rows']],
    [() => crossValidate(rowsOf(x, 4), y.slice(1), { build: () => classifier() }), ['equally many rows', '30 and 29']],
    [() => crossValidate(x, untyped(5), { build: () => classifier() }), ['targets must be an array']],
    [() => crossValidate(x, y, { build: () => classifier(), validation: 1 }), ['`validation` must be a share']],
    [() => crossValidate(x, y, untyped({ build: () => classifier(), stratify: 'y' })), ['`stratify` must be true']],
    [
      () => crossValidate(x, y, { build: () => classifier(), stratify: true, groups: y }),
      ['one of `stratify` and `groups`'],
    ],
    [
      () => crossValidate(x, y, untyped({ build: () => classifier(), fit: { validationSplit: 0.1 } })),
      ['`validationSplit` cannot', '`validation`'],
    ],
    [
      () => crossValidate(x, y, untyped({ build: () => classifier(), fit: { signal: 1 } })),
      ['`signal` cannot', 'beside `fit`'],
    ],
    [() => crossValidate(x, y, untyped({ build: () => classifier(), fit: 3 })), ['`fit` must be an object']],
    [() => crossValidate(x, y, untyped({ build: () => classifier(), onFold: 3 })), ['`onFold` must be a function']],
    [() => crossValidate(x, y, untyped({ build: () => classifier(), signal: 3 })), ['`signal` must be an AbortSignal']],
    [
      () => crossValidate(table, untyped({ build })),
      ['`features` must be what fitFeatures is told', "target: 'price'"],
    ],
    [() => crossValidate(table, untyped({ build, features: {} })), ['`features` must have a `target`']],
    [() => crossValidate(table, { build, features: { target: 'lat' } }), ['`target` must name a column', '`late`']],
    [() => crossValidate(table, { build, features, group: 'customers' }), ['`group` must name a column', '`customer`']],
    [() => crossValidate(table, { build, features, stratify: 'citi' }), ['`stratify` must name a column', '`city`']],
    [
      () => crossValidate(table, { build, features, stratify: 'city', group: 'customer' }),
      ['one of `stratify` and `group`'],
    ],
    [() => crossValidate(table, untyped({ build: () => model, features })), ['a compiled model of the features']],
    [
      () => crossValidate(table, { build: () => build(fitFeatures(table, features)), features }),
      ['a model of other features'],
    ],
  ] as const)('%s', async (call, parts) => {
    const error = await call().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'ArgumentError' });
    for (const part of parts) expect((error as Error).message).toContain(part);
    expect((error as Error).message).toMatch(/^[\w, ]+: [^\n]+\. Received: [^\n]+\.( Help: [^\n]+[.?])?$/);
  });
});
