/** Training in slices that survives between requests: state in, state out, as bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/format/safetensors.js';
import {
  adam,
  adamw,
  bagging,
  batchNorm,
  cosineDecay,
  createRuntime,
  type Dataset,
  dense,
  dropout,
  type FitOptions,
  load,
  type Optimizer,
  reduceOnPlateau,
  rmsprop,
  type SequentialConfig,
  sequential,
  sgd,
  stepDecay,
} from '../../src/index.js';
import { classifier, clusters, curve, leastLimit, regressor, sha256 } from './support.js';

const { x, y } = clusters(150);
type Options = FitOptions<readonly [Float32Array, number[]], 'accuracy'>;
const exact = { optimizer: true } as const;

interface Setup {
  readonly optimizer: Optimizer;
  readonly config?: Partial<SequentialConfig>;
  readonly options?: Options;
}

const plain = [dense(8, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
const all = [
  dense(8, { activation: 'relu' }),
  batchNorm(),
  dropout({ rate: 0.2 }),
  dense(3, { activation: 'softmax' }),
];

const SETUPS: Readonly<Record<string, Setup>> = {
  'adam, dropout, batch normalization, by step': {
    optimizer: adam({ learningRate: cosineDecay(0.02, { steps: 30, warmup: 3 }) }),
    config: { layers: all },
  },
  // 120 rows in batches of 17: the last row joins the batch before it where a batch needs two
  'a last batch that takes one row more': {
    optimizer: adamw({ learningRate: 0.01 }),
    config: { layers: all },
    options: { batchSize: 17, validationSplit: 0.2 },
  },
  'momentum, by epoch, in stored order': {
    optimizer: sgd({ learningRate: stepDecay(0.1, { drop: 0.5, every: 2, per: 'epoch' }), momentum: 0.9 }),
    options: { shuffle: false },
  },
  'a plateau of the training loss': {
    optimizer: rmsprop({ learningRate: reduceOnPlateau(0.05, { factor: 0.5, patience: 1, monitor: 'loss' }) }),
  },
  'a plateau of the validation loss': {
    optimizer: sgd({ learningRate: reduceOnPlateau(0.5, { factor: 0.5, patience: 1 }) }),
    options: { validationSplit: 0.2 },
  },
  'standardized, with weights of rows and classes': {
    optimizer: sgd({ learningRate: 0.1 }),
    config: { standardize: true },
    options: { classWeight: 'balanced', sampleWeight: Float32Array.from(y, (_, row) => 0.5 + (row % 3)) },
  },
  augmented: {
    optimizer: adam(),
    config: { input: [2, 2], augment: { shift: 1, flipHorizontal: true, noise: 0.1 } },
  },
};

function make({ optimizer, config }: Setup) {
  const architecture = { input: 4, seed: 5, layers: plain, ...config } as const;
  return sequential(architecture).compile({ loss: 'crossEntropy', optimizer, metrics: ['accuracy'] });
}

describe.each(Object.entries(SETUPS))('%s', (_name, setup) => {
  const epochs = 5;
  const whole = make(setup);
  const { metrics } = whole.fitSync(x, y, { ...setup.options, epochs });
  const bytes = whole.save(exact);

  it('slices of any size end with the bytes of one run, and tell the same figures', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 33, max: 400 }), { minLength: 1, maxLength: 4 }), (sizes) => {
        let state = make(setup).save(exact);
        const losses: number[] = [];
        const accuracies: number[] = [];
        for (let slice = 0; slice < 100; slice++) {
          // nothing but the bytes is kept between two slices
          const model = load<'crossEntropy', 'accuracy'>(state);
          const maxSamples = sizes[slice % sizes.length] as number;
          const history = model.fitSync(x, y, { ...setup.options, epochs, maxSamples, resume: true });
          losses.push(...history.metrics.loss);
          accuracies.push(...history.metrics.accuracy);
          state = model.save(exact);
          model.dispose();
          if (history.stopReason === 'completed') break;
          expect(history.stopReason).toBe('sampleLimit');
        }
        expect(sha256(state)).toBe(sha256(bytes));
        expect({ losses, accuracies }).toEqual({ losses: metrics.loss, accuracies: metrics.accuracy });
      }),
      { numRuns: 12 },
    );
  });
});

describe('resume', () => {
  it('goes on from a checkpoint that was saved in the middle of an epoch, while the fit was at work', async () => {
    const model = classifier();
    const saved: Uint8Array[] = [];
    const options = { epochs: 3, batchSize: 10 };
    await model.fit(x, y, { ...options, sliceMs: 0, onProgress: () => saved.push(model.save(exact)) });
    const bytes = sha256(model.save(exact));
    expect(new Set(saved.map(sha256)).size).toBe(45);
    for (const state of saved) {
      const resumed = load<'crossEntropy', 'accuracy'>(state);
      await resumed.fit(x, y, { ...options, resume: true });
      expect(sha256(resumed.save(exact))).toBe(bytes);
    }
  });

  it('goes on from the middle of a step, which is cut into slices, with the figures of those before it', async () => {
    const many = clusters(512, { width: 256, noise: 3 });
    const wide = [dense(256, { activation: 'relu' }), dense(256, { activation: 'relu' }), ...plain.slice(1)];
    const options = { epochs: 2, batchSize: 128 };
    const model = sequential({ input: 256, seed: 4, layers: wide }).compile({
      loss: 'crossEntropy',
      metrics: ['accuracy'],
    });
    const saved: { readonly state: Uint8Array; readonly epoch: number; readonly rows: number }[] = [];
    const onProgress: Options['onProgress'] = ({ epoch, rows }) =>
      void saved.push({ state: model.save(exact), epoch, rows });
    const history = await model.fit(many.x, many.y, { ...options, sliceMs: 0, onProgress });
    // more than once between two steps
    expect(saved.length).toBeGreaterThan(2 * 8);
    for (const { state, epoch, rows } of saved) {
      const resumed = load<'crossEntropy', 'accuracy'>(state);
      const { metrics } = resumed.fitSync(many.x, many.y, { ...options, resume: true });
      const from = rows < 512 ? epoch - 1 : epoch;
      expect(metrics.loss, `${epoch}: ${rows}`).toEqual(history.metrics.loss.slice(from));
      expect(metrics.accuracy, `${epoch}: ${rows}`).toEqual(history.metrics.accuracy.slice(from));
      expect(sha256(resumed.save(exact))).toBe(sha256(model.save(exact)));
      resumed.dispose();
    }
  });

  it('goes on from any moment of an epoch whose figures the schedule watches', async () => {
    const make = () => {
      const optimizer = adam({ learningRate: reduceOnPlateau(0.5, { factor: 0.5, patience: 1 }) });
      return sequential({ input: 4, seed: 5, layers: plain }).compile({ loss: 'crossEntropy', optimizer });
    };
    const options = { epochs: 3, validationSplit: 0.2 };
    const model = make();
    const saved: Uint8Array[] = [];
    await model.fit(x, y, { ...options, sliceMs: 0, onProgress: () => saved.push(model.save(exact)) });
    // after each of four steps, and when the figures are known
    expect(new Set(saved.map(sha256)).size).toBe(3 * 5);
    for (const state of saved) {
      const resumed = load<'crossEntropy'>(state);
      resumed.fitSync(x, y, { ...options, resume: true });
      expect(sha256(resumed.save(exact))).toBe(sha256(model.save(exact)));
    }
  });

  it('goes on after a fit that was aborted, and counts epochs over the life of the model', async () => {
    const whole = classifier();
    whole.fitSync(x, y, { epochs: 4 });
    const model = classifier();
    const controller = new AbortController();
    const stopped = model.fit(x, y, {
      epochs: 4,
      sliceMs: 0,
      signal: controller.signal,
      onProgress: ({ epoch, rows }) => epoch === 2 && rows > 40 && controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    const epochs: number[] = [];
    model.fitSync(x, y, { epochs: 4, resume: true, onEpochEnd: ({ epoch }) => void epochs.push(epoch) });
    expect(epochs).toEqual([2, 3, 4]);
    expect(sha256(model.save(exact))).toBe(sha256(whole.save(exact)));
    // all are done
    const { stopReason, metrics } = model.fitSync(x, y, { epochs: 4, resume: true });
    expect({ stopReason, loss: metrics.loss }).toEqual({ stopReason: 'completed', loss: [] });
    expect(sha256(model.save(exact))).toBe(sha256(whole.save(exact)));
  });

  it('has the same bits with several threads', () => {
    const whole = classifier();
    whole.fitSync(x, y, { epochs: 2 });
    const runtime = createRuntime({ threads: 3 });
    let state = classifier().save(exact);
    for (let slice = 0; slice < 4; slice++) {
      const model = load<'crossEntropy', 'accuracy'>(state, { runtime });
      model.fitSync(x, y, { epochs: 2, maxSamples: 96, resume: true });
      state = model.save(exact);
      model.dispose();
    }
    expect(sha256(state)).toBe(sha256(whole.save(exact)));
  });

  it('goes on within blocks of a data set, and where rows had to be waited for', async () => {
    const dataset: Dataset<number[]> = {
      rows: y.length,
      blockRows: 40,
      read: async (first, count) => ({ x: x.slice(4 * first, 4 * (first + count)), y: y.slice(first, first + count) }),
    };
    const options = { epochs: 3, batchSize: 10, validationSplit: { tail: 0.2 } };
    const whole = make({ optimizer: adam(), config: { layers: all, standardize: true } });
    await whole.fit(dataset, options);
    let state = make({ optimizer: adam(), config: { layers: all, standardize: true } }).save(exact);
    const reasons: string[] = [];
    while (reasons.at(-1) !== 'completed') {
      const model = load<'crossEntropy', 'accuracy'>(state);
      const { stopReason } = await model.fit(dataset, { ...options, maxSamples: 37, resume: true });
      reasons.push(stopReason);
      // an aborted one changes nothing
      const aborted = model.fit(dataset, { ...options, resume: true, signal: AbortSignal.abort(new Error('no')) });
      await expect(aborted).rejects.toThrow('no');
      state = model.save(exact);
    }
    // 360 rows in slices of three steps
    expect(reasons.length).toBe(12);
    expect(sha256(state)).toBe(sha256(whole.save(exact)));
  });

  it('goes on with arrays that do not fit into memory', () => {
    const many = clusters(3000, { seed: 8 });
    const options = { epochs: 2, batchSize: 32, classWeight: 'balanced' } as const;
    const model = (memoryLimit: number) => {
      const runtime = createRuntime({ memoryLimit, threads: 1 });
      return [load<'crossEntropy', 'accuracy'>(state, { runtime }), runtime] as const;
    };
    let state = make({ optimizer: adam(), config: { layers: all } }).save(exact);
    const [whole] = model(2 ** 30);
    whole.fitSync(many.x, many.y, options);
    const begun = state;
    const sliced = (memoryLimit: number) => {
      state = begun;
      for (let done = false; !done; ) {
        const [one] = model(memoryLimit);
        done = one.fitSync(many.x, many.y, { ...options, maxSamples: 700, resume: true }).stopReason === 'completed';
        state = one.save(exact);
      }
      return sha256(state);
    };
    // with the least that is enough, only a block of the rows is there at a time
    const least = leastLimit((limit) => void sliced(limit));
    for (const limit of [least, 2 ** 30]) expect(sliced(limit)).toBe(sha256(whole.save(exact)));
    const resident = leastLimit((limit) => {
      const [one, runtime] = model(limit);
      runtime.reserve(many.x.byteLength + 8 * many.y.length, 'as much as the rows take');
      one.dispose();
    });
    expect(least).toBeLessThan(resident);
  });

  it('does for numbers what it does for classes', () => {
    const data = curve(100);
    const make = () => regressor({ standardize: true, standardizeTarget: true });
    const whole = make();
    whole.fitSync(data.x, data.y, { epochs: 3 });
    const model = make();
    while (model.fitSync(data.x, data.y, { epochs: 3, maxSamples: 50, resume: true }).stopReason !== 'completed');
    expect(sha256(model.save(exact))).toBe(sha256(whole.save(exact)));
  });

  it('is not what a fit does by itself: without it, a new epoch begins', () => {
    const model = classifier();
    model.fitSync(x, y, { maxSamples: 64 });
    const before = load<'crossEntropy', 'accuracy'>(model.save(exact));
    model.fitSync(x, y);
    before.fitSync(x, y, { epochs: 2, resume: true });
    expect(sha256(model.save())).not.toBe(sha256(before.save()));
  });

  it('refuses another set of rows, other batches, another order, and another early stopping', () => {
    const model = classifier();
    model.fitSync(x, y, { epochs: 2, maxSamples: 64, resume: true });
    const before = sha256(model.save(exact));
    const refused = (options: object, rows = y.length) => {
      const given = { epochs: 2, resume: true, ...options };
      expect(() =>
        model.fitSync(x.subarray(0, rows * 4), y.slice(0, rows), given as Options),
      ).toThrowErrorMatchingSnapshot();
    };
    refused({}, 140);
    refused({ batchSize: 16 });
    refused({ shuffle: false });
    refused({ validationSplit: 0.2 });
    refused({ maxSamples: 31 });
    refused({ earlyStopping: { patience: 2, monitor: 'loss' } });
    refused({ resume: 'yes' });
    expect(sha256(model.save(exact))).toBe(before);
    const ensemble = bagging(sequential({ input: 4, layers: plain }), { members: 2 }).compile({ loss: 'crossEntropy' });
    expect(() => ensemble.fitSync(x, y, { resume: true } as object)).toThrow('`resume` is for single models');
  });

  it('is refused by `load` where the file holds no position that can be', () => {
    const model = classifier();
    model.fitSync(x, y, { epochs: 2, maxSamples: 64, resume: true });
    const { tensors, metadata } = decodeSafetensors(model.save(exact), 'load');
    const training = JSON.parse(metadata.training as string);
    expect(training.position).toMatchObject({ rows: 64, totalRows: 150, batchSize: 32, shuffle: true });
    const changes = [
      { rows: 151 },
      { rows: 0 },
      { rows: 1.5 },
      { totals: [1, 2] },
      { totals: [1, 2, null] },
      { metrics: 3 },
    ];
    for (const change of changes) {
      const position = { ...training.position, ...change };
      const text = JSON.stringify({ ...training, position });
      const bytes = encodeSafetensors({ tensors, metadata: { ...metadata, training: text } });
      expect(() => load(bytes), JSON.stringify(change)).toThrow(
        'the counters of the training are not those of an optimizer',
      );
    }
  });
});
