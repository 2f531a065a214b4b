/** What a data set may get wrong, and what is said of it: rows count from the data set's first. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, type Block, createRuntime, type Dataset, load, MemoryLimitError } from '../../src/index.js';
import { expectRefused, type Refusal, untyped } from './refusals.js';
import { classifier, clusters, regressor, sha256 } from './support.js';

const { x, y } = clusters(100);
const good: Dataset<number[]> = {
  rows: 100,
  blockRows: 32,
  read: (first, count) => ({ x: x.slice(4 * first, 4 * (first + count)), y: y.slice(first, first + count) }),
};

/** The good data set, with one block changed. */
function spoilt(
  at: number,
  change: (block: { x: Float32Array; y: number[] }, first: number) => unknown,
): Dataset<number[]> {
  return {
    ...good,
    read(first, count, spare) {
      const block = good.read(first, count, spare) as Block<number[]>;
      return first === at ? untyped(change(untyped(block), first)) : block;
    },
  };
}

const trained =
  (dataset: unknown, options: object = {}): Refusal[0] =>
  (model) =>
    model.fitSync(untyped(dataset), { shuffle: false, ...untyped(options) });

/** Refused before a step. */
const REFUSED: Readonly<Record<string, Refusal>> = {
  'no number of rows': [trained({ ...good, rows: 0 }), '`rows` must be a positive integer. Received: 0'],
  'blocks of no rows': [trained({ ...good, blockRows: 1.5 }), '`blockRows` must be a positive integer'],
  'targets beside it': [
    (model) => untyped(model).fitSync(good, y),
    'fitSync: a data set comes with its targets. Received: [0, 1, 2, 0, … 100 in all]. Help: leave out `y`',
  ],
  'targets beside it, judged': [(model) => untyped(model).evaluateSync(good, y), 'a data set comes with its targets'],
  'rows held out at random': [
    trained(good, { validationSplit: 0.1 }),
    'rows of a data set cannot be held out at random. Received: 0.1',
    '{ tail: 0.1 }',
    '`validationData`',
  ],
  'weights for all rows': [
    trained(good, { sampleWeight: new Float32Array(100) }),
    '`sampleWeight` is an option for arrays',
    'with each block',
  ],
  'classes that are not there': [trained(good, { classWeight: { 7: 2 } }), '`classWeight` must name classes'],
  'batches of more rows': [trained(good, { batchSize: 101 }), '`batchSize` must not exceed the 100 training rows'],
  'a promise to those who do not wait': [
    trained({ ...good, read: async (...args: Parameters<typeof good.read>) => good.read(...args) }),
    'fitSync: `read` of the data set must give its rows at once. Received: a promise. Help: use `fit`',
  ],
  'a promise to those who judge and do not wait': [
    (model) => model.evaluateSync({ ...good, read: async (first, count) => good.read(first, count) }),
    'evaluateSync: `read` of the data set must give its rows at once',
    'use `evaluate`',
  ],
  'no block': [trained(spoilt(0, () => undefined)), '`read` of the data set must give { x, y }. Received: undefined'],
  'a block without targets': [trained(spoilt(0, ({ x: inputs }) => ({ x: inputs }))), 'must give { x, y }'],
  'another width': [
    trained(spoilt(0, (block) => ({ ...block, x: new Float32Array(7) }))),
    "must be a multiple of the model's input width 4",
  ],
  'names without classes': [
    trained(spoilt(0, (block) => ({ ...block, y: ['ham'] }))),
    'names need the model to know its `classes`',
    'declare them with `classes` in sequential',
  ],
  'validation data that is none': [
    trained(good, { validationData: good.rows }),
    '`validationData` must be [x, y] or a data set',
  ],
};

