import { describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/format/safetensors.js';
import { dense, load, sequential, sgd } from '../../src/index.js';
import { classifier, clusters, curve, regressor } from './support.js';

/** Mean and scale as they stand in the saved file. */
function stored(model: { save(): Uint8Array }, which: '_inputs' | '_targets') {
  const { tensors } = decodeSafetensors(model.save(), 'test');
  return { mean: tensors.get(`${which}.mean`)?.data, scale: tensors.get(`${which}.scale`)?.data };
}

/** Mean and 1 / standard deviation of one column, computed plainly in float64. */
function plain(values: readonly number[]) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return { mean, scale: 1 / Math.sqrt(variance) };
}

const column = (x: Float32Array, width: number, j: number, rows = x.length / width) =>
  Array.from({ length: rows }, (_, row) => x[row * width + j] as number);

describe('standardize', () => {
  const { x, y } = clusters(50);
  const far = x.map((value, i) => 1000 * (i % 4) + 10 ** (i % 4) * value);

  it('brings each column to mean 0 and deviation 1', () => {
    const model = classifier({ standardize: true });
    model.fitSync(far, y);
    const { mean, scale } = stored(model, '_inputs');
    for (let j = 0; j < 4; j++) {
      const wanted = plain(column(far, 4, j));
      expect(mean?.[j]).toBe(Math.fround(wanted.mean));
      expect((scale?.[j] as number) / wanted.scale).toBeCloseTo(1, 6);
    }
  });

  it('learns what it learns on data that was standardized by hand', () => {
    const inside = classifier({ standardize: true });
    inside.fitSync(far, y, { epochs: 20 });
    const { mean, scale } = stored(inside, '_inputs');
    const byHand = far.map((v, i) => Math.fround(v - (mean?.[i % 4] as number)) * (scale?.[i % 4] as number));
    const outside = classifier();
    outside.fitSync(byHand, y, { epochs: 20 });
    expect(inside.parameters()).toEqual(outside.parameters());
    expect(inside.predict(far)).toEqual(outside.predict(byHand));
    expect(inside.evaluateSync(far, y)).toEqual(outside.evaluateSync(byHand, y));
    expect(inside.gradients(far, y)).toEqual(outside.gradients(byHand, y));
  });

  it('is fitted on the training rows alone: held-out rows of any value do not change it', () => {
    const changed = far.map((value, i) => (i >= 4 * 40 ? 1e6 : value));
    const learned = (data: Float32Array) => {
      const model = classifier({ standardize: true });
      model.fitSync(data, y, { validationSplit: { tail: 0.2 } });
      return stored(model, '_inputs');
    };
    expect(learned(changed)).toEqual(learned(far));
    expect(learned(far).mean?.[0]).toBe(Math.fround(plain(column(far, 4, 0, 40)).mean));

    const given = classifier({ standardize: true });
    given.fitSync(far, y, { validationData: [changed, y] });
    const alone = classifier({ standardize: true });
    alone.fitSync(far, y);
    expect(given.save()).toEqual(alone.save());
  });

  it('is fitted once: a second fit, on other rows, keeps it', () => {
    const model = classifier({ standardize: true });
    model.fitSync(far, y);
    const first = stored(model, '_inputs');
    model.fitSync(x, y);
    expect(stored(model, '_inputs')).toEqual(first);
    const copy = load<'crossEntropy'>(model.save());
    copy.fitSync(x, y);
    expect(stored(copy, '_inputs')).toEqual(first);
  });

  it('shares one mean and deviation per channel of images', () => {
    const images = Uint8Array.from({ length: 10 * 12 }, (_, i) => (i % 3) * 50 + (1 + (i % 3)) * ((i * 31) % 40));
    const layers = [dense(2, { activation: 'softmax' })];
    const learned = (input: number | [number, number] | [number, number, number]) => {
      const model = sequential({ input, standardize: true, layers }).compile({ loss: 'crossEntropy' });
      model.fitSync(
        images,
        Uint8Array.from({ length: 10 }, (_, i) => i % 2),
      );
      const { mean, scale } = stored(model, '_inputs');
      return [new Set(mean).size, new Set(scale).size];
    };
    expect(learned([2, 2, 3])).toEqual([3, 3]);
    expect(learned([4, 3])).toEqual([1, 1]);
    expect(learned(12)[0]).toBeGreaterThan(6);
  });

  it('leaves constant columns at zero, also large ones, and learns from the others', () => {
    const constant = x.map((value, i) => (i % 4 === 1 ? 12345.678 : i % 4 === 2 ? 0 : value));
    const model = classifier({ standardize: true, learningRate: 0.05 });
    model.fitSync(constant, y, { epochs: 60 });
    expect(stored(model, '_inputs').scale?.[1]).toBe(1);
    expect(stored(model, '_inputs').scale?.[2]).toBe(1);
    expect(model.evaluateSync(constant, y).accuracy).toBeGreaterThan(0.9);
    // a value never seen in a column that was constant is brought to its distance, not blown up
    const moved = constant.map((value, i) => (i % 4 === 1 ? value + 1 : value));
    expect(model.predict(moved).every(Number.isFinite)).toBe(true);
  });

  it('must have been fitted before single steps', () => {
    const model = classifier({ standardize: true });
    expect(() => model.trainOnBatch(x, y)).toThrow(/standardization must have been fitted.*Help: call fit first/);
    model.fitSync(x, y);
    model.trainOnBatch(x, y);
  });
});

