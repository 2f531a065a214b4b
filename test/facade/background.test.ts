/** `fit(x, y, { background: true })`: a worker trains, and nobody can tell by the bits. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  adam,
  bagging,
  createRuntime,
  type Dataset,
  DisposedError,
  DivergenceError,
  dense,
  load,
  MemoryLimitError,
  reduceOnPlateau,
  sequential,
  sgd,
  ThreadError,
  UnsupportedError,
} from '../../src/index.js';
import { everything, images, small, turn, watchWorkers } from '../support/threads.js';
import { clusters, curve, sha256 } from './support.js';

const { x, y } = images;
const runtime = (threads = 1) => createRuntime({ kernel: 'simd', threads });
const background = true;

interface Saved {
  save(options: { readonly optimizer: boolean }): Uint8Array;
}
const checkpoint = (model: Saved): string => sha256(model.save({ optimizer: true }));

afterEach(() => void vi.restoreAllMocks());

function regression(optimizer = adam({ learningRate: 0.02 }), threads = 1) {
  const layers = [dense(8, { activation: 'tanh' }), dense(1)];
  const config = { input: 3, seed: 2, layers, standardize: true, standardizeTarget: true };
  return sequential(config, { runtime: runtime(threads) }).compile({
    loss: 'meanSquaredError',
    optimizer,
    metrics: ['mae'],
  });
}

describe('the same bits and the same history', () => {
  it.each([1, 2])('with all that a step can have, %i threads', async (threads) => {
    const [here, there] = [everything(runtime()), everything(runtime(threads))];
    const options = { epochs: 3, batchSize: 24, validationSplit: 0.25, diagnostics: true } as const;
    const history = await here.fit(x, y, options);
    expect(await there.fit(x, y, { ...options, background })).toEqual(history);
    expect(there.history).toEqual(history);
    expect(checkpoint(there)).toBe(checkpoint(here));
    expect(there.predict(x)).toEqual(here.predict(x));
    // and on from there, in the foreground
    for (const model of [here, there]) model.fitSync(x, y, { batchSize: 24 });
    expect(checkpoint(there)).toBe(checkpoint(here));
  });

  it('with early stopping, whose best weights are restored', async () => {
    const [here, there] = [regression(sgd({ learningRate: 0.3 })), regression(sgd({ learningRate: 0.3 }))];
    const { x: inputs, y: targets } = curve(60, { size: 50, offset: 1000 });
    const { x: others, y: theirs } = curve(22, { size: 50, offset: 1000, seed: 2 });
    const earlyStopping = { patience: 2, monitor: 'val_mae', minDelta: 0.5 } as const;
    const options = { epochs: 60, validationData: [others, theirs], earlyStopping } as const;
    const history = await here.fit(inputs, targets, options);
    expect(history.stopReason).toBe('earlyStopping');
    expect(await there.fit(inputs, targets, { ...options, background })).toEqual(history);
    expect(there.save()).toEqual(here.save());
  });

  it('with names of classes, weights and rows of bytes', async () => {
    const bytes = { data: Uint8Array.from(x, (value) => 128 + 20 * value), shape: [y.length, 144], scale: 1 / 255 };
    const names = Array.from(y, (label) => ['ant', 'bee', 'cat'][label] as string);
    const sampleWeight = Float32Array.from(names, (_, i) => 1 + (i % 3));
    const options = { epochs: 2, classWeight: { bee: 2 }, sampleWeight, validationSplit: { tail: 0.2 } } as const;
    const [here, there] = [everything(runtime()), everything(runtime())];
    await here.fit(bytes, names, options);
    await there.fit(bytes, names, { ...options, background });
    expect(there.classes).toEqual(['ant', 'bee', 'cat']);
    expect(checkpoint(there)).toBe(checkpoint(here));
  });

  it('with a schedule that watches the figures, in slices of a few rows each', async () => {
    const make = () => regression(adam({ learningRate: reduceOnPlateau(0.05, { factor: 0.5, patience: 1 }) }));
    const [here, there] = [make(), make()];
    const { x: inputs, y: targets } = curve(60, { size: 50, offset: 1000 });
    here.fitSync(inputs, targets, { epochs: 4, batchSize: 8 });
    const options = { epochs: 4, batchSize: 8, maxSamples: 50, resume: true, background } as const;
    let slices = 0;
    for (let stopReason = ''; stopReason !== 'completed'; slices++) {
      ({ stopReason } = await there.fit(inputs, targets, options));
    }
    expect(slices).toBeGreaterThan(4);
    expect(checkpoint(there)).toBe(checkpoint(here));
  });

  it('where nobody listens, for epochs that are too short to be told one by one', async () => {
    const { x: few, y: labels } = clusters(60);
    const [here, there] = [small(runtime()), small(runtime())];
    const history = here.fitSync(few, labels, { epochs: 200 });
    expect(await there.fit(few, labels, { epochs: 200, background })).toEqual(history);
    expect(checkpoint(there)).toBe(checkpoint(here));
  });
});

describe('the caller', () => {
  it('hears of every epoch, with the model as it is then, and may stop', async () => {
    const [told, expected] = await Promise.all(
      [true, false].map(async (afar) => {
        const list: unknown[] = [];
        const model = everything(runtime());
        const history = await model.fit(x, y, {
          epochs: 9,
          background: afar,
          onEpochEnd(logs) {
            list.push(logs, checkpoint(model), sha256(new Uint8Array(model.predict(x).buffer)), model.history);
            return logs.epoch === 3 ? 'stop' : undefined;
          },
        });
        return [list, history, checkpoint(model)];
      }),
    );
    expect(told).toEqual(expected);
    expect(told?.[1]).toMatchObject({ stopReason: 'callback', metrics: { loss: { length: 3 } } });
  });

  it('may walk through the epochs, and leave', async () => {
    const [here, there] = [everything(runtime()), everything(runtime())];
    for (const [model, afar] of [
      [here, false],
      [there, true],
    ] as const) {
      const epochs: number[] = [];
      for await (const { epoch } of model.train(x, y, { epochs: 9, background: afar })) {
        epochs.push(epoch);
        // the worker does not go on meanwhile
        await turn();
        if (epoch === 2) break;
      }
      expect(epochs).toEqual([1, 2]);
    }
    expect(there.history).toEqual(here.history);
    expect(there.history?.stopReason).toBe('callback');
    expect(checkpoint(there)).toBe(checkpoint(here));
  });

  it('hears how far an epoch has come', async () => {
    const model = everything(runtime());
    const heard: number[] = [];
    const onProgress = ({ rows }: { readonly rows: number }): void => void heard.push(rows);
    await model.fit(x, y, { epochs: 2, batchSize: 8, sliceMs: 0, onProgress, background });
    expect(heard.length).toBeGreaterThan(4);
    expect(new Set(heard).size).toBeGreaterThan(2);
    expect(heard.every((rows) => rows >= 0 && rows <= y.length)).toBe(true);
  });

  it('keeps the arrays, as they were', async () => {
    const inputs = x.slice();
    const labels = Int32Array.from(y);
    const weights = new Float32Array(y.length).fill(2);
    await everything(runtime()).fit(inputs, labels, { sampleWeight: weights, background });
    expect(inputs).toEqual(x);
    expect([...labels]).toEqual(y);
    expect(weights.every((weight) => weight === 2)).toBe(true);
  });

  it('may share them', async () => {
    const shared = new Float32Array(new SharedArrayBuffer(x.byteLength));
    shared.set(x);
    const [here, there] = [everything(runtime()), everything(runtime())];
    here.fitSync(x, y);
    const slice = vi.spyOn(Float32Array.prototype, 'slice');
    await there.fit(shared, y, { background });
    expect(slice.mock.contexts).not.toContain(shared);
    slice.mockRestore();
    expect(checkpoint(there)).toBe(checkpoint(here));
  });

  it('finds the model at work meanwhile, and able to predict and save', async () => {
    const model = everything(runtime());
    const before = model.save();
    const fit = model.fit(x, y, { epochs: 3, background });
    await expect(model.fit(x, y)).rejects.toThrow(/^fit: the model is at work \(fit\)/);
    await expect(model.fit(x, y, { background })).rejects.toThrow(/^fit: the model is at work \(fit\)/);
    expect(() => model.trainOnBatch(x, y)).toThrow(/at work/);
    // nothing was told yet
    expect(model.save()).toEqual(before);
    expect(model.predict(x)).toHaveLength(3 * y.length);
    await fit;
    expect(model.save()).not.toEqual(before);
    await model.fit(x, y, { background });
  });
});

/** Checks that a model goes on from where it stands as its copy does. */
async function goesOn(model: ReturnType<typeof everything>): Promise<void> {
  const twin = load<'crossEntropy', 'accuracy'>(model.save({ optimizer: true }), { runtime: runtime() });
  await model.fit(x, y, { epochs: 2, background });
  twin.fitSync(x, y, { epochs: 2 });
  expect(checkpoint(model)).toBe(checkpoint(twin));
}