/** Refused in the middle of an epoch. */
const LATER: Readonly<Record<string, readonly [dataset: Dataset<number[]>, ...parts: string[]]>> = {
  'a value that is no number': [
    spoilt(32, (block) => {
      block.x[4 * 9 + 2] = Number.NaN;
      return block;
    }),
    'fit, x: every value must be a finite number, but row 41, column 2 holds NaN',
  ],
  'a class out of range': [
    spoilt(32, (block) => {
      block.y[31] = 3;
      return block;
    }),
    'fit, y: the label of row 63 must be a class index from 0 to 2. Received: 3',
  ],
  'too few rows': [
    spoilt(64, (block) => ({ x: block.x.subarray(4), y: block.y.slice(1) })),
    'read(64, 36) of the data set must give 36 rows. Received: 35 rows',
  ],
  'another number of targets': [
    spoilt(32, (block) => ({ ...block, y: [1] })),
    'there must be one target for each of the 32 rows. Received: 1 targets',
  ],
  'another type': [
    spoilt(32, (block) => ({ ...block, x: new Uint8Array(128) })),
    'every block must have the same type of inputs like the first, but that from row 32 has not. Received: uint8 inputs',
  ],
  'another scale': [
    {
      rows: 100,
      blockRows: 32,
      read: (first, count) => ({
        x: { data: new Uint8Array(4 * count), shape: [count, 4], scale: first === 32 ? 2 : 1 },
        y: y.slice(first, first + count),
      }),
    },
    'every block must have `scale` 1 like the first, but that from row 32 has not. Received: 2',
  ],
  'another form of targets': [
    spoilt(64, (block) => ({ ...block, y: block.y.map((label) => [0, 1, 2].map((c) => Number(c === label))) })),
    'every block must have the same form of targets like the first, but that from row 64 has not',
  ],
  'weights in some blocks': [
    spoilt(64, (block) => ({ ...block, sampleWeight: new Float32Array(36).fill(1) })),
    'every block must have no `sampleWeight` like the first, but that from row 64 has not',
  ],
  'a negative weight': [
    {
      ...good,
      read: (first, count) => ({
        ...(good.read(first, count) as Block<number[]>),
        sampleWeight: Float32Array.from({ length: count }, (_, i) => (first + i === 70 ? -1 : 1)),
      }),
    },
    'the weight of row 70 must be a finite number of at least 0. Received: -1',
  ],
};

describe('a data set is refused', () => {
  it.each(Object.entries(REFUSED))('%s', (_, refusal) => {
    expectRefused(refusal);
  });

  it('where a block is larger than the memory limit', () => {
    const model = load<'crossEntropy'>(classifier().save(), { runtime: createRuntime({ memoryLimit: 400_000 }) });
    const before = sha256(model.save({ optimizer: true }));
    const large: Dataset<Uint8Array> = {
      rows: 1e6,
      read: (_, count) => ({ x: new Float32Array(4 * count), y: new Uint8Array(count) }),
    };
    expect(() => model.fitSync(large)).toThrow(MemoryLimitError);
    expect(() => model.fitSync(large)).toThrow(/^fitSync of 1000000 rows needs an estimated .*`blockRows`/);
    expect(sha256(model.save({ optimizer: true }))).toBe(before);
    model.fitSync({ ...large, rows: 4096, blockRows: 512 });
  });

  it('with class weights where there are no classes', () => {
    const model = regressor();
    const dataset: Dataset<Float32Array> = {
      rows: 9,
      read: (_, n) => ({ x: new Float32Array(3 * n), y: new Float32Array(n) }),
    };
    expect(() => model.fitSync(dataset, { classWeight: 'balanced' })).toThrow(
      '`classWeight` needs targets that are classes',
    );
  });
});

describe('an error in the middle of an epoch', () => {
  it.each(Object.entries(LATER))(
    '%s: rejects, and the model goes on from its last step',
    async (_, [dataset, ...parts]) => {
      const runtime = createRuntime();
      const model = load<'crossEntropy', 'accuracy'>(classifier().save(), { runtime });
      await model.fit(good);
      const { used } = runtime;
      const work = model.fit(dataset, { shuffle: false, batchSize: 16 });
      await expect(work).rejects.toThrow(ArgumentError);
      for (const part of parts) await expect(work).rejects.toThrow(part);
      expect(runtime.used - used).toBeLessThan(20_000);
      expect(model.history?.stopReason).toBe('aborted');
      await model.fit(good);
      expect(model.history?.stopReason).toBe('completed');
    },
  );

  it.each(['throws', 'rejects'])('what `read` %s is what the fit rejects with', async (how) => {
    class Lost extends Error {}
    const read: Dataset<number[]>['read'] = (first, count) => {
      if (first < 64 && count < 100) return good.read(first, count);
      if (how === 'throws') throw new Lost('the line is dead');
      return Promise.reject(new Lost('the line is dead'));
    };
    const model = classifier();
    await expect(model.fit({ ...good, read }, { shuffle: false })).rejects.toThrow(Lost);
    await expect(model.evaluate({ ...good, read })).rejects.toThrow(Lost);
    await model.fit(good);
  });

  it('in a pass before training changes nothing', async () => {
    const model = classifier({ standardize: true });
    const before = sha256(model.save({ optimizer: true }));
    const [dataset] = LATER['a value that is no number'] as (typeof LATER)[string];
    await expect(model.fit(dataset)).rejects.toThrow('row 41, column 2');
    expect(sha256(model.save({ optimizer: true }))).toBe(before);
  });
});
