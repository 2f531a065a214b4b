import { describe, expect, it } from 'vitest';
import { createRuntime, dense, l2, load, sequential, sgd } from '../../src/index.js';
import { supports } from '../../src/runtime/wasm.js';
import { classifier, clusters, curve, largestDifference, regressor, sha256, valuesOf } from './support.js';

const { x, y } = clusters(60);

describe('predict', () => {
  it('gives probabilities that sum to 1, in a new array or in `out`', () => {
    const model = classifier();
    const fresh = model.predict(x);
    expect(fresh).toHaveLength(180);
    for (let row = 0; row < 60; row++) {
      const sum = fresh.subarray(3 * row, 3 * row + 3).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 6);
    }
    const out = new Float32Array(180);
    expect(model.predict(x, { out })).toBe(out);
    expect(out).toEqual(fresh);
  });

  it('of classes: the likeliest, the first of equals', () => {
    const model = classifier();
    const probabilities = model.predict(x);
    const wanted = Array.from({ length: 60 }, (_, row) => {
      const three = [...probabilities.subarray(3 * row, 3 * row + 3)];
      return three.indexOf(Math.max(...three));
    });
    expect(model.predictClasses(x)).toEqual(Int32Array.from(wanted));
    const zero = Object.entries(model.parameters()).map(([name, { data }]) => [name, { data: data.fill(0) }]);
    model.setParameters(Object.fromEntries(zero));
    expect(new Set(model.predictClasses(x))).toEqual(new Set([0]));
  });

  it('does not depend on how rows are batched: alone, and on both sides of a chunk', () => {
    const many = clusters(600).x;
    const model = classifier();
    const whole = model.predict(many);
    for (const rows of [1, 2, 3, 5, 255, 256, 257, 599]) {
      expect(model.predict(many.subarray(0, 4 * rows)), `${rows} rows`).toEqual(whole.subarray(0, 3 * rows));
      const last = model.predict(many.subarray(4 * (600 - rows)));
      expect(last, `the last ${rows} rows`).toEqual(whole.subarray(3 * (600 - rows)));
    }
    for (const row of [0, 17, 255, 256, 599]) {
      expect(model.predict(many.subarray(4 * row, 4 * row + 4))).toEqual(whole.subarray(3 * row, 3 * row + 3));
    }
  });
});

describe('parameters', () => {
  it('have names and shapes, as layers name them', () => {
    const layers = [dense(5, { name: 'hidden' }), dense(2, { activation: 'softmax' })];
    const model = sequential({ input: [2, 3], layers }).compile({ loss: 'crossEntropy' });
    const shapes = Object.entries(model.parameters()).map(([name, { shape }]) => [name, ...shape]);
    expect(shapes).toEqual([
      ['hidden.weight', 5, 6],
      ['hidden.bias', 5],
      ['dense1.weight', 2, 5],
      ['dense1.bias', 2],
    ]);
  });

  it('can be read, set in part, and make two models the same', () => {
    const [a, b] = [classifier({ seed: 1 }), classifier({ seed: 2 })];
    const before = b.predict(x);
    b.setParameters(a.parameters());
    expect(b.predict(x)).toEqual(a.predict(x));
    expect(b.predict(x)).not.toEqual(before);
    b.setParameters({ 'dense1.bias': { data: [1, 2, 3], shape: [3] } });
    expect(b.parameters()['dense1.bias']?.data).toEqual(Float32Array.of(1, 2, 3));
    expect(b.parameters()['dense0.weight']).toEqual(a.parameters()['dense0.weight']);
  });

  it('are those of y = Wx + b when set by hand', () => {
    const model = sequential({ input: 2, layers: [dense(2)] }).compile({ loss: 'meanSquaredError' });
    model.setParameters({ 'dense0.weight': { data: [1, 2, 3, 4] }, 'dense0.bias': { data: [10, 20] } });
    expect([
      ...model.predict([
        [1, 1],
        [2, -1],
      ]),
    ]).toEqual([13, 27, 10, 22]);
  });
});

