/** The golden fixtures of batch normalization and dropout. */
import { describe, expect, it } from 'vitest';
import { Step } from '../assembly/abi.js';
import { activation, batchNorm, dense, dropout, type Layer, sequential, sgd } from '../src/index.js';
import { nameOf } from '../src/nn/choice.js';
import type { Parameter, Tensor } from '../src/program/tensor.js';
import { forwardRows, type OracleNode, objectiveOf, type Rows } from './oracle/layers.js';
import type { OracleActivation, OracleLoss } from './oracle/network.js';
import { kept } from './oracle/random.js';
import { type GoldenCase, goldenCases } from './support/golden.js';
import { ACTIVATIONS, check, hiddenActivation, known, LOSSES, rowsOf, targetsOf } from './support/goldenNetwork.js';
import { capitalized } from './support/reference.js';
import { compute, type Given } from './support/tensors.js';

/** What PyTorch does otherwise: its running variance is m/(m − 1) times the batch's. Ours is the course's, biased. */
const UNBIASED = ['running_var_unbiased', 'eval_y_unbiased'];

/** A vector as a matrix of one row. */
const vector = (data: Float32Array): Given => ({ rows: 1, columns: data.length, data });

/** Runs every operation of the layer over all steps of a case, as a training program would. */
function runBatchNorm(one: GoldenCase): void {
  const { eps, momentum, steps, batch, features } = one.config as Record<string, number> & { steps: number };
  // PyTorch's momentum is the weight of the batch, ours that of the past
  const past = 1 - (momentum as number);
  const matrix = (name: string): Given => {
    const data = one.floats(name);
    return { rows: data.length / (features as number), columns: features as number, data };
  };
  const numbers = Array.from({ length: steps }, (_, s) => s);
  const given: Record<string, Given> = {
    gamma: vector(one.floats('gamma')),
    beta: vector(one.floats('beta')),
    mean: vector(new Float32Array(features as number)),
    variance: vector(new Float32Array(features as number).fill(1)),
    xe: matrix('xe'),
    ...Object.fromEntries(numbers.flatMap((s) => [`x${s}`, `dy${s}`].map((name) => [name, matrix(name)]))),
  };
  const epsilon = eps as number;
  const results = compute(given, (b, tensors) => {
    const tensor = (name: string) => tensors[name] as Tensor;
    const affine = { gamma: tensor('gamma'), beta: tensor('beta') };
    const found: Record<string, Tensor> = { running_mean: tensor('mean'), running_var_biased: tensor('variance') };
    for (const s of numbers) {
      const gradient = (name: string): Tensor => ({ ...tensor('gamma'), name: `d${name}${s}`, space: 'transient' });
      const parameter = (name: 'gamma' | 'beta'): Parameter => ({ value: affine[name], gradient: gradient(name) });
      const parameters = { gamma: parameter('gamma'), beta: parameter('beta') };
      const moments = b.moments(tensor(`x${s}`));
      found[`y${s}`] = b.normalize(tensor(`x${s}`), moments, affine, epsilon);
      found[`moments${s}`] = moments.both;
      found[`dx${s}`] = b.normalizeGradient(tensor(`x${s}`), tensor(`dy${s}`), moments, parameters, epsilon);
      found[`dgamma${s}`] = parameters.gamma.gradient;
      found[`dbeta${s}`] = parameters.beta.gradient;
      b.runningAverage(tensor('mean'), moments.mean, past);
      b.runningAverage(tensor('variance'), moments.variance, past);
    }
    const running = { mean: tensor('mean'), variance: tensor('variance') };
    found.eval_y_biased = b.normalize(tensor('xe'), running, affine, epsilon);
    return found;
  });
  const moments = numbers.flatMap((s) => {
    const both = results[`moments${s}`] as Float32Array;
    return [
      [`mean${s}`, both.subarray(0, features)],
      [`var${s}`, both.subarray(features)],
    ];
  });
  expect(batch).toBe((given.x0 as Given).rows);
  const ours = { ...results, ...Object.fromEntries(moments) } as Record<string, Float32Array>;
  const expected = one.expected.filter((name) => !UNBIASED.includes(name));
  expect(expected.flatMap((name) => one.miss(name, ours[name] ?? []) ?? [])).toEqual([]);
}

/** Numbers of the case's configuration. */
const setting = (one: GoldenCase, name: string): number => one.config[name] as number;
const sizesOf = (one: GoldenCase): number[] => one.config.sizes as number[];

