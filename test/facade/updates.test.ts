/** What becomes of a gradient: the optimizers as users see them, clipping, and layers that are updated in another way. */
import { describe, expect, it } from 'vitest';
import { Op, Optimizer as Rule } from '../../assembly/abi.js';
import { decodeSafetensors } from '../../src/format/safetensors.js';
import {
  adagrad,
  adam,
  adamw,
  type DenseOptions,
  DivergenceError,
  dense,
  ewaMomentum,
  l2,
  load,
  maxNorm,
  type Optimizer,
  rmsprop,
  sequential,
  sgd,
} from '../../src/index.js';
import { OPTIMIZER_NAMES, updateOf } from '../../src/nn/optimizers.js';
import { training } from '../support/setups.js';
import { expectMessage, untyped } from './refusals.js';
import { clusters, hashOf, largestDifference, sha256, valuesOf } from './support.js';

const { x, y } = clusters(96);

interface Choice {
  readonly optimizer?: Optimizer;
  readonly first?: DenseOptions;
  readonly last?: DenseOptions;
  readonly clipNorm?: number;
  readonly clipValue?: number;
}

function classifier({ optimizer = sgd({ learningRate: 0.1 }), first = {}, last = {}, ...clipping }: Choice = {}) {
  const layers = [dense(8, { activation: 'tanh', ...first }), dense(3, { activation: 'softmax', ...last })];
  return sequential({ input: 4, seed: 3, layers }).compile({ loss: 'crossEntropy', optimizer, ...clipping });
}

type Classifier = ReturnType<typeof classifier>;

/** What one step takes off every parameter, and the gradients it had. */
function step(model: Classifier) {
  const [before, gradients] = [model.parameters(), model.gradients(x, y)];
  model.trainOnBatch(x, y);
  const after = model.parameters();
  return Object.keys(before).map((name) => {
    const [was, is] = [valuesOf(before, name), valuesOf(after, name)];
    return { name, taken: was.map((value, i) => value - (is[i] as number)), g: valuesOf(gradients, name) };
  });
}

/** Every rule, by optimizer, with settings that learn. */
const OPTIMIZERS: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ learningRate: 0.1 }),
  'sgd with momentum': sgd({ learningRate: 0.05, momentum: 0.9 }),
  'sgd with Nesterov momentum': sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  ewaMomentum: ewaMomentum({ learningRate: 0.5 }),
  adagrad: adagrad({ learningRate: 0.1 }),
  rmsprop: rmsprop({ learningRate: 0.01 }),
  adam: adam({ learningRate: 0.01 }),
  adamw: adamw({ learningRate: 0.01, weightDecay: 0.1 }),
};

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

