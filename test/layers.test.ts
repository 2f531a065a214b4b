/**
 * The gradient check of everything beside plain sequences of dense layers: no normalization, one before and one after each
 * activation, dropout, every penalty and residual blocks, in all combinations. As in gradients.test.ts, ⟨g, v⟩ along one random
 * direction per parameter is compared with differences of J in float64 (test/oracle/layers.ts). The reference is given the
 * masks of dropout by their formula, so that the masks are checked too.
 */
import { describe, expect, it } from 'vitest';
import {
  activation,
  batchNorm,
  dense,
  dropout,
  type Layer,
  l1,
  l1l2,
  l2,
  layerNorm,
  type Model,
  normal,
  residual,
  sequential,
  sgd,
} from '../src/index.js';
import { ACTIVATION_NAMES, type ActivationName } from '../src/nn/activations.js';
import { nameOf } from '../src/nn/choice.js';
import { LAYER_KINDS } from '../src/nn/layers.js';
import { type LossName, lossRow } from '../src/nn/losses.js';
import { columnStatistics, forwardRows, type OracleNode, objectiveOf, type Rows } from './oracle/layers.js';
import type { OracleActivation, OracleBatch, OracleLoss } from './oracle/network.js';
import { generator, UNIT } from './oracle/operation.js';
import { kept } from './oracle/random.js';
import { capitalized, strengths } from './support/reference.js';

const INPUTS = 5;
const WIDTH = 6;
const ROWS = 9;
const SEED = 2 ** 33 + 11;

/** Half the distance of the two points of a difference; its own error is below 1e-8 for the sizes here. */
const H = 1e-5;

/**
 * |⟨g, v⟩ − difference| ≤ this · (Σ|gᵢvᵢ| + G Σ|vᵢ|), G being the largest element of the whole gradient. The second part
 * is for gradients that a normalization makes cancel: that of a bias in front of batch normalization is 0, and what is
 * computed is the rounding of terms as large as those of other parameters. The number of roundings is that of
 * gradients.test.ts; the largest of all cases below is 5.
 */
const TOLERANCE = 32 * UNIT;

const initial = { weightInitializer: normal(0, 0.6), biasInitializer: normal(0, 0.4) };
const hidden = (options: object = {}) => dense(WIDTH, { ...initial, ...options });

interface Setup {
  readonly label: string;
  readonly layers: readonly Layer[];
  readonly loss: LossName;
}

const OUTPUTS: Partial<Record<LossName, ActivationName>> = {
  crossEntropy: 'softmax',
  binaryCrossEntropy: 'sigmoid',
  meanSquaredError: 'linear',
};
const LOSSES = Object.keys(OUTPUTS) as LossName[];

function outputLayer(loss: LossName): Layer {
  return dense(4, { ...initial, activation: OUTPUTS[loss] as ActivationName, weightRegularizer: l2(0.05) });
}

/**
 * ε is 0.01 in the sweep: a row of which relu has left one small number has next to no variance, and 1/√(v + 1e-5) = 316
 * would make 316² roundings of each.
 */
const NORMS = {
  batchNorm: () => batchNorm({ epsilon: 0.01 }),
  layerNorm: () => layerNorm({ epsilon: 0.01 }),
} as const;

/** A hidden layer by where its normalization stands, if it has one. */
const POSITIONS: Readonly<Record<string, (options: object, name: ActivationName) => Layer[]>> = {
  'no normalization,': (options, name) => [hidden({ ...options, activation: name })],
  ...Object.fromEntries(
    Object.entries(NORMS).flatMap(([norm, make]) => [
      [`${norm} before`, (options: object, name: ActivationName) => [hidden(options), make(), activation(name)]],
      [`${norm} after`, (options: object, name: ActivationName) => [hidden({ ...options, activation: name }), make()]],
    ]),
  ),
};

const PENALTIES = {
  'no penalty': {},
  l1: { weightRegularizer: l1(0.03) },
  l2: { weightRegularizer: l2(0.04) },
  'l1 and l2': { weightRegularizer: l1l2({ l1: 0.02, l2: 0.05 }) },
  'l1 and l2 on biases': { biasRegularizer: l1l2({ l1: 0.04, l2: 0.03 }) },
} as const;

