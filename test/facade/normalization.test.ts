/** Batch and layer normalization through the facade: batches, running statistics, folding, checkpoints, what is refused. */
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/format/safetensors.js';
import {
  activation,
  adam,
  batchNorm,
  DivergenceError,
  dense,
  dropout,
  FormatError,
  type Layer,
  layerNorm,
  load,
  residual,
  sequential,
} from '../../src/index.js';
import { expectMessage, untyped } from './refusals.js';
import { clusters, hashOf, sha256, valuesOf } from './support.js';

const { x, y } = clusters(150);

function network(layers: readonly Layer[], seed = 3) {
  return sequential({ input: 4, seed, layers }).compile({
    loss: 'crossEntropy',
    optimizer: adam({ learningRate: 0.01 }),
    metrics: ['accuracy'],
  });
}

const output = dense(3, { activation: 'softmax' });
const before = [dense(8), batchNorm(), activation('relu'), output];
const after = [dense(8, { activation: 'relu' }), batchNorm(), output];

/** Updates that a model has had. */
function updatesOf(model: ReturnType<typeof network>): number {
  const { metadata } = decodeSafetensors(model.save({ optimizer: true }), 'test');
  return JSON.parse(metadata.training as string).updates;
}

describe('batches', () => {
  const steps = (rows: number, batchSize: number, layers: readonly Layer[], maxSamples?: number) => {
    const model = network(layers);
    const options = { batchSize, ...(maxSamples !== undefined && { maxSamples }) };
    const { stopReason } = model.fitSync(x.subarray(0, rows * 4), y.slice(0, rows), options);
    return [updatesOf(model), stopReason];
  };
  const plain = [dense(8), output];

  it.each([
    [12, 4, 3],
    [13, 4, 3],
    [14, 4, 4],
    [9, 8, 1],
    [5, 2, 2],
    [3, 2, 1],
    [2, 2, 1],
    [7, 3, 2],
  ])(
    'a last one of one row joins the one before it: %d rows in batches of %d are %d updates',
    (rows, size, updates) => {
      expect(steps(rows, size, after)).toEqual([updates, 'completed']);
      expect(steps(rows, size, plain)).toEqual([Math.ceil(rows / size), 'completed']);
    },
  );

  it('the joined rows are one step, as trainOnBatch takes them', () => {
    const model = network(after);
    const logs = model.fitSync(x.subarray(0, 13 * 4), y.slice(0, 13), { batchSize: 4, shuffle: false });
    const byHand = network(after);
    for (const [first, end] of [
      [0, 4],
      [4, 8],
      [8, 13],
    ] as const) {
      byHand.trainOnBatch(x.subarray(first * 4, end * 4), y.slice(first, end));
    }
    expect(hashOf(model)).toBe(hashOf(byHand));
    expect(logs.metrics.loss.length).toBe(1);
  });

  it('end where maxSamples says, without a batch of one row', () => {
    expect(steps(13, 4, after, 9)).toEqual([2, 'sampleLimit']);
    expect(steps(13, 4, after, 8)).toEqual([2, 'sampleLimit']);
    expect(steps(13, 4, plain, 9)).toEqual([3, 'sampleLimit']);
    const model = network(after);
    model.fitSync(x.subarray(0, 16), y.slice(0, 4), { epochs: 9, batchSize: 4, maxSamples: 5 });
    expect(updatesOf(model)).toBe(1);
  });

  it('of any size evaluate and predict: a row gives the same bits alone as among others', () => {
    for (const layers of [before, after]) {
      const model = network(layers);
      model.fitSync(x, y, { epochs: 2 });
      const all = model.predict(x);
      for (const row of [0, 7, 149]) {
        expect(model.predict(x.subarray(row * 4, row * 4 + 4))).toEqual(all.slice(row * 3, row * 3 + 3));
      }
      expect(Number.isFinite(model.evaluateSync(x.subarray(0, 4), y.slice(0, 1)).loss)).toBe(true);
    }
  });
});