/** The matrix of an input with that many columns. */
function matrixOf(one: GoldenCase, name: string, columns: number): Given {
  const data = one.floats(name);
  return { rows: data.length / columns, columns, data };
}

/** The biases of layer l; 0 where the case has none. */
function biasOf(one: GoldenCase, l: number): Float32Array {
  const last = l === sizesOf(one).length - 1;
  return last || one.config.bias_with_bn ? one.floats(`b${l}`) : new Float32Array(sizesOf(one)[l] as number);
}

/** The layers of a case, named after their number there, and their parameters. */
function normalizedNetwork(one: GoldenCase) {
  const hidden = hiddenActivation(one);
  const loss = known(LOSSES, one, 'loss');
  const parameters: Record<string, { data: Float32Array }> = {};
  const layers = sizesOf(one)
    .slice(1)
    .flatMap((units, i, all): Layer[] => {
      const l = i + 1;
      parameters[`dense${l}.weight`] = { data: one.floats(`W${l}`) };
      parameters[`dense${l}.bias`] = { data: biasOf(one, l) };
      const name = `dense${l}`;
      if (l === all.length) return [dense(units, { name, activation: loss.output ?? 'linear' })];
      for (const part of ['gamma', 'beta']) parameters[`norm${l}.${part}`] = { data: one.floats(`${part}${l}`) };
      // PyTorch's momentum is the weight of the batch, ours that of the past
      const momentum = 1 - setting(one, 'momentum');
      const norm = batchNorm({ name: `norm${l}`, epsilon: setting(one, 'eps'), momentum });
      return one.config.position === 'before'
        ? [dense(units, { name }), norm, activation(hidden)]
        : [dense(units, { name, activation: hidden }), norm];
    });
  return { input: sizesOf(one)[0] as number, layers, parameters, loss };
}

/** Gradients under the names of the fixtures: `dense1.weight` is dW1. */
function namedGradients(gradients: Readonly<Record<string, { data: Float32Array }>>): Record<string, Float32Array> {
  const letters: Record<string, string> = { weight: 'W', bias: 'b', gamma: 'gamma', beta: 'beta' };
  return Object.fromEntries(
    Object.entries(gradients).map(([name, { data }]) => {
      const [layer = '', part = ''] = name.split('.');
      return [`d${letters[part]}${layer.slice(-1)}`, data];
    }),
  );
}

/** Through the facade: loss, gradients, statistics after one step, and a prediction with them. */
function runNormalizedNetwork(one: GoldenCase): void {
  const { input, layers, parameters, loss } = normalizedNetwork(one);
  const x = rowsOf(one.floats('x'), input);
  const t = targetsOf(one) as number[][];
  const model = sequential({ input, layers }).compile({ loss: loss.name, optimizer: sgd({ learningRate: 0 }) });
  model.setParameters(parameters);
  const gradients = namedGradients(model.gradients(x, t));
  const { loss: value } = model.trainOnBatch(x, t);
  const after = model.parameters();
  const statistics = Object.entries(after).flatMap(([name, { data }]) => {
    const [, l, part] = /^norm(\d)\.(mean|variance)$/.exec(name) ?? [];
    return l ? [[`running_${part === 'mean' ? 'mean' : 'var_biased'}${l}`, data] as const] : [];
  });
  // the fixtures count the output activation as a part of the loss
  const end = dense(sizesOf(one).at(-1) as number, { name: `dense${sizesOf(one).length - 1}` });
  const logits = sequential({ input, layers: [...layers.slice(0, -1), end] }).compile({ loss: 'meanSquaredError' });
  logits.setParameters(after);
  check(one, {
    ...trainingOutputs(one),
    ...gradients,
    ...Object.fromEntries(statistics),
    dx: inputGradient(one),
    loss: [value],
    eval_output: logits.predict(one.floats('xe')),
  });
}

/**
 * The gradient by the input. The rows of a batch belong together here, so they come out of a layer in front: its inputs
 * are the numbers of the rows, one-hot, and its weights are xᵀ, whose gradient is dxᵀ.
 */
