import { describe, expect, it } from 'vitest';
import { type FitOptions, load } from '../../src/index.js';
import { classifier, clusters, sha256 } from './support.js';

const { x, y } = clusters(96);
type Options = FitOptions<readonly [Float32Array, number[]], 'accuracy'>;

/** The state of a model that has done exactly `steps` steps of 32 rows. */
function stateAfter(steps: number): string {
  const model = classifier();
  model.fitSync(x, y, { epochs: 1000, maxSamples: 32 * steps });
  return sha256(model.save({ optimizer: true }));
}

describe('maxSamples', () => {
  it.each([
    ['within an epoch', 64, 1],
    ['at the end of an epoch', 96, 1],
    ['within a batch', 130, 2],
  ])('%s: ends after that many rows', (_, maxSamples, epochs) => {
    let rows = 0;
    const model = classifier();
    const onEpochEnd: Options['onEpochEnd'] = ({ epoch }) => {
      rows = epoch;
    };
    const { stopReason, metrics } = model.fitSync(x, y, { epochs: 9, maxSamples, onEpochEnd });
    expect(stopReason).toBe('sampleLimit');
    expect(metrics.loss).toHaveLength(epochs);
    expect(rows).toBe(epochs);
  });

  it('that all epochs need is no reason to stop', () => {
    expect(classifier().fitSync(x, y, { epochs: 2, maxSamples: 192 }).stopReason).toBe('completed');
  });

  it('ends at a completed step: the same as when the batches are given one by one', () => {
    const model = classifier();
    model.fitSync(x, y, { shuffle: false, maxSamples: 50 });
    const stepped = classifier();
    stepped.trainOnBatch(x.subarray(0, 4 * 32), y.slice(0, 32));
    stepped.trainOnBatch(x.subarray(4 * 32, 4 * 50), y.slice(32, 50));
    expect(model.save()).toEqual(stepped.save());
  });
});

describe('timeLimit', () => {
  it.each(['fit', 'fitSync'] as const)('%s: ends at a completed step', async (way) => {
    const model = classifier();
    const history = await model[way](x, y, { epochs: 1e6, timeLimit: 30 });
    expect(history.stopReason).toBe('timeLimit');
    expect(history.metrics.loss.length).toBeLessThan(1e6);
    const copy = load<'crossEntropy'>(model.save({ optimizer: true }));
    copy.fitSync(x, y);
    model.fitSync(x, y);
    expect(model.save()).toEqual(copy.save());
  });

  it('of 0 does one step', async () => {
    const model = classifier();
    const { stopReason } = await model.fit(x, y, { epochs: 5, timeLimit: 0 });
    expect(stopReason).toBe('timeLimit');
    expect(sha256(model.save({ optimizer: true }))).toBe(stateAfter(1));
  });
});

describe('the caller ends it', () => {
  const options = (stop: number): Options => ({
    epochs: 9,
    onEpochEnd: ({ epoch }) => (epoch === stop ? 'stop' : undefined),
  });

  it("by 'stop' from onEpochEnd", async () => {
    for (const way of ['fit', 'fitSync'] as const) {
      const model = classifier();
      const { stopReason, metrics } = await model[way](x, y, options(2));
      expect(stopReason, way).toBe('callback');
      expect(metrics.loss, way).toHaveLength(2);
      expect(sha256(model.save({ optimizer: true })), way).toBe(stateAfter(6));
    }
  });

  it('by break out of train', async () => {
    const model = classifier();
    for await (const { epoch } of model.train(x, y, { epochs: 9 })) if (epoch === 2) break;
    expect(model.history?.stopReason).toBe('callback');
    expect(model.history?.metrics.loss).toHaveLength(2);
    expect(sha256(model.save({ optimizer: true }))).toBe(stateAfter(6));
    model.fitSync(x, y);
  });

  it('by break, and the best weights come back', async () => {
    const model = classifier({ learningRate: 0.5 });
    const validationData = [x.map((value, i) => value + 3 * Math.sin(i)), y] as const;
    const earlyStopping = { patience: 99 };
    for await (const { epoch } of model.train(x, y, { epochs: 99, validationData, earlyStopping })) {
      if (epoch === 12) break;
    }
    const best = model.history?.best;
    expect(best?.epoch).toBeLessThan(12);
    expect(model.evaluateSync(...validationData).loss).toBe(best?.value);
  });

  it('by an error in onEpochEnd: it comes through, and the model is at a completed step', async () => {
    for (const way of ['fit', 'fitSync'] as const) {
      const model = classifier();
      const run = async () =>
        model[way](x, y, {
          epochs: 9,
          onEpochEnd: () => {
            throw new RangeError('mine');
          },
        });
      await expect(run(), way).rejects.toThrow(new RangeError('mine'));
      expect(model.history?.stopReason, way).toBe('aborted');
      expect(sha256(model.save({ optimizer: true })), way).toBe(stateAfter(3));
    }
  });
});

