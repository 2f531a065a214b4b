/** The optimizers as users see them. */
import { describe, expect, it } from 'vitest';
import { Optimizer as Rule } from '../../assembly/abi.js';
import { decodeSafetensors } from '../../src/format/safetensors.js';
import { adagrad, adam, adamw, dense, ewaMomentum, load, maxNorm, rmsprop, sequential, sgd } from '../../src/index.js';
import { OPTIMIZER_NAMES, updateOf } from '../../src/nn/optimizers.js';
import { expectMessage, untyped } from './refusals.js';
import { hashOf, largestDifference, sha256, valuesOf } from './support.js';
import { classifier, OPTIMIZERS, x, y } from './updating.js';

describe('every optimizer', () => {
  it('and every rule of the kernels is tried here', () => {
    expect(new Set(Object.values(OPTIMIZERS).map(({ kind }) => kind))).toEqual(new Set(OPTIMIZER_NAMES));
    const rules = Object.values(OPTIMIZERS).flatMap((one) => [updateOf(one).rule, updateOf(one).decaying]);
    expect(new Set(rules)).toEqual(new Set(Object.values(Rule).filter((value) => typeof value === 'number')));
  });

  it.each(Object.entries(OPTIMIZERS))(
    '%s learns, and five epochs and five more are ten, bit for bit',
    (_, optimizer) => {
      const make = () =>
        classifier({ optimizer, clipNorm: 1, clipValue: 0.2, first: { weightConstraint: maxNorm(1) } });
      const whole = make();
      const { metrics } = whole.fitSync(x, y, { batchSize: 32, epochs: 10 });
      expect(metrics.loss.at(-1)).toBeLessThan((metrics.loss[0] as number) / 2);
      const first = make();
      first.fitSync(x, y, { batchSize: 32, epochs: 5 });
      const second = load<'crossEntropy'>(first.save({ optimizer: true }));
      for (const model of [first, second]) {
        model.fitSync(x, y, { batchSize: 32, epochs: 5 });
        expect(sha256(model.save({ optimizer: true }))).toBe(sha256(whole.save({ optimizer: true })));
      }
    },
  );

  it.each(Object.entries(OPTIMIZERS))('%s is the same out of JSON', (_, optimizer) => {
    const [a, b] = [classifier({ optimizer }), classifier({ optimizer: JSON.parse(JSON.stringify(optimizer)) })];
    for (const model of [a, b]) model.fitSync(x, y);
    expect(hashOf(b)).toBe(hashOf(a));
  });
});

describe('ewaMomentum', () => {
  it('has averages whose weights sum to 1 − αᵗ', () => {
    // a rate of 0 keeps the gradient the same
    const model = classifier({ optimizer: ewaMomentum({ learningRate: 0, alpha: 0.8 }) });
    const gradient = valuesOf(model.gradients(x, y), 'dense0.weight');
    for (let t = 1; t <= 30; t++) {
      model.trainOnBatch(x, y);
      const average = decodeSafetensors(model.save({ optimizer: true }), 'test').tensors.get('_state0.dense0.weight');
      const wanted = gradient.map((g) => g * (1 - 0.8 ** t));
      expect(largestDifference(average?.data ?? [], wanted), `after ${t} steps`).toBeLessThan(1e-7);
    }
  });

  it('is heavy-ball momentum with ε/(1 − α) for its rate', () => {
    const average = classifier({ optimizer: ewaMomentum({ learningRate: 0.5, alpha: 0.9 }) });
    const ball = classifier({ optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }) });
    for (const model of [average, ball]) model.fitSync(x, y, { batchSize: 32, epochs: 3 });
    const [a, b] = [average, ball].map((model) => valuesOf(model.parameters(), 'dense0.weight'));
    expect(largestDifference(a ?? [], b ?? [])).toBeLessThan(1e-5);
  });
});

describe('adamw', () => {
  it('without decay is adam, bit for bit', () => {
    const [a, b] = [classifier({ optimizer: adam() }), classifier({ optimizer: adamw({ weightDecay: 0 }) })];
    for (const model of [a, b]) model.fitSync(x, y, { epochs: 3 });
    expect(hashOf(b)).toBe(hashOf(a));
  });

  it('takes ελ of the weights, and of biases on request, where the gradient is 0', () => {
    for (const decayAll of [false, true]) {
      const optimizer = adamw({ learningRate: 0.5, weightDecay: 0.1, decayAll });
      const model = sequential({ input: 2, layers: [dense(1)] }).compile({ loss: 'meanSquaredError', optimizer });
      model.setParameters({ 'dense0.weight': { data: [3, -2] }, 'dense0.bias': { data: [4] } });
      model.trainOnBatch([[0, 0]], [4]);
      const parameters = model.parameters();
      expect([...valuesOf(parameters, 'dense0.weight')]).toEqual(
        [3, -2].map((w) => Math.fround(w * Math.fround(0.95))),
      );
      expect(valuesOf(parameters, 'dense0.bias')[0]).toBeCloseTo(decayAll ? 3.8 : 4, 6);
    }
  });

  it('takes no more than all of them', () => {
    const optimizer = adamw({ learningRate: 1000, weightDecay: 1000 });
    const model = sequential({ input: 1, layers: [dense(1)] }).compile({ loss: 'meanSquaredError', optimizer });
    model.trainOnBatch([[0]], [0]);
    expect(Math.abs(valuesOf(model.parameters(), 'dense0.weight')[0] as number)).toBe(0);
  });
});

describe('optimizers that cannot be used are refused:', () => {
  const refused: Readonly<Record<string, readonly [() => unknown, ...string[]]>> = {
    'a momentum of 1': [() => sgd({ momentum: 1 }), 'sgd: `momentum` must be a number from 0 to', 'Received: 1.'],
    'Nesterov without momentum': [() => sgd({ nesterov: true }), '`nesterov` needs a `momentum` above 0', '0.'],
    'Nesterov as a number': [() => sgd({ momentum: 0.9, nesterov: untyped(1) }), '`nesterov` must be true or false'],
    'an alpha of 1': [() => ewaMomentum({ alpha: 1 }), 'ewaMomentum: `alpha` must be', 'Received: 1.'],
    'a negative rho': [() => rmsprop({ rho: -0.1 }), 'rmsprop: `rho` must be', 'Received: -0.1.'],
    'an epsilon of 0': [() => adagrad({ epsilon: 0 }), 'adagrad: `epsilon` must be', 'Received: 0.'],
    'a negative decay': [() => adamw({ weightDecay: -1 }), 'adamw: `weightDecay` must be', 'Received: -1.'],
    'another name for decay': [() => adamw(untyped({ decay: 1 })), '`decay` is not an option', '`decayAll`'],
    'a rate that is no schedule': [() => sgd({ learningRate: untyped({ at: 3 }) }), '`kind` is not one', 'undefined.'],
    'a rate that is nothing': [() => sgd({ learningRate: untyped(null) }), 'sgd: `learningRate` must be', 'null.'],
  };
  it.each(Object.entries(refused))('%s', (_, [call, ...parts]) => expectMessage(call, parts));
});
