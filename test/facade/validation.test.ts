import { describe, expect, it } from 'vitest';
import { dense, sequential, sgd } from '../../src/index.js';
import { classifier, clusters } from './support.js';

type Split = number | { readonly tail: number };

/** Which of `rows` rows are held out: told by a model that says 0, where one row after the other has target 1. */
function heldOut(rows: number, validationSplit: Split, seed: number): number[] {
  const model = sequential({ input: 1, seed, layers: [dense(1)] }).compile({
    loss: 'meanSquaredError',
    optimizer: sgd({ learningRate: 0 }),
    metrics: ['rmse'],
  });
  model.setParameters({ 'dense0.weight': { data: [0] } });
  const x = new Float32Array(rows);
  return Array.from(x.keys()).filter((row) => {
    const targets = Float32Array.from(x, (_, i) => Number(i === row));
    return model.fitSync(x, targets, { validationSplit }).metrics.val_rmse?.[0] !== 0;
  });
}

/** Share of each class in the validation part: a model that always says `c` is right on that share. */
function shares(labels: readonly number[], validationSplit: Split, names?: readonly string[]) {
  const x = new Float32Array(labels.length);
  return [0, 1, 2].map((c) => {
    const model = sequential({ input: 1, layers: [dense(3, { activation: 'softmax' })] }).compile({
      loss: 'crossEntropy',
      optimizer: sgd({ learningRate: 0 }),
      metrics: ['accuracy'],
    });
    model.setParameters({ 'dense0.bias': { data: [0, 1, 2].map((j) => Number(j === c)) } });
    const targets = names ? labels.map((label) => names[label] as string) : labels;
    return model.fitSync(x, targets, { validationSplit }).metrics.val_accuracy?.[0];
  });
}

describe('validationSplit', () => {
  it('holds out the share that was asked for, at random and by the seed', () => {
    const held = heldOut(50, 0.2, 1);
    expect(held).toHaveLength(10);
    expect(heldOut(50, 0.2, 1)).toEqual(held);
    expect(heldOut(50, 0.2, 2)).not.toEqual(held);
    expect(Math.min(...held)).toBeLessThan(20);
  });

  it('`{ tail }` takes the last rows', () => {
    expect(heldOut(50, { tail: 0.2 }, 1)).toEqual(Array.from({ length: 10 }, (_, i) => 40 + i));
  });

  it('leaves at least one row on either side', () => {
    expect(heldOut(3, 0.01, 1)).toHaveLength(1);
    expect(heldOut(3, 0.99, 1)).toHaveLength(2);
    expect(heldOut(2, { tail: 0.5 }, 1)).toEqual([1]);
  });

  it('is stratified where targets are classes: each gives its share, whatever the order of the rows', () => {
    const labels = Array.from({ length: 100 }, (_, i) => (i < 60 ? 0 : i < 90 ? 1 : 2));
    expect(shares(labels, 0.2)).toEqual([12 / 20, 6 / 20, 2 / 20]);
    expect(shares([...labels].reverse(), 0.2)).toEqual([12 / 20, 6 / 20, 2 / 20]);
    expect(shares(labels, 0.2, ['a', 'b', 'c'])).toEqual([12 / 20, 6 / 20, 2 / 20]);
    expect(shares(labels, { tail: 0.2 })).toEqual([0, 0.5, 0.5]);
  });

  it('rows that are held out are not trained on: what their values are changes nothing that is learned', () => {
    const { x, y } = clusters(50);
    const changed = x.map((value, i) => (i >= 4 * 40 ? 100 * value : value));
    const options = { validationSplit: { tail: 0.2 }, epochs: 3 };
    const [a, b] = [classifier({ standardize: true }), classifier({ standardize: true })];
    const first = a.fitSync(x, y, options);
    const second = b.fitSync(changed, y, options);
    expect(b.save()).toEqual(a.save());
    expect(second.metrics.loss).toEqual(first.metrics.loss);
    expect(second.metrics.val_loss).not.toEqual(first.metrics.val_loss);
  });

  it('with sample weights: held-out rows are weighed by theirs', () => {
    const { x, y } = clusters(50);
    const sampleWeight = Float32Array.from(y, (_, i) => (i === 49 ? 1 : i < 40 ? 1 : 0));
    const model = classifier();
    const { metrics } = model.fitSync(x, y, { validationSplit: { tail: 0.2 }, sampleWeight });
    expect(metrics.val_loss?.[0]).toBeCloseTo(model.evaluateSync(x.subarray(4 * 49), y.slice(49)).loss, 6);
  });
});
