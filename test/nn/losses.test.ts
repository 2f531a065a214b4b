/** The losses of target values, their options, and the metric mae. */
import { describe, expect, it } from 'vitest';
import {
  dense,
  huber,
  type LossOption,
  load,
  type Model,
  type RegressionLoss,
  sequential,
  sgd,
} from '../../src/index.js';
import { LOSS_NAMES, lossName, lossRow } from '../../src/nn/losses.js';
import { METRIC_NAMES, metricRow } from '../../src/nn/metrics.js';
import { expectMessage, untyped } from '../facade/refusals.js';
import { curve, hashOf, sha256 } from '../facade/support.js';
import { LOSSES } from '../oracle/losses.js';

const { x, y } = curve(40);

type Regressor = Model<RegressionLoss, 'mae' | 'rmse'>;

function regressor(
  loss: LossOption<RegressionLoss>,
  options: { readonly standardizeTarget?: boolean } = {},
): Regressor {
  const layers = [dense(8, { activation: 'tanh' }), dense(1)];
  return sequential({ input: 3, seed: 3, layers, ...options }).compile({
    loss,
    optimizer: sgd({ learningRate: 0.05 }),
    metrics: ['mae', 'rmse'],
  });
}

function trained(loss: LossOption<RegressionLoss>): Regressor {
  const model = regressor(loss);
  model.fitSync(x, y, { epochs: 3, batchSize: 16 });
  return model;
}

describe('a loss of target values', () => {
  it.each([
    ['MeanAbsoluteError', 'meanAbsoluteError', undefined],
    ['Huber', 'huber', 1],
    ['Huber', huber({ delta: 0.25 }), 0.25],
    ['Huber', { kind: 'huber', delta: 100 }, 100],
  ] as const)('is the mean over rows of what the reference says: %s, %j', (name, loss, delta) => {
    const model = regressor(loss);
    const rows = Array.from(model.predict(x), (z, i) => LOSSES[name].loss([z], [y[i] as number], delta));
    const mean = rows.reduce((sum, value) => sum + value, 0) / rows.length;
    expect(model.evaluateSync(x, y).loss / mean - 1).toBeLessThan(1e-6);
    expect(model.evaluateSync(x, y).loss / mean - 1).toBeGreaterThan(-1e-6);
  });

  it('has the default δ = 1 that the bare name means', () => {
    expect(hashOf(trained(huber()))).toBe(hashOf(trained('huber')));
    expect(hashOf(trained(huber({ delta: 1 })))).toBe(hashOf(trained('huber')));
    expect(hashOf(trained(huber({ delta: 0.5 })))).not.toBe(hashOf(trained('huber')));
  });

  it('huber is half the squared error where δ is larger than every error', () => {
    const [large, squared] = [huber({ delta: 1e6 }), 'meanSquaredError' as const].map((loss) =>
      regressor(loss).gradients(x, y),
    );
    for (const [name, { data }] of Object.entries(squared ?? {})) {
      expect(Array.from(large?.[name]?.data ?? [], (value) => 2 * value)).toEqual(Array.from(data));
    }
  });

  it('does not let an outlier rule, unlike the squared error', () => {
    const outlier = y.map((value, row) => (row === 7 ? 1e4 : value));
    const pull = (loss: LossOption<RegressionLoss>) =>
      regressor(loss).gradients(x, outlier)['dense1.bias']?.data[0] ?? 0;
    // each of 40 rows moves an output by at most δ/40 and 1/40, and the outlier alone by 2·10⁴/40
    expect(Math.abs(pull('huber'))).toBeLessThanOrEqual(1);
    expect(Math.abs(pull('meanAbsoluteError'))).toBeLessThanOrEqual(1);
    expect(Math.abs(pull('meanSquaredError'))).toBeGreaterThan(400);
  });

  it('is saved with its δ, loaded and shown', () => {
    const model = trained(huber({ delta: 0.5 }));
    const again = load<'huber', 'mae' | 'rmse'>(model.save({ optimizer: true }));
    expect(sha256(again.save({ optimizer: true }))).toBe(sha256(model.save({ optimizer: true })));
    expect(again.evaluateSync(x, y)).toEqual(model.evaluateSync(x, y));
    for (const one of [model, again]) one.fitSync(x, y, { epochs: 1, batchSize: 16 });
    expect(hashOf(again)).toBe(hashOf(model));
    expect(again.summary()).toContain('loss huber(delta 0.5)');
    expect(trained('huber').summary()).toContain('loss huber ·');
  });

  it('can be judged by the metrics of values, and by no other', () => {
    const VALUES = ['rmse', 'mae', 'r2'];
    const CLASSES = ['accuracy', 'precision', 'recall', 'f1'];
    for (const loss of LOSS_NAMES) {
      const fitting = METRIC_NAMES.filter((metric) => metricRow(metric).fits.includes(loss));
      expect(fitting).toEqual(lossRow(loss).targets === 'values' ? VALUES : CLASSES);
    }
    expect(lossName(huber())).toBe('huber');
  });
});

