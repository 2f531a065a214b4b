/** Fits with early stopping that are left in the middle and gone on with: the same bytes, history and best epoch as in one go. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/format/safetensors.js';
import {
  adam,
  bagging,
  batchNorm,
  type Dataset,
  dense,
  dropout,
  type FitOptions,
  type History,
  load,
  loadEnsemble,
  reduceOnPlateau,
  sequential,
} from '../../src/index.js';
import { decodeModel, encodeModel } from '../../src/model/checkpoint.js';
import { load as loadForPrediction } from '../../src/predict.js';
import { classifier, clusters, sha256 } from './support.js';

const { x, y } = clusters(150);
// other rows, on which a network soon becomes worse
const held = [x.map((value, i) => value + 2 * Math.sin(i)), y] as const;
const exact = { optimizer: true } as const;
type Options = FitOptions<readonly [Float32Array, number[]], 'accuracy'>;

const layers = [
  dense(8, { activation: 'relu' }),
  batchNorm(),
  dropout({ rate: 0.2 }),
  dense(3, { activation: 'softmax' }),
];

function make(learningRate = 0.05) {
  const optimizer = adam({ learningRate: reduceOnPlateau(learningRate, { factor: 0.5, patience: 2 }) });
  return sequential({ input: 4, seed: 5, layers, standardize: true }).compile({
    loss: 'crossEntropy',
    optimizer,
    metrics: ['accuracy'],
  });
}

const CASES: Readonly<Record<string, { readonly options: Options; readonly stopReason: string }>> = {
  'stops early': {
    options: { epochs: 40, validationData: held, earlyStopping: { patience: 3 } },
    stopReason: 'earlyStopping',
  },
  'trains all epochs': {
    options: { epochs: 6, validationSplit: 0.2, earlyStopping: { patience: 50, minDelta: 0.01 } },
    stopReason: 'completed',
  },
  'watches the training accuracy, with diagnoses': {
    options: {
      epochs: 30,
      diagnostics: true,
      earlyStopping: { patience: 2, monitor: 'accuracy' },
      validationSplit: 0.2,
    },
    stopReason: 'earlyStopping',
  },
};

const reopened = (bytes: Uint8Array) => load<'crossEntropy', 'accuracy'>(bytes);

describe.each(Object.entries(CASES))('a fit that %s', (_name, { options, stopReason }) => {
  const whole = make();
  const history = whole.fitSync(x, y, options);
  const bytes = sha256(whole.save(exact));

  it('is what this test is about: its best epoch is not the last', () => {
    expect(history.stopReason).toBe(stopReason);
    if (stopReason === 'earlyStopping') expect(history.best.epoch).toBeLessThan(history.metrics.loss.length);
    const { tensors, metadata } = decodeSafetensors(whole.save(exact), 'load');
    expect([...tensors.keys()].filter((name) => /^_(best|last)\./.test(name))).toEqual([]);
    expect(metadata.training).not.toContain('stopping');
  });

  it('in slices of any size: bytes, history and best epoch are the same', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 40, max: 700 }), { minLength: 1, maxLength: 4 }), (sizes) => {
        let state = make().save(exact);
        let last: History<'accuracy'> | undefined;
        for (let slice = 0; last?.stopReason !== stopReason; slice++) {
          const model = reopened(state);
          last = model.fitSync(x, y, { ...options, maxSamples: sizes[slice % sizes.length] as number, resume: true });
          if (last.stopReason !== stopReason) expect(last.stopReason).toBe('sampleLimit');
          // what is kept in between are the best weights so far
          const judged = last.best.epoch > 0 && options.validationData && model.evaluateSync(held[0], [...held[1]]);
          if (judged) expect(judged.loss).toBe(last.best.value);
          state = model.save(exact);
          expect(reopened(state).predict(x)).toEqual(model.predict(x));
          model.dispose();
        }
        expect(last).toEqual(history);
        expect(sha256(state)).toBe(bytes);
      }),
      { numRuns: 8 },
    );
  });

  it('from a checkpoint of any moment, in the middle of steps, of judging and between epochs', async () => {
    const model = make();
    const saved = new Map<string, Uint8Array>();
    const keep = () => {
      const state = model.save(exact);
      saved.set(sha256(state), state);
    };
    await model.fit(x, y, { ...options, sliceMs: 0, onProgress: keep, onEpochEnd: keep });
    const epochs = history.metrics.loss.length;
    expect(saved.size).toBeGreaterThan(4 * epochs);
    // all of those of short fits, some of those of long ones
    const states = [...saved.values()].filter((_, i) => i % Math.ceil(saved.size / 60) === 0);
    for (const state of [...states, ...[...saved.values()].slice(-3)]) {
      const resumed = reopened(state);
      expect(resumed.fitSync(x, y, { ...options, resume: true })).toEqual(history);
      expect(sha256(resumed.save(exact))).toBe(bytes);
      resumed.dispose();
    }
  });

  it('after it was aborted, without `resume` the first time: the best weights are there meanwhile', async () => {
    const model = make();
    const controller = new AbortController();
    const onProgress: Options['onProgress'] = ({ epoch, rows }) =>
      void (epoch === 3 && rows > 30 && controller.abort(new Error('enough')));
    const fit = model.fit(x, y, { ...options, sliceMs: 0, signal: controller.signal, onProgress });
    await expect(fit).rejects.toThrow('enough');
    expect(model.history?.metrics.loss).toEqual(history.metrics.loss.slice(0, 2));
    const shortened = make();
    shortened.fitSync(x, y, { ...options, epochs: 2 });
    expect(model.predict(x)).toEqual(shortened.predict(x));
    const copy = reopened(model.save(exact));
    for (const one of [model, copy]) {
      expect(await one.fit(x, y, { ...options, resume: true })).toEqual(history);
      expect(sha256(one.save(exact))).toBe(bytes);
    }
  });

  it('after `break` out of train, at the end of an epoch', async () => {
    const model = make();
    for await (const { epoch } of model.train(x, y, options)) if (epoch === 2) break;
    expect(model.history?.stopReason).toBe('callback');
    expect(model.fitSync(x, y, { ...options, resume: true })).toEqual(history);
    expect(sha256(model.save(exact))).toBe(bytes);
  });
});

/** A model whose fit was left in the middle of its third epoch. */
function left(options: Options = CASES['stops early']?.options as Options) {
  const model = make();
  model.fitSync(x, y, { ...options, maxSamples: 360, resume: true });
  return model;
}

