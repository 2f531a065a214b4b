import { describe, expect, it } from 'vitest';
import { digits } from '../../src/data/index.js';
import {
  ArgumentError,
  adam,
  DivergenceError,
  dense,
  type FitOptions,
  type History,
  load,
  type NamedArray,
  type Optimizer,
  sequential,
  sgd,
} from '../../src/index.js';
import { Domain, Random } from '../../src/random.js';
import { hashOf, sha256 } from './support.js';

const random = new Random(5, Domain.spirals);
const rows = 64;
const x = Float32Array.from({ length: rows * 4 }, () => random.normal());
// by chance: nothing can be learned, so a huge rate has no lucky end
const labels = Array.from({ length: rows }, () => random.below(3));
const values = Array.from({ length: rows }, () => random.normal());

type Activation = 'relu' | 'tanh';
type Fit = FitOptions<never, never>;

function classification(optimizer: Optimizer, activation: Activation) {
  const layers = [dense(16, { activation }), dense(3, { activation: 'softmax' })];
  const model = sequential({ input: 4, seed: 1, layers }).compile({ loss: 'crossEntropy', optimizer });
  return { model, y: labels, learn: (options: Fit) => model.fitSync(x, labels, options) };
}

function regression(optimizer: Optimizer, activation: Activation) {
  const layers = [dense(16, { activation }), dense(1)];
  const model = sequential({ input: 4, seed: 1, layers }).compile({ loss: 'meanSquaredError', optimizer });
  return { model, y: values, learn: (options: Fit) => model.fitSync(x, values, options) };
}

/** The DivergenceError that a call ends with. */
function divergenceOf(call: () => unknown): DivergenceError {
  try {
    call();
  } catch (error) {
    if (error instanceof DivergenceError) return error;
    throw error;
  }
  throw new Error('it did not diverge');
}

const allFinite = (model: { parameters(): Record<string, NamedArray> }) =>
  Object.values(model.parameters()).every(({ data }) => data.every(Number.isFinite));

const tasks = { classification, regression };
const optimizers = { sgd: sgd({ learningRate: 1e6 }), adam: adam({ learningRate: 1e6 }) };
const cases = Object.entries(tasks).flatMap(([task, make]) =>
  Object.entries(optimizers).flatMap(([name, optimizer]) =>
    (['relu', 'tanh'] as const).map((activation) => ({
      task,
      name,
      activation,
      make: () => make(optimizer, activation),
    })),
  ),
);

describe('learning rate 1e6', () => {
  it.each(cases)('$task, $name, $activation: an error that names step, layer, operation and causes', ({ make }) => {
    const { model, y, learn } = make();
    const error = divergenceOf(() => learn({ epochs: 200, batchSize: 16 }));
    expect(error.message).toMatch(/^Training diverged at step \d+, epoch \d+: the loss .*\. Help: likely causes are /);
    expect(error.message).toContain('learning rate that is too high (it is 1000000)');
    expect(error.message).not.toContain('\n');
    expect(error.message).toMatch(/First( large value)? in layer .+, operation \w+: element \[\d+, \d+\] of .+ is /);
    expect(error.message).toContain(`layer ${error.culprit?.layer}, operation ${error.culprit?.operation}: `);
    expect(error.culprit?.layer).toMatch(/^(dense[01]|the loss)$/);
    expect(error.step).toBeGreaterThan(0);
    expect(error.epoch).toBe(Math.ceil(error.step / 4));

    expect(allFinite(model)).toBe(true);
    expect(model.predict(x)).toHaveLength(y === labels ? rows * 3 : rows);
    const history = error.history as History<never>;
    expect(history.metrics.loss).toHaveLength(error.epoch - 1);
    expect(history.stopReason).toBe('diverged');
    expect(model.history).toEqual(history);
  });

  it.each(cases)('$task, $name, $activation: the model stands at the last good step', ({ make }) => {
    const { model, y, learn } = make();
    const error = divergenceOf(() => learn({ epochs: 200, batchSize: 16, shuffle: false }));
    // where a value was not finite, the failing step changed nothing; an explosion is told after its last step
    const steps = error.message.includes('not finite') ? error.step - 1 : error.step;
    const twin = make().model;
    for (let step = 0; step < steps; step++) {
      const first = (step % 4) * 16;
      twin.trainOnBatch(x.subarray(4 * first, 4 * first + 64), y.slice(first, first + 16));
    }
    expect(hashOf(model)).toBe(hashOf(twin));
  });

  it('the same in fit and train, which reject', async () => {
    const wanted = divergenceOf(() => {
      const { model, y } = regression(optimizers.sgd, 'relu');
      model.fitSync(x, y, { epochs: 9 });
    });
    const { model, y } = regression(optimizers.sgd, 'relu');
    await expect(model.fit(x, y, { epochs: 9 })).rejects.toThrow(wanted.message);
    const other = regression(optimizers.sgd, 'relu');
    const iterate = async () => {
      for await (const _ of other.model.train(x, y, { epochs: 9 }));
    };
    await expect(iterate()).rejects.toThrow(DivergenceError);
    expect(model.save()).toEqual(other.model.save());
  });
});

