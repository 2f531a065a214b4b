/** lanegrad/metrics: what holds for any data, what is refused, and that the metrics of a model are the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/errors.js';
import { adam, dense, sequential } from '../../src/index.js';
import {
  accuracy,
  brierScore,
  calibration,
  classificationReport,
  confusionMatrix,
  logLoss,
  meanAbsoluteError,
  r2,
  rocAuc,
  rocAucByClass,
  rootMeanSquaredError,
} from '../../src/metrics/index.js';

/** Rows with a label and a prediction of up to five classes. */
const answers = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 40 });

/** Rows of two classes, both of which occur, with a score each; many scores are equal. */
const ranked = fc
  .array(fc.tuple(fc.nat(1), fc.integer({ min: -8, max: 8 })), { minLength: 2, maxLength: 40 })
  .filter((rows) => new Set(rows.map(([label]) => label)).size === 2);

const columns = <A, B>(rows: readonly (readonly [A, B])[]) => [rows.map(([a]) => a), rows.map(([, b]) => b)] as const;

describe('classes', () => {
  it('confusion: rows add up to the classes, columns to the predictions, the diagonal to the accuracy', () => {
    fc.assert(
      fc.property(answers, (rows) => {
        const [labels, predictions] = columns(rows);
        const { counts, classes } = confusionMatrix(labels, predictions);
        classes.forEach((_, c) => {
          expect(counts[c]?.reduce((sum, n) => sum + n, 0)).toBe(labels.filter((label) => label === c).length);
          const column = counts.reduce((sum, line) => sum + (line[c] as number), 0);
          expect(column).toBe(predictions.filter((prediction) => prediction === c).length);
        });
        const right = counts.reduce((sum, line, c) => sum + (line[c] as number), 0);
        expect(right / rows.length).toBe(accuracy(labels, predictions));
      }),
    );
  });

  it('report: the weighted recall is the accuracy, F1 lies between precision and recall, all rows are counted', () => {
    fc.assert(
      fc.property(answers, (rows) => {
        const report = classificationReport(...columns(rows));
        expect(report.weighted.recall).toBeCloseTo(report.accuracy, 12);
        expect(report.classes.reduce((sum, { support }) => sum + support, 0)).toBe(rows.length);
        for (const { precision, recall, f1 } of report.classes) {
          expect(f1).toBeGreaterThanOrEqual(Math.min(precision, recall) - 1e-12);
          expect(f1).toBeLessThanOrEqual(Math.max(precision, recall) + 1e-12);
        }
      }),
    );
  });

  it('print as tables', () => {
    const labels = ['ham', 'spam', 'spam', 'ham'];
    const predictions = ['ham', 'spam', 'ham', 'ham'];
    expect(String(confusionMatrix(labels, predictions))).toBe(
      ['      ham  spam', 'ham     2     0', 'spam    1     1'].join('\n'),
    );
    expect(String(classificationReport(labels, predictions))).toBe(
      [
        '               precision  recall    f1  support',
        'ham                 0.67    1.00  0.80        2',
        'spam                1.00    0.50  0.67        2',
        'accuracy                          0.75        4',
        'macro mean          0.83    0.75  0.73        4',
        'weighted mean       0.83    0.75  0.73        4',
      ].join('\n'),
    );
  });

  it('takes names and indices together where `classes` says which is which', () => {
    const { classes, counts } = confusionMatrix(['b', 'a'], Uint8Array.of(0, 1), { classes: ['b', 'a', 'c'] });
    expect(classes).toEqual(['b', 'a', 'c']);
    expect(counts).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
  });
});