const stopsEarly = CASES['stops early']?.options as Options;

describe('a fit with early stopping that was left', () => {
  it('holds the weights of the best epoch while it is at work, and those of the last step when it was left', () => {
    const names = (bytes: Uint8Array) =>
      new Set([...decodeSafetensors(bytes, 'load').tensors.keys()].map((name) => name.split('.')[0]));
    const model = make();
    const seen: string[] = [];
    model.fitSync(x, y, {
      ...stopsEarly,
      onEpochEnd: ({ epoch }) => {
        seen.push([...names(model.save(exact))].filter((name) => name?.match(/^_[bl]/)).join());
        return epoch === 2 ? 'stop' : undefined;
      },
    });
    expect(seen).toEqual(['_best', '_best']);
    expect(names(model.save(exact))).toContain('_last');
    expect(names(model.save())).not.toContain('_last');
    expect(() => reopened(model.save())).not.toThrow();
  });

  it('cannot be gone on with by other options or other rows, and says which', () => {
    const model = left();
    const before = sha256(model.save(exact));
    const refused = (options: Options, message: RegExp, inputs = x, targets = y) => {
      expect(() => model.fitSync(inputs, targets, { ...options, resume: true })).toThrow(message);
      expect(sha256(model.save(exact))).toBe(before);
    };
    const { earlyStopping: _, ...without } = stopsEarly;
    refused(without, /the fit under way was begun with early stopping by `val_loss`.*Received: no early stopping/);
    refused({ ...stopsEarly, earlyStopping: { patience: 3, monitor: 'loss' } }, /Received: early stopping by `loss`/);
    refused({ ...stopsEarly, diagnostics: true }, /begun with no diagnostics.*Received: diagnostics/);
    refused({ ...stopsEarly, batchSize: 16 }, /in batches of 32.*Received: .*in batches of 16/);
    const other = x.slice();
    other[4] = 7;
    refused(stopsEarly, /the epoch under way was begun with rows whose checksum is \d+/, other);
    refused(stopsEarly, /rows whose checksum is \d+/, x, [...y.slice(0, -1), (y.at(-1) as number) === 0 ? 1 : 0]);
    refused({ ...stopsEarly, validationData: [other, y] }, /validation rows whose checksum is \d+/);
  });

  it('between epochs has the same rows too', () => {
    const model = make();
    model.fitSync(x, y, { ...stopsEarly, onEpochEnd: () => 'stop' });
    expect(() => model.fitSync(x, y, { ...stopsEarly, batchSize: 8, resume: true })).toThrow('in batches of 32');
  });

  it('is given up when its weights are changed from outside', () => {
    const changes: readonly ((model: ReturnType<typeof make>) => void)[] = [
      (model) => model.trainOnBatch(x, y),
      (model) => model.setParameters(model.parameters()),
    ];
    for (const change of changes) {
      const model = left();
      expect(decodeModel(model.save(exact)).training?.stopping).toBeDefined();
      change(model);
      expect(decodeModel(model.save(exact)).training).not.toHaveProperty('stopping');
      // what looks and changes nothing is no reason
      const other = left();
      other.diagnose(x, y);
      other.profile(x, y, { repetitions: 1 });
      expect(decodeModel(other.save(exact)).training?.stopping).toBeDefined();
    }
  });

  it('is given up when part of an epoch was judged: without `resume` a limit ends it for good', () => {
    const model = make();
    model.fitSync(x, y, { ...stopsEarly, maxSamples: 360 });
    expect(decodeModel(model.save(exact)).training).not.toHaveProperty('stopping');
    expect(decodeModel(model.save(exact)).training).not.toHaveProperty('position');
  });

  it('stays as it is until another fit has done a step', async () => {
    for (const [model, options] of [
      [left(), stopsEarly],
      [classifier(), { epochs: 4 }],
    ] as const) {
      if (options !== stopsEarly) model.fitSync(x, y, { ...options, maxSamples: 200, resume: true });
      const before = sha256(model.save(exact));
      const controller = new AbortController();
      const seen: string[] = [];
      // aborted while it waits: for the first row, then for the first block
      const dataset: Dataset<number[]> = {
        rows: y.length,
        read: async (first, count) => {
          seen.push(sha256(model.save(exact)));
          if (count > 1) controller.abort(new Error('no'));
          return { x: x.slice(4 * first, 4 * (first + count)), y: y.slice(first, first + count) };
        },
      };
      const { validationSplit: _, ...others } = options as Options;
      const none = model.fit(dataset, { ...others, signal: controller.signal });
      await expect(none).rejects.toThrow('no');
      expect(sha256(model.save(exact))).toBe(before);
      expect(seen.length).toBeGreaterThan(1);
      expect(new Set(seen)).toEqual(new Set([before]));
      model.fitSync(x, y, { epochs: 1, maxSamples: 40 });
      expect(decodeModel(model.save(exact)).training).not.toHaveProperty('stopping');
    }
  });

  it('predicts with `lanegrad/predict` what the model itself does', () => {
    const model = left();
    expect(loadForPrediction(model.save(exact)).predict(x)).toEqual(model.predict(x));
  });

  it('of an ensemble stays with the member that was at work', () => {
    const optimizer = adam({ learningRate: 0.05 });
    const ensemble = bagging(sequential({ input: 4, seed: 5, layers }), { members: 2, seed: 1 }).compile({
      loss: 'crossEntropy',
      optimizer,
      metrics: ['accuracy'],
    });
    const stop = ({ epoch }: { readonly epoch: number }) => (epoch === 2 ? 'stop' : undefined);
    ensemble.fitSync(x, y, { epochs: 9, validationData: held, earlyStopping: { patience: 3 }, onEpochEnd: stop });
    const again = loadEnsemble<'crossEntropy', 'accuracy'>(ensemble.save(exact));
    expect(again.predict(x)).toEqual(ensemble.predict(x));
    expect(sha256(again.save(exact))).toBe(sha256(ensemble.save(exact)));
    for (const one of [ensemble, again]) one.fitSync(x, y, { epochs: 1 });
    expect(sha256(again.save(exact))).toBe(sha256(ensemble.save(exact)));
  });

  it('diverged, is over', () => {
    const model = make(1e9);
    expect(() => model.fitSync(x, y, { ...stopsEarly, epochs: 500 })).toThrow('diverged');
    expect(decodeModel(model.save(exact)).training).not.toHaveProperty('stopping');
  });
});