function inputGradient(one: GoldenCase): number[] {
  const { input, layers, parameters, loss } = normalizedNetwork(one);
  const x = rowsOf(one.floats('x'), input);
  const front = dense(input, { name: 'rows' });
  const model = sequential({ input: x.length, layers: [front, ...layers] }).compile({ loss: loss.name });
  const transposed = Array.from({ length: input }, (_, j) => x.map((row) => row[j] as number)).flat();
  model.setParameters({ ...parameters, 'rows.weight': { data: transposed } });
  const numbers = x.map((_, i) => x.map((__, j) => Number(i === j)));
  const gradient = model.gradients(numbers, targetsOf(one) as number[][])['rows.weight']?.data ?? [];
  return x.flatMap((_, i) => Array.from({ length: input }, (__, j) => gradient[j * x.length + i] as number));
}

/** a_l, bn_l and the output of a training batch, by their operations. */
function trainingOutputs(one: GoldenCase): Record<string, Float32Array> {
  const sizes = sizesOf(one);
  const { kind, parameter } = known(ACTIVATIONS, one, 'activation');
  const p = parameter === undefined ? 0 : ((one.config.act_params as Record<string, number>)[parameter] as number);
  const given: Record<string, Given> = { x: matrixOf(one, 'x', sizes[0] as number) };
  for (let l = 1; l < sizes.length; l++) {
    given[`W${l}`] = matrixOf(one, `W${l}`, sizes[l - 1] as number);
    given[`b${l}`] = vector(biasOf(one, l));
    if (l === sizes.length - 1) break;
    for (const part of ['gamma', 'beta']) given[`${part}${l}`] = vector(one.floats(`${part}${l}`));
  }
  return compute(given, (b, tensors) => {
    const tensor = (name: string) => tensors[name] as Tensor;
    const found: Record<string, Tensor> = {};
    let h = tensor('x');
    for (let l = 1; l < sizes.length; l++) {
      const a = b.multiply(h, tensor(`W${l}`), { transposeB: true, bias: tensor(`b${l}`) });
      if (l === sizes.length - 1) return { ...found, output: a };
      const before = one.config.position === 'before';
      const x = before ? a : b.activation(kind, a, p);
      const affine = { gamma: tensor(`gamma${l}`), beta: tensor(`beta${l}`) };
      const y = b.normalize(x, b.moments(x), affine, setting(one, 'eps'));
      found[`a${l}`] = a;
      found[`bn${l}`] = y;
      h = before ? b.activation(kind, y, p) : y;
    }
    return found;
  });
}

/** Where our kernel looks for words: any stream and seed will do. */
const PLACE = { stream: 5, step: 0, seedLow: 11, seedHigh: 13 };

/**
 * The fixtures give the masks, and our masks follow from counters. So each number of the fixture goes to a place whose own
 * mask is what the fixture says, in a longer row: the kernel then must give what the fixture expects there.
 */
function runDropout(one: GoldenCase): void {
  const keep = Math.fround(setting(one, 'keep'));
  const mask = one.input('mask').data;
  const places: number[] = [];
  let next = 0;
  for (const wanted of mask) {
    while (kept(next, PLACE, keep) !== Boolean(wanted)) next++;
    places.push(next++);
  }
  const scattered = (name: string): Given => {
    const row = new Float32Array(next);
    one.floats(name).forEach((value, i) => {
      row[places[i] as number] = value;
    });
    return vector(row);
  };
  const { y, dx } = compute(
    { x: scattered('x'), dy: scattered('dy') },
    (b, { x, dy }) => b.within('dropout', PLACE.stream, () => ({ y: b.dropout(x, keep), dx: b.dropout(dy, keep) })),
    (program) => {
      program.step.setWord(Step.SeedLow, PLACE.seedLow);
      program.step.setWord(Step.SeedHigh, PLACE.seedHigh);
      program.run(0, program.length);
    },
  );
  const gathered = (row: Float32Array) => places.map((place) => row[place] as number);
  check(one, { y: gathered(y), dx: gathered(dx), eval_y: prediction(one) });
}

/** What a dropout layer makes of x at prediction. */
function prediction(one: GoldenCase): Float32Array {
  const { shape } = one.input('x');
  const input = shape[1] as number;
  const layers = [dropout({ keep: setting(one, 'keep') }), dense(input, { name: 'identity' })];
  const model = sequential({ input, layers }).compile({ loss: 'meanSquaredError' });
  const identity = Array.from({ length: input ** 2 }, (_, at) => Number(at % (input + 1) === 0));
  model.setParameters({ 'identity.weight': { data: identity } });
  return model.predict(one.floats('x'));
}

