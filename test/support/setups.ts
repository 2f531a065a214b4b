/** Networks with their batches, for tests of programs. */
import fc from 'fast-check';
import { adam, dense, l2, sgd } from '../../src/index.js';
import { planTraining } from '../../src/model/programs.js';
import { ACTIVATION_NAMES } from '../../src/nn/activations.js';
import { LOSS_NAMES, lossRow } from '../../src/nn/losses.js';
import { METRIC_NAMES, metricRow } from '../../src/nn/metrics.js';
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

/** Any network that compile would accept, with batches of any form. */
export const setups: fc.Arbitrary<Setup> = fc
  .record({
    input: fc.integer({ min: 1, max: 20 }),
    widths: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
    activations: fc.array(fc.constantFrom(...ACTIVATION_NAMES), { minLength: 4, maxLength: 4 }),
    strengths: fc.array(fc.constantFrom(0, 0.1), { minLength: 8, maxLength: 8 }),
    loss: fc.constantFrom(...LOSS_NAMES),
    optimizer: fc.constantFrom(sgd({ learningRate: 0.05 }), adam({ learningRate: 0.05 })),
    judged: fc.boolean(),
    standardized: fc.boolean(),
    capacity: fc.integer({ min: 1, max: 33 }),
    missing: fc.integer({ min: 0, max: 10 }),
    bytes: fc.boolean(),
    soft: fc.boolean(),
    weighted: fc.boolean(),
  })
  .map(({ input, widths, activations, strengths, loss, optimizer, judged, standardized, ...form }) => {
    const { fuses, targets } = lossRow(loss);
    const layers = widths.map((units, i) => {
      const inner = activations[i] as (typeof activations)[number];
      const output = fuses ?? (inner === 'softmax' ? 'linear' : inner);
      return dense(units, {
        activation: i === widths.length - 1 ? output : inner,
        weightRegularizer: l2(strengths[2 * i] as number),
        biasRegularizer: l2(strengths[2 * i + 1] as number),
      });
    });
    const { capacity: rows, bytes, soft, weighted, missing } = form;
    return {
      input,
      layers,
      loss,
      optimizer,
      metrics: judged ? METRIC_NAMES.filter((name) => metricRow(name).fits.includes(loss)) : [],
      standardized,
      form: { rows, bytes, dense: soft || targets !== 'classes', weighted },
      rows: Math.max(1, rows - missing),
    };
  });