describe('a fit that ends early', () => {
  it('by a signal: at a completed step', async () => {
    const completed = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((steps) => {
      const twin = everything(runtime());
      twin.fitSync(x, y, { batchSize: 24, epochs: 99, maxSamples: 24 * steps });
      return sha256(twin.save());
    });
    const controller = new AbortController();
    const { signal } = controller;
    const model = everything(runtime());
    const onProgress = (): void => controller.abort(new Error('enough'));
    const fit = model.fit(x, y, { batchSize: 24, epochs: 1e6, sliceMs: 0, signal, onProgress, background });
    await expect(fit).rejects.toThrow(/^enough$/);
    expect(model.history?.stopReason).toBe('aborted');
    // at least that many steps are done before a word of it comes here
    if (model.history?.metrics.loss === undefined) expect(completed).toContain(sha256(model.save()));
    await goesOn(model);
  });

  it('by a signal in onEpochEnd: that epoch is the last', async () => {
    const [here, there] = [everything(runtime()), everything(runtime())];
    for (const [model, afar] of [
      [here, false],
      [there, true],
    ] as const) {
      const controller = new AbortController();
      const onEpochEnd = ({ epoch }: { readonly epoch: number }): void => {
        if (epoch === 2) controller.abort(new Error('enough'));
      };
      const fit = model.fit(x, y, { epochs: 9, signal: controller.signal, onEpochEnd, background: afar });
      await expect(fit).rejects.toThrow(/^enough$/);
    }
    expect(there.history).toEqual(here.history);
    expect(checkpoint(there)).toBe(checkpoint(here));
  });

  it('by a signal from before: nothing has begun', async () => {
    const model = everything(runtime());
    const before = model.save();
    const { started, stop } = watchWorkers();
    await expect(model.fit(x, y, { signal: AbortSignal.abort(new Error('no')), background })).rejects.toThrow(/^no$/);
    await turn();
    stop();
    expect(started).toHaveLength(0);
    expect(model.save()).toEqual(before);
    expect(model.history).toBeUndefined();
  });

  it.each(['onEpochEnd', 'onProgress'])('by an error in %s', async (name) => {
    const model = everything(runtime());
    const fail = (): never => {
      throw new Error('of the caller');
    };
    const options = { epochs: 1e6, sliceMs: 0, [name]: fail, background };
    await expect(model.fit(x, y, options)).rejects.toThrow(/^of the caller$/);
    expect(model.history?.stopReason).toBe('aborted');
    await goesOn(model);
  });

  it('by its time', async () => {
    const model = everything(runtime());
    const { stopReason } = await model.fit(x, y, { epochs: 1e6, timeLimit: 5, background });
    expect(stopReason).toBe('timeLimit');
    await goesOn(model);
  });

  it('because the model is disposed', async () => {
    const own = runtime();
    const used = own.used;
    const model = everything(own);
    let heard: () => void = () => {};
    const progress = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const fit = model.fit(x, y, { epochs: 1e6, sliceMs: 0, onProgress: () => heard(), background });
    await progress;
    model.dispose();
    await expect(fit).rejects.toThrow(DisposedError);
    expect(own.used).toBe(used);
  });

  it('because it diverges: with the error of a fit that is not in the background', async () => {
    const make = () => regression(sgd({ learningRate: 1e9 }));
    const { x: inputs, y: targets } = curve(60);
    const [there, here] = await Promise.all(
      ([true, false] as const).map(async (afar) => {
        const model = make();
        const error: unknown = await model.fit(inputs, targets, { epochs: 5, background: afar }).catch((e) => e);
        if (!(error instanceof DivergenceError)) throw new Error(`it ended with ${error}`);
        const { message, step, epoch, culprit, history } = error;
        return { error, message, step, epoch, culprit, told: history, save: checkpoint(model), history: model.history };
      }),
    );
    expect(there?.error).toBeInstanceOf(DivergenceError);
    expect(there?.message).toMatch(/^Training diverged at step/);
    expect(there).toEqual(here);
  });

  it('because memory does not suffice: with nothing changed', async () => {
    const own = createRuntime({ kernel: 'simd', threads: 1, memoryLimit: 2 << 20 });
    const model = sequential({ input: 144, layers: [dense(200), dense(1)] }, { runtime: own }).compile({
      loss: 'meanSquaredError',
    });
    const before = model.save();
    const rows = Float32Array.from({ length: 144 * 4000 }, (_, i) => (i % 7) / 7);
    const batchSize = 4000;
    const fit = model.fit(rows, new Float32Array(4000), { batchSize, background });
    await expect(fit).rejects.toThrow(MemoryLimitError);
    await expect(fit).rejects.toThrow(/^fit of 4000 rows needs an estimated/);
    expect(model.save()).toEqual(before);
    expect(model.history).toBeUndefined();
  });

  it('because the worker is killed: where the model was told last', async () => {
    const model = everything(runtime());
    const { started, stop } = watchWorkers();
    const told: string[] = [];
    const onEpochEnd = ({ epoch }: { readonly epoch: number }): void => {
      told.push(checkpoint(model));
      if (epoch === 3) void started[0]?.terminate();
    };
    const fit = model.fit(x, y, { epochs: 1e6, onEpochEnd, background });
    await expect(fit).rejects.toThrow(ThreadError);
    await expect(fit).rejects.toThrow(/ended from outside.* The model stands at a completed step/);
    stop();
    expect(started).toHaveLength(1);
    expect(checkpoint(model)).toBe(told.at(-1));
    await goesOn(model);
  });
});

