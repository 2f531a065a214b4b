/** The options of activations, activation layers, and what the planner makes of an activation that needs its input. */
import { describe, expect, it } from 'vitest';
import { Activation, Op } from '../../assembly/abi.js';
import {
  type ActivationOption,
  activation,
  adam,
  dense,
  elu,
  type Layer,
  leakyRelu,
  load,
  sequential,
} from '../../src/index.js';
import { type BatchForm, planPrediction, planTraining } from '../../src/model/programs.js';
import { ACTIVATION_NAMES, activationRow } from '../../src/nn/activations.js';
import { operation } from '../../src/program/ops.js';
import type { Plan } from '../../src/program/plan.js';
import { expectMessage, untyped } from '../facade/refusals.js';
import { clusters, hashOf, largestDifference, sha256 } from '../facade/support.js';
import { ACTIVATIONS } from '../oracle/activations.js';
import { blueprintOf } from '../support/rig.js';
import { THREE_LAYERS } from '../support/setups.js';

const { x, y } = clusters(48);

/** A classifier with these hidden layers, trained for a few epochs. */
function trained(hidden: readonly Layer[], output: readonly Layer[] = [dense(3, { activation: 'softmax' })]) {
  const model = sequential({ input: 4, seed: 5, layers: [...hidden, ...output] }).compile({
    loss: 'crossEntropy',
    optimizer: adam({ learningRate: 0.02 }),
  });
  model.fitSync(x, y, { epochs: 3, batchSize: 10 });
  return model;
}

/** f(x) by the library, for given x. */
function values(chosen: ActivationOption, at: readonly number[]): Float32Array {
  const model = sequential({ input: at.length, layers: [activation(chosen)] }).compile({ loss: 'meanSquaredError' });
  return model.predict(Float32Array.from(at));
}

describe('saturation', () => {
  it.each(ACTIVATION_NAMES.filter((name) => activationRow(name).saturated))(
    'of %s is a slope below 1 %% of the largest',
    (name) => {
      const { f, df } = ACTIVATIONS[name.replace(/^./, (letter) => letter.toUpperCase()) as keyof typeof ACTIVATIONS];
      for (const parameter of name === 'elu' ? [0.5, 1, 3] : [0]) {
        const grid = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 200);
        const largest = Math.max(...grid.map((z) => df(z, parameter)));
        const flat = grid.filter((z) => df(z, parameter) < largest / 100);
        expect(flat.length).toBeGreaterThan(100);
        expect(grid.filter((z) => activationRow(name).saturated?.(f(z, parameter), parameter))).toEqual(flat);
      }
    },
  );

  it('is not told where a side without slope is meant to be, nor from an output that does not tell', () => {
    const untold = ACTIVATION_NAMES.filter((name) => !activationRow(name).saturated);
    expect(untold).toEqual(['linear', 'relu', 'leakyRelu', 'gelu', 'geluTanh', 'silu', 'softmax']);
    expect(ACTIVATION_NAMES.filter((name) => activationRow(name).dies(0.1))).toEqual(['relu']);
  });
});

