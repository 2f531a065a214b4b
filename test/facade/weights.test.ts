import { describe, expect, it } from 'vitest';
import { dense, sequential, sgd } from '../../src/index.js';
import { classifier, clusters, curve, largestDifference, regressor } from './support.js';

/** The gradient that one step of sgd with rate 1 took, by parameter. */
function step(
  model: ReturnType<typeof plain>,
  x: Float32Array,
  y: readonly number[],
  options: { sampleWeight?: Float32Array; classWeight?: 'balanced' | Record<string, number> } = {},
) {
  const before = model.parameters();
  const { metrics } = model.fitSync(x, y, { batchSize: y.length, shuffle: false, ...options });
  const after = model.parameters();
  const gradient = Object.keys(before).flatMap((name) =>
    Array.from(before[name]?.data ?? [], (value, i) => value - (after[name]?.data[i] as number)),
  );
  return { gradient, loss: metrics.loss[0] as number };
}

function plain() {
  const layers = [dense(6, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
  return sequential({ input: 4, seed: 2, layers }).compile({
    loss: 'crossEntropy',
    optimizer: sgd({ learningRate: 1 }),
    metrics: ['accuracy'],
  });
}

/** Rows repeated as often as `times` says. */
function repeated(x: Float32Array, y: readonly number[], times: readonly number[]) {
  const rows = times.flatMap((n, row) => new Array<number>(n).fill(row));
  return {
    x: Float32Array.from(rows.flatMap((row) => [...x.subarray(4 * row, 4 * row + 4)])),
    y: rows.map((row) => y[row] as number),
  };
}

/** The bound of float32 sums of some 60 terms in two different orders; gradients here are of size 0.1. */
const ROUNDING = 2e-7;

describe('sample weights', () => {
  const { x, y } = clusters(30);

  it('whole numbers are rows that come that often', () => {
    const times = y.map((_, row) => (row * 7) % 4);
    const weighted = step(plain(), x, y, { sampleWeight: Float32Array.from(times) });
    const many = repeated(x, y, times);
    const duplicated = step(plain(), many.x, many.y);
    expect(largestDifference(weighted.gradient, duplicated.gradient)).toBeLessThan(ROUNDING);
    expect(weighted.loss).toBeCloseTo(duplicated.loss, 6);
    expect(largestDifference(weighted.gradient, step(plain(), x, y).gradient)).toBeGreaterThan(1e-3);
  });

  it('that are all the same change nothing but rounding', () => {
    const ones = step(plain(), x, y, { sampleWeight: new Float32Array(30).fill(1) });
    const halves = step(plain(), x, y, { sampleWeight: new Float32Array(30).fill(0.5) });
    const none = step(plain(), x, y);
    expect(ones).toEqual(none);
    expect(largestDifference(halves.gradient, none.gradient)).toBeLessThan(ROUNDING);
  });

  it('of 0: the row is absent, whatever it holds', () => {
    const sampleWeight = Float32Array.from(y, (_, row) => (row < 20 ? 1 : 0));
    const wild = x.map((value, i) => (i >= 80 ? 1e18 : value));
    const absent = step(plain(), x.slice(0, 80), y.slice(0, 20));
    for (const data of [x, wild]) {
      const weighted = step(plain(), data, y, { sampleWeight });
      expect(largestDifference(weighted.gradient, absent.gradient)).toBeLessThan(ROUNDING);
      expect(weighted.loss).toBeCloseTo(absent.loss, 6);
    }
  });

  it('a batch that has none above 0 leaves the parameters alone, and the figures finite', () => {
    const sampleWeight = Float32Array.from(y, (_, row) => (row === 3 ? 1 : 0));
    const model = plain();
    const { metrics } = model.fitSync(x, y, { batchSize: 1, shuffle: false, sampleWeight, epochs: 2 });
    const single = plain();
    const losses = [1, 2].map(() => single.trainOnBatch(x.subarray(12, 16), y.slice(3, 4)).loss);
    expect(model.parameters()).toEqual(single.parameters());
    expect(metrics.loss).toEqual(losses);
  });

  it('weigh an epoch of several batches by its rows, and leave metrics unweighted', () => {
    const sampleWeight = Float32Array.from(y, (_, row) => row / 10);
    const model = plain();
    model.fitSync(x, y, { epochs: 20 });
    const still = sequential({
      input: 4,
      layers: [dense(6, { activation: 'tanh' }), dense(3, { activation: 'softmax' })],
    }).compile({ loss: 'crossEntropy', optimizer: sgd({ learningRate: 0 }), metrics: ['accuracy'] });
    still.setParameters(model.parameters());
    const { metrics } = still.fitSync(x, y, { batchSize: 7, sampleWeight });
    const probabilities = model.predict(x);
    const total = sampleWeight.reduce((a, b) => a + b, 0);
    const weighted = y.map((c, row) => (sampleWeight[row] as number) * -Math.log(probabilities[3 * row + c] as number));
    expect(metrics.loss[0]).toBeCloseTo(weighted.reduce((a, b) => a + b, 0) / total, 5);
    expect(metrics.accuracy[0]).toBe(model.evaluateSync(x, y).accuracy);
  });

  it('work in trainOnBatch and for regression', () => {
    const data = curve(12);
    const [a, b] = [regressor(), regressor()];
    a.trainOnBatch(data.x, data.y, { sampleWeight: Float32Array.from(data.y, (_, row) => (row < 4 ? 3 : 0)) });
    b.trainOnBatch(data.x.subarray(0, 12), data.y.slice(0, 4));
    const values = (model: typeof a) => Object.values(model.parameters()).flatMap(({ data: v }) => [...v]);
    expect(largestDifference(values(a), values(b))).toBeLessThan(ROUNDING);
  });
});

describe('class weights', () => {
  const { x } = clusters(30);
  const y = Array.from({ length: 30 }, (_, row) => (row < 20 ? 0 : row < 28 ? 1 : 2));

  it("'balanced' gives every class the same total", () => {
    const balanced = step(plain(), x, y, { classWeight: 'balanced' });
    const sampleWeight = Float32Array.from(y, (c) => 30 / (3 * ([20, 8, 2][c] as number)));
    expect(balanced).toEqual(step(plain(), x, y, { sampleWeight }));
  });

  it("'balanced' counts the training rows alone", () => {
    const validationSplit = { tail: 1 / 3 };
    const order = [...y.keys()].sort((a, b) => ((a * 7) % 30) - ((b * 7) % 30));
    const shuffled = {
      x: Float32Array.from(order.flatMap((row) => [...x.subarray(4 * row, 4 * row + 4)])),
      y: order.map((row) => y[row] as number),
    };
    const training = shuffled.y.slice(0, 20);
    const counts = [0, 1, 2].map((c) => training.filter((label) => label === c).length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    const sampleWeight = Float32Array.from(shuffled.y, (c) => 20 / (3 * (counts[c] as number)));
    const [a, b] = [plain(), plain()];
    a.fitSync(shuffled.x, shuffled.y, { validationSplit, classWeight: 'balanced' });
    b.fitSync(shuffled.x, shuffled.y, { validationSplit, sampleWeight });
    expect(a.save()).toEqual(b.save());
  });

  it('by index or name, 1 where none is given, times sample weights', () => {
    const names = y.map((c) => ['ant', 'bee', 'cat'][c] as string);
    const [byIndex, byName, byRow] = [classifier(), classifier(), classifier()];
    const sampleWeight = Float32Array.from(y, (_, row) => 1 + (row % 2));
    byIndex.fitSync(x, y, { classWeight: { 1: 5, 2: 0.5 }, sampleWeight });
    byName.fitSync(x, names, { classWeight: { bee: 5, cat: 0.5 }, sampleWeight });
    byRow.fitSync(x, y, { sampleWeight: sampleWeight.map((w, row) => w * ([1, 5, 0.5][y[row] as number] as number)) });
    expect(byIndex.save()).toEqual(byRow.save());
    expect(byName.parameters()).toEqual(byRow.parameters());
  });

  it('of binary models', () => {
    const make = () =>
      sequential({ input: 4, layers: [dense(1, { activation: 'sigmoid' })] }).compile({ loss: 'binaryCrossEntropy' });
    const labels = y.map((c) => Number(c > 0));
    const [a, b] = [make(), make()];
    a.fitSync(x, labels, { classWeight: 'balanced' });
    b.fitSync(x, labels, { classWeight: { 0: 30 / 40, 1: 30 / 20 } });
    expect(a.save()).toEqual(b.save());
  });
});
