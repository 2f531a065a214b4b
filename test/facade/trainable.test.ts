/** Layers that are updated in another way than the others, or not at all. */
import { describe, expect, it } from 'vitest';
import { Op } from '../../assembly/abi.js';
import {
  adam,
  adamw,
  type DenseOptions,
  dense,
  ewaMomentum,
  l1,
  l2,
  load,
  maxNorm,
  type Optimizer,
  sgd,
} from '../../src/index.js';
import { training } from '../support/setups.js';
import { expectMessage, untyped } from './refusals.js';
import { hashOf, largestDifference, valuesOf } from './support.js';
import { classifier, OPTIMIZERS, step, x, y } from './updating.js';

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
    expect(model.summary()).toContain('dense 8 tanh, frozen');
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
    expect(count(ops({ optimizer: adamw() }), 'SquareSum')).toBe(1);
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
      first: { weightConstraint: maxNorm(1), weightRegularizer: l1(1, { proximal: true }) },
    });
    expect(names.slice(names.indexOf('Verdict'))).toEqual(['Verdict', 'Optimizer', 'SoftThreshold', 'MaxNorm']);
  });
});
