/**
 * The gradient check: for every kind of layer, with every activation inside and at the output, under every loss that
 * compile accepts there, the gradient that the library computes is compared with differences of J, which a float64
 * reference computes (test/oracle/network.ts). One random direction per parameter; idea: autograd's `check_grads`.
 */
import { describe, expect, it } from 'vitest';
import { ArgumentError, dense, l2, type Model, normal, sequential, sgd } from '../src/index.js';
import { ACTIVATION_NAMES, type ActivationName } from '../src/nn/activations.js';
import type { DenseLayer } from '../src/nn/dense.js';
import { LAYER_KINDS, type Layer } from '../src/nn/layers.js';
import { LOSS_NAMES, type LossName, lossRow } from '../src/nn/losses.js';
import {
  type OracleActivation,
  type OracleBatch,
  type OracleLayer,
  type OracleLoss,
  objective,
} from './oracle/network.js';
import { generator, UNIT } from './oracle/operation.js';

const INPUTS = 5;
const OUTPUTS = 4;
const ROWS = 9;

/**
 * Half the distance of the two points of a difference. Its own error is J‴h²/6 and some 1e-16·J/h of rounding, below 1e-8
 * for the sizes here; both points lie on the same side of every kink.
 */
const H = 1e-5;

/**
 * |⟨g, v⟩ − difference| ≤ this · Σ|gᵢvᵢ|. An element of a gradient comes from three products forward and three backward,
 * sums of at most nine terms that are rounded twice each: some hundred roundings of 2⁻²⁴ if they all had the same sign,
 * the root of that if they are random. The largest of all combinations below is 14 roundings.
 */
const TOLERANCE = 32 * UNIT;

/** A layer of each kind, in front of the output layer. */
const HIDDEN: { [K in Layer['kind']]: (activation: ActivationName) => DenseLayer } = {
  dense: (activation) =>
    dense(7, {
      activation,
      weightInitializer: normal(0, 0.6),
      biasInitializer: normal(0, 0.4),
      weightRegularizer: l2(0.03),
      biasRegularizer: l2(0.02),
    }),
};

const outputLayer = (activation: ActivationName): DenseLayer =>
  dense(OUTPUTS, {
    activation,
    weightInitializer: normal(0, 0.6),
    biasInitializer: normal(0, 0.4),
    weightRegularizer: l2(0.05),
  });

type AnyModel = Model<LossName, never>;

interface Setup {
  readonly layers: readonly DenseLayer[];
  readonly loss: LossName;
}

/** Two hidden layers with one activation, an output with another; undefined where compile refuses the combination. */
function compiled({ layers, loss }: Setup): AnyModel | undefined {
  const architecture = sequential({ input: INPUTS, layers, seed: 7 });
  try {
    return architecture.compile({ loss, optimizer: sgd({ learningRate: 1 }) });
  } catch (error) {
    if (error instanceof ArgumentError) return undefined;
    throw error;
  }
}

/** One row of targets that a loss takes; `soft` ones are probabilities for a loss of classes, and the others one-hot. */
function targetRow(loss: LossName, next: () => number, soft: boolean): number[] {
  const values = Array.from({ length: OUTPUTS }, () => next());
  switch (lossRow(loss).targets) {
    case 'values':
      return values.map((value) => Math.fround(4 * value - 2));
    case 'binary':
      return values.map((value) => (soft ? Math.fround(value) : Math.round(value)));
    case 'classes': {
      const largest = values.indexOf(Math.max(...values));
      // quarters sum to 1 exactly
      const shares = soft ? [0.5, 0.25, 0.25, 0] : [1, 0, 0, 0];
      return shares.map((_, j) => shares[(j + largest) % OUTPUTS] as number);
    }
  }
}

const capitalized = (name: string) => name.replace(/^./, (letter) => letter.toUpperCase());

/** J in float64 as a function of the parameters. */
function reference({ layers, loss }: Setup, batch: OracleBatch) {
  const { fuses } = lossRow(loss);
  const oracleLoss: OracleLoss = {
    kind: capitalized(loss) as OracleLoss['kind'],
    contains: fuses && (capitalized(fuses) as OracleActivation),
  };
  return (parameters: Readonly<Record<string, Float64Array>>): number => {
    const oracle = layers.map(
      (layer, i): OracleLayer => ({
        activation: capitalized(layer.activation ?? 'linear') as OracleActivation,
        weight: parameters[`dense${i}.weight`] as Float64Array,
        bias: parameters[`dense${i}.bias`] as Float64Array,
        // the library computes with λ as float32
        weightPenalty: Math.fround(layer.weightRegularizer?.strength ?? 0),
        biasPenalty: Math.fround(layer.biasRegularizer?.strength ?? 0),
      }),
    );
    return objective(oracle, oracleLoss, batch);
  };
}