describe('signal', () => {
  it('aborted in time: rejects with its reason, at a completed step, with history and best weights', async () => {
    const model = classifier();
    const controller = new AbortController();
    const reason = new Error('enough');
    const epochs = 1e6;
    const fit = model.fit(x, y, {
      epochs,
      signal: controller.signal,
      validationSplit: 0.2,
      earlyStopping: { patience: epochs },
    });
    setTimeout(() => controller.abort(reason), 40);
    await expect(fit).rejects.toBe(reason);
    const { history } = model;
    expect(history?.stopReason).toBe('aborted');
    expect(history?.metrics.loss.length).toBeGreaterThan(0);
    expect(history?.metrics.loss.length).toBeLessThan(epochs);
    for (const { data } of Object.values(model.parameters())) expect(data.every(Number.isFinite)).toBe(true);

    const copy = load<'crossEntropy'>(model.save({ optimizer: true }));
    expect(copy.predict(x)).toEqual(model.predict(x));
    copy.fitSync(x, y);
    model.fitSync(x, y);
    expect(model.save()).toEqual(copy.save());
  });

  it('aborted by onEpochEnd: that epoch is the last', async () => {
    for (const way of ['fit', 'fitSync'] as const) {
      const model = classifier();
      const controller = new AbortController();
      const { signal } = controller;
      const onEpochEnd: Options['onEpochEnd'] = ({ epoch }) => {
        if (epoch === 2) controller.abort('enough');
      };
      const run = async () => model[way](x, y, { epochs: 5, signal, onEpochEnd });
      await expect(run(), way).rejects.toBe('enough');
      expect(model.history?.metrics.loss, way).toHaveLength(2);
      expect(model.history?.stopReason, way).toBe('aborted');
      expect(sha256(model.save({ optimizer: true })), way).toBe(stateAfter(6));
    }
  });

  it('aborted between the slices of a step: counters and parameters belong together', async () => {
    const possible = Array.from({ length: 40 }, (_, steps) => (steps === 0 ? '' : stateAfter(steps)));
    for (const turns of [1, 2, 5]) {
      const model = classifier();
      const controller = new AbortController();
      const fit = model.fit(x, y, { epochs: 99, signal: controller.signal, sliceMs: 0 });
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      await expect(fit).rejects.toBe(controller.signal.reason);
      expect(possible).toContain(sha256(model.save({ optimizer: true })));
    }
  });

  it('aborted before the start: nothing happens', async () => {
    const signal = AbortSignal.abort('no');
    for (const way of ['fit', 'fitSync'] as const) {
      const model = classifier({ standardize: true });
      const before = sha256(model.save({ optimizer: true }));
      const names = y.map((label) => 'abc'[label] as string);
      const run = async () => model[way](x, names, { signal });
      await expect(run(), way).rejects.toBe('no');
      expect(sha256(model.save({ optimizer: true })), way).toBe(before);
      expect(model.classes, way).toBeUndefined();
    }
  });
});
