/** Estimators in scikit-learn's shape: they learn, say what they are, go on, stop as theirs do, and refuse in one sentence. */
import { describe, expect, it } from 'vitest';
import { friedman, moons } from '../../src/data/index.js';
import { MLPClassifier, MLPRegressor } from '../../src/estimators/index.js';
import { adam, dense, l2, load, sequential, sgd, uniform } from '../../src/index.js';
import { expectMessage, untyped } from '../facade/refusals.js';
import { clusters, rowsOf } from '../facade/support.js';

const XOR = {
  x: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  y: [0, 1, 1, 0],
};

describe('MLPClassifier', () => {
  it('learns XOR, with numbers as classes', () => {
    const estimator = new MLPClassifier<number>({ hiddenLayerSizes: [8], activation: 'tanh', learningRateInit: 0.1 });
    expect(estimator.fitSync(XOR.x, XOR.y)).toBe(estimator);
    expect(estimator.predict(XOR.x)).toEqual(XOR.y);
    expect(estimator.classes).toEqual([0, 1]);
    expect(estimator.score(XOR.x, XOR.y)).toBe(1);
  });

  it('tells moons apart that it has not seen, fit and fitSync alike', async () => {
    const { x, y } = moons({ rows: 600, noise: 0.15 });
    const unseen = moons({ rows: 600, noise: 0.15, seed: 2 });
    const options = { hiddenLayerSizes: [32], learningRateInit: 0.01 };
    const estimator = await new MLPClassifier(options).fit(x, y);
    expect(estimator.score(unseen.x, unseen.y)).toBeGreaterThan(0.96);
    const again = new MLPClassifier(options).fitSync(x, y);
    expect(again.predictProba(unseen.x)).toEqual(estimator.predictProba(unseen.x));
    expect(again.lossCurve).toEqual(estimator.lossCurve);
  });

  it('gives a column for each class, in the order of classes, and names as it got them', () => {
    const { x, y } = clusters(90);
    const names = y.map((label) => ['c', 'a', 'b'][label] as string);
    const estimator = new MLPClassifier<string>({ maxIter: 60, learningRateInit: 0.01 }).fitSync(x, names);
    expect(estimator.classes).toEqual(['a', 'b', 'c']);
    const rows = estimator.predictProba(x);
    expect(rows).toHaveLength(90);
    for (const [i, row] of rows.entries()) {
      expect(row).toHaveLength(3);
      expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
      expect(estimator.classes[row.indexOf(Math.max(...row))]).toBe(estimator.predict(x)[i]);
    }
    expect(estimator.score(x, names)).toBeGreaterThan(0.95);
    // what is saved is a model of the library
    expect(load(estimator.model.save()).predictLabels(x)).toEqual(estimator.predict(x));
  });

  it('orders numbers by size, and gives numbers back', () => {
    const { x, y } = clusters(90);
    const numbers = y.map((label) => [10, 9, -1][label] as number);
    const estimator = new MLPClassifier<number>({ maxIter: 60, learningRateInit: 0.01 }).fitSync(x, numbers);
    expect(estimator.classes).toEqual([-1, 9, 10]);
    expect(estimator.predict(x).filter((one, i) => one === numbers[i]).length).toBeGreaterThan(85);
  });

  it('of two classes gives both columns', () => {
    const estimator = new MLPClassifier<number>({ maxIter: 5 }).fitSync(XOR.x, XOR.y);
    const second = estimator.model.predict(XOR.x);
    estimator.predictProba(XOR.x).forEach(([first = 0, other = 0], row) => {
      expect(other).toBe(second[row]);
      expect(first + other).toBe(1);
    });
  });

  it('goes on with partialFit: as fit of the model, epoch by epoch', async () => {
    const { x, y } = moons({ rows: 300 });
    const options = { hiddenLayerSizes: [16], batchSize: 50, randomState: 4, learningRateInit: 0.01 };
    const estimator = new MLPClassifier<number>(options);
    for (let epoch = 0; epoch < 7; epoch++) await estimator.partialFit(x, y, { classes: [0, 1] });
    const model = sequential({
      input: 2,
      seed: 4,
      classes: ['0', '1'],
      layers: [
        dense(16, {
          activation: 'relu',
          weightInitializer: uniform(-Math.sqrt(6 / 18), Math.sqrt(6 / 18)),
          biasInitializer: uniform(-Math.sqrt(6 / 18), Math.sqrt(6 / 18)),
          weightRegularizer: l2(1e-4 / 50),
        }),
        dense(1, {
          activation: 'sigmoid',
          weightInitializer: uniform(-Math.sqrt(6 / 17), Math.sqrt(6 / 17)),
          biasInitializer: uniform(-Math.sqrt(6 / 17), Math.sqrt(6 / 17)),
          weightRegularizer: l2(1e-4 / 50),
        }),
      ],
    }).compile({ loss: 'binaryCrossEntropy', optimizer: adam({ learningRate: 0.01 }), metrics: ['accuracy'] });
    const curve = Array.from({ length: 7 }, () => model.fitSync(x, y, { batchSize: 50 }).metrics.loss[0]);
    expect(estimator.lossCurve).toEqual(curve);
    expect(estimator.nIter).toBe(7);
    expect(estimator.model.save({ optimizer: true })).toEqual(model.save({ optimizer: true }));
    // fewer rows than a batch are one batch: trainOnBatch
    estimator.partialFitSync(x.data.subarray(0, 20), y.subarray(0, 10));
    model.trainOnBatch(x.data.subarray(0, 20), y.subarray(0, 10));
    expect(
      estimator.model
        .predict(x)
        .map((p, i) => p - (model.predict(x)[i] as number))
        .every((d) => Math.abs(d) < 1e-6),
    ).toBe(true);
  });

  it('knows classes that the first rows of partialFit do not have', () => {
    const estimator = new MLPClassifier<string>({ learningRateInit: 0.01 });
    estimator.partialFitSync([[0, 0]], ['a'], { classes: ['b', 'c', 'a'] });
    expect(estimator.classes).toEqual(['a', 'b', 'c']);
    expect(estimator.predictProba([[0, 0]])[0]).toHaveLength(3);
    estimator.partialFitSync([[1, 1]], ['c']);
    expect(estimator.nIter).toBe(2);
  });

  it('begins anew with each fit, or goes on where warmStart says so', () => {
    const { x, y } = moons({ rows: 200 });
    const estimator = new MLPClassifier({ maxIter: 5 }).fitSync(x, y);
    const first = estimator.lossCurve;
    expect(estimator.fitSync(x, y).lossCurve).toEqual(first);
    estimator.setParams({ warmStart: true }).fitSync(x, y);
    expect(estimator.nIter).toBe(10);
    expect(estimator.lossCurve.slice(0, 5)).toEqual(first);
    expect(estimator.lossCurve[5]).toBeLessThan(first[0] as number);
  });

  it('stops when the loss has not become better by tol for more than nIterNoChange epochs', () => {
    const { x, y } = moons({ rows: 200 });
    const estimator = new MLPClassifier({ tol: 1, nIterNoChange: 3 }).fitSync(x, y);
    // the first epoch is better than nothing; four more are not better than it
    expect(estimator.nIter).toBe(5);
    expect(new MLPClassifier({ tol: 0, maxIter: 12, nIterNoChange: 3 }).fitSync(x, y).nIter).toBe(12);
  });

  it('with earlyStopping ends with the best weights on rows held out', () => {
    const { x, y } = moons({ rows: 400, noise: 0.3 });
    const options = { learningRateInit: 0.02, earlyStopping: true, nIterNoChange: 5 };
    const estimator = new MLPClassifier(options).fitSync(x, y);
    const { best, metrics } = estimator.model.history ?? {};
    expect(estimator.nIter).toBeLessThan(200);
    expect(best?.value).toBe(Math.max(...(metrics?.val_accuracy ?? [])));
    const shorter = new MLPClassifier({ ...options, maxIter: best?.epoch as number }).fitSync(x, y);
    expect(shorter.predictProba(x)).toEqual(estimator.predictProba(x));
  });
});

