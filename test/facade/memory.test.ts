import { describe, expect, it } from 'vitest';
import { bagging, createRuntime, dense, load, MemoryLimitError, type Runtime, sequential } from '../../src/index.js';
import { classifier, clusters, sha256 } from './support.js';

const { x, y } = clusters(60);
const bytes = classifier({ standardize: true }).save({ optimizer: true });
const open = (runtime: Runtime) => load<'crossEntropy', 'accuracy'>(bytes, { runtime });

describe('compile({ memoryLimit })', () => {
  const wide = (runtime?: Runtime) =>
    sequential({ input: 4, layers: [dense(20_000), dense(3, { activation: 'softmax' })] }, runtime ? { runtime } : {});

  it('refuses a model that needs more, with an estimate, before anything is reserved', () => {
    const message = /needs an estimated [\d.]+ MiB, but the memory limit is 1(\.0)? MiB/;
    expect(() => wide().compile({ loss: 'crossEntropy', memoryLimit: 1 << 20 })).toThrow(message);
    expect(() => bagging(wide(), { members: 2 }).compile({ loss: 'crossEntropy', memoryLimit: 1 << 20 })).toThrow(
      message,
    );
  });

  it('is the limit of the model and its data', () => {
    const model = wide().compile({ loss: 'crossEntropy', memoryLimit: 64 << 20 });
    expect(() => model.fitSync(x, y, { batchSize: 60 })).not.toThrow();
    // two layers of 20,000 units for 256 rows
    expect(() =>
      wide()
        .compile({ loss: 'crossEntropy', memoryLimit: 4 << 20 })
        .fitSync(x, y, { batchSize: 60 }),
    ).toThrow(MemoryLimitError);
  });

  it('is not for a runtime that is shared, and must be bytes', () => {
    expect(() => wide(createRuntime()).compile({ loss: 'crossEntropy', memoryLimit: 1 << 26 })).toThrow(
      'compile: `memoryLimit` is for models with a runtime of their own. Received: 67108864. Help: give it to createRuntime.',
    );
    expect(() => wide().compile({ loss: 'crossEntropy', memoryLimit: -1 })).toThrow('`memoryLimit` must be');
  });
});

describe('a shared runtime', () => {
  it('is as empty as before after 50 models were made, trained and disposed', () => {
    const runtime = createRuntime();
    const { used } = runtime;
    const { byteLength } = runtime.buffer;
    let grown = 0;
    for (let i = 0; i < 50; i++) {
      const units = 1 + ((i * 7) % 20);
      const layers = [dense(units, { activation: 'relu' }), dense(3, { activation: 'softmax' })];
      const model = sequential({ input: 4, standardize: i % 2 === 0, layers }, { runtime }).compile({
        loss: 'crossEntropy',
        metrics: ['accuracy'],
      });
      const options = {
        epochs: 2,
        validationSplit: 0.2,
        earlyStopping: { patience: 1 },
        batchSize: 1 + (i % 30),
        diagnostics: true,
      };
      model.fitSync(x, y, options);
      model.trainOnBatch(x, y);
      model.predict(x);
      model.evaluateSync(x, y);
      model.gradients(x, y);
      model.diagnose(x, y);
      model.profile(x, y, { repetitions: 1 });
      expect(runtime.used).toBeGreaterThan(used);
      model.dispose();
      expect(runtime.used).toBe(used);
      if (i === 24) grown = runtime.buffer.byteLength;
    }
    // what was freed is used again: the second half of the models needs no more memory than the first
    expect(grown).toBeGreaterThanOrEqual(byteLength);
    expect(runtime.buffer.byteLength).toBe(grown);
  });

  it('gives the data of a fit back, and keeps a bounded number of programs, however batches vary', () => {
    const runtime = createRuntime();
    const before = runtime.used;
    const model = open(runtime);
    const round = () => {
      for (let batchSize = 1; batchSize <= 40; batchSize++) {
        const batch = [x.subarray(0, 4 * batchSize), y.slice(0, batchSize)] as const;
        model.fitSync(x, y, { batchSize });
        model.trainOnBatch(...batch);
        model.evaluateSync(...batch);
        model.predict(batch[0]);
      }
      return runtime.used;
    };
    const after = round();
    expect(round()).toBe(after);
    // eight programs of a model this small are some 100 KB
    expect(after - before).toBeLessThan(200_000);
  });
});