/** Every position of a normalization × every activation × dropout or not × every penalty; losses take turns. */
function positions(): Setup[] {
  const setups: Setup[] = [];
  for (const [position, layersOf] of Object.entries(POSITIONS)) {
    for (const name of ACTIVATION_NAMES) {
      for (const keep of [undefined, 0.7]) {
        for (const [penalty, options] of Object.entries(PENALTIES)) {
          const block = () => [...layersOf(options, name), ...(keep === undefined ? [] : [dropout({ keep })])];
          const loss = LOSSES[setups.length % LOSSES.length] as LossName;
          const label = `${position} ${name}, ${keep ? 'dropout' : 'no dropout'}, ${penalty}, ${loss}`;
          setups.push({ label, layers: [...block(), ...block(), outputLayer(loss)], loss });
        }
      }
    }
  }
  return setups;
}

/** Places where a layer can stand that the sweep above does not have. */
function elsewhere(): Setup[] {
  const loss = 'meanSquaredError';
  const cases: Readonly<Record<string, readonly Layer[]>> = {
    'dropout of the input': [dropout({ keep: 0.8 }), hidden({ activation: 'tanh' }), outputLayer(loss)],
    'dropout twice': [hidden(), dropout({ keep: 0.9 }), dropout({ keep: 0.6 }), outputLayer(loss)],
    'dropout of the output': [hidden({ activation: 'tanh' }), outputLayer(loss), dropout({ rate: 0.3 })],
    'dropout in front of normalization': [hidden(), dropout({ keep: 0.8 }), batchNorm(), outputLayer(loss)],
    'batchNorm of the input': [batchNorm(), hidden({ activation: 'elu' }), outputLayer(loss)],
    'batchNorm of the output': [hidden({ activation: 'tanh' }), outputLayer(loss), batchNorm({ epsilon: 0.1 })],
    'batchNorm twice': [hidden(), batchNorm(), batchNorm({ momentum: 0.5 }), outputLayer(loss)],
    'layerNorm of the output': [hidden({ activation: 'tanh' }), outputLayer(loss), layerNorm({ epsilon: 0.01 })],
    'residual of one layer': [hidden(), residual([hidden({ activation: 'tanh' })]), outputLayer(loss)],
    'residual first': [residual([hidden({ activation: 'sigmoid' }), dense(INPUTS, initial)]), outputLayer(loss)],
    'residual last': [outputLayer(loss), residual([dense(4, initial)])],
    'residual of an activation alone': [hidden(), residual([activation('tanh')]), outputLayer(loss)],
    'residual of nothing but x': [hidden(), residual([activation('linear')]), outputLayer(loss)],
    'residual in residual': [
      hidden(),
      residual([
        hidden({ activation: 'tanh' }),
        residual([layerNorm(), hidden()]),
        hidden({ weightRegularizer: l2(0.1) }),
      ]),
      outputLayer(loss),
    ],
    'everything in residual': [
      hidden(),
      residual([batchNorm(), activation('elu'), dropout({ keep: 0.7 }), hidden(), layerNorm(), hidden()]),
      residual([dropout({ keep: 0.7 })]),
      outputLayer(loss),
    ],
  };
  return Object.entries(cases).map(([label, layers]) => ({ label, layers, loss }));
}

const setups = [...positions(), ...elsewhere()];
const labelled = (some: readonly Setup[]) => some.map((one) => [one.label, one] as const);

type AnyModel = Model<LossName, never>;
type Values = Readonly<Record<string, Float64Array>>;

/** Numbers the layers of a model in their order, as masks are. */
class Counter {
  next = 0;
}