describe('rocAuc', () => {
  it('is the share of pairs in the right order, ties counting half', () => {
    fc.assert(
      fc.property(ranked, (rows) => {
        const [labels, scores] = columns(rows);
        let [won, pairs] = [0, 0];
        for (const [a, s] of rows) {
          for (const [b, t] of rows) {
            if (a !== 1 || b !== 0) continue;
            pairs++;
            won += s > t ? 1 : s === t ? 0.5 : 0;
          }
        }
        expect(rocAuc(labels, scores)).toBeCloseTo(won / pairs, 12);
      }),
    );
  });

  it('is the same for any rising function of the scores, and 1 minus itself for a falling one', () => {
    fc.assert(
      fc.property(ranked, (rows) => {
        const [labels, scores] = columns(rows);
        const area = rocAuc(labels, scores);
        expect(rocAuc(labels, scores.map(Math.exp))).toBe(area);
        expect(
          rocAuc(
            labels,
            Float32Array.from(scores, (s) => 1e-30 * s ** 3),
          ),
        ).toBe(area);
        expect(
          rocAuc(
            labels,
            scores.map((s) => -s),
          ),
        ).toBeCloseTo(1 - area, 12);
      }),
    );
  });

  it('ranks tiny scores of one column, for both classes', () => {
    expect(Array.from(rocAucByClass([0, 1], [1e-30, 2e-30]))).toEqual([1, 1]);
  });
});

describe('probabilities', () => {
  it('log loss and Brier score are 0 for certainty in the right class, and what one half costs', () => {
    const labels = [0, 1, 1];
    expect(logLoss(labels, [0, 1, 1])).toBeLessThan(1e-15);
    expect(brierScore(labels, [0, 1, 1])).toBe(0);
    expect(logLoss(labels, [0.5, 0.5, 0.5])).toBeCloseTo(Math.LN2, 15);
    expect(brierScore(labels, [0.5, 0.5, 0.5])).toBe(0.25);
    // the bounds of ε, by the type of the array
    expect(logLoss([1], [0])).toBeCloseTo(36.04, 2);
    expect(logLoss([1], Float32Array.of(0))).toBeCloseTo(15.94, 2);
  });

  it('calibration is within 0 and 1, in order, and counts every row once', () => {
    const rows = fc.array(fc.tuple(fc.nat(1), fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1 });
    const options = fc.record({
      bins: fc.integer({ min: 1, max: 20 }),
      strategy: fc.constantFrom('uniform', 'quantile'),
    });
    fc.assert(
      fc.property(rows, options, (given, { bins, strategy }) => {
        const curve = calibration(...columns(given), { bins, strategy } as Parameters<typeof calibration>[2] & object);
        expect(curve.reduce((sum, { count }) => sum + count, 0)).toBe(given.length);
        curve.forEach(({ low, high, meanPredicted, fractionPositive }, i) => {
          expect(meanPredicted).toBeGreaterThanOrEqual(low - 1e-12);
          expect(meanPredicted).toBeLessThanOrEqual(high + 1e-12);
          expect(fractionPositive >= 0 && fractionPositive <= 1).toBe(true);
          expect(low).toBeGreaterThanOrEqual(curve[i - 1]?.high ?? 0);
        });
      }),
    );
  });

  it('calibration of many classes is that of the likeliest', () => {
    const probabilities = [0.8, 0.1, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4];
    const [low, high, ...others] = calibration([0, 2, 2], probabilities, { bins: 2 });
    expect(low).toMatchObject({ low: 0, high: 0.5, count: 1, meanPredicted: 0.4, fractionPositive: 1 });
    expect(high).toMatchObject({ low: 0.5, high: 1, count: 2, meanPredicted: 0.8, fractionPositive: 0.5 });
    expect(others).toEqual([]);
  });
});

describe('r2', () => {
  it('is 1 for what is exact, 0 for the mean, and 0 where the targets are all the same', () => {
    expect(r2([1, 2, 6], [1, 2, 6])).toBe(1);
    expect(r2([1, 2, 6], [3, 3, 3])).toBe(0);
    // the mean of three times 0.1 is rounded to another number
    expect(r2([0.1, 0.1, 0.1], [0.1, 0.2, 0.1])).toBe(0);
    expect(r2([0.1, 1, 0.1, 3], [5, 1, 5, 3], { outputs: 2 })).toBe(0.5);
  });
});