describe('clipping', () => {
  const norm = (parts: readonly { readonly g: Float32Array }[]) => {
    return Math.sqrt(parts.reduce((sum, { g }) => sum + g.reduce((squares, v) => squares + v * v, 0), 0));
  };
  const rate = sgd({ learningRate: 1 });

  it('by norm scales the whole gradient, penalties included, to that length, and leaves a shorter one as it is', () => {
    const last = { weightRegularizer: l2(0.3) };
    const free = step(classifier({ optimizer: rate, last }));
    const long = norm(free);
    for (const clipNorm of [0.01, 0.9 * long]) {
      for (const { name, taken, g } of step(classifier({ optimizer: rate, last, clipNorm }))) {
        const wanted = g.map((value) => (value * clipNorm) / long);
        expect(largestDifference(taken, wanted), name).toBeLessThan(3e-7);
      }
    }
    const loose = classifier({ optimizer: rate, last, clipNorm: 1.1 * long });
    const plain = classifier({ optimizer: rate, last });
    for (const model of [loose, plain]) model.trainOnBatch(x, y);
    expect(hashOf(loose)).toBe(hashOf(plain));
  });

  it('by value cuts every element, before the norm is taken', () => {
    const cut = (value: number) => Math.min(Math.max(value, -0.02), 0.02);
    const parts = step(classifier({ optimizer: rate, clipValue: 0.02 }));
    for (const { name, taken, g } of parts) expect(largestDifference(taken, g.map(cut)), name).toBeLessThan(3e-7);
    const long = norm(parts.map(({ g }) => ({ g: g.map(cut) })));
    expect(long).toBeGreaterThan(0.05);
    for (const { taken, g } of step(classifier({ optimizer: rate, clipValue: 0.02, clipNorm: 0.05 }))) {
      const wanted = g.map((value) => (cut(value) * 0.05) / long);
      expect(largestDifference(taken, wanted)).toBeLessThan(3e-7);
    }
  });

  it('is kept in files', () => {
    const model = classifier({ clipNorm: 0.1, clipValue: 0.05 });
    const copy = load<'crossEntropy'>(model.save());
    const plain = classifier();
    for (const one of [model, copy, plain]) one.fitSync(x, y);
    expect(hashOf(copy)).toBe(hashOf(model));
    expect(hashOf(copy)).not.toBe(hashOf(plain));
  });

  it('does not hide a gradient that is infinite, nor one that is too long to measure', () => {
    for (const input of [3e38, 1e25]) {
      const model = sequential({ input: 1, layers: [dense(1), dense(1)] }).compile({
        loss: 'meanAbsoluteError',
        optimizer: rate,
        clipNorm: 1,
      });
      model.setParameters({ 'dense0.weight': { data: [1] }, 'dense1.weight': { data: [1] } });
      const before = hashOf(model);
      // the gradient is the input itself, whose square is beyond float32
      expect(() => model.trainOnBatch([[input]], [0])).toThrow(DivergenceError);
      expect(hashOf(model)).toBe(before);
    }
  });

  it('by value lets a step happen whose gradient would have been too long to measure', () => {
    const model = sequential({ input: 1, layers: [dense(1)] }).compile({
      loss: 'meanAbsoluteError',
      optimizer: rate,
      clipValue: 0.5,
    });
    model.setParameters({ 'dense0.weight': { data: [1] } });
    model.trainOnBatch([[1e25]], [0]);
    expect([...valuesOf(model.parameters(), 'dense0.weight')]).toEqual([0.5]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e-60, '1', null])('to %s is refused', (limit) => {
    for (const name of ['clipNorm', 'clipValue']) {
      expectMessage(
        () => classifier({ [name]: untyped(limit) }),
        [`compile: \`${name}\` must be a finite number above 0`],
      );
    }
  });
});

describe('a layer', () => {
  it('with another rate moves by that rate', () => {
    for (const optimizer of [sgd({ learningRate: 0.5 }), adam({ learningRate: 0.5 }), ewaMomentum()]) {
      const plain = step(classifier({ optimizer }));
      const slow = step(classifier({ optimizer, first: { learningRateMultiplier: 0.25 } }));
      plain.forEach(({ name, taken }, i) => {
        const factor = name.startsWith('dense0') ? 0.25 : 1;
        expect(
          largestDifference(
            slow[i]?.taken ?? [],
            taken.map((v) => factor * v),
          ),
          name,
        ).toBeLessThan(2e-7);
      });
    }
  });

  it('that is frozen stays, bit for bit, and all others move as they would', () => {
    for (const optimizer of Object.values(OPTIMIZERS)) {
      const [plain, frozen] = [classifier({ optimizer }), classifier({ optimizer, first: { trainable: false } })];
      const before = valuesOf(frozen.parameters(), 'dense0.weight');
      for (const model of [plain, frozen]) model.trainOnBatch(x, y);
      expect(valuesOf(frozen.parameters(), 'dense1.weight')).toEqual(valuesOf(plain.parameters(), 'dense1.weight'));
      frozen.fitSync(x, y, { epochs: 3 });
      expect(valuesOf(frozen.parameters(), 'dense0.weight')).toEqual(before);
      const copy = load<'crossEntropy'>(frozen.save({ optimizer: true }));
      for (const model of [frozen, copy]) model.fitSync(x, y);
      expect(hashOf(copy)).toBe(hashOf(frozen));
      expect(valuesOf(copy.parameters(), 'dense0.weight')).toEqual(before);
    }
  });

  it('that is frozen has gradients all the same, and its penalties count in the loss', () => {
    const first = { weightRegularizer: l2(0.5) };
    const [plain, frozen] = [classifier({ first }), classifier({ first: { ...first, trainable: false } })];
    expect(frozen.gradients(x, y)).toEqual(plain.gradients(x, y));
    expect(frozen.evaluateSync(x, y)).toEqual(plain.evaluateSync(x, y));
    const { loss, dataLoss } = frozen.trainOnBatch(x, y);
    expect(loss - dataLoss).toBeGreaterThan(0.1);
  });

  it('that is frozen has no part in the norm that is clipped', () => {
    const choice = { clipNorm: 0.01, first: { trainable: false } };
    const [asked, fresh] = [classifier(choice), classifier(choice)];
    // leaves a gradient of the frozen layer behind
    asked.gradients(x, y);
    for (const model of [asked, fresh]) model.trainOnBatch(x, y);
    expect(hashOf(asked)).toBe(hashOf(fresh));
    const [first, ...rest] = step(classifier({ optimizer: sgd({ learningRate: 1 }), ...choice }));
    expect(first?.taken.every((value) => value === 0)).toBe(true);
    const taken = Math.hypot(...rest.flatMap((part) => [...part.taken]));
    expect(taken).toBeCloseTo(0.01, 6);
  });

  it('may be frozen with all others: nothing moves', () => {
    const model = classifier({ first: { trainable: false }, last: { trainable: false } });
    const before = hashOf(model);
    model.fitSync(x, y, { epochs: 2 });
    expect(hashOf(model)).toBe(before);
  });

  it.each([
    ['trainable', 'no', '`trainable` must be true or false'],
    ['learningRateMultiplier', -1, '`learningRateMultiplier` must be'],
    ['learningRateMultiplier', Number.NaN, '`learningRateMultiplier` must be'],
  ])('is refused with %s %s', (name, value, message) => {
    expectMessage(() => dense(3, { [name]: untyped(value) }), [`dense: ${message}`]);
  });
});

describe('the program of a step', () => {
  const layers = (first: DenseOptions = {}) => [dense(9, first), dense(7, { activation: 'tanh' }), dense(3)];
  const instructionsOf = (choice: { readonly first?: DenseOptions; readonly optimizer?: Optimizer }) => {
    const setup = { layers: layers(choice.first), loss: 'meanSquaredError', metrics: [] } as const;
    const form = { rows: 8, bytes: false, dense: true, weighted: false };
    return training({
      ...{ input: 6, standardized: false, rows: 8, form },
      ...setup,
      optimizer: choice.optimizer ?? adam(),
    }).instructions;
  };
  const ops = (choice: Parameters<typeof instructionsOf>[0] = {}) => {
    return instructionsOf(choice).map(({ op }) => Op[op] as string);
  };
  const count = (names: readonly string[], name: string) => names.filter((one) => one === name).length;

  it('updates everything in one record, unless parameters differ', () => {
    expect(count(ops(), 'Optimizer')).toBe(1);
    expect(count(ops(), 'SquareSum')).toBe(1);
    expect(count(ops({ first: { learningRateMultiplier: 2 } }), 'Optimizer')).toBe(2);
    expect(count(ops({ first: { trainable: false } }), 'Optimizer')).toBe(1);
    // weights decay, biases do not
    expect(count(ops({ optimizer: adamw() }), 'Optimizer')).toBe(6);
    expect(count(ops({ optimizer: adamw({ decayAll: true }) }), 'Optimizer')).toBe(1);
    expect(count(ops({ optimizer: adamw({ weightDecay: 0 }) }), 'Optimizer')).toBe(1);
  });

  it('does no work for the gradient of a frozen layer', () => {
    const [all, frozen] = [ops(), ops({ first: { trainable: false } })];
    // the first layer's dW and, as nobody else needs it, the gradient of its output
    expect(count(all, 'Gemm') - count(frozen, 'Gemm')).toBe(2);
    expect(count(all, 'ColumnSum') - count(frozen, 'ColumnSum')).toBe(1);
    expect(count(frozen, 'PackB')).toBeLessThan(count(all, 'PackB'));
  });

  it('counts the penalties of a frozen layer, and adds none to its gradient', () => {
    for (const trainable of [true, false]) {
      const instructions = instructionsOf({ first: { trainable, weightRegularizer: l2(1) } });
      const penalty = instructions.find(({ op }) => op === Op.Penalty);
      expect(penalty?.operands.map((operand) => operand?.space)).toEqual([
        'parameters',
        trainable ? 'gradients' : undefined,
        'transient',
      ]);
    }
  });

  it('does what follows the update behind it, where a forbidden step has ended', () => {
    const names = ops({
      first: { weightConstraint: maxNorm(1), weightRegularizer: { kind: 'l1', strength: 1, proximal: true } },
    });
    expect(names.slice(names.indexOf('Verdict'))).toEqual(['Verdict', 'Optimizer', 'SoftThreshold', 'MaxNorm']);
  });
});