describe('mae', () => {
  it.each([false, true])('is the mean absolute error in target units, standardizeTarget %s', (standardizeTarget) => {
    const { x: inputs, y: targets } = curve(50, { size: 30, offset: 500 });
    const model = regressor('meanAbsoluteError', { standardizeTarget });
    model.fitSync(inputs, targets, { epochs: 2 });
    const errors = Array.from(model.predict(inputs), (value, i) => Math.abs(value - (targets[i] as number)));
    const mae = errors.reduce((sum, value) => sum + value, 0) / errors.length;
    const logs = model.evaluateSync(inputs, targets);
    // predictions are rounded to float32 in target units, some hundreds
    expect(Math.abs(logs.mae - mae)).toBeLessThan(1e-4);
    expect(logs.mae).toBeLessThan(logs.rmse);
    if (!standardizeTarget) expect(Math.abs(logs.loss - mae)).toBeLessThan(1e-4);
  });

  it('is the mean over several outputs, each in its own units', () => {
    const targets = y.map((value, row) => [value, 1000 * value + row]);
    const model = sequential({ input: 3, layers: [dense(2)], standardizeTarget: true }).compile({
      loss: 'huber',
      metrics: ['mae', 'r2'],
    });
    model.fitSync(x, targets, { epochs: 2 });
    const errors = Array.from(model.predict(x), (value, i) =>
      Math.abs(value - (targets[Math.floor(i / 2)]?.[i % 2] as number)),
    );
    const mae = errors.reduce((sum, value) => sum + value, 0) / errors.length;
    expect(Math.abs(model.evaluateSync(x, targets).mae / mae - 1)).toBeLessThan(1e-5);
  });

  it('is better when it is lower', () => {
    const model = regressor('huber');
    const history = model.fitSync(x, y, {
      epochs: 4,
      validationSplit: 0.25,
      earlyStopping: { patience: 4, monitor: 'val_mae' },
    });
    const curves = history.metrics.val_mae ?? [];
    expect(history.best.value).toBe(Math.min(...curves));
  });
});

describe('a loss that cannot be used is refused', () => {
  const compiling =
    (loss: unknown, options: object = {}) =>
    () =>
      sequential({ input: 3, layers: [dense(1)] }).compile(untyped({ loss, ...options }));

  it.each([
    ['an unknown name', compiling('hubber'), 'compile: `loss` is not one that exists', '`huber`'],
    ['nothing', compiling(undefined), '`loss` is not one', 'undefined'],
    ['the factory itself', compiling(huber), '`loss` is not one', 'a function'],
    ['an unknown kind', compiling({ kind: 'quantile' }), 'compile, loss: `kind` is not one', '"quantile"'],
    ['δ of 0', () => huber({ delta: 0 }), 'huber: `delta` must be a finite number above 0', 'Received: 0.'],
    ['a negative δ', () => huber({ delta: -1 }), '`delta` must be a finite number above 0', 'Received: -1.'],
    ['an infinite δ', () => huber({ delta: Number.POSITIVE_INFINITY }), '`delta` must be', 'Infinity.'],
    ['an unknown option', () => huber(untyped({ d: 1 })), '`d` is not an option', '`delta`'],
    ['plain data without δ', compiling({ kind: 'huber' }), 'compile, loss: `delta` must be', 'undefined.'],
    [
      'plain data of a loss without parameter',
      compiling({ kind: 'meanSquaredError', delta: 1 }),
      'compile, loss: `delta` is not an option',
    ],
    ['a metric of classes', compiling(huber(), { metrics: ['accuracy'] }), 'metric `accuracy` fits', '"huber"'],
    [
      'a softmax output',
      () =>
        sequential({ input: 3, layers: [dense(2, { activation: 'softmax' })] }).compile({ loss: 'meanAbsoluteError' }),
      'loss `meanAbsoluteError` does not fit a softmax output',
    ],
    [
      'class names',
      () => sequential({ input: 3, layers: [dense(1)], classes: ['a', 'b'] }).compile({ loss: huber() }),
      '`classes` do not fit loss `huber`',
    ],
    ['names as targets', () => regressor('huber').fitSync(x, untyped(y.map(() => 'a'))), 'fitSync, y'],
    ['classes to predict', () => regressor('meanAbsoluteError').predictClasses(x), 'must tell classes apart'],
  ] as [string, () => unknown, ...string[]][])('%s', (_, call, ...parts) => {
    expectMessage(call, parts);
  });
});
