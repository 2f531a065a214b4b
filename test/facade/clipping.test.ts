/** Gradients that are clipped, by norm and by value. */
import { describe, expect, it } from 'vitest';
import { DivergenceError, dense, l2, load, sequential, sgd } from '../../src/index.js';
import { expectMessage, untyped } from './refusals.js';
import { hashOf, largestDifference, valuesOf } from './support.js';
import { classifier, step, x, y } from './updating.js';

describe('clipping', () => {
  const norm = (parts: readonly { readonly g: Float32Array }[]) => {
    return Math.sqrt(parts.reduce((sum, { g }) => sum + g.reduce((squares, v) => squares + v * v, 0), 0));
  };
  const rate = sgd({ learningRate: 1 });

  it('by norm scales the whole gradient, penalties included, to that length, and leaves a shorter one as it is', () => {
    const last = { weightRegularizer: l2(0.3) };
    const free = step(classifier({ optimizer: rate, last }));
    const long = norm(free);
    for (const clipNorm of [0.01, 0.9 * long]) {
      for (const { name, taken, g } of step(classifier({ optimizer: rate, last, clipNorm }))) {
        const wanted = g.map((value) => (value * clipNorm) / long);
        expect(largestDifference(taken, wanted), name).toBeLessThan(3e-7);
      }
    }
    const loose = classifier({ optimizer: rate, last, clipNorm: 1.1 * long });
    const plain = classifier({ optimizer: rate, last });
    for (const model of [loose, plain]) model.trainOnBatch(x, y);
    expect(hashOf(loose)).toBe(hashOf(plain));
  });

  it('by value cuts every element, before the norm is taken', () => {
    const cut = (value: number) => Math.min(Math.max(value, -0.02), 0.02);
    const parts = step(classifier({ optimizer: rate, clipValue: 0.02 }));
    for (const { name, taken, g } of parts) expect(largestDifference(taken, g.map(cut)), name).toBeLessThan(3e-7);
    const long = norm(parts.map(({ g }) => ({ g: g.map(cut) })));
    expect(long).toBeGreaterThan(0.05);
    for (const { taken, g } of step(classifier({ optimizer: rate, clipValue: 0.02, clipNorm: 0.05 }))) {
      const wanted = g.map((value) => (cut(value) * 0.05) / long);
      expect(largestDifference(taken, wanted)).toBeLessThan(3e-7);
    }
  });

  it('is kept in files', () => {
    const model = classifier({ clipNorm: 0.1, clipValue: 0.05 });
    const copy = load<'crossEntropy'>(model.save());
    const plain = classifier();
    for (const one of [model, copy, plain]) one.fitSync(x, y);
    expect(hashOf(copy)).toBe(hashOf(model));
    expect(hashOf(copy)).not.toBe(hashOf(plain));
  });

  it('does not hide a gradient that is infinite, nor one that is too long to measure', () => {
    for (const input of [3e38, 1e25]) {
      const model = sequential({ input: 1, layers: [dense(1), dense(1)] }).compile({
        loss: 'meanAbsoluteError',
        optimizer: rate,
        clipNorm: 1,
      });
      model.setParameters({ 'dense0.weight': { data: [1] }, 'dense1.weight': { data: [1] } });
      const before = hashOf(model);
      // the gradient is the input itself, whose square is beyond float32
      expect(() => model.trainOnBatch([[input]], [0])).toThrow(DivergenceError);
      expect(hashOf(model)).toBe(before);
    }
  });

  it('by value lets a step happen whose gradient would have been too long to measure', () => {
    const model = sequential({ input: 1, layers: [dense(1)] }).compile({
      loss: 'meanAbsoluteError',
      optimizer: rate,
      clipValue: 0.5,
    });
    model.setParameters({ 'dense0.weight': { data: [1] } });
    model.trainOnBatch([[1e25]], [0]);
    expect([...valuesOf(model.parameters(), 'dense0.weight')]).toEqual([0.5]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e-60, '1', null])('to %s is refused', (limit) => {
    for (const name of ['clipNorm', 'clipValue']) {
      expectMessage(
        () => classifier({ [name]: untyped(limit) }),
        [`compile: \`${name}\` must be a finite number above 0`],
      );
    }
  });
});
