/** What the golden tests share: the fixtures' names of what exists here, networks and targets of a case, comparison. */
import { expect } from 'vitest';
import { Activation, Loss } from '../../assembly/abi.js';
import { dense, l1l2 } from '../../src/index.js';
import type { ActivationName, ActivationOption } from '../../src/nn/activations.js';
import type { DenseLayer } from '../../src/nn/dense.js';
import type { LossName } from '../../src/nn/losses.js';
import type { GoldenCase } from './golden.js';

/** The fixtures' names of what exists here. */
export const ACTIVATIONS: Record<string, { kind: Activation; name: ActivationName; parameter?: string }> = {
  linear: { kind: Activation.Linear, name: 'linear' },
  sigmoid: { kind: Activation.Sigmoid, name: 'sigmoid' },
  tanh: { kind: Activation.Tanh, name: 'tanh' },
  relu: { kind: Activation.Relu, name: 'relu' },
  leaky_relu: { kind: Activation.LeakyRelu, name: 'leakyRelu', parameter: 'slope' },
  elu: { kind: Activation.Elu, name: 'elu', parameter: 'alpha' },
  softplus: { kind: Activation.Softplus, name: 'softplus' },
  gelu: { kind: Activation.Gelu, name: 'gelu' },
  gelu_tanh: { kind: Activation.GeluTanh, name: 'geluTanh' },
  silu: { kind: Activation.Silu, name: 'silu' },
};

export const LOSSES: Record<string, { kind: Loss; name: LossName; output?: ActivationName }> = {
  mse: { kind: Loss.MeanSquaredError, name: 'meanSquaredError' },
  mae: { kind: Loss.MeanAbsoluteError, name: 'meanAbsoluteError' },
  huber: { kind: Loss.Huber, name: 'huber' },
  bce_logits: { kind: Loss.BinaryCrossEntropy, name: 'binaryCrossEntropy', output: 'sigmoid' },
  softmax_ce: { kind: Loss.CrossEntropy, name: 'crossEntropy', output: 'softmax' },
};

/** A row of one of the tables above; a name that is in none of them fails. */
export function known<T>(table: Record<string, T>, one: GoldenCase, key: string): T {
  const found = table[one.config[key] as string];
  if (found === undefined) throw new Error(`golden: ${one.id} has an unknown ${key}, ${one.config[key]}.`);
  return found;
}

/** Compares everything that a case expects; nothing may be left over. */
export function check(one: GoldenCase, results: Readonly<Record<string, ArrayLike<number>>>): void {
  expect(
    one.expected.filter((name) => !(name in results)).sort(),
    'expectations that nothing is compared with',
  ).toEqual([]);
  expect(one.expected.flatMap((name) => one.miss(name, results[name] as ArrayLike<number>) ?? [])).toEqual([]);
}

/** Rows of a flat matrix. */
export function rowsOf(data: Float32Array, columns: number): number[][] {
  return Array.from({ length: data.length / columns }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
}

/** The hidden layers' activation, with the parameter that the case gives it. */
export function hiddenActivation(one: GoldenCase): ActivationOption {
  const { name, parameter } = known(ACTIVATIONS, one, 'activation');
  if (parameter === undefined) return name;
  const value = (one.config.act_params as Record<string, number>)[parameter];
  return { kind: name, [parameter]: value } as unknown as ActivationOption;
}

/** The network of a case: layers with their activations, and parameters under the facade's names. */
export function networkOf(one: GoldenCase, regularized: boolean) {
  const sizes = one.config.sizes as number[];
  const hidden = hiddenActivation(one);
  const loss = known(LOSSES, one, 'loss');
  const last = loss.output ?? (one.config.output_activation as ActivationName | undefined) ?? 'linear';
  const { l1 = 0, l2 = 0, weight_decay: decay = 0 } = regularized ? (one.config as Record<string, number>) : {};
  // PyTorch's weight decay in Adam is L2 on weights and biases
  const penalty = l1l2({ l1, l2: one.config.optimizer === 'torch_adam' ? decay : l2 });
  const biases = one.config.penalize_bias || one.config.optimizer === 'torch_adam';
  const layers: DenseLayer[] = sizes.slice(1).map((units, i) =>
    dense(units, {
      activation: i === sizes.length - 2 ? last : hidden,
      weightRegularizer: penalty,
      ...(biases && { biasRegularizer: penalty }),
    }),
  );
  const parameters = Object.fromEntries(
    layers.flatMap((_, i) => [
      [`dense${i}.weight`, { data: one.floats(`W${i + 1}`) }],
      [`dense${i}.bias`, { data: one.floats(`b${i + 1}`) }],
    ]),
  );
  return { input: sizes[0] as number, layers, parameters, loss };
}

/** Targets in the form that the facade takes for the loss. */
export function targetsOf(one: GoldenCase, name = 't') {
  const { shape } = one.input(name);
  return shape.length === 1 ? [...one.input(name).data] : rowsOf(one.floats(name), shape[1] as number);
}