describe('MLPRegressor', () => {
  it("learns Friedman's function, better than a linear model", async () => {
    const { x, y } = friedman({ rows: 600 });
    const unseen = friedman({ rows: 600, seed: 2 });
    const estimator = await new MLPRegressor({ learningRateInit: 0.02, maxIter: 300 }).fit(x, y);
    const linear = await new MLPRegressor({ learningRateInit: 0.02, maxIter: 300, hiddenLayerSizes: [] }).fit(x, y);
    expect(estimator.score(unseen.x, unseen.y)).toBeGreaterThan(0.88);
    expect(linear.score(unseen.x, unseen.y)).toBeLessThan(0.8);
    expect(estimator.predict(unseen.x)).toHaveLength(600);
  });

  it('takes several targets, flat in the answer', () => {
    const { x, y } = clusters(60);
    const rows = rowsOf(x, 4);
    const targets = rows.map(([a = 0, b = 0], i) => [a + b, y[i] as number]);
    const estimator = new MLPRegressor({ learningRateInit: 0.02 }).fitSync(rows, targets);
    expect(estimator.predict(rows)).toHaveLength(120);
    expect(estimator.score(rows, targets)).toBeGreaterThan(0.9);
    for (let i = 0; i < 3; i++) estimator.partialFitSync(rows, targets);
    expect(estimator.score(rows, targets)).toBeGreaterThan(0.9);
  });

  it.each([1, 2, 3])("takes a step of gradient descent down scikit-learn's objective, with %i targets", (units) => {
    // one linear layer: theirs is ½ Σ (y − t)² + α/2 Σ w² / n over a batch of n rows, of which the derivatives are written out here
    const { x } = clusters(20);
    const rows = rowsOf(x, 4);
    const targets = rows.map((row) => Array.from({ length: units }, (_, j) => (row[j] as number) - j));
    const [alpha, learningRateInit] = [0.7, 0.01];
    const options = {
      hiddenLayerSizes: [],
      solver: 'sgd',
      momentum: 0,
      alpha,
      learningRateInit,
      randomState: 5,
    } as const;
    const begin = new MLPRegressor({ ...options, learningRateInit: 1e-30 })
      .partialFitSync(rows, targets)
      .model.parameters();
    const { 'dense0.weight': weight, 'dense0.bias': bias } = begin;
    const [w, b] = [weight?.data as Float32Array, bias?.data as Float32Array];
    const estimator = new MLPRegressor(options).partialFitSync(rows, targets);
    const moved = estimator.model.parameters();
    let loss = ((alpha / 2) * w.reduce((sum, one) => sum + one * one, 0)) / 20;
    for (let k = 0; k < units; k++) {
      const errors = rows.map(
        (row, i) =>
          row.reduce((sum, one, j) => sum + one * (w[k * 4 + j] as number), b[k] as number) -
          (targets[i]?.[k] as number),
      );
      loss += errors.reduce((sum, error) => sum + error * error, 0) / 2 / 20;
      for (let j = 0; j < 4; j++) {
        const gradient =
          errors.reduce((sum, error, i) => sum + error * (rows[i]?.[j] as number), 0) / 20 +
          (alpha * (w[k * 4 + j] as number)) / 20;
        const step = (moved['dense0.weight']?.data[k * 4 + j] as number) - (w[k * 4 + j] as number);
        expect(step).toBeCloseTo(-learningRateInit * gradient, 6);
      }
      const step = (moved['dense0.bias']?.data[k] as number) - (b[k] as number);
      expect(step).toBeCloseTo((-learningRateInit * errors.reduce((sum, error) => sum + error, 0)) / 20, 6);
    }
    expect(estimator.lossCurve[0]).toBeCloseTo(loss, 4);
  });

  it('takes gradient descent with and without momentum as the library does', () => {
    const { x, y } = clusters(60);
    const estimator = new MLPRegressor({
      hiddenLayerSizes: [],
      alpha: 0,
      solver: 'sgd',
      maxIter: 4,
      batchSize: 20,
    }).fitSync(x, y);
    const limit = Math.sqrt(6 / 5);
    const layer = dense(1, { weightInitializer: uniform(-limit, limit), biasInitializer: uniform(-limit, limit) });
    // half the loss with twice the rate
    const model = sequential({ input: 4, layers: [layer] }).compile({
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 5e-4, momentum: 0.9, nesterov: true }),
    });
    const { loss } = model.fitSync(x, y, { epochs: 4, batchSize: 20 }).metrics;
    expect(estimator.lossCurve).toEqual(loss.map((value) => value / 2));
    expect(estimator.predict(x)).toEqual(model.predict(x));
  });
});