describe('is refused', () => {
  const model = small(runtime());
  const { x: few, y: labels } = clusters(30);

  it('where the caller waits for the whole of it', () => {
    expect(() => model.fitSync(few, labels, { background })).toThrow(
      /^fitSync: a background fit goes on while others work\. Received: fitSync\. Help: use `fit` or `train`\.$/,
    );
  });

  it('for anything but true and false, and an address', async () => {
    // @ts-expect-error
    await expect(model.fit(few, labels, { background: 'yes' })).rejects.toThrow(/`background` must be true or false/);
    await expect(model.fit(few, labels, { background, workerUrl: '' })).rejects.toThrow(/^fit: `workerUrl` must be/);
    expect(() => createRuntime({ workerUrl: '' })).toThrow(/^createRuntime: `workerUrl` must be the address of a copy/);
  });

  it('for data sets, functions and ensembles', async () => {
    const dataset: Dataset<number[]> = { rows: 30, read: () => ({ x: few, y: labels }) };
    await expect(model.fit(dataset, { background })).rejects.toThrow(/needs its rows in memory\. Received: a data set/);
    await expect(model.fit(few, labels, { validationData: dataset, background })).rejects.toThrow(/rows in memory/);
    const scheduled = regression(sgd({ learningRate: (t) => 0.1 / (1 + t) }));
    const { x: inputs, y: targets } = curve(30);
    await expect(scheduled.fit(inputs, targets, { background })).rejects.toThrow(/learning rate.*Received: a function/);
    const layers = [dense(3, { activation: 'softmax' })];
    const ensemble = bagging(sequential({ input: 4, layers }), { members: 2 }).compile({ loss: 'crossEntropy' });
    // @ts-expect-error an ensemble has no such option
    await expect(ensemble.fit(few, labels, { background })).rejects.toThrow(
      /is for single models\. Received: an ensemble/,
    );
  });

  it('where no worker can be started, with the model as it was', async () => {
    const { getBuiltinModule } = process;
    const before = model.save();
    const Refused = function refuse(): never {
      throw new Error('Access to this API has been restricted');
    };
    const given = (name: string): unknown =>
      name === 'node:worker_threads' ? { Worker: Refused } : getBuiltinModule(name);
    process.getBuiltinModule = given as typeof getBuiltinModule;
    const fit = model.fit(few, labels, { background });
    await expect(fit).rejects.toThrow(UnsupportedError);
    process.getBuiltinModule = getBuiltinModule;
    await expect(fit).rejects.toThrow(/^fit: no worker could be started .*restricted/);
    expect(model.save()).toEqual(before);
    await model.fit(few, labels, { background });
  });
});

describe('a process', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const model = `
    import { dense, sequential } from 'lanegrad';
    const model = sequential({ input: 2, layers: [dense(1)] }).compile({ loss: 'meanSquaredError' });`;
  const fit = 'model.fit([[1, 2], [3, 4]], [1, 2], { epochs: 3, background: true })';

  it.each([
    ['lives as long as the fit', `${fit}.then(({ stopReason }) => console.log(stopReason));`, 'completed\n'],
    [
      'ends where nobody asks for another epoch',
      `const epochs = model.train([[1, 2], [3, 4]], [1, 2], { epochs: 3, background: true })[Symbol.asyncIterator]();
       console.log((await epochs.next()).value.epoch);`,
      '1\n',
    ],
  ])('%s', (_, script, output) => {
    if (!existsSync(`${root}/dist/index.js`)) {
      console.warn('skipped: needs the built package in dist/; run `npm run build`');
      return;
    }
    const options = { cwd: root, encoding: 'utf8', timeout: 30_000 } as const;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', model + script], options)).toBe(output);
  });
});