describe('an activation with a parameter', () => {
  const at = [-3, -0.5, -0.001, 0, 0.5, 4];

  it.each([
    ['leakyRelu', leakyRelu({ slope: 0.2 }), 0.2],
    ['leakyRelu', leakyRelu({ slope: 0 }), 0],
    ['leakyRelu', leakyRelu({ slope: 3 }), 3],
    ['elu', elu({ alpha: 0.5 }), 0.5],
    ['elu', { kind: 'elu', alpha: 2 }, 2],
  ] as const)('computes with it: %s, %j', (name, chosen, parameter) => {
    const { f } = ACTIVATIONS[name === 'elu' ? 'Elu' : 'LeakyRelu'];
    const wanted = at.map((value) => f(Math.fround(value), Math.fround(parameter)));
    expect(largestDifference(values(chosen, at), wanted)).toBeLessThan(1e-6);
  });

  it.each([
    ['leakyRelu', leakyRelu(), leakyRelu({ slope: 0.1 })],
    ['elu', elu(), elu({ alpha: 1 })],
  ] as const)('has the default that the bare name means: %s', (name, bare, given) => {
    const bits = [name, bare, given].map((chosen) => hashOf(trained([dense(6, { activation: chosen })])));
    expect(bits[1]).toBe(bits[0]);
    expect(bits[2]).toBe(bits[0]);
  });

  it('trains otherwise with another parameter', () => {
    const bits = ['leakyRelu', leakyRelu({ slope: 0.2 }), leakyRelu({ slope: 0.3 })] as const;
    expect(new Set(bits.map((chosen) => hashOf(trained([dense(6, { activation: chosen })])))).size).toBe(3);
  });

  it('is relu with slope 0', () => {
    const [leaky, relu] = [leakyRelu({ slope: 0 }), 'relu' as const].map((chosen) =>
      trained([dense(6, { activation: chosen })]).predict(x),
    );
    expect(largestDifference(leaky as Float32Array, relu as Float32Array)).toBe(0);
  });

  it('is saved, loaded and shown', () => {
    const model = trained([dense(6, { activation: leakyRelu({ slope: 0.2 }) }), activation(elu({ alpha: 0.5 }))]);
    const again = load<'crossEntropy', never>(model.save({ optimizer: true }));
    expect(sha256(again.save({ optimizer: true }))).toBe(sha256(model.save({ optimizer: true })));
    expect(again.predict(x)).toEqual(model.predict(x));
    for (const one of [model, again]) one.fitSync(x, y, { epochs: 1, batchSize: 10 });
    expect(hashOf(again)).toBe(hashOf(model));
    expect(model.summary()).toContain('dense 6 leakyRelu(slope 0.2)');
    expect(model.summary()).toContain('activation elu(alpha 0.5)');
  });
});

describe('an activation layer', () => {
  it.each([...ACTIVATION_NAMES, leakyRelu({ slope: 0.3 })])('trains to the bits of the option: %j', (chosen) => {
    const layer = trained([dense(6), activation(chosen), dense(5), activation(chosen)]);
    const option = trained([dense(6, { activation: chosen }), dense(5, { activation: chosen })]);
    // the bits alone, unless he takes the place of glorot in front of the option
    if (activationRow(chosen).initializer === 'glorotUniform') expect(hashOf(layer)).toBe(hashOf(option));
    layer.setParameters(renamed(option.parameters()));
    expect(layer.predict(x)).toEqual(option.predict(x));
    const gradients = Object.values(renamed(option.gradients(x, y)));
    expect(Object.values(layer.gradients(x, y))).toEqual(gradients);
  });

  it('is what the loss looks for, and fuses, at the end', () => {
    const layer = trained([dense(6)], [dense(3), activation('softmax')]);
    const option = trained([dense(6)]);
    expect(hashOf(layer)).toBe(hashOf(option));
    expect(layer.program('train')).not.toContain('Softmax');
    expect(layer.program('predict')).toContain('Softmax');
    expect(largestDifference(layer.predict(x), option.predict(x))).toBe(0);
  });

  it('has no parameters, and a name if it is given one', () => {
    const model = sequential({ input: 4, layers: [dense(2), activation('tanh', { name: 'squash' })] }).compile({
      loss: 'meanSquaredError',
    });
    expect(Object.keys(model.parameters())).toEqual(['dense0.weight', 'dense0.bias']);
    expect(model.summary()).toMatch(/^squash +activation tanh +2 → 2 +0$/m);
    expect(model.program('predict')).toContain('squash');
  });

  it('without effect is no operation', () => {
    const linear = trained([dense(6), activation('linear')]);
    expect(hashOf(linear)).toBe(hashOf(trained([dense(6)])));
    expect(linear.program('train')).not.toContain('Activation');
  });
});

/** Parameters or gradients of a net of dense layers as those of one with activation layers in between. */
function renamed<T>(arrays: Readonly<Record<string, T>>): Record<string, T> {
  const numbers = ['dense0', 'dense2', 'dense4'];
  return Object.fromEntries(
    Object.entries(arrays).map(([name, value]) => {
      const [, i = 0, part] = /^dense(\d)\.(.*)$/.exec(name) ?? [];
      return [`${numbers[Number(i)]}.${part}`, value];
    }),
  );
}

