/** The golden fixtures whose parts exist, and a list of those that wait for parts that do not. */
import { afterAll, describe, expect, it } from 'vitest';
import { Activation, Loss } from '../assembly/abi.js';
import { decodeSafetensors } from '../src/format/safetensors.js';
import * as library from '../src/index.js';
import { adam, dense, l2, type Optimizer, sequential, sgd } from '../src/index.js';
import { ACTIVATION_NAMES, type ActivationName } from '../src/nn/activations.js';
import type { DenseLayer } from '../src/nn/dense.js';
import { LOSS_NAMES, type LossName } from '../src/nn/losses.js';
import { OPTIMIZER_NAMES } from '../src/nn/optimizers.js';
import { type GoldenCase, goldenCases } from './support/golden.js';
import { compute } from './support/tensors.js';

const FILES = ['activations', 'losses', 'mlp-0', 'mlp-1', 'mlp-2', 'optimizers-0', 'optimizers-3'];

/** The fixtures' names of what exists here. */
const ACTIVATIONS: Record<string, { kind: Activation; name: ActivationName; parameter?: string }> = {
  linear: { kind: Activation.Linear, name: 'linear' },
  sigmoid: { kind: Activation.Sigmoid, name: 'sigmoid' },
  tanh: { kind: Activation.Tanh, name: 'tanh' },
  relu: { kind: Activation.Relu, name: 'relu' },
  leaky_relu: { kind: Activation.LeakyRelu, name: 'leakyRelu', parameter: 'slope' },
  elu: { kind: Activation.Elu, name: 'elu', parameter: 'alpha' },
};

const LOSSES: Record<string, { kind: Loss; name: LossName; output?: ActivationName }> = {
  mse: { kind: Loss.MeanSquaredError, name: 'meanSquaredError' },
  bce_logits: { kind: Loss.BinaryCrossEntropy, name: 'binaryCrossEntropy', output: 'sigmoid' },
  softmax_ce: { kind: Loss.CrossEntropy, name: 'crossEntropy', output: 'softmax' },
};

const OPTIMIZERS: Record<string, (config: Readonly<Record<string, unknown>>) => Optimizer> = {
  sgd: ({ lr }) => sgd({ learningRate: lr as number }),
  adam: ({ lr, rho1, rho2, delta }) =>
    adam({
      learningRate: lr as number,
      beta1: rho1 as number,
      beta2: rho2 as number,
      epsilon: delta as number,
    }),
};

/**
 * What cases wait for: a setting of theirs, and whether it exists by now. A row whose part exists fails the test, so that
 * its cases are put to use.
 */
const NOT_YET: readonly { readonly key: string; readonly value?: string; readonly exists: () => boolean }[] = [
  ...['softplus', 'gelu', 'gelu_tanh', 'silu'].map((value) => ({
    key: 'activation',
    value,
    exists: () => (ACTIVATION_NAMES as readonly string[]).includes(camelCase(value)),
  })),
  { key: 'loss', value: 'mae', exists: () => (LOSS_NAMES as readonly string[]).includes('meanAbsoluteError') },
  { key: 'loss', value: 'huber', exists: () => (LOSS_NAMES as readonly string[]).includes('huber') },
  { key: 'l1', exists: () => 'l1' in library },
  ...['momentum_ewa', 'adagrad', 'rmsprop'].map((value) => ({
    key: 'optimizer',
    value,
    exists: () => (OPTIMIZER_NAMES as readonly string[]).includes(value === 'momentum_ewa' ? 'ewaMomentum' : value),
  })),
  { key: 'schedule', exists: () => 'exponentialDecay' in library },
  { key: 'clip_norm', exists: () => compileTakes('clipNorm') },
];

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function compileTakes(option: string): boolean {
  try {
    sequential({ input: 1, layers: [dense(1)] }).compile({ loss: 'meanSquaredError', [option]: 1 });
    return true;
  } catch {
    return false;
  }
}

/** What a case waits for, or undefined if all of its parts exist. */
function waitsFor({ config }: GoldenCase): string | undefined {
  const row = NOT_YET.find(({ key, value }) => (value === undefined ? Boolean(config[key]) : config[key] === value));
  return row && [row.key, row.value].filter(Boolean).join(' ');
}

/** A row of one of the tables above; a name that is in none of them fails. */
function known<T>(table: Record<string, T>, one: GoldenCase, key: string): T {
  const found = table[one.config[key] as string];
  if (found === undefined) throw new Error(`golden: ${one.id} has an unknown ${key}, ${one.config[key]}.`);
  return found;
}