describe('a data set', () => {
  const dataset = (blockRows: number, rows = x): Dataset<number[]> => ({
    rows: y.length,
    blockRows,
    read: (first, count) => ({ x: rows.slice(4 * first, 4 * (first + count)), y: y.slice(first, first + count) }),
  });

  it('is no matter of early stopping: it waits on, where rows had to be waited for too', async () => {
    const rows = dataset(40);
    const waiting = { ...rows, read: async (first: number, count: number) => await rows.read(first, count) };
    const options = { epochs: 60, batchSize: 10, validationSplit: { tail: 0.2 }, earlyStopping: { patience: 2 } };
    const whole = make();
    const history = await whole.fit(waiting, options);
    expect(history.stopReason).toBe('earlyStopping');
    let state = make().save(exact);
    for (let last: History<'accuracy'> | undefined; last?.stopReason !== 'earlyStopping'; ) {
      const model = reopened(state);
      last = await model.fit(waiting, { ...options, maxSamples: 170, resume: true });
      state = model.save(exact);
      if (last.stopReason === 'earlyStopping') expect(last).toEqual(history);
    }
    expect(sha256(state)).toBe(sha256(whole.save(exact)));
  });

  it('in other blocks, or with another first row, is refused, where the order depends on blocks', () => {
    const options = { epochs: 3, batchSize: 10, maxSamples: 70, resume: true } as const;
    const model = classifier();
    model.fitSync(dataset(40), options);
    const before = sha256(model.save(exact));
    expect(() => model.fitSync(dataset(50), options)).toThrow(
      /begun with 150 training rows in batches of 10, shuffled, in blocks of 40.*Received: .*in blocks of 50/,
    );
    const other = x.slice();
    other[0] = 9;
    expect(() => model.fitSync(dataset(40, other), options)).toThrow('rows whose checksum is');
    expect(sha256(model.save(exact))).toBe(before);
    model.fitSync(dataset(43), options);
    const inOrder = classifier();
    inOrder.fitSync(dataset(40), { ...options, shuffle: false });
    inOrder.fitSync(dataset(50), { ...options, shuffle: false });
  });
});

