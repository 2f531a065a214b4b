import { describe, expect, it } from 'vitest';
import { adam, createRuntime, dense, type FitOptions, load, type Optimizer, sequential, sgd } from '../../src/index.js';
import { classifier, clusters, hashOf, sha256 } from './support.js';

const { x, y } = clusters(150);
type Options = FitOptions<readonly [Float32Array, number[]], 'accuracy'>;

function network(optimizer: Optimizer, seed = 3, standardize = false) {
  const layers = [dense(8, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
  return sequential({ input: 4, seed, standardize, layers }).compile({
    loss: 'crossEntropy',
    optimizer,
    metrics: ['accuracy'],
  });
}

describe('the seed', () => {
  it('is all that a run depends on: same seed, same bytes; another one, others', () => {
    const run = (seed: number) => {
      const model = classifier({ seed });
      model.fitSync(x, y, { epochs: 3, validationSplit: 0.2 });
      return sha256(model.save({ optimizer: true }));
    };
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
  });

  it('drives each of initial weights, shuffling and the split, in all of its 53 bits', () => {
    const seeds = [0, 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const initial = seeds.map((seed) => hashOf(network(sgd(), seed)));
    expect(new Set(initial).size).toBe(seeds.length);

    // the same initial weights: what differs comes from the order of rows, or from the rows that are held out
    const learned = (seed: number, options: Options) => {
      const model = network(sgd(), seed);
      model.setParameters(network(sgd(), 0).parameters());
      model.fitSync(x, y, options);
      return hashOf(model);
    };
    for (const options of [{ shuffle: true }, { shuffle: false, validationSplit: 0.3 }]) {
      expect(new Set(seeds.map((seed) => learned(seed, options))).size).toBe(seeds.length);
    }
    expect(new Set(seeds.map((seed) => learned(seed, { shuffle: false }))).size).toBe(1);
  });

  it('layers of one shape begin with different weights', () => {
    const layers = [dense(4), dense(4)];
    const { 'dense0.weight': a, 'dense1.weight': b } = sequential({ input: 4, layers })
      .compile({ loss: 'meanSquaredError' })
      .parameters();
    expect(a?.data).not.toEqual(b?.data);
  });
});

describe('five epochs and five more are ten, bit for bit', () => {
  const optimizers = { sgd: sgd({ learningRate: 0.1 }), adam: adam({ learningRate: 0.01 }) };
  const ways: Readonly<Record<string, Options>> = {
    'in stored order': { shuffle: false },
    shuffled: {},
    'with a validation part': { validationSplit: 0.2 },
    'with weights': { classWeight: { 0: 2 } },
  };

  for (const [name, optimizer] of Object.entries(optimizers)) {
    it.each(Object.entries(ways))(`${name}, %s`, (_, options) => {
      for (const standardize of [false, true]) {
        const whole = network(optimizer, 3, standardize);
        const history = whole.fitSync(x, y, { ...options, epochs: 10 });
        const first = network(optimizer, 3, standardize);
        first.fitSync(x, y, { ...options, epochs: 5 });
        const second = load<'crossEntropy', 'accuracy'>(first.save({ optimizer: true }));
        const rest = second.fitSync(x, y, { ...options, epochs: 5 });
        expect(sha256(second.save({ optimizer: true }))).toBe(sha256(whole.save({ optimizer: true })));
        expect(rest.metrics.loss).toEqual(history.metrics.loss.slice(5));
        expect(rest.metrics.val_loss).toEqual(history.metrics.val_loss?.slice(5));
        first.fitSync(x, y, { ...options, epochs: 5 });
        expect(first.save()).toEqual(whole.save());
      }
    });
  }

  it('single steps, saved and loaded after each', () => {
    const whole = network(adam());
    let resumed = load<'crossEntropy'>(whole.save({ optimizer: true }));
    for (const first of [0, 50, 100]) {
      const batch = [x.subarray(4 * first, 4 * first + 200), y.slice(first, first + 50)] as const;
      whole.trainOnBatch(...batch);
      resumed.trainOnBatch(...batch);
      resumed = load<'crossEntropy'>(resumed.save({ optimizer: true }));
    }
    expect(resumed.save({ optimizer: true })).toEqual(whole.save({ optimizer: true }));
  });

  it('a plain save forgets the optimizer: adam then goes another way', () => {
    const [a, b] = [network(adam()), network(adam())];
    for (const model of [a, b]) model.fitSync(x, y, { epochs: 5 });
    const [exact, plain] = [load(a.save({ optimizer: true })), load(b.save())];
    for (const model of [exact, plain]) model.fitSync(x, y);
    expect(exact.save()).not.toEqual(plain.save());
  });
});

describe('results do not depend on', () => {
  it('the place in memory, nor on what was there before', () => {
    const runtime = createRuntime();
    const alone = classifier();
    alone.fitSync(x, y, { epochs: 3 });
    const bytes = classifier().save();
    const litter = load<'crossEntropy'>(bytes, { runtime });
    litter.fitSync(
      x.map((value) => 50 * value),
      y,
      { epochs: 2, batchSize: 11 },
    );
    const between = load<'crossEntropy'>(bytes, { runtime });
    litter.dispose();
    for (let round = 0; round < 3; round++) {
      const model = load<'crossEntropy'>(bytes, { runtime });
      model.fitSync(x, y, { epochs: 3 });
      expect(model.save()).toEqual(alone.save());
      expect(model.predict(x)).toEqual(alone.predict(x));
      model.dispose();
    }
    between.dispose();
  });

  it('evaluations, predictions, profiles and gradients in between', () => {
    const quiet = classifier();
    const busy = classifier();
    for (let epoch = 0; epoch < 3; epoch++) {
      quiet.fitSync(x, y);
      busy.fitSync(x, y);
      busy.evaluateSync(x, y);
      busy.predict(x.subarray(0, 40));
      busy.gradients(x, y);
      busy.profile(x, y, { repetitions: 2 });
      busy.program('train');
    }
    expect(sha256(busy.save({ optimizer: true }))).toBe(sha256(quiet.save({ optimizer: true })));
  });
});