/** Compares everything that a case expects; nothing may be left over. */
function check(one: GoldenCase, results: Readonly<Record<string, ArrayLike<number>>>): void {
  expect(
    one.expected.filter((name) => !(name in results)).sort(),
    'expectations that nothing is compared with',
  ).toEqual([]);
  expect(one.expected.flatMap((name) => one.miss(name, results[name] as ArrayLike<number>) ?? [])).toEqual([]);
}

/** Activation and derivative through the operations themselves, which take any slope and α. */
function runActivation(one: GoldenCase): void {
  const { kind, parameter } = known(ACTIVATIONS, one, 'activation');
  const p = parameter === undefined ? 0 : (one.config[parameter] as number);
  const data = one.floats('x');
  const size = { rows: 1, columns: data.length };
  const given = { x: { ...size, data }, ones: { ...size, data: new Float32Array(data.length).fill(1) } };
  const results = compute(given, (b, { x, ones }) => {
    const y = b.activation(kind, x, p);
    return { y, dy: b.activationGradient(kind, y, ones, p) };
  });
  check(one, results);
}

/** The loss operation, with the mean taken here; the other reductions are this one times a count. */
function runLoss(one: GoldenCase): void {
  const { kind } = known(LOSSES, one, 'loss');
  const z = one.input('z');
  const [rows = 1, columns = 1] = z.shape;
  const classes = one.config.target === 'class';
  const t = classes ? Int32Array.from(one.input('t').data) : one.floats('t');
  const given = {
    z: { rows, columns, data: Float32Array.from(z.data) },
    t: { rows, columns: classes ? 1 : columns, data: t },
  };
  const { rowLoss, gradient, softmax, sigmoid } = compute(given, (b, tensors) => {
    const { rowLoss: losses, gradient: dz } = b.loss(kind, tensors.z, tensors.t, undefined, true);
    return {
      rowLoss: losses,
      gradient: dz as NonNullable<typeof dz>,
      softmax: b.softmax(tensors.z),
      sigmoid: b.activation(Activation.Sigmoid, tensors.z, 0),
    };
  });
  const mean = rowLoss.reduce((sum, value) => sum + value, 0) / rows;
  // cross-entropy: the mean over rows; the others: the mean over rows and outputs
  const outputs = kind === Loss.CrossEntropy ? 1 : columns;
  const times = (factor: number) => Float64Array.from(gradient, (value) => value * factor);
  check(one, {
    loss_mean: [mean],
    dz_mean: gradient,
    loss_batchmean: [mean * outputs],
    dz_batchmean: times(outputs),
    loss_sum: [mean * outputs * rows],
    dz_sum: times(outputs * rows),
    softmax,
    sigmoid,
  });
}