describe('running statistics', () => {
  it('begin with mean 0 and variance 1, and follow the batches', () => {
    const model = network([batchNorm({ momentum: 0.75 }), output]);
    const begin = model.parameters();
    expect([...valuesOf(begin, 'batchNorm0.mean')]).toEqual([0, 0, 0, 0]);
    expect([...valuesOf(begin, 'batchNorm0.variance')]).toEqual([1, 1, 1, 1]);
    expect([...valuesOf(begin, 'batchNorm0.gamma')]).toEqual([1, 1, 1, 1]);
    expect([...valuesOf(begin, 'batchNorm0.beta')]).toEqual([0, 0, 0, 0]);
    model.trainOnBatch(x, y);
    const end = model.parameters();
    for (let j = 0; j < 4; j++) {
      const column = y.map((_, i) => x[i * 4 + j] as number);
      const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
      expect(valuesOf(end, 'batchNorm0.mean')[j]).toBeCloseTo(0.25 * mean, 6);
      expect(valuesOf(end, 'batchNorm0.variance')[j]).toBeCloseTo(0.75 + 0.25 * variance, 6);
    }
  });

  it('are no gradients, no optimizer states, and count among no trainable parameters', () => {
    const model = network(before);
    const names = Object.keys(model.gradients(x, y));
    expect(names.filter((name) => name.startsWith('batchNorm'))).toEqual(['batchNorm1.gamma', 'batchNorm1.beta']);
    expect(Object.keys(model.parameters()).filter((name) => name.startsWith('batchNorm'))).toEqual([
      'batchNorm1.gamma',
      'batchNorm1.beta',
      'batchNorm1.mean',
      'batchNorm1.variance',
    ]);
    model.fitSync(x, y);
    const tensors = [...decodeSafetensors(model.save({ optimizer: true }), 'test').tensors.keys()];
    expect(tensors).toContain('batchNorm1.mean');
    expect(tensors).toContain('_state0.batchNorm1.gamma');
    expect(tensors).not.toContain('_state0.batchNorm1.mean');
    // 4·8 + 8, γ and β of 8, 8·3 + 3
    expect(model.summary()).toContain('\n83 parameters');
  });

  it('stay where they are when the step is not finite', () => {
    const model = network(after);
    model.fitSync(x, y);
    const bytes = model.save({ optimizer: true });
    // the squares overflow: a variance of infinity would make outputs of 0, and a loss that looks fine
    const huge = x.map((value) => value * 1e37);
    let thrown: unknown;
    try {
      model.trainOnBatch(huge, y);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(DivergenceError);
    expect((thrown as DivergenceError).culprit).toMatchObject({ layer: 'batchNorm1', operation: 'Moments' });
    expect(sha256(model.save({ optimizer: true }))).toBe(sha256(bytes));
  });

  it('are set and saved like parameters, and part of what is predicted', () => {
    const model = network(after);
    const first = model.predict(x);
    model.setParameters({ 'batchNorm1.mean': { data: [1, 2, 3, 4, 5, 6, 7, 8] } });
    expect(model.predict(x)).not.toEqual(first);
    const copy = load<'crossEntropy', 'accuracy'>(model.save());
    expect(copy.predict(x)).toEqual(model.predict(x));
    expect(copy.parameters()).toEqual(model.parameters());
  });

  it('are refused where a variance is negative', () => {
    const data = [1, 1, 1, 1, 1, 1, 1, -0.5];
    const set = () => network(after).setParameters({ 'batchNorm1.variance': { data } });
    expectMessage(set, ['setParameters: value 7 of batchNorm1.variance must be at least 0', 'Received: -0.5.']);
    const { tensors, metadata } = decodeSafetensors(network(after).save(), 'test');
    const damaged = new Map(tensors).set('batchNorm1.variance', { shape: [8], data: Float32Array.from(data) });
    expect(() => load(encodeSafetensors({ tensors: damaged, metadata }))).toThrow(
      'batchNorm1.variance holds values below 0',
    );
  });

  it('are missed where a file lacks them', () => {
    const { tensors, metadata } = decodeSafetensors(network(after).save(), 'test');
    const rest = new Map([...tensors].filter(([name]) => name !== 'batchNorm1.variance'));
    expect(() => load(encodeSafetensors({ tensors: rest, metadata }))).toThrow(FormatError);
  });

  it('come back with the weights of the best epoch', () => {
    const model = network(before);
    const predictions: Float32Array[] = [];
    const statistics: Float32Array[] = [];
    const { best } = model.fitSync(x, y, {
      epochs: 12,
      validationSplit: 0.3,
      // so early that the last epoch is not the best
      earlyStopping: { patience: 1, monitor: 'val_accuracy' },
      onEpochEnd: () => {
        predictions.push(model.predict(x));
        statistics.push(valuesOf(model.parameters(), 'batchNorm1.variance'));
      },
    });
    expect(best.epoch).toBeLessThan(predictions.length);
    expect(model.predict(x)).toEqual(predictions[best.epoch - 1]);
    expect(valuesOf(model.parameters(), 'batchNorm1.variance')).toEqual(statistics[best.epoch - 1]);
    expect(statistics.at(-1)).not.toEqual(statistics[best.epoch - 1]);
  });

  it('follow the batches even where γ and β are frozen', () => {
    const model = network([dense(8, { activation: 'relu' }), batchNorm({ trainable: false }), output]);
    const begin = model.parameters();
    model.fitSync(x, y);
    const end = model.parameters();
    expect(valuesOf(end, 'batchNorm1.gamma')).toEqual(valuesOf(begin, 'batchNorm1.gamma'));
    expect(valuesOf(end, 'batchNorm1.mean')).not.toEqual(valuesOf(begin, 'batchNorm1.mean'));
    expect(valuesOf(end, 'dense0.weight')).not.toEqual(valuesOf(begin, 'dense0.weight'));
  });

  it('are left as they were by profile, evaluate and predict', () => {
    const model = network(after);
    const bytes = sha256(model.save({ optimizer: true }));
    model.profile(x, y, { repetitions: 3 });
    model.evaluateSync(x, y);
    model.predict(x);
    model.gradients(x, y);
    expect(sha256(model.save({ optimizer: true }))).toBe(bytes);
  });
});

describe('five epochs and five more are ten, bit for bit', () => {
  it.each<[string, readonly Layer[]]>([
    ['batchNorm before', before],
    ['batchNorm after', after],
    ['layerNorm', [dense(8), layerNorm(), activation('tanh'), output]],
    [
      'everything',
      [
        batchNorm(),
        dense(8, { activation: 'relu' }),
        residual([batchNorm(), activation('relu'), dropout({ keep: 0.8 }), dense(8), layerNorm()]),
        batchNorm(),
        output,
      ],
    ],
  ])('%s', (_, layers) => {
    // 149 rows in batches of 37: the last one would have one row
    const [rows, labels] = [x.subarray(0, 149 * 4), y.slice(0, 149)];
    const options = { batchSize: 37, validationSplit: 0.2 };
    const whole = network(layers);
    whole.fitSync(rows, labels, { ...options, epochs: 10 });
    const first = network(layers);
    first.fitSync(rows, labels, { ...options, epochs: 5 });
    const second = load<'crossEntropy', 'accuracy'>(first.save({ optimizer: true }));
    second.fitSync(rows, labels, { ...options, epochs: 5 });
    expect(sha256(second.save({ optimizer: true }))).toBe(sha256(whole.save({ optimizer: true })));
  });
});

describe('what normalization is for', () => {
  it('batchNorm makes the scale of the features indifferent', () => {
    // powers of two, so that not even rounding differs; ε must be nothing next to any variance
    const scales = [1, 1024, 32, 2 ** 20];
    const scaled = x.map((value, i) => value * (scales[i % 4] as number));
    const learned = (data: Float32Array) => {
      const model = network([batchNorm({ epsilon: 1e-12 }), dense(8, { activation: 'relu' }), output]);
      model.fitSync(data, y, { epochs: 3 });
      return model.parameters();
    };
    const [one, other] = [learned(x), learned(scaled)];
    for (const name of ['dense1.weight', 'dense2.weight', 'batchNorm0.gamma', 'batchNorm0.beta']) {
      expect(valuesOf(other, name)).toEqual(valuesOf(one, name));
    }
  });

  it('layerNorm gives every row mean 0 and variance 1', () => {
    const layers = [layerNorm({ name: 'norm' }), dense(4, { name: 'identity' })];
    const model = sequential({ input: 4, layers }).compile({ loss: 'meanSquaredError' });
    model.setParameters({ 'identity.weight': { data: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] } });
    const normal = model.predict(x);
    for (let row = 0; row < 150; row++) {
      const values = [...normal.subarray(row * 4, row * 4 + 4)];
      const mean = values.reduce((sum, value) => sum + value, 0) / 4;
      expect(mean).toBeCloseTo(0, 5);
      expect(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4).toBeCloseTo(1, 3);
    }
  });
});