describe('a file', () => {
  const bytes = left().save(exact);
  const { tensors, metadata } = decodeSafetensors(bytes, 'load');
  const training = JSON.parse(metadata.training as string);

  it('of an earlier version, which knew no checksums, is gone on with', () => {
    const model = classifier();
    model.fitSync(x, y, { epochs: 2, maxSamples: 64, resume: true });
    const file = decodeSafetensors(model.save(exact), 'load');
    const old = JSON.parse(file.metadata.training as string);
    expect(old.position.data).toBeGreaterThan(0);
    delete old.position.data;
    const again = reopened(
      encodeSafetensors({ tensors: file.tensors, metadata: { ...file.metadata, training: JSON.stringify(old) } }),
    );
    again.fitSync(x, y, { epochs: 2, resume: true });
    model.fitSync(x, y, { epochs: 2, resume: true });
    expect(sha256(again.save(exact))).toBe(sha256(model.save(exact)));
  });

  it('keeps figures that JSON has no words for', () => {
    const saved = decodeModel(bytes);
    const { stopping } = saved.training ?? {};
    if (!saved.training || !stopping) throw new Error('nothing is under way');
    const figures = stopping.curves.val_loss?.map(
      (_, i) => [Number.NaN, Number.POSITIVE_INFINITY, -0][i % 3] as number,
    );
    const record = {
      ...stopping,
      curves: { ...stopping.curves, val_loss: figures as number[] },
      best: { epoch: 1, value: Number.NEGATIVE_INFINITY },
    };
    const file = encodeModel({ ...saved, training: { ...saved.training, stopping: record } });
    expect(decodeModel(file).training?.stopping).toEqual(record);
    expect(sha256(reopened(file).save(exact))).toBe(sha256(file));
  });

  it('whose record or weights cannot be is refused', () => {
    const { stopping } = training;
    const epochs = stopping.curves.loss.length;
    const records = [
      { monitor: 3 },
      { monitor: 'val_accuracy2' },
      { curves: null },
      { curves: { ...stopping.curves, loss: [] } },
      { curves: { ...stopping.curves, loss: stopping.curves.loss.map(String) } },
      { best: { epoch: 0, value: 1 } },
      { best: { epoch: epochs + 1, value: 1 } },
      { best: { epoch: 1, value: '1' } },
      { best: undefined },
      { diagnostics: [] },
      { diagnostics: 'all' },
      { shape: { ...stopping.shape, totalRows: 0 } },
      { shape: null },
      { judged: 'x' },
    ];
    for (const change of records) {
      const text = JSON.stringify({ ...training, stopping: { ...stopping, ...change } });
      const file = encodeSafetensors({ tensors, metadata: { ...metadata, training: text } });
      expect(() => load(file), JSON.stringify(change)).toThrow('the counters of the training are not those');
    }
    const without = new Map([...tensors].filter(([name]) => !name.startsWith('_last.')));
    const some = new Map([...tensors].filter(([name]) => name !== '_last.dense0.bias'));
    const both = new Map([
      ...tensors,
      ...[...tensors].map(([name, t]) => [name.replace('_last', '_best'), t] as const),
    ]);
    const shaped = new Map(tensors).set('_last.dense0.bias', { shape: [2], data: new Float32Array(2) });
    const name = [...tensors.keys()].find((one) => /^_last.*variance/i.test(one)) as string;
    const { shape, data } = tensors.get(name) as { shape: number[]; data: Float32Array };
    const low = new Map(tensors).set(name, { shape, data: data.map(() => -1) });
    const { stopping: _, ...rest } = training;
    for (const [found, message, text] of [
      [without, 'the weights of the best epoch are not there once'],
      [some, '_last.dense0.bias is missing'],
      [both, 'not there once'],
      [shaped, '_last.dense0.bias has shape [2] instead of [8]'],
      [low, 'holds values below'],
      [tensors, 'not there once', JSON.stringify(rest)],
    ] as const) {
      const file = encodeSafetensors({ tensors: found, metadata: { ...metadata, ...(text && { training: text }) } });
      expect(() => load(file)).toThrow(message);
    }
  });
});