/** Rows of a flat matrix. */
function rowsOf(data: Float32Array, columns: number): number[][] {
  return Array.from({ length: data.length / columns }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
}

/** The network of a case: layers with their activations, and parameters under the facade's names. */
function networkOf(one: GoldenCase, regularized: boolean) {
  const sizes = one.config.sizes as number[];
  const hidden = known(ACTIVATIONS, one, 'activation').name;
  const loss = known(LOSSES, one, 'loss');
  const last = loss.output ?? (one.config.output_activation as ActivationName | undefined) ?? 'linear';
  const strength = regularized ? ((one.config.l2 as number | undefined) ?? 0) : 0;
  const layers: DenseLayer[] = sizes.slice(1).map((units, i) =>
    dense(units, {
      activation: i === sizes.length - 2 ? last : hidden,
      weightRegularizer: l2(strength),
      biasRegularizer: l2(one.config.penalize_bias ? strength : 0),
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
function targetsOf(one: GoldenCase, name = 't') {
  const { shape } = one.input(name);
  return shape.length === 1 ? [...one.input(name).data] : rowsOf(one.floats(name), shape[1] as number);
}

/** Through the public facade alone: outputs of each layer, losses, and gradients by every parameter and the input. */
function runNetwork(one: GoldenCase): void {
  const x = one.floats('x');
  const { input, layers, parameters, loss } = networkOf(one, true);
  const t = targetsOf(one) as number[][];
  const results: Record<string, ArrayLike<number>> = {};

  // a_l and h_l are the predictions of networks that end with layer l, without its activation and with it
  layers.forEach((layer, i) => {
    const ends = { a: 'linear', h: loss.output && i === layers.length - 1 ? 'linear' : layer.activation } as const;
    for (const [name, activation] of Object.entries(ends)) {
      const front = [...layers.slice(0, i), dense(layer.units, { activation: activation ?? 'linear' })];
      const model = sequential({ input, layers: front }).compile({ loss: 'meanSquaredError' });
      const own = Object.keys(model.parameters());
      model.setParameters(Object.fromEntries(Object.entries(parameters).filter(([key]) => own.includes(key))));
      results[`${name}${i + 1}`] = model.predict(x);
    }
  });

  for (const part of ['total', 'data'] as const) {
    const { layers: regularized } = networkOf(one, part === 'total');
    const model = sequential({ input, layers: regularized }).compile({ loss: loss.name });
    model.setParameters(parameters);
    const logs = model.evaluateSync(x, t);
    results[`loss_${part}`] = [logs.loss];
    if (part === 'total') results.penalty = [logs.loss - logs.dataLoss];
    const gradients = model.gradients(x, t);
    layers.forEach((_, i) => {
      results[`dW${i + 1}_${part}`] = gradients[`dense${i}.weight`]?.data ?? [];
      results[`db${i + 1}_${part}`] = gradients[`dense${i}.bias`]?.data ?? [];
    });
  }
  results.dx_data = inputGradient(one);
  check(one, results);
}

/**
 * The gradient by the input: what the bias of an identity layer in front gets, row by row (L is a mean over rows, so that
 * of one row counts 1/rows in the batch).
 */
function inputGradient(one: GoldenCase): number[] {
  const { input, layers, parameters, loss } = networkOf(one, false);
  const identity = dense(input, { name: 'identity' });
  const named = layers.map((layer, i) => ({ ...layer, name: `dense${i}` }));
  const model = sequential({ input, layers: [identity, ...named] }).compile({ loss: loss.name });
  const weight = rowsOf(new Float32Array(input * input), input).flatMap((row, i) => row.with(i, 1));
  model.setParameters({ ...parameters, 'identity.weight': { data: weight } });
  const x = rowsOf(one.floats('x'), input);
  const t = targetsOf(one);
  return x.flatMap((row, i) => {
    const gradients = model.gradients([row], [t[i]] as number[][]);
    return Array.from(gradients['identity.bias']?.data ?? [], (value) => value / x.length);
  });
}

/** Fifty updates through trainOnBatch. */
function runOptimizer(one: GoldenCase): void {
  const { input, layers, parameters, loss } = networkOf(one, true);
  const optimizer = known(OPTIMIZERS, one, 'optimizer')(one.config);
  const model = sequential({ input, layers }).compile({ loss: loss.name, optimizer });
  model.setParameters(parameters);
  const { steps, nb } = one.config as { steps: number; nb: number };
  const flat = (arrays: Readonly<Record<string, { data: Float32Array }>>, prefix = ''): number[] =>
    layers.flatMap((_, i) =>
      ['weight', 'bias'].flatMap((part) => [...(arrays[`${prefix}dense${i}.${part}`]?.data ?? [])]),
    );
  const results: Record<string, ArrayLike<number>> = {};
  const losses: number[] = [];
  for (let t = 0; t < steps; t++) {
    const logs = model.trainOnBatch(one.floats(`x${t % nb}`), targetsOf(one, `t${t % nb}`) as number[][]);
    losses.push(logs.loss);
    results[`theta@${t + 1}`] = flat(model.parameters());
  }
  const states = Object.fromEntries(decodeSafetensors(model.save({ optimizer: true }), 'golden').tensors);
  results.loss = losses;
  results.lr = losses.map(() => optimizer.learningRate);
  results['s@50'] = flat(states, '_state0.');
  results['r@50'] = flat(states, '_state1.');
  check(one, results);
}

/** How each kind of case is run. */
const RUNNERS: Record<string, (one: GoldenCase) => void> = {
  activation: runActivation,
  'lecture-numbers': runActivation,
  loss: runLoss,
  mlp: runNetwork,
  optimizer: runOptimizer,
};

let ran = 0;
const waiting = new Map<string, number>();

describe.each(FILES)('golden %s', (file) => {
  const cases = goldenCases(file);
  const ready = cases.filter((one) => {
    const reason = waitsFor(one);
    if (reason !== undefined) waiting.set(reason, (waiting.get(reason) ?? 0) + 1);
    return reason === undefined;
  });

  it('holds cases of known kinds', () => {
    expect(cases.length).toBeGreaterThan(0);
    expect(cases.map(({ kind }) => kind).filter((kind) => !(kind in RUNNERS))).toEqual([]);
  });

  for (const one of ready) {
    it(one.id, () => {
      RUNNERS[one.kind]?.(one);
      ran++;
    });
  }
});

it('waits for nothing that exists', () => {
  expect(NOT_YET.filter(({ exists }) => exists()).map(({ key, value }) => [key, value])).toEqual([]);
});

afterAll(() => {
  const reasons = [...waiting].map(([reason, count]) => `${count} for ${reason}`);
  console.warn(`golden: ${ran} cases ran; ${reasons.length ? `others wait: ${reasons.join(', ')}` : 'none waits'}.`);
});