describe('refuses', () => {
  const classes = ['a', 'b', 'c'];
  it.each<[what: string, call: () => unknown, message: string]>([
    ['no rows', () => accuracy([], []), 'accuracy: `labels` must have at least one row. Received: none.'],
    [
      'other lengths',
      () => accuracy([0, 1], [0]),
      '`labels` and `predictions` must have equally many values. Received: 2 and 1.',
    ],
    [
      'a word',
      () => confusionMatrix('abc' as unknown as string[], ['a']),
      '`labels` must be an array or a typed array',
    ],
    [
      'a fraction',
      () => confusionMatrix([0, 0.5], [0, 1]),
      'class indices from 0 to 4095, in row 1 too. Received: 0.5.',
    ],
    ['a negative index', () => confusionMatrix([-1], [0]), 'class indices from 0'],
    ['identifiers', () => confusionMatrix([70_000], [0]), 'for more classes than that, give `classes`.'],
    [
      'an unknown name',
      () => accuracy(['a'], ['bb'], { classes: ['a', 'b'] }),
      '`predictions` must have names of `classes`',
    ],
    [
      'an index beyond',
      () => accuracy([3], [0], { classes }),
      'class indices from 0 to 2, or names, in row 0 too. Received: 3.',
    ],
    ['names beside indices', () => accuracy(['a', 'b'], [0, 1]), 'names and indices together need `classes`'],
    [
      'equal class names',
      () => accuracy([0], [0], { classes: ['a', 'a'] }),
      '`classes` must be a list of different names',
    ],
    ['an unknown option', () => rocAuc([0, 1], [0, 1], { avrage: 'macro' } as object), 'did you mean `average`?'],
    ['one class', () => rocAuc([1, 1], [0, 1]), '2 rows of class "1" and 0 of others'],
    ['a class without rows', () => rocAuc([0, 1], [1, 0, 0, 0, 1, 0]), '0 rows of class "2" and 2 of others'],
    ['NaN', () => rocAuc([0, 1], [0, Number.NaN]), '`scores` must be finite numbers. Received: NaN in row 1.'],
    ['scores of another size', () => rocAuc([0, 1], [0, 1, 2]), 'Received: 3 values for 2 rows.'],
    ['too few columns', () => logLoss([0, 2], [0.5, 0.5]), '3 classes and one column, which is for two classes'],
    ['names that are not all', () => logLoss(['a', 'c'], [1, 0, 0, 0, 0, 1]), 'give all names with `classes`'],
    ['logits', () => logLoss([0, 1], [-2, 2]), '`probabilities` must be numbers from 0 to 1. Received: -2 in row 0.'],
    [
      'sigmoid outputs',
      () => brierScore([0, 1], [0.9, 0.9, 0.1, 0.9]),
      'must add up to 1. Received: 1.8 in row 0. Help: several',
    ],
    ['no bins', () => calibration([0, 1], [0, 1], { bins: 0 }), '`bins` must be a positive integer'],
    [
      'targets that are not finite',
      () => meanAbsoluteError([1, Number.NaN], [1, 2]),
      '`targets` must be finite numbers. Received: NaN at 1.',
    ],
    ['outputs that do not fit', () => r2([1, 2, 3], [1, 2, 3], { outputs: 2 }), 'Received: 3 values, 2 outputs.'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow(message);
  });
});

describe('the metrics of a model are these', () => {
  /** Rows around `classes` places, which are hard to tell apart. */
  function rowsOf(classes: number) {
    const y = Array.from({ length: 200 }, (_, row) => (row * row) % classes);
    return { x: y.map((c, row) => [c + Math.sin(row), Math.cos(3 * row) - c]), y };
  }
  const KEYS = ['precision', 'recall', 'f1'] as const;

  it.each([2, 5])('of %i classes', async (classes) => {
    const { x, y } = rowsOf(classes);
    const model = sequential({ input: 2, seed: 1, layers: [dense(classes, { activation: 'softmax' })] }).compile({
      loss: 'crossEntropy',
      metrics: ['accuracy', ...KEYS],
    });
    const history = await model.fit(x, y, {
      epochs: 3,
      validationSplit: 0.2,
      earlyStopping: { monitor: 'val_f1', patience: 5 },
    });
    expect(history.metrics.val_f1).toHaveLength(3);
    const logs = await model.evaluate(x, y);
    const report = classificationReport(y, model.predictClasses(x));
    for (const key of KEYS) expect(logs[key]).toBeCloseTo(report.macro[key], 12);
    expect(logs.accuracy).toBe(report.accuracy);
    // indices and one-hot rows are counted alike
    const rows = y.map((c) => Array.from({ length: classes }, (_, j) => Number(j === c)));
    const again = model.evaluateSync(x, rows);
    for (const key of KEYS) expect(again[key]).toBe(logs[key]);
    expect(logs.dataLoss).toBeCloseTo(logLoss(y, model.predict(x)), 5);
  });

  it('of one sigmoid output: those of class 1', async () => {
    const { x, y } = rowsOf(2);
    const model = sequential({ input: 2, seed: 1, layers: [dense(1, { activation: 'sigmoid' })] }).compile({
      loss: 'binaryCrossEntropy',
      metrics: [...KEYS],
    });
    const labels = Uint8Array.from(y);
    await model.fit(x, labels, { epochs: 3 });
    const logs = await model.evaluate(x, labels);
    const { classes } = classificationReport(y, model.predictClasses(x));
    for (const key of KEYS) expect(logs[key]).toBeCloseTo(classes[1]?.[key] as number, 12);
    expect(logs.dataLoss).toBeCloseTo(logLoss(y, model.predict(x)), 5);
  });

  it('of several sigmoid outputs: the mean over outputs', () => {
    const { x, y } = rowsOf(4);
    const targets = y.map((c) => [c & 1, c >> 1]);
    const model = sequential({ input: 2, seed: 1, layers: [dense(2, { activation: 'sigmoid' })] }).compile({
      loss: 'binaryCrossEntropy',
      metrics: [...KEYS],
    });
    model.fitSync(x, targets, { epochs: 3 });
    const outputs = model.predict(x);
    const scores = [0, 1].map((j) => {
      const said = y.map((_, row) => Number((outputs[2 * row + j] as number) > 0.5));
      const own = targets.map((target) => target[j] as number);
      return classificationReport(own, said).classes[1];
    });
    const logs = model.evaluateSync(x, targets);
    for (const key of KEYS) {
      expect(logs[key]).toBeCloseTo(((scores[0]?.[key] as number) + (scores[1]?.[key] as number)) / 2, 12);
    }
  });

  it('of values', async () => {
    const x = Array.from({ length: 100 }, (_, row) => [Math.sin(row), Math.cos(row)]);
    const y = x.map(([a = 0, b = 0]) => [3 * a + b * b, 7 - b]);
    const model = sequential({ input: 2, seed: 1, layers: [dense(2)] }).compile({
      optimizer: adam({ learningRate: 0.05 }),
      loss: 'meanSquaredError',
      metrics: ['mae', 'rmse', 'r2'],
    });
    await model.fit(x, y, { epochs: 20 });
    const logs = await model.evaluate(x, y);
    const predictions = model.predict(x);
    expect(logs.mae).toBeCloseTo(meanAbsoluteError(y.flat(), predictions), 5);
    expect(logs.rmse).toBeCloseTo(rootMeanSquaredError(y.flat(), predictions), 5);
    expect(logs.r2).toBeCloseTo(r2(y.flat(), predictions, { outputs: 2 }), 5);
  });
});