describe('an activation that cannot be used is refused', () => {
  it.each([
    ['an unknown name', () => activation(untyped('quartic')), 'activation: `activation` is not one', 'known are'],
    ['nothing', () => activation(untyped(undefined)), '`activation` is not one', 'undefined'],
    ['null', () => activation(untyped(null)), '`activation` is not one', 'null'],
    ['the factory itself', () => dense(3, { activation: untyped(leakyRelu) }), '`activation` is not one', 'a function'],
    ['an unknown kind', () => dense(3, { activation: untyped({ kind: 'leaky' }) }), 'dense, activation: `kind`'],
    ['a negative slope', () => leakyRelu({ slope: -0.1 }), 'leakyRelu: `slope` must be a number from 0 to 1e18'],
    ['a slope that is NaN', () => leakyRelu({ slope: Number.NaN }), '`slope` must be', 'Received: NaN.'],
    ['an infinite slope', () => leakyRelu({ slope: Number.POSITIVE_INFINITY }), '`slope` must be', 'Infinity.'],
    ['an unknown option', () => leakyRelu(untyped({ alpha: 1 })), '`alpha` is not an option', 'slope'],
    ['alpha 0', () => elu({ alpha: 0 }), 'elu: `alpha` must be a finite number above 0', 'Received: 0.'],
    ['a negative alpha', () => elu({ alpha: -1 }), '`alpha` must be a finite number above 0', 'Received: -1.'],
    ['plain data without its slope', () => activation(untyped({ kind: 'leakyRelu' })), '`slope` must be', 'undefined.'],
    [
      'plain data with a slope that is text',
      () => dense(3, { activation: untyped({ kind: 'leakyRelu', slope: '0.2' }) }),
      'dense, activation: `slope` must be',
      'Received: "0.2".',
    ],
    [
      'plain data with an option of another',
      () => dense(3, { activation: untyped({ kind: 'elu', alpha: 1, slope: 1 }) }),
      'dense, activation: `slope` is not an option',
    ],
    ['a layer with an unknown option', () => activation('relu', untyped({ units: 3 })), '`units` is not an option'],
    ['a layer with a bad name', () => activation('relu', { name: '1st' }), '`name` must be letters'],
    [
      'a layer as plain data',
      () => sequential({ input: 2, layers: [untyped({ kind: 'activation', activation: 'rleu' })] }),
      'activation0: `activation` is not one',
      '`relu`',
    ],
    [
      'a layer at the end that the loss does not fit',
      () => sequential({ input: 2, layers: [dense(2), activation('sigmoid')] }).compile({ loss: 'crossEntropy' }),
      'needs an output layer with activation `softmax`',
      'activation1 with sigmoid',
    ],
  ] as [string, () => unknown, ...string[]][])('%s', (_, call, ...parts) => {
    expectMessage(call, parts);
  });
});

describe('where an activation stands in memory', () => {
  const form: BatchForm = { rows: 8, bytes: false, dense: false, weighted: false };
  const names = Object.keys(ACTIVATIONS).filter((name) => name !== 'Linear') as (keyof typeof ACTIVATIONS)[];

  /** Whether the activation overwrites its input. */
  function inPlace({ instructions, places }: Plan): boolean {
    const { operands, op } = instructions.find(
      (instruction) => instruction.op === Op.Activation,
    ) as Plan['instructions'][0];
    const [result, source] = (operation(op).inPlace ?? []).map((j) => operands[j]);
    return result !== undefined && source !== undefined && places.get(result) === places.get(source);
  }

  it.each(names)('%s overwrites its input unless its gradient needs that', (name) => {
    const { gradientFrom } = ACTIVATIONS[name];
    const chosen = ACTIVATION_NAMES.find((one) => one.toLowerCase() === name.toLowerCase()) as ActivationOption;
    expect(activationRow(chosen).gradientFrom).toBe(gradientFrom);
    const layers = [dense(9, { activation: chosen }), dense(3, { activation: 'softmax' })];
    const blueprint = blueprintOf({ ...THREE_LAYERS, layers });
    const { plan } = planTraining(blueprint, form, true);
    expect(inPlace(plan)).toBe(gradientFrom === 'output');
    const forward = plan.instructions.find(({ op }) => op === Op.Activation);
    const backward = plan.instructions.find(({ op }) => op === Op.ActivationGradient);
    expect(forward?.kind).toBe(Activation[name]);
    expect(backward?.operands[0]).toBe(forward?.operands[gradientFrom === 'input' ? 0 : 1]);
    expect(inPlace(planPrediction(blueprint, 8, false).plan)).toBe(true);
  });
});