describe('a step that is not finite', () => {
  it('keeps the history of the epochs before, and the last step rather than the best', () => {
    const make = () =>
      sequential({ input: 4, layers: [dense(1)] }).compile({
        loss: 'meanSquaredError',
        optimizer: sgd({ learningRate: 1000 }),
      });
    const model = make();
    const epochs: number[] = [];
    const error = divergenceOf(() =>
      model.fitSync(x, values, {
        epochs: 500,
        batchSize: rows,
        earlyStopping: { patience: 499, monitor: 'loss' },
        onEpochEnd: ({ epoch }) => void epochs.push(epoch),
      }),
    );
    expect(epochs).toEqual(Array.from({ length: error.epoch - 1 }, (_, i) => i + 1));
    expect((error.history as History<never>).metrics.loss).toHaveLength(epochs.length);
    expect(epochs.length).toBeGreaterThan(0);
    const twin = make();
    // a full batch each: as many epochs as steps; the explosion is seen after the step, so the twin ends with it too
    divergenceOf(() => twin.fitSync(x, values, { epochs: error.step, batchSize: rows }));
    expect(hashOf(model)).toBe(hashOf(twin));
  });

  it('in trainOnBatch and gradients: an error, and nothing changed', () => {
    const layers = [dense(5, { activation: 'relu', name: 'hidden' }), dense(1, { name: 'out' })];
    const model = sequential({ input: 2, layers }).compile({ loss: 'meanSquaredError', optimizer: adam() });
    model.setParameters({ 'hidden.weight': { data: new Float32Array(10).fill(3e38) } });
    const before = sha256(model.save({ optimizer: true }));
    const error = divergenceOf(() => model.trainOnBatch([[3, 3]], [1]));
    expect(error.culprit).toEqual({ layer: 'hidden', operation: 'Gemm', element: '[0, 0]' });
    expect(error.step).toBe(1);
    expect(sha256(model.save({ optimizer: true }))).toBe(before);
    model.setParameters({ 'hidden.weight': { data: new Float32Array(10).fill(0.1) } });
    model.trainOnBatch([[3, 3]], [1]);
    expect(allFinite(model)).toBe(true);
  });

  it('never leaves parameters that are not finite, not even at the largest rate that is accepted', () => {
    expect(() => sgd({ learningRate: 1.1e9 })).toThrow(ArgumentError);
    const optimizer = sgd({ learningRate: 1e9 });
    const model = sequential({ input: 1, layers: [dense(1)] }).compile({ loss: 'meanSquaredError', optimizer });
    model.setParameters({ 'dense0.weight': { data: [1] } });
    // y = 1e9, loss 1e18, gradient 2e18, update 2e27; the next one would be 1e45
    divergenceOf(() => model.fitSync([[1e9]], [0], { epochs: 2 }));
    expect(allFinite(model)).toBe(true);
  });

  it('never leaves optimizer states that are not finite, even where the square of a finite gradient is not', () => {
    const model = sequential({ input: 1, layers: [dense(1)] }).compile({ loss: 'meanSquaredError', optimizer: adam() });
    model.setParameters({ 'dense0.weight': { data: [1] } });
    // y = 1e13, loss 1e26, gradient 2e26: its square is beyond float32
    divergenceOf(() => model.fitSync([[1e13]], [0]));
    load(model.save({ optimizer: true }));
  });

  it('the model goes on learning from where it stood', () => {
    const { model, y } = regression(optimizers.sgd, 'relu');
    divergenceOf(() => model.fitSync(x, y, { epochs: 9 }));
    const restart = regression(sgd({ learningRate: 1e-3 }), 'relu').model;
    model.setParameters(restart.parameters());
    expect(model.evaluateSync(x, y).loss).toBeCloseTo(restart.evaluateSync(x, y).loss, 6);
  });
});

describe('an explosion that stays finite', () => {
  it.each([
    ['sgd', sgd({ learningRate: 1e6 })],
    ['adam', adam({ learningRate: 1e6 })],
  ])('is seen even where all relu units died and the loss settled: %s', (_, optimizer) => {
    const pictures = digits({ rows: 600, seed: 3 });
    const layers = [dense(32, { activation: 'relu' }), dense(10, { activation: 'softmax' })];
    const model = sequential({ input: [16, 16], layers }).compile({ loss: 'crossEntropy', optimizer });
    const error = divergenceOf(() => model.fitSync(pictures.x, pictures.y, { epochs: 5 }));
    expect(error.culprit?.operation).not.toBe('Gather');
    expect(allFinite(model)).toBe(true);
  });
});

describe('no false alarm', () => {
  it('targets that grow with the rows, in order, are no divergence', () => {
    const count = 4000;
    const line = Float32Array.from({ length: count }, (_, i) => i / count);
    const model = sequential({ input: 1, layers: [dense(1)] }).compile({
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 1e-4 }),
    });
    const { metrics } = model.fitSync(
      line,
      line.map((value) => 1000 * value),
      { epochs: 3, shuffle: false },
    );
    expect(metrics.loss).toHaveLength(3);
  });

  it('a single batch with an outlier is no divergence', () => {
    const layers = [dense(8, { activation: 'tanh' }), dense(1)];
    const model = sequential({ input: 4, layers }).compile({
      loss: 'meanSquaredError',
      optimizer: adam({ learningRate: 0.001 }),
    });
    const outlier = values.map((value, row) => (row === 40 ? 1e6 : value));
    const { stopReason } = model.fitSync(x, outlier, { epochs: 40, batchSize: 1 });
    expect(stopReason).toBe('completed');
  });

  it('targets that are large from the start are no divergence', () => {
    const { model } = regression(adam({ learningRate: 0.001 }), 'tanh');
    const large = values.map((value) => 1e7 * (1 + value));
    expect(model.fitSync(x, large, { epochs: 40 }).stopReason).toBe('completed');
  });
});
