/** Networks with their batches, for tests of programs. */
import fc from 'fast-check';
import {
  adam,
  batchNorm,
  dense,
  dropout,
  type Layer,
  l1,
  l1l2,
  l2,
  layerNorm,
  maxNorm,
  type Regularizer,
  residual,
} from '../../src/index.js';
import { planTraining } from '../../src/model/programs.js';
import { ACTIVATION_NAMES } from '../../src/nn/activations.js';
import { LOSS_NAMES, lossRow } from '../../src/nn/losses.js';
import { METRIC_NAMES, metricRow } from '../../src/nn/metrics.js';
import { OPTIMIZER_NAMES, optimizerOf } from '../../src/nn/optimizers.js';
import type { Plan } from '../../src/program/plan.js';
import { blueprintOf, type Setup } from './rig.js';

/** A classifier of three layers, with a penalty, on a batch of 8. */
export const THREE_LAYERS: Setup = {
  input: 6,
  layers: [
    dense(9, { activation: 'relu', weightRegularizer: l2(0.01) }),
    dense(7, { activation: 'tanh' }),
    dense(3, { activation: 'softmax' }),
  ],
  loss: 'crossEntropy',
  metrics: ['accuracy'],
  optimizer: adam(),
  standardized: false,
  form: { rows: 8, bytes: false, dense: false, weighted: false },
  rows: 8,
};

/** The plan of a training step. */
export function training(setup = THREE_LAYERS): Plan {
  return planTraining(blueprintOf(setup), setup.form, true).plan;
}

const PENALTIES: readonly Regularizer[] = [
  l2(0),
  l2(0.1),
  l1(0.02),
  l1l2({ l1: 0.02, l2: 0.1 }),
  l1(0.5, { proximal: true }),
];

/** How a layer's parameters are updated: mostly as all others. */
const facts = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ trainable: false }) },
  { weight: 1, arbitrary: fc.constant({ learningRateMultiplier: 0.5 }) },
  { weight: 1, arbitrary: fc.constant({ weightConstraint: maxNorm(0.6) }) },
);

/** What may stand in front of a dense layer, given the values there are: mostly nothing. */
const between: fc.Arbitrary<(width: number) => readonly Layer[]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(() => []) },
  { weight: 1, arbitrary: fc.constant(() => [batchNorm()]) },
  { weight: 1, arbitrary: fc.constant(() => [layerNorm()]) },
  { weight: 1, arbitrary: fc.constant(() => [dropout({ keep: 0.7 })]) },
  {
    weight: 1,
    arbitrary: fc.constant((width: number) => [residual([batchNorm(), dense(7), layerNorm(), dense(width)])]),
  },
  {
    weight: 1,
    arbitrary: fc.constant((width: number) => [
      residual([dense(width, { activation: 'relu' }), dropout({ keep: 0.7 })]),
    ]),
  },
);

/** Any network that compile would accept, with batches of any form. */
export const setups: fc.Arbitrary<Setup> = fc
  .record({
    input: fc.integer({ min: 1, max: 20 }),
    widths: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
    activations: fc.array(fc.constantFrom(...ACTIVATION_NAMES), { minLength: 4, maxLength: 4 }),
    penalties: fc.array(fc.constantFrom(...PENALTIES), { minLength: 8, maxLength: 8 }),
    facts: fc.array(facts, { minLength: 4, maxLength: 4 }),
    fronts: fc.array(between, { minLength: 4, maxLength: 4 }),
    loss: fc.constantFrom(...LOSS_NAMES),
    optimizer: fc.constantFrom(
      ...OPTIMIZER_NAMES.map((name) => optimizerOf(name, { learningRate: 0.05 })),
      optimizerOf('sgd', { learningRate: 0.05, momentum: 0.9 }),
      optimizerOf('sgd', { learningRate: 0.05, momentum: 0.9, nesterov: true }),
    ),
    clipNorm: fc.constantFrom(undefined, 0.1),
    clipValue: fc.constantFrom(undefined, 0.01),
    judged: fc.boolean(),
    standardized: fc.boolean(),
    capacity: fc.integer({ min: 1, max: 33 }),
    missing: fc.integer({ min: 0, max: 10 }),
    bytes: fc.boolean(),
    soft: fc.boolean(),
    weighted: fc.boolean(),
  })
  .map(({ input, widths, activations, penalties, facts: chosen, fronts, loss, judged, ...rest }) => {
    const { fuses, targets } = lossRow(loss);
    const layers = widths.flatMap((units, i): readonly Layer[] => {
      const inner = activations[i] as (typeof activations)[number];
      const output = fuses ?? (inner === 'softmax' ? 'linear' : inner);
      const last = dense(units, {
        activation: i === widths.length - 1 ? output : inner,
        weightRegularizer: penalties[2 * i] as Regularizer,
        biasRegularizer: penalties[2 * i + 1] as Regularizer,
        ...chosen[i],
      });
      return [...(fronts[i]?.(widths[i - 1] ?? input) ?? []), last];
    });
    const { capacity: rows, bytes, soft, weighted, missing, ...others } = rest;
    return {
      input,
      layers,
      loss,
      ...others,
      metrics: judged ? METRIC_NAMES.filter((name) => metricRow(name).fits.includes(loss)) : [],
      form: { rows, bytes, dense: soft || targets !== 'classes', weighted },
      rows: Math.max(1, rows - missing),
    };
  });
