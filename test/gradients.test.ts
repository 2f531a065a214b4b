/**
 * The gradient check: for every kind of layer, with every activation inside and at the output, under every loss that
 * compile accepts there, the gradient that the library computes is compared with differences of J, which a float64
 * reference computes (test/oracle/network.ts). One random direction per parameter; idea: autograd's `check_grads`.
 */
import { describe, expect, it } from 'vitest';
import {
  type ActivationOption,
  ArgumentError,
  activation,
  dense,
  elu,
  huber,
  type LossOption,
  l1,
  l1l2,
  l2,
  leakyRelu,
  type Model,
  normal,
  sequential,
  sgd,
} from '../src/index.js';
import { ACTIVATION_NAMES } from '../src/nn/activations.js';
import { choiceText } from '../src/nn/choice.js';
import type { Layer } from '../src/nn/layers.js';
import { LOSS_NAMES, type LossName, lossRow } from '../src/nn/losses.js';
import {
  type OracleActivation,
  type OracleBatch,
  type OracleLayer,
  type OracleLoss,
  objective,
} from './oracle/network.js';
import { generator, UNIT } from './oracle/operation.js';
import { capitalized, strengths } from './support/reference.js';

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

/** Every activation by its name, and those that have a parameter with another one than the default. */
const ACTIVATIONS: readonly ActivationOption[] = [
  ...ACTIVATION_NAMES,
  leakyRelu({ slope: 0.25 }),
  leakyRelu({ slope: 0 }),
  elu({ alpha: 0.5 }),
];

/** The losses likewise. */
const LOSSES: readonly LossOption[] = [...LOSS_NAMES, huber({ delta: 0.25 })];

/** Layers with an activation, in front of the output layer; the other kinds of layers are checked in layers.test.ts. */
const HIDDEN = {
  dense: (chosen) => [hiddenLayer(chosen)],
  activation: (chosen) => [hiddenLayer('linear'), activation(chosen)],
} satisfies Partial<Record<Layer['kind'], (activation: ActivationOption) => readonly Layer[]>>;

const hiddenLayer = (chosen: ActivationOption) =>
  dense(7, {
    activation: chosen,
    weightInitializer: normal(0, 0.6),
    biasInitializer: normal(0, 0.4),
    weightRegularizer: l1l2({ l1: 0.02, l2: 0.03 }),
    biasRegularizer: l1(0.02),
  });

const outputLayer = (chosen: ActivationOption) =>
  dense(OUTPUTS, {
    activation: chosen,
    weightInitializer: normal(0, 0.6),
    biasInitializer: normal(0, 0.4),
    weightRegularizer: l2(0.05),
  });

type AnyModel = Model<LossName, never>;

interface Setup {
  readonly layers: readonly Layer[];
  readonly loss: LossOption;
}

/** The model of a setup; undefined where compile refuses the combination. */
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
function targetRow(loss: LossOption, next: () => number, soft: boolean): number[] {
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

/** A choice as the reference has it: the name of the enum row, and its parameter where it is given. */
function named(choice: ActivationOption | LossOption): { readonly name: string; readonly parameter?: number } {
  if (typeof choice === 'string') return { name: capitalized(choice) };
  const { kind, ...rest } = choice;
  // the library computes with parameters as float32
  return { name: capitalized(kind), parameter: Math.fround(Object.values(rest)[0] as number) };
}

/** The layers as the reference has them: an activation layer is the activation of the dense one in front of it. */
function oracleLayers(layers: readonly Layer[], parameters: Readonly<Record<string, Float64Array>>): OracleLayer[] {
  const oracle: OracleLayer[] = [];
  layers.forEach((layer, i) => {
    const { name, ...parameter } = named(('activation' in layer && layer.activation) || 'linear');
    const chosen = { activation: name as OracleActivation, ...parameter };
    if (layer.kind === 'dense') {
      oracle.push({
        ...chosen,
        weight: parameters[`dense${i}.weight`] as Float64Array,
        bias: parameters[`dense${i}.bias`] as Float64Array,
        weightPenalty: strengths(layer.weightRegularizer),
        biasPenalty: strengths(layer.biasRegularizer),
      });
    } else if (layer.kind === 'activation') {
      oracle.push({ ...(oracle.pop() as OracleLayer), ...chosen });
    }
  });
  return oracle;
}

/** J in float64 as a function of the parameters. */
function reference({ layers, loss }: Setup, batch: OracleBatch) {
  const { fuses } = lossRow(loss);
  const { name, ...parameter } = named(loss);
  const oracleLoss: OracleLoss = {
    kind: name as OracleLoss['kind'],
    ...parameter,
    contains: fuses && (capitalized(fuses) as OracleActivation),
  };
  return (parameters: Readonly<Record<string, Float64Array>>): number =>
    objective(oracleLayers(layers, parameters), oracleLoss, batch);
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

/** Two hidden layers of a kind with one activation, and an output with another. */
function setup(kind: keyof typeof HIDDEN, inside: ActivationOption, output: ActivationOption, loss: LossOption) {
  const layers = [...HIDDEN[kind](inside), ...HIDDEN[kind](inside), outputLayer(output)];
  const [hidden, out, judged] = [inside, output, loss].map(choiceText) as [string, string, string];
  return { label: `${kind}, ${hidden} inside, ${out} out, ${judged}`, kind, layers, loss, hidden, out, judged };
}

/**
 * What compile accepts of: every kind with every activation inside under every loss, outputs taking turns, and dense
 * layers with every output activation under every loss.
 */
const accepted = [
  ...(Object.keys(HIDDEN) as (keyof typeof HIDDEN)[]).flatMap((kind) =>
    ACTIVATIONS.flatMap((inside, i) =>
      LOSSES.map((loss, j) => {
        const { fuses } = lossRow(loss);
        const outputs = ACTIVATIONS.filter((output) => output !== 'softmax');
        return setup(kind, inside, fuses ?? (outputs[(3 * i + j) % outputs.length] as ActivationOption), loss);
      }),
    ),
  ),
  ...ACTIVATIONS.flatMap((output) => LOSSES.map((loss) => setup('dense', 'tanh', output, loss))),
].filter((one, i, all) => all.findIndex(({ label }) => label === one.label) === i && compiled(one) !== undefined);

const pairs = (names: readonly string[], losses: readonly string[]) =>
  new Set(names.flatMap((name) => losses.map((loss) => `${name}, ${loss}`)));

describe('gradients', () => {
  it('are checked for every kind with every activation inside under every loss, and with every one at the output', () => {
    const losses = LOSSES.map(choiceText);
    const inside = pairs(
      Object.keys(HIDDEN).flatMap((kind) => ACTIVATIONS.map((one) => `${kind}, ${choiceText(one)}`)),
      losses,
    );
    expect(new Set(accepted.map(({ kind, hidden, judged }) => `${kind}, ${hidden}, ${judged}`))).toEqual(inside);
    const fusing = LOSSES.filter((loss) => lossRow(loss).fuses);
    const values = LOSSES.filter((loss) => lossRow(loss).targets === 'values');
    const outputs = ACTIVATIONS.filter((output) => output !== 'softmax');
    const out = new Set([
      ...fusing.map((loss) => `${lossRow(loss).fuses}, ${choiceText(loss)}`),
      ...pairs(outputs.map(choiceText), values.map(choiceText)),
    ]);
    expect(new Set(accepted.map(({ out: name, judged }) => `${name}, ${judged}`))).toEqual(out);
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
