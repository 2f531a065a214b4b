import { describe, expect, it } from 'vitest';
import {
  adam,
  dense,
  type Inputs,
  type LossName,
  type MetricName,
  type Model,
  sequential,
  type Targets,
} from '../../src/index.js';
import { classifier, clusters, regressor, rowsOf, sha256 } from './support.js';

/** The saved bytes of a model after two epochs on x and y, as one line. */
function trained<L extends LossName, M extends MetricName>(model: Model<L, M>, x: Inputs, y: Targets<L>): string {
  model.fitSync(x, y, { epochs: 2, batchSize: 7, validationSplit: 0.2 });
  return sha256(model.save());
}

const bytes = Uint8Array.from({ length: 60 * 4 }, (_, i) => (i * 37 + (i >> 3) * 11) % 256);
const labels = Array.from({ length: 60 }, (_, row) => (row * 7 + (row >> 2)) % 3);

describe('the forms of inputs', () => {
  const flat = Float32Array.from(bytes);
  const forms: Readonly<Record<string, Inputs>> = {
    'a Float32Array': flat,
    'a Uint8Array': bytes,
    'rows of numbers': rowsOf(flat, 4),
    'rows of Float32Array': rowsOf(flat, 4).map((row) => Float32Array.from(row)),
    'float32 data with a shape': { data: flat, shape: [60, 4] },
    'uint8 data with a shape of three sizes': { data: bytes, shape: [60, 2, 2] },
    'uint8 data with scale 1': { data: bytes, shape: [60, 4], scale: 1 },
    'part of a larger Float32Array': Float32Array.of(9, ...flat, 9).subarray(1, -1),
    'a view that is not the start of its buffer': Uint8Array.of(1, 2, 3, ...bytes).subarray(3),
  };

  it.each([true, false])('give the same bits in training and prediction (standardize: %s)', (standardize) => {
    const make = () => classifier({ standardize, learningRate: 0.001 });
    const wanted = trained(make(), flat, labels);
    const model = make();
    model.fitSync(flat, labels, { epochs: 2 });
    const predicted = model.predict(flat);
    for (const [name, x] of Object.entries(forms)) {
      expect(trained(make(), x, labels), name).toBe(wanted);
      expect(model.predict(x), name).toEqual(predicted);
      expect(model.evaluateSync(x, labels), name).toEqual(model.evaluateSync(flat, labels));
      expect(model.gradients(x, labels), name).toEqual(model.gradients(flat, labels));
    }
  });

  it('`scale` multiplies uint8 data, in float32', () => {
    const factor = Math.fround(1 / 255);
    const scaled = flat.map((value) => value * factor);
    const x = { data: bytes, shape: [60, 4], scale: 1 / 255 };
    expect(trained(classifier(), x, labels)).toBe(trained(classifier(), scaled, labels));
    const model = classifier();
    expect(model.predict(x)).toEqual(model.predict(scaled));
  });

  it('two uint8 data sets of different scale do not share their scale', () => {
    const model = classifier();
    const whole = model.predict({ data: bytes, shape: [60, 4], scale: 1 });
    model.predict({ data: bytes, shape: [60, 4], scale: 0.5 });
    expect(model.predict({ data: bytes, shape: [60, 4], scale: 1 })).toEqual(whole);
  });

  it('are left alone, and what comes back is a copy', () => {
    const model = classifier();
    const x = flat.slice();
    model.fitSync(x, labels);
    const first = model.predict(x);
    first.fill(7);
    model.parameters()['dense0.weight']?.data.fill(7);
    expect(x).toEqual(flat);
    expect(model.predict(x)).not.toEqual(first);
    expect(first.buffer).toBeInstanceOf(ArrayBuffer);
  });
});

