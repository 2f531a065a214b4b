import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adam,
  batchNorm,
  createRuntime,
  type Dataset,
  DisposedError,
  dense,
  dropout,
  load,
  reduceOnPlateau,
  sequential,
} from '../../src/index.js';
import { type Classified, classifier, clusters, curve, hashOf, leastLimit, regressor, sha256 } from './support.js';

interface Source {
  readonly data: Classified;
  readonly width?: number;
  readonly blockRows?: number;
  /** Answers at once, or in a later turn of the event loop. */
  readonly later?: boolean;
  readonly weights?: Float32Array;
  /** Fills the arrays of `spare` again. */
  readonly reuse?: boolean;
}

/** Rows in memory as a data set, which keeps a list of what it was asked for. */
function datasetOf({ data, width = 4, blockRows, later = false, weights, reuse = false }: Source) {
  const asked: (readonly [first: number, count: number])[] = [];
  const dataset: Dataset<number[]> = {
    rows: data.y.length,
    ...(blockRows !== undefined && { blockRows }),
    read(first, count, spare) {
      asked.push([first, count]);
      const part = data.x.subarray(first * width, (first + count) * width);
      const old = reuse && spare?.x instanceof Float32Array ? spare.x : undefined;
      const x =
        old && old.buffer.byteLength >= part.byteLength ? new Float32Array(old.buffer, 0, part.length) : undefined;
      x?.set(part);
      const block = {
        x: x ?? part.slice(),
        y: data.y.slice(first, first + count),
        ...(weights && { sampleWeight: weights.subarray(first, first + count) }),
      };
      return later ? new Promise((resolve) => setImmediate(() => resolve(block))) : block;
    },
  };
  return { dataset, asked };
}

const data = clusters(203);
const many = clusters(3000, { seed: 8 });

/** A net in which all that is random, and all that depends on how batches fall, has its part. */
function everything({ memoryLimit = 2 ** 30, threads = 1, standardize = true } = {}) {
  const runtime = createRuntime({ memoryLimit, threads, kernel: 'simd' });
  const layers = [
    dense(16, { activation: 'relu' }),
    batchNorm(),
    dropout({ keep: 0.8 }),
    dense(3, { activation: 'softmax' }),
  ];
  const model = sequential({ input: 4, seed: 5, standardize, layers }, { runtime }).compile({
    loss: 'crossEntropy',
    optimizer: adam({ learningRate: 0.01 }),
    metrics: ['accuracy'],
  });
  return { model, runtime };
}

describe('arrays that do not fit into memory', () => {
  const weights = Float32Array.from(many.y, (_, row) => 0.5 + (row % 3));
  const cases: Readonly<Record<string, (model: ReturnType<typeof everything>['model']) => unknown>> = {
    shuffled: (model) => model.fitSync(many.x, many.y, { epochs: 2, batchSize: 32 }),
    'in their order': (model) => model.fitSync(many.x, many.y, { shuffle: false, batchSize: 33 }),
    'a last batch of one row': (model) =>
      model.fitSync(many.x.subarray(0, 4 * 2977), many.y.slice(0, 2977), { batchSize: 32 }),
    'part of an epoch': (model) => model.fitSync(many.x, many.y, { epochs: 3, batchSize: 32, maxSamples: 3400 }),
    'one row beyond a batch': (model) => model.fitSync(many.x, many.y, { batchSize: 32, maxSamples: 1025 }),
    'with rows held out': (model) => model.fitSync(many.x, many.y, { epochs: 2, validationSplit: 0.3, batchSize: 32 }),
    'with validation data': (model) =>
      model.fitSync(many.x, many.y, { validationData: [many.x, many.y], epochs: 2, earlyStopping: { patience: 1 } }),
    'with weights': (model) =>
      model.fitSync(many.x, many.y, { sampleWeight: weights, classWeight: 'balanced', validationSplit: { tail: 0.2 } }),
    'with diagnostics': (model) => model.fitSync(many.x, many.y, { epochs: 2, diagnostics: true }),
    evaluated: (model) => model.evaluateSync(many.x, many.y),
  };

  it.each(Object.entries(cases))('%s: the same bits as of arrays that fit', (_, call) => {
    const whole = everything();
    const logs = call(whole.model);
    const limit = leastLimit((memoryLimit) => call(everything({ memoryLimit }).model));
    // 3000 rows of four inputs are 48 KB: the least limit holds no more than a fraction of them
    for (const memoryLimit of [limit, limit + 10_000, limit + 30_000]) {
      const { model, runtime } = everything({ memoryLimit });
      const { used } = runtime;
      expect(call(model)).toEqual(logs);
      expect(sha256(model.save({ optimizer: true }))).toBe(sha256(whole.model.save({ optimizer: true })));
      expect(runtime.used).toBeLessThan(used + 200_000);
    }
  });

  it('stay outside: the arena does not grow with their number', () => {
    const train = (rows: number) => {
      const { x, y } = clusters(rows);
      const { model, runtime } = everything({ memoryLimit: 700_000 });
      model.fitSync(x, y, { batchSize: 64 });
      return runtime.buffer.byteLength;
    };
    expect(train(200_000)).toBe(train(50_000));
  });

  it('that fit in part only: single batches are what must fit', () => {
    const { model, runtime } = everything({ memoryLimit: 700_000 });
    const { used } = runtime;
    const before = sha256(model.save());
    expect(() => model.fitSync(many.x, many.y, { batchSize: 2500 })).toThrow(
      /^fitSync of 3000 rows needs an estimated [\d.]+ .iB, but the memory limit is 683\.6 KiB/,
    );
    expect(runtime.used).toBe(used);
    expect(sha256(model.save())).toBe(before);
  });
});