/** The layers as nodes of the reference, with parameters by name; `mode` is what they do with batches. */
function nodesOf(
  layers: readonly Layer[],
  values: Values,
  mode: 'train' | 'evaluate',
  prefix = '',
  counter = new Counter(),
) {
  const nodes = (layer: Layer, i: number): OracleNode[] => {
    const name = `${prefix}${layer.name ?? `${layer.kind}${i}`}`;
    const number = counter.next++;
    const value = (part: string) => values[`${name}.${part}`] as Float64Array;
    const activated = (option: NonNullable<Parameters<typeof activation>[0]>): OracleNode => {
      return { kind: 'activation', activation: capitalized(nameOf(option)) as OracleActivation };
    };
    switch (layer.kind) {
      case 'dense': {
        const affine: OracleNode = {
          kind: 'dense',
          weight: value('weight'),
          bias: value('bias'),
          weightPenalty: strengths(layer.weightRegularizer),
          biasPenalty: strengths(layer.biasRegularizer),
        };
        return [affine, activated(layer.activation ?? 'linear')];
      }
      case 'activation':
        return [activated(layer.activation)];
      case 'batchNorm':
      case 'layerNorm': {
        const affine = { gamma: value('gamma'), beta: value('beta'), epsilon: Math.fround(layer.epsilon ?? 1e-5) };
        if (layer.kind === 'layerNorm') return [{ kind: 'layerNorm', ...affine }];
        const statistics = { mean: value('mean'), variance: value('variance') };
        return [{ kind: 'batchNorm', ...affine, ...(mode === 'evaluate' && { statistics }) }];
      }
      case 'dropout': {
        if (mode === 'evaluate') return [];
        const keep = Math.fround(layer.keep);
        const place = { stream: number, step: 0, seedLow: SEED % 2 ** 32, seedHigh: Math.floor(SEED / 2 ** 32) };
        const width = WIDTHS.get(layer) ?? WIDTH;
        return [{ kind: 'dropout', keep, kept: (row, column) => kept(row * width + column, place, keep) }];
      }
      case 'residual':
        return [{ kind: 'residual', nodes: nodesOf(layer.layers, values, mode, `${name}.`, counter) }];
    }
  };
  return layers.flatMap(nodes);
}

/** Columns of what a dropout layer is given where that is not WIDTH. */
const WIDTHS = new Map<Layer, number>();
for (const { layers } of setups) {
  const [first, last] = [layers[0], layers.at(-1)];
  if (first?.kind === 'dropout') WIDTHS.set(first, INPUTS);
  if (last?.kind === 'dropout') WIDTHS.set(last, 4);
}

function compiled({ layers, loss }: Setup): AnyModel {
  const model = sequential({ input: INPUTS, layers, seed: SEED }).compile({
    loss,
    optimizer: sgd({ learningRate: 1 }),
  });
  // γ and β away from 1 and 0, where a mistake could hide; statistics away from those of any batch
  const next = generator('scales');
  const moved = Object.entries(model.parameters()).flatMap(([name, { data }]) => {
    if (!/\.(gamma|beta|mean|variance)$/.test(name)) return [];
    return [[name, { data: data.map((value) => value + 0.8 * next() - 0.3) }] as const];
  });
  model.setParameters(Object.fromEntries(moved));
  return model;
}

const valuesOf = (model: AnyModel): Values =>
  Object.fromEntries(Object.entries(model.parameters()).map(([name, { data }]) => [name, Float64Array.from(data)]));

/** One row of targets that the loss takes. */
function targetRow(loss: LossName, next: () => number): number[] {
  const values = Array.from({ length: 4 }, () => next());
  const { targets } = lossRow(loss);
  if (targets === 'values') return values.map((value) => Math.fround(4 * value - 2));
  if (targets === 'binary') return values.map((value) => Math.fround(value));
  const largest = values.indexOf(Math.max(...values));
  return values.map((_, j) => Number(j === largest));
}

function batchOf({ label, loss }: Setup): OracleBatch {
  const next = generator(label);
  const x = Array.from({ length: ROWS }, () => Array.from({ length: INPUTS }, () => Math.fround(4 * next() - 2)));
  return { x, t: x.map(() => targetRow(loss, next)), w: x.map((_, i) => (i === 4 ? 0 : Math.fround(0.5 + next()))) };
}

function oracleLoss(loss: LossName): OracleLoss {
  const { fuses } = lossRow(loss);
  return { kind: capitalized(loss) as OracleLoss['kind'], contains: fuses && (capitalized(fuses) as OracleActivation) };
}