describe('a memory limit', () => {
  it('refuses a model by its estimate, before anything is allocated', () => {
    const runtime = createRuntime({ memoryLimit: 64 * 2 ** 20 });
    const { used } = runtime;
    const { byteLength } = runtime.buffer;
    const layers = [dense(4000), dense(3, { activation: 'softmax' })];
    const compile = () => sequential({ input: 4000, layers }, { runtime }).compile({ loss: 'crossEntropy' });
    expect(compile).toThrow(MemoryLimitError);
    // 4 slabs of 16 million parameters (244 MiB), packed weights (61 MiB), and rows that are predicted
    expect(compile).toThrow(/needs an estimated 3\d\d\.\d MiB, but the memory limit is 64\.0 MiB\. Help: use fewer/);
    expect(runtime.used).toBe(used);
    expect(runtime.buffer.byteLength).toBe(byteLength);
    open(runtime).fitSync(x, y);
  });

  it('refuses absurd sizes in the same way', () => {
    for (const [input, units] of [
      [1e5, 1e5],
      [2 ** 50, 3],
      [3, 2 ** 40],
    ] as const) {
      const layers = [dense(units), dense(3, { activation: 'softmax' })];
      const compile = () => sequential({ input, layers }).compile({ loss: 'crossEntropy' });
      expect(compile).toThrow(MemoryLimitError);
    }
  });

  it('refuses a batch that would not fit, and says by how much; data that would not fit comes in blocks', () => {
    const runtime = createRuntime({ memoryLimit: 8 * 2 ** 20 });
    const model = open(runtime);
    model.fitSync(x, y);
    const before = sha256(model.save({ optimizer: true }));
    const { used } = runtime;
    const many = new Float32Array(4 * 2 ** 20);
    const labels = new Uint8Array(2 ** 20);
    const batchSize = 2 ** 19;
    expect(() => model.fitSync(many, labels, { batchSize })).toThrow(MemoryLimitError);
    const message = /^fitSync of 1048576 rows needs an estimated \d+\.\d MiB, but the memory limit is 8\.0 MiB/;
    expect(() => model.fitSync(many, labels, { batchSize })).toThrow(message);
    expect(() => model.trainOnBatch(many, labels)).toThrow(MemoryLimitError);
    expect(runtime.used).toBe(used);
    expect(sha256(model.save({ optimizer: true }))).toBe(before);
    expect(model.predict(many)).toHaveLength(3 * 2 ** 20);
    expect(model.evaluateSync(many, labels).accuracy).toBeGreaterThanOrEqual(0);
    model.fitSync(many, labels, { batchSize: 1024 });
    expect(runtime.buffer.byteLength).toBeLessThanOrEqual(8.2 * 2 ** 20);
  });

  const many = clusters(900);
  const flat = Uint8Array.from(many.x, (value) => 40 + 20 * value);
  type Call = (model: ReturnType<typeof open>) => unknown;
  const calls: Readonly<Record<string, readonly [call: Call, before?: Call]>> = {
    fit: [(model) => model.fitSync(many.x, many.y, { batchSize: 500 })],
    'fit with everything': [
      (model) =>
        model.fitSync(flat, many.y, {
          validationSplit: 0.3,
          classWeight: 'balanced',
          earlyStopping: { patience: 1 },
          batchSize: 600,
        }),
    ],
    'fit with validation data': [(model) => model.fitSync(many.x, many.y, { validationData: [flat, many.y] })],
    'fit after a prediction': [
      (model) => model.fitSync(many.x, many.y, { validationSplit: 0.5 }),
      (model) => model.predict(many.x),
    ],
    'predict bytes': [(model) => model.predict(flat), (model) => model.predict(many.x)],
    evaluate: [(model) => model.evaluateSync(many.x, many.y)],
    'fit with diagnostics': [(model) => model.fitSync(many.x, many.y, { validationSplit: 0.2, diagnostics: true })],
    diagnose: [(model) => model.diagnose(many.x, many.y)],
    gradients: [(model) => model.gradients(many.x, many.y)],
    trainOnBatch: [(model) => model.trainOnBatch(many.x, many.y)],
    profile: [(model) => model.profile(many.x, many.y, { batchSize: 900, repetitions: 1 })],
  };
  const saved = (() => {
    const model = open(createRuntime());
    model.fitSync(x, y);
    return model.save({ optimizer: true });
  })();

  /** Tries a call under a limit: what it was and did, or `undefined` where not even the model fits. */
  function attempt(memoryLimit: number, [call, before]: readonly [Call, Call?]): 'worked' | 'refused' | undefined {
    let runtime: Runtime;
    let model: ReturnType<typeof open>;
    try {
      runtime = createRuntime({ memoryLimit });
      model = load(saved, { runtime });
      before?.(model);
    } catch (error) {
      expect(error).toBeInstanceOf(MemoryLimitError);
      return undefined;
    }
    const { used } = runtime;
    try {
      call(model);
      return 'worked';
    } catch (error) {
      if (!(error instanceof MemoryLimitError)) throw error;
      expect(runtime.used - used, `bytes left behind at limit ${memoryLimit}: ${error.message}`).toBe(0);
      expect(sha256(model.save({ optimizer: true }))).toBe(sha256(saved));
      return 'refused';
    }
  }

  it.each(Object.entries(calls))('%s: at any limit it works, or is refused and changes nothing', (_, row) => {
    // the least limit, to a cache line, at which it works
    let [low, high] = [150_000, 2 ** 22];
    while (high - low > 64) {
      const middle = Math.ceil((low + high) / 128) * 64;
      if (attempt(middle, row) === 'worked') high = middle;
      else low = middle;
    }
    const results = Array.from({ length: 150 }, (_value, i) => {
      const below = i < 50 ? 64 * i : 3_200 + 800 * (i - 50);
      return attempt(low - below, row);
    });
    expect(results[0]).toBe('refused');
    expect(results).not.toContain('worked');
  });
});