describe('batchNorm refuses', () => {
  const one = x.subarray(0, 4);
  const model = () => network(after);
  it.each<[string, () => unknown, string[]]>([
    [
      'a batch size of 1',
      () => model().fitSync(x, y, { batchSize: 1 }),
      ['fitSync: `batchSize` must be at least 2 with batchNorm1', 'Received: 1.', 'Help: '],
    ],
    [
      'one training row',
      () => model().fitSync(one, [0]),
      ['fitSync: the training rows must be at least 2 with batchNorm1'],
    ],
    [
      'one training row beside the validation part',
      () => model().fitSync(x.subarray(0, 8), [0, 1], { validationSplit: 0.5 }),
      ['the training rows must be at least 2'],
    ],
    ['maxSamples of 1', () => model().fitSync(x, y, { maxSamples: 1 }), ['`maxSamples` must be at least 2']],
    [
      'one row to trainOnBatch',
      () => model().trainOnBatch(one, [0]),
      ['trainOnBatch: the rows must be at least 2 with batchNorm1'],
    ],
    ['one row to gradients', () => model().gradients(one, [0]), ['gradients: the rows must be at least 2']],
    ['one row to profile', () => model().profile(x, y, { batchSize: 1 }), ['profile: `batchSize` must be at least 2']],
    ['momentum above 1', () => batchNorm({ momentum: 1.1 }), ['batchNorm: `momentum` must be a number from 0 to 1']],
    ['epsilon 0', () => batchNorm({ epsilon: 0 }), ['`epsilon` must be']],
    ['epsilon NaN', () => layerNorm({ epsilon: Number.NaN }), ['layerNorm: `epsilon` must be']],
    ['unknown options', () => batchNorm(untyped({ momentun: 0.9 })), ['did you mean `momentum`?']],
    ['unknown options of layerNorm', () => layerNorm(untyped({ momentum: 0.9 })), ['`momentum` is not an option']],
    ['a bad name', () => layerNorm({ name: 'a b' }), ['`name` must be letters']],
    [
      'an epsilon in data',
      () => sequential({ input: 1, layers: untyped([{ kind: 'batchNorm', epsilon: -1 }, dense(1)]) }),
      ['batchNorm0: `epsilon` must be'],
    ],
  ])('%s', (_, call, parts) => {
    expectMessage(call, parts);
  });

  it('nothing that has two rows', () => {
    const small = model();
    small.trainOnBatch(x.subarray(0, 8), [0, 1]);
    small.fitSync(x.subarray(0, 8), [0, 1], { batchSize: 2, maxSamples: 2 });
    expect(updatesOf(small)).toBe(2);
  });

  it('layerNorm trains on one row', () => {
    const model = network([dense(8), layerNorm(), output]);
    model.trainOnBatch(one, [0]);
    model.fitSync(x, y, { batchSize: 1 });
    expect(updatesOf(model)).toBe(151);
  });
});