describe('gradients', () => {
  it('are what sgd subtracts, penalties included, and change nothing', () => {
    const regularized = { weightRegularizer: l2(0.1), biasRegularizer: l2(0.2) };
    const layers = [dense(4, { activation: 'elu', ...regularized }), dense(1)];
    const model = sequential({ input: 3, layers }).compile({
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 0.05 }),
    });
    const data = curve(9);
    const saved = sha256(model.save({ optimizer: true }));
    const before = model.parameters();
    const gradients = model.gradients(data.x, data.y);
    expect(sha256(model.save({ optimizer: true }))).toBe(saved);
    const { loss } = model.trainOnBatch(data.x, data.y);
    const after = model.parameters();
    expect(Object.keys(gradients)).toEqual(Object.keys(before));
    for (const [name, { data: g, shape }] of Object.entries(gradients)) {
      expect(shape).toEqual(before[name]?.shape);
      const stepped = valuesOf(before, name).map((value, i) => value - 0.05 * (g[i] as number));
      expect(largestDifference(stepped, valuesOf(after, name))).toBeLessThan(1e-6);
    }
    expect(model.evaluateSync(data.x, data.y).loss).toBeLessThan(loss);
  });
});

describe('evaluate', () => {
  it('reports J, L and the metrics over all rows, the same in one go', async () => {
    const layers = [dense(3, { activation: 'softmax', weightRegularizer: l2(0.1) })];
    const model = sequential({ input: 4, layers }).compile({ loss: 'crossEntropy', metrics: ['accuracy'] });
    const many = clusters(600);
    const logs = await model.evaluate(many.x, many.y);
    expect(model.evaluateSync(many.x, many.y)).toEqual(logs);
    const probabilities = model.predict(many.x);
    const classes = model.predictClasses(many.x);
    const likelihoods = many.y.map((c, row) => Math.log(probabilities[3 * row + c] as number));
    expect(logs.dataLoss).toBeCloseTo(-likelihoods.reduce((a, b) => a + b, 0) / 600, 5);
    expect(logs.accuracy).toBe(many.y.filter((c, row) => c === classes[row]).length / 600);
    const squares = model.parameters()['dense0.weight']?.data.reduce((sum, w) => sum + w * w, 0) as number;
    expect(logs.loss - logs.dataLoss).toBeCloseTo((0.1 / 2) * squares, 5);
  });

  it('of trainOnBatch is the loss before the update', () => {
    const model = classifier();
    const { loss, accuracy } = model.evaluateSync(x, y);
    const logs = model.trainOnBatch(x, y);
    expect(logs.loss).toBeCloseTo(loss, 6);
    expect(logs.accuracy).toBe(accuracy);
  });

  it('rmse and r2 are what their formulas say', () => {
    const model = regressor();
    const data = curve(300);
    const { rmse, r2, loss } = model.evaluateSync(data.x, data.y);
    const errors = model.predict(data.x).map((value, i) => value - (data.y[i] as number));
    const squares = errors.reduce((sum, e) => sum + e * e, 0);
    const mean = data.y.reduce((a, b) => a + b, 0) / 300;
    const spread = data.y.reduce((sum, t) => sum + (t - mean) ** 2, 0);
    expect(rmse).toBeCloseTo(Math.sqrt(squares / 300), 5);
    expect(r2).toBeCloseTo(1 - squares / spread, 5);
    expect(loss).toBeCloseTo(squares / 300, 5);
  });
});