describe('parameters', () => {
  it("are scikit-learn's by default, and go round", () => {
    const parameters = new MLPClassifier().getParams();
    expect(parameters).toEqual({
      hiddenLayerSizes: [100],
      activation: 'relu',
      solver: 'adam',
      alpha: 1e-4,
      batchSize: 'auto',
      learningRateInit: 1e-3,
      maxIter: 200,
      shuffle: true,
      randomState: 0,
      tol: 1e-4,
      warmStart: false,
      momentum: 0.9,
      nesterovsMomentum: true,
      earlyStopping: false,
      validationFraction: 0.1,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      nIterNoChange: 10,
    });
    const others = {
      hiddenLayerSizes: [3, 4],
      activation: 'logistic',
      solver: 'sgd',
      momentum: 0,
      randomState: 9,
    } as const;
    const estimator = new MLPRegressor(others);
    expect(estimator.getParams()).toEqual({ ...parameters, ...others });
    expect(new MLPRegressor(estimator.getParams()).getParams()).toEqual(estimator.getParams());
    expect(estimator.setParams({ alpha: 0.5 })).toBe(estimator);
    expect(estimator.getParams().alpha).toBe(0.5);
    // what is handed out is a copy
    (estimator.getParams().hiddenLayerSizes as number[]).push(7);
    expect(estimator.getParams().hiddenLayerSizes).toEqual([3, 4]);
  });

  it('draw initial weights as scikit-learn does, in its bounds', () => {
    const { x, y } = clusters(60);
    for (const [activation, factor] of [
      ['tanh', 6],
      ['logistic', 2],
    ] as const) {
      const estimator = new MLPClassifier({
        hiddenLayerSizes: [50],
        activation,
        learningRateInit: 1e-30,
        maxIter: 1,
      }).fitSync(x, y);
      const parameters = estimator.model.parameters();
      for (const [layer, sizes] of [
        ['dense0', 54],
        ['dense1', 53],
      ] as const) {
        const limit = Math.fround(Math.sqrt(factor / sizes));
        for (const kind of ['weight', 'bias']) {
          const size = Math.max(...Array.from(parameters[`${layer}.${kind}`]?.data as Float32Array, Math.abs));
          expect(size).toBeLessThanOrEqual(limit);
          if (kind === 'weight') expect(size).toBeGreaterThan(0.9 * limit);
        }
      }
    }
  });
});