/** Compares a gradient by name with differences of J; `slack` is what each element may be off beside that. */
function compare(setup: Setup, values: Values, gradients: Values, batch: OracleBatch, slack = 0): void {
  const J = (at: Values) => objectiveOf(nodesOf(setup.layers, at, 'train'), oracleLoss(setup.loss), batch);
  const next = generator(`direction ${setup.label}`);
  const largest = Math.max(...Object.values(gradients).flatMap((g) => Array.from(g, Math.abs)));
  for (const [name, g] of Object.entries(gradients)) {
    const point = values[name] as Float64Array;
    const direction = point.map(() => 2 * next() - 1);
    const at = (h: number) => J({ ...values, [name]: point.map((value, i) => value + h * (direction[i] as number)) });
    const difference = (at(H) - at(-H)) / (2 * H);
    let [projection, magnitude, size] = [0, 0, 0];
    direction.forEach((v, i) => {
      projection += (g[i] as number) * v;
      magnitude += Math.abs((g[i] as number) * v);
      size += Math.abs(v);
    });
    const allowed = TOLERANCE * (magnitude + largest * size) + slack * size + 1e-8;
    const off = Math.abs(projection - difference);
    expect(off, `${name}: ⟨g, v⟩ = ${projection}, difference of J = ${difference}`).toBeLessThanOrEqual(allowed);
  }
}

describe('gradients', () => {
  it('are checked for every kind of layer', () => {
    const kinds = (layers: readonly Layer[]): string[] =>
      layers.flatMap((layer) => [layer.kind, ...(layer.kind === 'residual' ? kinds(layer.layers) : [])]);
    expect(new Set(setups.flatMap(({ layers }) => kinds(layers)))).toEqual(new Set(LAYER_KINDS));
  });

  it.each(labelled(setups))('%s', (_, setup) => {
    const batch = batchOf(setup);
    const model = compiled(setup);
    const values = valuesOf(model);
    const gradients = Object.entries(model.gradients(batch.x, batch.t as number[][]));
    const named = Object.fromEntries(gradients.map(([name, { data }]) => [name, Float64Array.from(data)]));
    const trained = Object.keys(values).filter((name) => !/\.(mean|variance)$/.test(name));
    expect(Object.keys(named)).toEqual(trained);
    compare(setup, values, named, { ...batch, w: batch.x.map(() => 1) });
  });

  // 7 has no factor in common with the number of penalties, activations or losses: all of them have their turn
  it.each(labelled(setups.filter((_, i) => i % 7 === 0)))('%s, as an update with row weights', (_, setup) => {
    const batch = batchOf(setup);
    const model = compiled(setup);
    const values = valuesOf(model);
    model.trainOnBatch(batch.x, batch.t as number[][], { sampleWeight: Float32Array.from(batch.w) });
    const after = valuesOf(model);
    const change = Object.entries(values).flatMap(([name, before]) =>
      /\.(mean|variance)$/.test(name)
        ? []
        : [[name, before.map((value, i) => value - (after[name]?.[i] as number))] as const],
    );
    // θ − g is rounded too; parameters here are below 4
    compare(setup, values, Object.fromEntries(change), batch, 4 * UNIT);
  });
});

describe('predictions', () => {
  const penalized = Object.keys(PENALTIES).filter((name) => name !== 'no penalty');
  const unpenalized = setups.filter(({ label }) => !penalized.some((name) => label.includes(`, ${name},`)));

  /** Whatever is folded and left out: what the layers say, with running statistics and without dropout. */
  it.each(labelled(unpenalized))('%s', (_, setup) => {
    const { x } = batchOf(setup);
    const model = compiled(setup);
    const wanted = forwardRows(nodesOf(setup.layers, valuesOf(model), 'evaluate'), x as Rows).flat();
    const largest = Math.max(...wanted.map(Math.abs));
    const got = model.predict(x);
    expect(got.length).toBe(wanted.length);
    got.forEach((value, i) => {
      // the largest is 16 roundings
      expect(Math.abs(value - (wanted[i] as number)), `output ${i}`).toBeLessThanOrEqual(64 * UNIT * largest);
    });
  });
});