describe('the texts', () => {
  it('summary names layers, parameters, work and memory', () => {
    const text = classifier({ standardize: true }).summary();
    expect(text).toContain('input 4, standardized · loss crossEntropy · adam, learning rate 0.01 · seed 3');
    expect(text).toMatch(/dense0 +dense 8 tanh +4 → 8 +40 +glorotUniform, zeros/);
    expect(text).toMatch(/dense1 +dense 3 softmax +8 → 3 +27 +/);
    expect(text).toContain('67 parameters');
    expect(text).toMatch(/kernel (simd|relaxed), 1 thread/);
  });

  it('summary counts the work and the traffic of a step', () => {
    const model = sequential({ input: 512, layers: [dense(512)] }).compile({
      loss: 'meanSquaredError',
      optimizer: sgd(),
    });
    const [, flops, bytes] =
      /a step of 256 rows: ([\d.]+) MFLOP, ([\d.]+) MiB read/.exec(model.summary({ batchSize: 256 })) ?? [];
    // forward and dW: 2 · 256 · 512² each; all else is by element
    const products = (4 * 256 * 512 * 512) / 1e6;
    expect(Number(flops)).toBeGreaterThan(products);
    expect(Number(flops)).toBeLessThan(1.05 * products);
    // W, x, the outputs, their gradient and dW each pass at least once as an operand, in packed form too
    const megabytes = (4 * (2 * 512 * 512 + 3 * 256 * 512)) / 2 ** 20;
    expect(Number(bytes)).toBeGreaterThan(2 * megabytes);
    expect(Number(bytes)).toBeLessThan(8 * megabytes);
    expect(() => model.summary({ batchSize: 0 })).toThrow(/`batchSize` must be a positive integer/);
  });

  it('program lists the operations of each program, and takes no memory', () => {
    const runtime = createRuntime();
    const layers = [dense(8, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
    const model = sequential({ input: 4, layers }, { runtime }).compile({ loss: 'crossEntropy' });
    const { used } = runtime;
    const train = model.program('train', { batchSize: 16 });
    expect(train).toContain('train program · up to 16 rows');
    const operations = train.split('\n').map((line) => line.trim().split(/ {2,}/));
    const named = (layer: string, operation: string) =>
      operations.some((cells) => cells[1] === layer && cells[2] === operation);
    for (const operation of ['PackB', 'Gemm', 'Activation', 'ActivationGradient', 'ColumnSum']) {
      expect(named('dense0', operation), operation).toBe(true);
    }
    expect(train).toMatch(/Loss[^\n]*\n[\s\S]*Verdict[^\n]*\n[\s\S]*Optimizer/);
    expect(model.program('predict')).toMatch(/Softmax/);
    expect(model.program('predict')).not.toMatch(/Loss|Optimizer/);
    expect(model.program('evaluate')).toMatch(/Loss/);
    expect(model.program('evaluate')).not.toMatch(/Optimizer/);
    expect(runtime.used).toBe(used);
  });

  it('profile times every operation of a step and leaves the model as it was', () => {
    const model = classifier();
    model.fitSync(x, y, { epochs: 2 });
    const before = sha256(model.save({ optimizer: true }));
    const text = model.profile(x, y, { batchSize: 16, repetitions: 3 });
    expect(sha256(model.save({ optimizer: true }))).toBe(before);
    expect(text).toContain('GFLOP/s');
    const records = model.program('train', { batchSize: 16 }).split('\n').slice(2);
    const timed = text.split('\n').slice(2);
    expect(timed).toHaveLength(records.length);
    for (const line of timed) expect(line).toMatch(/[\d.]+ µs +[\d.]+ %/);
    const twin = load(model.save({ optimizer: true }));
    model.fitSync(x, y, { epochs: 2 });
    twin.fitSync(x, y, { epochs: 2 });
    expect(model.save()).toEqual(twin.save());
  });

  it('runtime says which kernels work, and why', () => {
    const relaxed = supports('relaxed');
    expect(classifier().runtime).toMatchObject({
      kernel: relaxed ? 'relaxed' : 'simd',
      reproducible: !relaxed,
      threads: 1,
      reason: expect.stringMatching(/thread/),
    });
  });
});

describe('save and load', () => {
  it('give the same model, and the same bytes again', () => {
    const model = classifier({ standardize: true });
    model.fitSync(x, ['a', 'b', 'c', ...y.slice(3).map((i) => 'abc'[i] as string)], { epochs: 3 });
    for (const optimizer of [false, true]) {
      const bytes = model.save({ optimizer });
      const copy = load<'crossEntropy', 'accuracy'>(bytes);
      expect(copy.save({ optimizer })).toEqual(bytes);
      expect(copy.predict(x)).toEqual(model.predict(x));
      expect(copy.classes).toEqual(['a', 'b', 'c']);
      expect(copy.predictLabels(x)).toEqual(model.predictLabels(x));
      expect(copy.evaluateSync(x, y)).toEqual(model.evaluateSync(x, y));
      expect(copy.summary()).toBe(model.summary());
    }
    expect(model.save().length).toBeLessThan(model.save({ optimizer: true }).length);
  });

  it('take bytes at any place of a buffer', () => {
    const model = classifier();
    const bytes = model.save();
    for (const shift of [1, 2, 3, 5]) {
      const moved = new Uint8Array(bytes.length + 9);
      moved.set(bytes, shift);
      const copy = load(moved.subarray(shift, shift + bytes.length));
      expect(copy.save()).toEqual(bytes);
    }
  });

  it('a shared runtime holds several models, each on its own', () => {
    const runtime = createRuntime();
    const alone = classifier();
    const [a, b] = [load(alone.save(), { runtime }), load(alone.save(), { runtime })];
    alone.fitSync(x, y, { epochs: 2 });
    a.fitSync(x, y, { epochs: 1 });
    b.fitSync(x, y, { epochs: 2 });
    expect(b.save()).toEqual(alone.save());
    expect(a.save()).not.toEqual(b.save());
  });
});

describe('an architecture', () => {
  it('is plain data that gives the same model any number of times', () => {
    const layers = [dense(2, { activation: 'softmax' })];
    const architecture = sequential({ input: [2, 2], seed: 9, layers, classes: ['n', 'y'] });
    const copy = sequential(JSON.parse(JSON.stringify(architecture)));
    const options = { loss: 'crossEntropy' } as const;
    const bytes = architecture.compile(options).save();
    expect(architecture.compile(options).save()).toEqual(bytes);
    expect(copy.compile(options).save()).toEqual(bytes);
    expect(structuredClone(architecture)).toMatchObject({ input: [2, 2], seed: 9, classes: ['n', 'y'] });
  });

  it('does not change when its description is changed afterwards', () => {
    const layers = [dense(2, { activation: 'softmax' })];
    const architecture = sequential({ input: 4, layers });
    layers.push(dense(7));
    expect(architecture.compile({ loss: 'crossEntropy' }).predict(x.subarray(0, 4))).toHaveLength(2);
  });
});

describe('dispose', () => {
  it('gives the memory back; every later use says so', async () => {
    const runtime = createRuntime();
    const start = runtime.used;
    const bytes = classifier().save();
    {
      using model = load<'crossEntropy', 'accuracy'>(bytes, { runtime });
      model.fitSync(x, y);
      expect(runtime.used).toBeGreaterThan(start);
    }
    expect(runtime.used).toBe(start);

    const model = load<'crossEntropy', 'accuracy'>(bytes, { runtime });
    model.dispose();
    model.dispose();
    expect(runtime.used).toBe(start);
    const uses: Record<string, () => unknown> = {
      fitSync: () => model.fitSync(x, y),
      trainOnBatch: () => model.trainOnBatch(x, y),
      evaluateSync: () => model.evaluateSync(x, y),
      predict: () => model.predict(x),
      predictClasses: () => model.predictClasses(x),
      predictLabels: () => model.predictLabels(x),
      summary: () => model.summary(),
      program: () => model.program('train'),
      profile: () => model.profile(x, y),
      parameters: () => model.parameters(),
      setParameters: () => model.setParameters({}),
      gradients: () => model.gradients(x, y),
      diagnose: () => model.diagnose(x, y),
      save: () => model.save(),
      runtime: () => model.runtime,
    };
    for (const [name, use] of Object.entries(uses)) {
      expect(use, name).toThrow(expect.objectContaining({ name: 'DisposedError' }));
      expect(use, name).toThrow(/disposed.*Help: /);
    }
    await expect(model.fit(x, y)).rejects.toThrow(/^fit: the model was disposed/);
    await expect(model.evaluate(x, y)).rejects.toThrow(/^evaluate: the model was disposed/);
    const iterate = async () => {
      for await (const _ of model.train(x, y));
    };
    await expect(iterate()).rejects.toThrow(/^train: the model was disposed/);
  });
});