type Gradients = Readonly<Record<string, ArrayLike<number>>>;

/** How far each parameter's gradient is off in a random direction, in units of what is allowed. */
function excess(model: AnyModel, J: ReturnType<typeof reference>, gradients: Gradients, next: () => number) {
  const parameters = Object.fromEntries(
    Object.entries(model.parameters()).map(([name, { data }]) => [name, Float64Array.from(data)]),
  );
  return Object.entries(parameters).map(([name, values]) => {
    const direction = values.map(() => 2 * next() - 1);
    const at = (h: number) =>
      J({ ...parameters, [name]: values.map((value, i) => value + h * (direction[i] as number)) });
    const difference = (at(H) - at(-H)) / (2 * H);
    let projection = 0;
    let magnitude = 0;
    Array.from(gradients[name] ?? []).forEach((g, i) => {
      projection += g * (direction[i] as number);
      magnitude += Math.abs(g * (direction[i] as number));
    });
    return { name, projection, difference, allowed: TOLERANCE * magnitude + 1e-8 };
  });
}

function expectAgreement(results: ReturnType<typeof excess>): void {
  for (const { name, projection, difference, allowed } of results) {
    const off = Math.abs(projection - difference);
    expect(off, `${name}: ⟨g, v⟩ = ${projection}, difference of J = ${difference}`).toBeLessThanOrEqual(allowed);
  }
}

const setups = LAYER_KINDS.flatMap((kind) =>
  ACTIVATION_NAMES.flatMap((hidden) =>
    ACTIVATION_NAMES.flatMap((output) =>
      LOSS_NAMES.map((loss) => {
        const layers = [HIDDEN[kind](hidden), HIDDEN[kind](hidden), outputLayer(output)];
        return { label: `${kind}, ${hidden} inside, ${output} out, ${loss}`, layers, loss, hidden, output };
      }),
    ),
  ),
);
const accepted = setups.filter((setup) => compiled(setup) !== undefined);

describe('gradients', () => {
  it('are checked for every activation inside and under every loss', () => {
    expect(new Set(accepted.map(({ hidden }) => hidden))).toEqual(new Set(ACTIVATION_NAMES));
    expect(new Set(accepted.map(({ output }) => output))).toEqual(new Set(ACTIVATION_NAMES));
    expect(new Set(accepted.map(({ loss }) => loss))).toEqual(new Set(LOSS_NAMES));
  });

  describe.each(accepted)('$label', (setup) => {
    const next = generator(setup.label);
    const x = Array.from({ length: ROWS }, () => Array.from({ length: INPUTS }, () => Math.fround(4 * next() - 2)));

    it.each([false, true])('soft targets: %s', (soft) => {
      const model = compiled(setup) as AnyModel;
      const t = x.map(() => targetRow(setup.loss, next, soft));
      const J = reference(setup, { x, t, w: x.map(() => 1) });
      const gradients = Object.entries(model.gradients(x, t)).map(([name, { data }]) => [name, data] as const);
      expectAgreement(excess(model, J, Object.fromEntries(gradients), next));
    });

    it('with row weights, one of them 0, by the update of one step of size 1', () => {
      const model = compiled(setup) as AnyModel;
      const t = x.map(() => targetRow(setup.loss, next, true));
      const w = x.map((_, i) => (i === 4 ? 0 : Math.fround(0.5 + next())));
      const J = reference(setup, { x, t, w });
      const before = model.parameters();
      model.trainOnBatch(x, t, { sampleWeight: Float32Array.from(w) });
      const after = model.parameters();
      const change = Object.entries(before).map(([name, { data }]) => {
        return [name, data.map((value, i) => value - (after[name]?.data[i] as number))] as const;
      });
      model.setParameters(before);
      // θ − g is rounded too
      const results = excess(model, J, Object.fromEntries(change), next).map((result) => {
        const size = (before[result.name]?.data ?? new Float32Array()).reduce(
          (sum, value) => sum + Math.abs(value) + 1,
          0,
        );
        return { ...result, allowed: result.allowed + UNIT * size };
      });
      expectAgreement(results);
    });
  });
});
