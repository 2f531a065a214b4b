/** The golden fixtures of activations, losses and whole networks; those of optimizers are in golden.optimizers.test.ts. */
import { describe, expect, it } from 'vitest';
import { Activation, Loss } from '../assembly/abi.js';
import { dense, sequential } from '../src/index.js';
import { activationRow } from '../src/nn/activations.js';
import { type GoldenCase, goldenCases } from './support/golden.js';
import { ACTIVATIONS, check, known, LOSSES, networkOf, rowsOf, targetsOf } from './support/goldenNetwork.js';
import { compute } from './support/tensors.js';

const FILES = ['activations', 'losses', 'mlp-0', 'mlp-1', 'mlp-2'];

/** Activation and derivative through the operations themselves, which take any slope and α. */
function runActivation(one: GoldenCase): void {
  const { kind, name, parameter } = known(ACTIVATIONS, one, 'activation');
  const p = parameter === undefined ? 0 : (one.config[parameter] as number);
  const data = one.floats('x');
  const size = { rows: 1, columns: data.length };
  const given = { x: { ...size, data }, ones: { ...size, data: new Float32Array(data.length).fill(1) } };
  const results = compute(given, (b, { x, ones }) => {
    const y = b.activation(kind, x, p);
    const source = activationRow(name).gradientFrom === 'input' ? x : y;
    return { y, dy: b.activationGradient(kind, source, ones, p) };
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
    const delta = kind === Loss.Huber ? (one.config.delta as number) : 0;
    const { rowLoss: losses, gradient: dz } = b.loss(kind, tensors.z, tensors.t, undefined, true, delta);
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

/** How each kind of case is run. */
const RUNNERS: Record<string, (one: GoldenCase) => void> = {
  activation: runActivation,
  'lecture-numbers': runActivation,
  loss: runLoss,
  mlp: runNetwork,
};

describe.each(FILES)('golden %s', (file) => {
  const cases = goldenCases(file);

  it('holds cases of known kinds', () => {
    expect(cases.length).toBeGreaterThan(0);
    expect(cases.map(({ kind }) => kind).filter((kind) => !(kind in RUNNERS))).toEqual([]);
  });

  for (const one of cases) it(one.id, () => RUNNERS[one.kind]?.(one));
});