describe('beside scikit-learn 1.2.1', () => {
  // its mean over five seeds on the same rows: node scripts/estimators.mjs
  it.each([
    ['defaults', {}, 0.8893, 0.2808],
    ['sgd, tanh', { solver: 'sgd', activation: 'tanh', learningRateInit: 0.1 }, 0.8633, 0.3293],
    ['logistic, alpha 1', { activation: 'logistic', alpha: 1, learningRateInit: 0.01 }, 0.8527, 0.4063],
  ] as const)('tells moons apart as well, to as low a loss: %s', (_, options, score, loss) => {
    // 500 rows: the last batch of 100 has twice the penalty there
    const { x, y } = moons({ rows: 500, noise: 0.3 });
    const unseen = moons({ rows: 2000, noise: 0.3, seed: 2 });
    const estimator = new MLPClassifier({ ...options, randomState: 1 }).fitSync(x, y);
    expect(Math.abs(estimator.score(unseen.x, unseen.y) - score)).toBeLessThan(0.01);
    expect(Math.abs((estimator.lossCurve.at(-1) as number) - loss)).toBeLessThan(0.02);
    if ('alpha' in options) expect(Math.abs((estimator.lossCurve.at(-1) as number) - loss)).toBeLessThan(0.003);
  });
});

describe('refusals', () => {
  const options = (given: object) => () => new MLPClassifier(untyped(given));
  it.each([
    [options({ hiddenLayerSize: [3] }), ['`hiddenLayerSize` is not an option', 'did you mean `hiddenLayerSizes`?']],
    [options({ hiddenLayerSizes: 100 }), ['must be an array of sizes', '100', '[100]']],
    [options({ hiddenLayerSizes: [0] }), ['`hiddenLayerSizes[0]` must be a positive integer']],
    [options({ activation: 'sigmoid' }), ['`activation`', '`logistic`']],
    [options({ solver: 'lbfgs' }), ['`solver`', '`adam`, `sgd`']],
    [options({ alpha: -1 }), ['`alpha`']],
    [options({ batchSize: 0 }), ['`batchSize`', "'auto'"]],
    [options({ learningRateInit: 0 }), ['`learningRateInit`']],
    [options({ randomState: -1 }), ['`seed`', 'randomState']],
    [options({ validationFraction: 1 }), ['`validationFraction`']],
    [options({ beta1: 1 }), ['`beta1`']],
    [options({ momentum: 2 }), ['`momentum`']],
    [options({ shuffle: 1 }), ['`shuffle` must be true or false']],
    [() => new MLPClassifier().predict([[1]]), ['predict', 'must have been fitted']],
    [() => new MLPClassifier().model, ['model', 'must have been fitted']],
    [() => new MLPRegressor().score([[1]], [1]), ['score', 'must have been fitted']],
    [() => new MLPClassifier().fitSync([[1], [2]], ['a', 'a']), ['at least two classes', 'only "a"']],
    [() => new MLPClassifier().fitSync([[1], [2]], untyped(['a', 1])), ['the label of row 1 must be a name', '1']],
    [() => new MLPClassifier().fitSync([[1], [2]], [0, 0.5]), ['row 1 must be a whole number', 'MLPRegressor']],
    [() => new MLPClassifier().fitSync([[1], [2]], untyped(undefined)), ['labels must be an array']],
    [() => new MLPClassifier().fitSync([[1]], [0, 1]), ['equally many rows', '1 and 2']],
    [() => new MLPClassifier().fitSync(new Float32Array(5), [0, 1]), ['flat inputs', '2 rows']],
    [() => new MLPClassifier().fitSync(untyped(7), [0, 1]), ['inputs must be', '7']],
    [() => new MLPClassifier().fitSync([[1], [2, 3]], [0, 1]), ['row 1 must have 1 values']],
    [() => new MLPClassifier().partialFitSync([[1]], ['a']), ['the first call must name all classes']],
    [() => new MLPClassifier().partialFitSync([[1]], ['x'], { classes: ['a', 'b'] }), ['the label of row 0', '"x"']],
    [() => new MLPClassifier().fitSync([[1], [2]], ['a', 'b']).partialFitSync([[1]], ['c']), ['row 0', '"c"']],
    [
      () => new MLPClassifier().fitSync([[1], [2]], ['a', 'b']).partialFitSync([[1]], ['a'], { classes: ['a', 'c'] }),
      ['must be those of the first call'],
    ],
    [() => new MLPClassifier().fitSync([[1], [2]], ['a', 'b']).score([[1]], ['a', 'b']), ['one label for each row']],
    [
      () => new MLPClassifier({ warmStart: true }).fitSync([[1], [2]], ['a', 'b']).fitSync([[1], [2]], ['a', 'c']),
      ['a warm start must have the classes'],
    ],
    [() => new MLPRegressor().fitSync([[1], [2]], untyped(['a', 'b'])), ['finite number', '"a"']],
    [() => new MLPRegressor().fitSync([[1], [2]], untyped('ab')), ['targets must be an array of numbers']],
    [() => new MLPRegressor().fitSync([], []), ['at least one row']],
  ] as const)('%s', (call, parts) => expectMessage(call, parts));

  it('leave an estimator as it was', async () => {
    const estimator = new MLPClassifier<number>({ maxIter: 20 }).fitSync(XOR.x, XOR.y);
    const before = estimator.predictProba(XOR.x);
    expect(() => estimator.setParams({ alpha: 3, tol: -1 })).toThrow('`tol`');
    expect(estimator.getParams().alpha).toBe(1e-4);
    expect(() => estimator.fitSync([[1], [Number.NaN]], [0, 1])).toThrow('row 1, column 0');
    await expect(estimator.fit(XOR.x, XOR.y, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
    expect(estimator.predictProba(XOR.x)).toEqual(before);
    expect(estimator.nIter).toBe(20);
  });

  it('keep a second fit away while one is at work, and let predictions in', async () => {
    const estimator = new MLPClassifier<number>({ maxIter: 50 }).fitSync(XOR.x, XOR.y);
    const before = estimator.predictProba(XOR.x);
    const work = estimator.setParams({ randomState: 7 }).fit(XOR.x, XOR.y);
    expect(() => estimator.fitSync(XOR.x, XOR.y)).toThrow('the estimator is at work');
    await expect(estimator.partialFit(XOR.x, XOR.y)).rejects.toThrow('the estimator is at work');
    expect(estimator.predictProba(XOR.x)).toEqual(before);
    await work;
    expect(estimator.predictProba(XOR.x)).not.toEqual(before);
  });
});