describe('standardizeTarget', () => {
  const { x, y } = curve(200, { size: 1000, offset: 50_000 });
  const make = () => regressor({ standardizeTarget: true, learningRate: 0.1 });

  it('predictions and rmse are in target units, loss is in scaled units', () => {
    const model = make();
    model.fitSync(x, y, { epochs: 100 });
    const { loss, rmse, r2 } = model.evaluateSync(x, y);
    const { mean, scale } = stored(model, '_targets');
    const wanted = plain(y);
    expect(mean?.[0]).toBe(Math.fround(wanted.mean));
    expect((scale?.[0] as number) / wanted.scale).toBeCloseTo(1, 6);

    const errors = model.predict(x).map((value, i) => value - (y[i] as number));
    const byHand = Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / 200);
    expect(byHand).toBeLessThan(400);
    expect(rmse / byHand).toBeCloseTo(1, 3);
    expect((loss * (1 / wanted.scale) ** 2) / byHand ** 2).toBeCloseTo(1, 3);
    expect(r2).toBeCloseTo(1 - loss, 5);
    expect(loss).toBeLessThan(0.3);
  });

  it('learns what it learns on targets that were standardized by hand', () => {
    const inside = make();
    const history = inside.fitSync(x, y, { epochs: 5, validationSplit: { tail: 0.25 } });
    const { mean, scale } = stored(inside, '_targets');
    const byHand = y.map((t) => Math.fround((t - (mean?.[0] as number)) * (scale?.[0] as number)));
    const outside = regressor({ learningRate: 0.1 });
    const other = outside.fitSync(x, byHand, { epochs: 5, validationSplit: { tail: 0.25 } });
    expect(inside.parameters()).toEqual(outside.parameters());
    expect(history.metrics.loss).toEqual(other.metrics.loss);
    expect(history.metrics.val_loss).toEqual(other.metrics.val_loss);
    expect(history.metrics.r2).toEqual(other.metrics.r2);
  });

  it('is fitted on the training rows alone, and saved', () => {
    const changed = y.map((t, i) => (i >= 150 ? -t * 99 : t));
    const learned = (targets: number[]) => {
      const model = make();
      model.fitSync(x, targets, { validationSplit: { tail: 0.25 } });
      return model;
    };
    const model = learned(y);
    expect(stored(learned(changed), '_targets')).toEqual(stored(model, '_targets'));
    expect(stored(model, '_targets').mean?.[0]).toBe(Math.fround(plain(y.slice(0, 150)).mean));
    const copy = load<'meanSquaredError', 'rmse' | 'r2'>(model.save());
    expect(copy.predict(x)).toEqual(model.predict(x));
    expect(copy.evaluateSync(x, y)).toEqual(model.evaluateSync(x, y));
  });

  it('is per output, and leaves a constant one at its value', () => {
    const pairs = y.map((t) => [t, 7, -t / 1000]);
    const layers = [dense(3, { activation: 'linear' })];
    const model = sequential({ input: 3, standardizeTarget: true, layers }).compile({
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 0.1 }),
    });
    model.fitSync(x, pairs, { epochs: 100 });
    const { mean, scale } = stored(model, '_targets');
    expect(mean?.[1]).toBe(7);
    expect(scale?.[1]).toBe(1);
    const predicted = model.predict(x);
    expect(column(predicted, 3, 1).every((value) => Math.abs(value - 7) < 0.01)).toBe(true);
    const means = [0, 2].map((j) => plain(column(predicted, 3, j)).mean);
    expect((means[0] as number) / plain(y).mean).toBeCloseTo(1, 2);
    expect((means[1] as number) / (-plain(y).mean / 1000)).toBeCloseTo(1, 2);
  });
});