describe('a data set', () => {
  it('in its order is trained on like arrays, bit for bit, however it is cut', async () => {
    const rows = fc.integer({ min: 2, max: 203 });
    const size = fc.integer({ min: 2, max: 70 });
    await fc.assert(
      fc.asyncProperty(rows, size, size, fc.boolean(), fc.boolean(), async (count, batch, blockRows, later, reuse) => {
        const part = { x: data.x.subarray(0, 4 * count), y: data.y.slice(0, count) };
        const options = { epochs: 2, batchSize: Math.min(batch, count), shuffle: false };
        const wanted = everything({ standardize: false });
        wanted.model.fitSync(part.x, part.y, options);
        const { model, runtime } = everything({ standardize: false });
        const { used } = runtime;
        const { dataset } = datasetOf({ data: part, blockRows, later, reuse });
        const history = await model.fit(dataset, options);
        expect(hashOf(model)).toBe(hashOf(wanted.model));
        expect(history).toEqual(wanted.model.history);
        expect(await model.evaluate(dataset)).toEqual(wanted.model.evaluateSync(part.x, part.y));
        model.dispose();
        expect(runtime.used).toBeLessThan(used);
      }),
      { numRuns: 60 },
    );
  });

  it('of one block is trained on like arrays when it is shuffled too', async () => {
    const wanted = everything({ standardize: true });
    wanted.model.fitSync(data.x, data.y, { epochs: 3 });
    const { model } = everything({ standardize: true });
    await model.fit(datasetOf({ data, later: true }).dataset, { epochs: 3 });
    expect(sha256(model.save({ optimizer: true }))).toBe(sha256(wanted.model.save({ optimizer: true })));
  });

  it('is cut into whole batches, which come in another order in every epoch, each row once', () => {
    const { dataset, asked } = datasetOf({ data, blockRows: 39 });
    const model = everything({ standardize: false }).model;
    model.fitSync(dataset, { epochs: 3, batchSize: 12 });
    const [probe, ...blocks] = asked;
    expect(probe).toEqual([0, 1]);
    // 39 rows are three batches of 12; 203 are five blocks and 23 rows, which are at least a batch
    const wanted = [
      [0, 36],
      [36, 36],
      [72, 36],
      [108, 36],
      [144, 36],
      [180, 23],
    ];
    const epochs = [blocks.slice(0, 6), blocks.slice(6, 12), blocks.slice(12)];
    for (const epoch of epochs) expect([...epoch].sort(([a], [b]) => a - b)).toEqual(wanted);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[1]).not.toEqual(epochs[2]);
    // what is shorter than a batch joins the last block
    const other = datasetOf({ data, blockRows: 49 });
    everything({ standardize: false }).model.fitSync(other.dataset, { batchSize: 48, shuffle: false });
    expect(other.asked.slice(1)).toEqual([
      [0, 48],
      [48, 48],
      [96, 48],
      [144, 59],
    ]);
  });

  it('gives the same bits on one thread and two, at once or later, at any pace and memory limit', async () => {
    const variants = [{}, { threads: 2 }, { memoryLimit: 2 ** 20 }];
    const hashes: string[] = [];
    for (const [i, variant] of variants.entries()) {
      const { model } = everything(variant);
      const { dataset } = datasetOf({ data: many, blockRows: 500, later: i !== 0, reuse: i === 2 });
      await model.fit(dataset, { epochs: 2, batchSize: 50, sliceMs: i, validationSplit: { tail: 0.2 } });
      hashes.push(sha256(model.save({ optimizer: true })));
    }
    expect(new Set(hashes).size).toBe(1);
    const sync = everything().model;
    sync.fitSync(datasetOf({ data: many, blockRows: 500 }).dataset, {
      epochs: 2,
      batchSize: 50,
      validationSplit: { tail: 0.2 },
    });
    expect(sha256(sync.save({ optimizer: true }))).toBe(hashes[0]);
  });

  it('five epochs and five more equal ten, bit for bit', async () => {
    const { dataset } = datasetOf({ data: many, blockRows: 700, later: true });
    const ten = everything().model;
    await ten.fit(dataset, { epochs: 10, batchSize: 100 });
    const five = everything().model;
    await five.fit(dataset, { epochs: 5, batchSize: 100 });
    const five2 = load<'crossEntropy'>(five.save({ optimizer: true }), { runtime: createRuntime({ kernel: 'simd' }) });
    await five2.fit(dataset, { epochs: 5, batchSize: 100 });
    expect(sha256(five2.save({ optimizer: true }))).toBe(sha256(ten.save({ optimizer: true })));
  });

  it('is read ahead: the next block is asked for before this one trains', async () => {
    const { dataset, asked } = datasetOf({ data: many, blockRows: 600, later: true });
    const ahead: number[] = [];
    const model = everything({ standardize: false }).model;
    await model.fit(dataset, {
      batchSize: 100,
      shuffle: false,
      sliceMs: 0,
      onProgress: ({ rows, totalRows }) => {
        expect(totalRows).toBe(3000);
        // one row for the form, the blocks that are done or at work, and the next
        ahead.push(asked.length - 1 - Math.max(1, Math.ceil(rows / 600)));
      },
    });
    expect(ahead.length).toBeGreaterThan(30);
    expect(Math.max(...ahead)).toBe(1);
    expect(asked).toHaveLength(6);
  });

  it('holds a bounded part of memory, however many rows it has', async () => {
    const train = async (rows: number) => {
      const model = classifier();
      const { runtime } = everything();
      const small = load<'crossEntropy'>(model.save(), { runtime });
      const x = new Float32Array(4096 * 4).fill(0.5);
      const y = new Uint8Array(4096);
      const dataset: Dataset<Uint8Array> = {
        rows,
        blockRows: 4096,
        read: (_, count) => ({ x: x.subarray(0, 4 * count), y: y.subarray(0, count) }),
      };
      await small.fit(dataset, { batchSize: 256 });
      return runtime.buffer.byteLength;
    };
    expect(await train(2_000_000)).toBe(await train(20_000));
  });

  it('teaches standardization in a pass of its own, of inputs and of targets', async () => {
    const { x, y } = curve(901, { size: 30, offset: 500 });
    const make = () => regressor({ standardize: true, standardizeTarget: true });
    const wanted = make();
    wanted.fitSync(x, y, { shuffle: false, epochs: 3 });
    const model = make();
    const { dataset } = datasetOf({ data: { x, y }, width: 3, blockRows: 130, later: true });
    await model.fit(dataset, { shuffle: false, epochs: 3 });
    const [a, b] = [model.predict(x), wanted.predict(x)];
    for (let i = 0; i < a.length; i++) expect(Math.abs((a[i] as number) - (b[i] as number))).toBeLessThan(0.01);
    expect(model.history?.metrics.rmse[2]).toBeCloseTo(wanted.history?.metrics.rmse[2] as number, 3);

    // bytes are counted: there the cuts make no difference
    const flat = Uint8Array.from(many.x, (value) => 40 + 20 * value);
    const bytes: Dataset<number[]> = {
      rows: 3000,
      blockRows: 64,
      read: (first, count) => ({
        x: { data: flat.subarray(4 * first, 4 * (first + count)), shape: [count, 4], scale: 1 / 255 },
        y: many.y.slice(first, first + count),
      }),
    };
    const [one, other] = [everything().model, everything().model];
    one.fitSync(bytes, { shuffle: false });
    other.fitSync({ data: flat, shape: [3000, 4], scale: 1 / 255 }, many.y, { shuffle: false });
    expect(sha256(one.save())).toBe(sha256(other.save()));
  });

  it('weighs rows and classes like arrays', () => {
    const sampleWeight = Float32Array.from(many.y, (_, row) => 0.5 + (row % 3));
    const skewed = { x: many.x, y: many.y.map((label, row) => (row % 4 === 0 ? 0 : label)) };
    for (const classWeight of ['balanced', { 1: 3 }] as const) {
      const options = { shuffle: false, classWeight, epochs: 2 } as const;
      const wanted = everything({ standardize: false }).model;
      wanted.fitSync(skewed.x, skewed.y, { ...options, sampleWeight });
      const { model } = everything({ standardize: false });
      model.fitSync(datasetOf({ data: skewed, blockRows: 321, weights: sampleWeight }).dataset, options);
      expect(sha256(model.save({ optimizer: true }))).toBe(sha256(wanted.save({ optimizer: true })));
    }
  });

  it('may be mixed with arrays, in either place', async () => {
    const held = clusters(500, { seed: 9 });
    const wanted = everything({ standardize: false }).model;
    const options = { shuffle: false, epochs: 3, earlyStopping: { patience: 1 } } as const;
    wanted.fitSync(data.x, data.y, { ...options, validationData: [held.x, held.y] });
    const training = datasetOf({ data, blockRows: 64, later: true }).dataset;
    const judged = datasetOf({ data: held, blockRows: 300, later: true }).dataset;
    for (const validationData of [judged, [held.x, held.y] as const]) {
      const a = everything({ standardize: false }).model;
      await a.fit(training, { ...options, validationData });
      expect(a.history).toEqual(wanted.history);
      const b = everything({ standardize: false }).model;
      await b.fit(data.x, data.y, { ...options, validationData });
      expect(b.history).toEqual(wanted.history);
    }
  });

  it('drives early stopping, a plateau, metrics and diagnostics as arrays do', async () => {
    const layers = [dense(8, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
    const model = sequential({ input: 4, seed: 3, layers }).compile({
      loss: 'crossEntropy',
      optimizer: adam({ learningRate: reduceOnPlateau(0.05, { patience: 1 }) }),
      metrics: ['accuracy'],
    });
    const { dataset } = datasetOf({ data: many, blockRows: 500, later: true });
    const options = { epochs: 30, validationSplit: { tail: 0.2 }, earlyStopping: { patience: 3 }, diagnostics: true };
    const history = await model.fit(dataset, options);
    expect(history.metrics.accuracy.at(-1)).toBeGreaterThan(0.9);
    expect(history.metrics.val_accuracy).toHaveLength(history.metrics.loss.length);
    expect(history.diagnostics).toHaveLength(history.metrics.loss.length);
    expect(history.diagnostics?.[0]?.rows).toBe(256);
    expect(history.stopReason).toBe('earlyStopping');
    const { loss } = await model.evaluate(
      datasetOf({ data: { x: many.x.subarray(4 * 2400), y: many.y.slice(2400) } }).dataset,
    );
    expect(loss).toBe(history.best.value);
  });

  it('stops after `maxSamples`', async () => {
    const { dataset, asked } = datasetOf({ data: many, blockRows: 500, later: true });
    const history = await everything({ standardize: false }).model.fit(dataset, { maxSamples: 700, batchSize: 100 });
    expect(history.stopReason).toBe('sampleLimit');
    expect(asked).toHaveLength(3);
  });

  it('learns from one-hot rows whether or not those of a block are', async () => {
    const soft = many.y.map((label, row) => [0, 1, 2].map((c) => (row === 2999 ? 1 / 3 : Number(c === label))));
    const dataset: Dataset<number[][]> = {
      rows: 3000,
      blockRows: 1000,
      read: (first, count) => ({
        x: many.x.subarray(4 * first, 4 * (first + count)),
        y: soft.slice(first, first + count),
      }),
    };
    const wanted = classifier();
    wanted.fitSync(many.x, soft, { shuffle: false });
    const model = classifier();
    await model.fit(dataset, { shuffle: false });
    expect(hashOf(model)).toBe(hashOf(wanted));
  });
});

describe('a fit that waits for a block', () => {
  const never = new Promise<never>(() => {});
  /** The first `count` reads answer, the others never do. */
  function stuck(count: number) {
    const { dataset, asked } = datasetOf({ data: many, blockRows: 500, later: true });
    const read: Dataset<number[]>['read'] = (...args) => (asked.length < count ? dataset.read(...args) : never);
    return { ...dataset, read };
  }
  const turns = async (count: number) => {
    for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const options = { batchSize: 100, epochs: 2 };

  it.each([0, 1, 2, 5, 8])('is aborted at once, after %i reads, and leaves a model that can go on', async (count) => {
    const { model, runtime } = everything();
    const { used } = runtime;
    const controller = new AbortController();
    const fit = model.fit(stuck(count), { ...options, signal: controller.signal });
    await turns(40);
    controller.abort(new Error('enough'));
    await expect(fit).rejects.toThrow('enough');
    // until its rows are there (a first row, and six blocks to standardize by), a fit has not begun
    expect(model.history?.stopReason).toBe(count < 7 ? undefined : 'aborted');
    // programs stay, rows do not
    expect(runtime.used - used).toBeLessThan(400_000);
    await model.fit(datasetOf({ data: many, blockRows: 500, later: true }).dataset, options);
    expect(model.history?.stopReason).toBe('completed');
  });

  it('ends at its time limit, with what it has learned', async () => {
    const { model } = everything({ standardize: false });
    const history = await model.fit(stuck(3), { ...options, timeLimit: 60 });
    expect(history.stopReason).toBe('timeLimit');
    expect(history.metrics.loss).toHaveLength(1);
    // not even the first block came
    const other = everything({ standardize: false }).model;
    const before = hashOf(other);
    for (const [reads, timeLimit] of [
      [1, 30],
      [1, 0],
      [0, 30],
      [0, 0],
    ] as const) {
      const ended = await other.fit(stuck(reads), { ...options, timeLimit });
      expect(ended.stopReason).toBe('timeLimit');
      expect(ended.metrics.loss).toHaveLength(0);
    }
    expect(hashOf(other)).toBe(before);
    // nor the last one of the pass that standardization is fitted in
    const third = everything().model;
    expect((await third.fit(stuck(4), { ...options, timeLimit: 30 })).stopReason).toBe('timeLimit');
    expect(third.save()).toEqual(everything().model.save());
  });

  it('ends when the model is disposed, and so does an evaluation', async () => {
    for (const call of ['fit', 'evaluate'] as const) {
      const { model, runtime } = everything({ standardize: false });
      const work = model[call](stuck(2));
      await turns(20);
      model.dispose();
      await expect(work).rejects.toThrow(DisposedError);
      expect(runtime.used).toBe(createRuntime().used);
    }
  });

  it('`break` does not wait for the block that is being read', async () => {
    const { model } = everything({ standardize: false });
    const counted = stuck(1 + 6 + 1);
    for await (const { epoch } of model.train(counted, { ...options, epochs: 9 })) {
      expect(epoch).toBe(1);
      break;
    }
    expect(model.history?.stopReason).toBe('callback');
  });

  it('may be aborted at any moment, and stands at a completed step', async () => {
    for (let i = 0; i < 40; i++) {
      const { model, runtime } = everything();
      const controller = new AbortController();
      const { dataset } = datasetOf({ data: many, blockRows: 300, later: true });
      const fit = model.fit(dataset, { ...options, epochs: 50, sliceMs: 0, signal: controller.signal });
      const settles = expect(fit).rejects.toThrow('stop');
      await turns(i * 3);
      controller.abort(new Error('stop'));
      await settles;
      expect(Object.values(model.parameters()).every(({ data: values }) => values.every(Number.isFinite))).toBe(true);
      model.dispose();
      expect(runtime.used).toBe(createRuntime().used);
    }
  });

  it('that nobody waits for any more may fail without harm', async () => {
    const { dataset, asked } = datasetOf({ data: many, blockRows: 500 });
    const failing: Dataset<number[]> = {
      ...dataset,
      read: (first, count) =>
        asked.length < 3
          ? dataset.read(first, count)
          : new Promise((_, reject) => setTimeout(() => reject(new Error('too late')), 5)),
    };
    const { model } = everything({ standardize: false });
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    await model.fit(failing, { batchSize: 100, maxSamples: 1000 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(model.history?.stopReason).toBe('sampleLimit');
  });

  it('lets predict and save work, and refuses a second one', async () => {
    const { model } = everything({ standardize: false });
    const controller = new AbortController();
    const fit = model.fit(stuck(2), { signal: controller.signal });
    await turns(5);
    expect(model.predict(data.x)).toHaveLength(3 * 203);
    expect(model.save().length).toBeGreaterThan(100);
    await expect(model.fit(data.x, data.y)).rejects.toThrow('the model is at work (fit)');
    controller.abort();
    await expect(fit).rejects.toThrow();
  });
});