describe('the forms of labels', () => {
  const { x, y } = clusters(60);
  const oneHot = y.map((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0)));

  it('as class indices and one-hot rows give the same bits', () => {
    const wanted = trained(classifier(), x, y);
    const forms: Targets<'crossEntropy'>[] = [Uint8Array.from(y), Int32Array.from(y), oneHot];
    for (const form of forms) expect(trained(classifier(), x, form)).toBe(wanted);
  });

  it('as rows of probabilities: soft ones make outputs less certain, and the loss is −Σ t ln p', () => {
    // one row that is not one-hot makes all of them rows of probabilities
    const soft = oneHot.map((row) => row.map((p) => 0.7 * p + 0.1));
    const hard = classifier();
    const softened = classifier();
    const options = { epochs: 60, batchSize: 20 };
    hard.fitSync(x, y, options);
    softened.fitSync(x, soft, options);
    const sure = Math.max(...hard.predict(x));
    expect(sure).toBeGreaterThan(0.95);
    expect(Math.max(...softened.predict(x))).toBeLessThan(0.9);
    expect([...softened.predictClasses(x)]).toEqual([...hard.predictClasses(x)]);

    const { loss } = hard.evaluateSync(x, soft);
    const probabilities = hard.predict(x);
    const wanted = soft.flat().reduce((sum, p, i) => sum - p * Math.log(probabilities[i] as number), 0) / 60;
    expect(loss).toBeCloseTo(wanted, 4);
  });

  it('as names: learned in alphabetical order by the first fit, and saved', () => {
    const names = y.map((label) => ['cat', 'ant', 'bee'][label] as string);
    const indices = names.map((name) => ['ant', 'bee', 'cat'].indexOf(name));
    const model = classifier();
    expect(model.classes).toBeUndefined();
    model.fitSync(x, names, { epochs: 30 });
    expect(model.classes).toEqual(['ant', 'bee', 'cat']);
    const same = classifier();
    same.fitSync(x, indices, { epochs: 30 });
    expect(model.parameters()).toEqual(same.parameters());
    expect(model.evaluateSync(x, names)).toEqual(model.evaluateSync(x, indices));
    const predicted = model.predictLabels(x);
    expect(predicted).toEqual([...model.predictClasses(x)].map((i) => model.classes?.[i]));
    expect(predicted.filter((name, i) => name === names[i]).length).toBeGreaterThan(50);
  });

  it('as names: declared classes keep their order, need no fit, and fit labels that name only some of them', () => {
    const layers = [dense(3, { activation: 'softmax' })];
    const model = sequential({ input: 4, layers, classes: ['z', 'y', 'x'] }).compile({ loss: 'crossEntropy' });
    expect(model.predictLabels(x.subarray(0, 4))).toHaveLength(1);
    model.trainOnBatch(x.subarray(0, 8), ['y', 'y']);
    model.fitSync(x.subarray(0, 8), ['x', 'z']);
    expect(model.classes).toEqual(['z', 'y', 'x']);
  });
});

describe('labels of binary models', () => {
  const { x, y } = clusters(60, { classes: 2 });
  const binary = (classes?: readonly string[]) =>
    sequential({
      input: 4,
      seed: 5,
      layers: [dense(1, { activation: 'sigmoid' })],
      ...(classes && { classes }),
    }).compile({ loss: 'binaryCrossEntropy', optimizer: adam({ learningRate: 0.05 }), metrics: ['accuracy'] });

  it('as 0 and 1 in any form, and as two names, give the same bits', () => {
    const wanted = trained(binary(), x, y);
    const forms: Targets<'binaryCrossEntropy'>[] = [Uint8Array.from(y), Int32Array.from(y), y.map((label) => [label])];
    for (const form of forms) expect(trained(binary(), x, form)).toBe(wanted);

    const names = y.map((label) => ['ham', 'spam'][label] as string);
    const [named, declared, numbered] = [binary(), binary(['ham', 'spam']), binary()];
    for (const model of [named, declared]) model.fitSync(x, names, { epochs: 40 });
    numbered.fitSync(x, y, { epochs: 40 });
    expect(named.parameters()).toEqual(numbered.parameters());
    expect(declared.parameters()).toEqual(numbered.parameters());
    expect(named.classes).toEqual(['ham', 'spam']);
    expect(named.predictLabels(x)).toEqual([...numbered.predict(x)].map((p) => (p > 0.5 ? 'spam' : 'ham')));
    expect(named.evaluateSync(x, names).accuracy).toBeGreaterThan(0.9);
  });

  it('for several outputs: a row of 0 and 1 each', () => {
    const layers = [dense(2, { activation: 'sigmoid' })];
    const model = sequential({ input: 4, layers }).compile({ loss: 'binaryCrossEntropy', metrics: ['accuracy'] });
    const rows = y.map((label) => [label, 1 - label]);
    model.fitSync(x, rows, { epochs: 100, batchSize: 10 });
    const outputs = model.predict(x);
    const hits = rows.flat().filter((label, i) => label === Number((outputs[i] as number) > 0.5)).length;
    expect(model.evaluateSync(x, rows).accuracy).toBe(hits / 120);
    expect(hits).toBeGreaterThan(100);
    expect(() => model.predictClasses(x)).toThrow(/tell classes apart/);
  });
});

describe('regression targets', () => {
  it('flat or in rows give the same bits', () => {
    const { x, y } = clusters(60, { width: 3 });
    const wanted = trained(regressor(), x, y);
    const forms: Targets<'meanSquaredError'>[] = [Float32Array.from(y), y.map((value) => [value])];
    for (const form of forms) expect(trained(regressor(), x, form)).toBe(wanted);
  });

  it('of several outputs, flat or in rows', () => {
    const { x } = clusters(30, { width: 2 });
    const pairs = rowsOf(x, 2).map(([a = 0, b = 0]) => [a + b, a - b]);
    const make = () => sequential({ input: 2, layers: [dense(2)] }).compile({ loss: 'meanSquaredError' });
    const flat = make();
    flat.fitSync(x, pairs.flat(), { epochs: 3 });
    const nested = make();
    nested.fitSync(x, pairs, { epochs: 3 });
    expect(nested.save()).toEqual(flat.save());
  });
});