/**
 * Whole networks with given masks: through the reference of test/oracle/layers.ts, which takes any mask. That the library
 * agrees with that reference under its own masks is what layers.test.ts checks. Gradients are differences of the
 * reference's loss in float64, which are within 1e-9 of the slope here.
 */
function runDroppedNetwork(one: GoldenCase): void {
  const sizes = sizesOf(one);
  const hidden = hiddenActivation(one);
  const { name, output } = known(LOSSES, one, 'loss');
  const values: Record<string, Float64Array> = { x: one.input('x').data };
  for (let l = 1; l < sizes.length; l++) {
    for (const letter of ['W', 'b']) values[`${letter}${l}`] = one.input(`${letter}${l}`).data;
  }
  const nodes = (at: typeof values, upTo: number, training: boolean): OracleNode[] => {
    const dropped = (l: number): OracleNode[] => {
      const mask = `mask${l}`;
      if (!training || !(l > 0 || one.id.endsWith('-input'))) return [];
      const bits = one.input(mask).data;
      const width = sizes[l] as number;
      return [{ kind: 'dropout', keep: setting(one, 'keep'), kept: (i, j) => bits[i * width + j] === 1 }];
    };
    const found: OracleNode[] = dropped(0);
    for (let l = 1; l <= upTo; l++) {
      const [weight, bias] = [at[`W${l}`], at[`b${l}`]] as [Float64Array, Float64Array];
      found.push({ kind: 'dense', weight, bias });
      if (l < sizes.length - 1) {
        found.push({ kind: 'activation', activation: capitalized(nameOf(hidden)) as OracleActivation }, ...dropped(l));
      }
    }
    return found;
  };
  const rows = (data: Float64Array): Rows =>
    Array.from({ length: data.length / (sizes[0] as number) }, (_, i) => [
      ...data.subarray(i * (sizes[0] as number), (i + 1) * (sizes[0] as number)),
    ]);
  const last = sizes.length - 1;
  const loss: OracleLoss = {
    kind: capitalized(name) as OracleLoss['kind'],
    contains: output && (capitalized(output) as OracleActivation),
  };
  const t = denseTargets(one);
  const w = t.map(() => 1);
  const J = (at: typeof values) => objectiveOf(nodes(at, last, true), loss, { x: rows(at.x as Float64Array), t, w });
  const h = 1e-5;
  const slopes = Object.entries(values).map(([key, data]) => {
    const slope = (i: number) => {
      const at = (change: number) => J({ ...values, [key]: data.with(i, (data[i] as number) + change) });
      return (at(h) - at(-h)) / (2 * h);
    };
    return [`d${key}`, Array.from(data, (_, i) => slope(i))] as const;
  });
  const x = rows(values.x as Float64Array);
  const outputs = Array.from({ length: last }, (_, i) => {
    const l = i + 1;
    return [l === last ? 'output' : `h${l}`, forwardRows(nodes(values, l, true), x).flat()] as const;
  });
  check(one, {
    ...Object.fromEntries(slopes),
    ...Object.fromEntries(outputs),
    loss: [J(values)],
    eval_output: forwardRows(nodes(values, last, false), x).flat(),
  });
}

/** Targets as rows: a class is the row with 1 there. */
function denseTargets(one: GoldenCase): number[][] {
  const t = targetsOf(one);
  const outputs = sizesOf(one).at(-1) as number;
  return t.map((row) => (typeof row === 'number' ? Array.from({ length: outputs }, (_, j) => Number(j === row)) : row));
}

/** How each kind of case is run. */
const RUNNERS: Record<string, (one: GoldenCase) => void> = {
  'batchnorm-layer': runBatchNorm,
  'batchnorm-mlp': runNormalizedNetwork,
  'dropout-layer': runDropout,
  'dropout-mlp': runDroppedNetwork,
};

describe.each(['batchnorm-0', 'batchnorm-2', 'dropout-0', 'dropout-1', 'dropout-2'])('golden %s', (file) => {
  const cases = goldenCases(file);

  it('holds cases of known kinds', () => {
    expect(cases.length).toBeGreaterThan(0);
    expect(cases.map(({ kind }) => kind).filter((kind) => !(kind in RUNNERS))).toEqual([]);
  });

  it.each(cases.map((one) => [one.id, one] as const))('%s', (_, one) => RUNNERS[one.kind]?.(one));
});