/** What every layer gives in training, by full name, those inside blocks included. */
function layerOutputs(layers: readonly Layer[], values: Values, x: Rows, prefix = '', counter = new Counter()) {
  const found = new Map<string, Rows>();
  const begin = counter.next;
  let input = x;
  layers.forEach((layer, i) => {
    const from = new Counter();
    from.next = begin;
    const output = forwardRows(nodesOf(layers.slice(0, i + 1), values, 'train', prefix, from), x);
    const name = `${prefix}${layer.name ?? `${layer.kind}${i}`}`;
    found.set(name, output);
    counter.next++;
    if (layer.kind === 'residual') {
      for (const [inner, rows] of layerOutputs(layer.layers, values, input, `${name}.`, counter))
        found.set(inner, rows);
    }
    input = output;
  });
  return found;
}

const squared = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value * value, 0);

describe('diagnoses', () => {
  it.each(setups)('$label', (setup) => {
    const { x, t, w } = batchOf(setup);
    const model = compiled(setup);
    const values = valuesOf(model);
    const sampleWeight = Float32Array.from(w);
    const { rows, layers } = model.diagnose(x, t as number[][], { sampleWeight });
    model.trainOnBatch(x, t as number[][], { sampleWeight });
    const after = valuesOf(model);
    expect(rows).toBe(ROWS);
    const wanted = layerOutputs(setup.layers, values, x as Rows);
    expect(layers.map(({ name }) => name)).toEqual([...wanted.keys()]);
    for (const {
      name,
      activation: { mean, variance },
      gradientNorm,
      updateRatio,
    } of layers) {
      const outputs = (wanted.get(name) as Rows).flat();
      const center = outputs.reduce((sum, value) => sum + value, 0) / outputs.length;
      const spread = squared(outputs.map((value) => value - center)) / outputs.length;
      // as of predictions: each output is within 64 roundings of the largest
      const largest = Math.max(...outputs.map(Math.abs));
      expect(Math.abs(mean - center), `${name}, mean`).toBeLessThanOrEqual(64 * UNIT * largest);
      expect(Math.abs(variance - spread), `${name}, variance`).toBeLessThanOrEqual(256 * UNIT * largest * largest);
      const own = Object.keys(values).filter((key) => {
        return key.slice(0, key.lastIndexOf('.')) === name && !/\.(mean|variance)$/.test(key);
      });
      const step = own.flatMap((key) => {
        return Array.from(values[key] as Float64Array, (value, i) => (after[key]?.[i] as number) - value);
      });
      const size = Math.sqrt(squared(own.flatMap((key) => [...(values[key] as Float64Array)])));
      if (own.length === 0) {
        expect([gradientNorm, updateRatio]).toEqual([undefined, undefined]);
        continue;
      }
      expect(updateRatio).toBe(Math.sqrt(squared(step)) / size);
      // the rate is 1: the step is the gradient, which was compared with the reference above, rounded with θ
      const rounding = 4 * UNIT * Math.sqrt(step.length);
      expect(Math.abs((gradientNorm as number) - Math.sqrt(squared(step))), name).toBeLessThanOrEqual(rounding);
    }
  });
});

describe('running statistics', () => {
  it('are averages of the batches’ statistics, with the batches’ own weights', () => {
    const setup: Setup = {
      label: 'statistics',
      layers: [hidden({ activation: 'relu' }), batchNorm({ momentum: 0.8 }), dense(4, initial)],
      loss: 'meanSquaredError',
    };
    const model = compiled(setup);
    const values = valuesOf(model);
    const { x, t } = batchOf(setup);
    const h = forwardRows(nodesOf(setup.layers.slice(0, 1), values, 'train'), x as Rows);
    model.trainOnBatch(x, t as number[][]);
    const after = valuesOf(model);
    for (const [name, batch] of Object.entries(columnStatistics(h))) {
      const old = values[`batchNorm1.${name}`] as Float64Array;
      batch.forEach((value, j) => {
        const wanted = 0.8 * (old[j] as number) + 0.2 * value;
        expect(Math.abs((after[`batchNorm1.${name}`]?.[j] as number) - wanted)).toBeLessThanOrEqual(1e-6);
      });
    }
  });
});
