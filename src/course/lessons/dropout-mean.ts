import * as Plot from '@observablehq/plot';
import { dense, dropout, sequential, zeros } from '../../index.js';
import { lesson } from '../lesson.js';
import { chart, color, lines, picture } from '../picture.js';
import { normalRows } from '../sets.js';

// #region code
const UNITS = 1000;
const MASKS = 1000;
const KEEPS = [0.1, 0.2, 0.4, 0.6, 0.8, 1];

/**
 * What dropout leaves of some activations, in the mean over masks, and their mean at prediction. The gradient of a linear
 * unit tells: ∂J/∂w is δ times the input that it got, ∂J/∂b is δ, and δ is the same in every row while the weights are 0.
 */
function dropped(activations: Float32Array, keep: number, masks: number, seed: number) {
  using model = sequential({
    input: UNITS,
    seed,
    layers: [dropout({ keep }), dense(1, { name: 'probe', weightInitializer: zeros() })],
  }).compile({ loss: 'meanSquaredError' });
  const rows = Float32Array.from({ length: masks * UNITS }, (_, i) => activations[i % UNITS] as number);
  const gradients = model.gradients({ data: rows, shape: [masks, UNITS] }, new Float32Array(masks).fill(1));
  const [weight, bias] = Object.values(gradients).map(({ data }) => data) as [Float32Array, Float32Array];
  model.setParameters({ 'probe.weight': { data: new Float32Array(UNITS).fill(1 / UNITS) } });
  const prediction = model.predict({ data: activations, shape: [1, UNITS] })[0] as number;
  return { keep, means: [...weight].map((g) => g / (bias[0] as number)), prediction };
}

/** Activations as a layer might give them, one mask on them, and the mean over many for each keep probability. */
function experiment(seed: number) {
  const activations = normalRows(1, new Array<number>(UNITS).fill(1), seed).data.map(Math.abs);
  return {
    activations: [...activations],
    oneMask: dropped(activations, 0.5, 1, seed).means,
    manyMasks: KEEPS.map((keep) => dropped(activations, keep, MASKS, seed)),
  };
}
// #endregion

type Result = ReturnType<typeof experiment>;

/** Two-sided 95 % of a normal distribution, in standard deviations. */
const QUANTILE = 1.96;

/** The keep probability whose units are shown one by one. */
const SHOWN = 0.4;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The standard deviation of a unit's mean over the masks, in units of its activation. */
function deviation(keep: number): number {
  return Math.sqrt((1 - keep) / keep / MASKS);
}

function shownUnits({ activations, manyMasks }: Result) {
  const { means } = manyMasks.find(({ keep }) => keep === SHOWN) as Result['manyMasks'][number];
  return activations.map((activation, i) => ({ activation, mean: means[i] as number }));
}

/** Inverted dropout keeps the mean. */
export const dropoutMean = lesson({
  name: 'dropout-mean',
  title:
    'Inverted dropout keeps the mean of every activation, so that prediction needs no change; without its division the mean falls to keep times it.',
  formula: `training     h̃ = m ⊙ h / keep,   P(m = 1) = keep      E[h̃] = keep · h / keep = h
prediction   h̃ = h
without the division               E[m ⊙ h] = keep · h`,
  about: `${MASKS} masks on ${UNITS} activations, for every keep probability. A linear unit behind the dropout layer
tells by its gradient what came through. With the division by keep, the mean over the masks is the activation, to within
chance: 95 % of the units lie in their 95 % interval. The same masks without the division, keep times that, would have a
layer that sees less in training than at prediction, where nothing is dropped (Srivastava, Hinton, Krizhevsky,
Sutskever, Salakhutdinov 2014, section 10; Goodfellow, Bengio, Courville, Deep Learning, 7.12).`,
  experiment,
  checks: (result) => {
    const { activations, oneMask, manyMasks } = result;
    const all = mean(activations);
    const inside = shownUnits(result).filter(
      (unit) => Math.abs(unit.mean - unit.activation) <= QUANTILE * deviation(SHOWN) * unit.activation,
    );
    // the standard deviation of the layer's mean, where that of each unit's is its activation
    const spread = Math.sqrt(activations.reduce((sum, a) => sum + a * a, 0)) / UNITS;
    const ratio = mean(shownUnits(result).map((unit) => unit.mean)) / all;
    const off = oneMask.map((value, i) => (value === 0 ? 0 : Math.abs(value / (2 * (activations[i] as number)) - 1)));
    return [
      {
        says: `units whose mean over ${MASKS} masks is in its 95 % interval, keep ${SHOWN}`,
        value: inside.length / UNITS,
        least: 0.93,
        most: 0.97,
      },
      {
        says: 'mean of the layer over the masks − at prediction, largest over keep, in standard errors',
        value: Math.max(
          ...manyMasks
            .filter(({ keep }) => keep < 1)
            .map(({ keep, means }) => Math.abs(mean(means) - all) / (deviation(keep) * spread)),
        ),
        most: 4,
      },
      {
        says: `mean of the layer over the masks / at prediction, keep ${SHOWN}`,
        value: ratio,
        least: 0.99,
        most: 1.01,
      },
      {
        says: `the same without the division`,
        value: SHOWN * ratio,
        least: SHOWN - 0.01,
        most: SHOWN + 0.01,
      },
      {
        says: 'one mask, keep 0.5: the share of zeros',
        value: oneMask.filter((v) => v === 0).length / UNITS,
        least: 0.44,
        most: 0.56,
      },
      {
        says: 'one mask, keep 0.5: what stays / (activation / 0.5), largest |… − 1|',
        value: Math.max(...off),
        most: 1e-6,
      },
      {
        says: 'mean of the layer at prediction / mean activation, largest |… − 1|',
        value: Math.max(...manyMasks.map(({ prediction }) => Math.abs(prediction / all - 1))),
        most: 1e-6,
      },
    ];
  },
  picture: (result) => {
    const all = mean(result.activations);
    const units = shownUnits(result).filter((_, i) => i % 3 === 0);
    const most = Math.max(...result.activations);
    return picture(
      'Mean of activations over dropout masks: with the division by keep it is the activation, without it keep times that',
      [
        chart({
          title: `Each unit, keep ${SHOWN}`,
          x: { label: 'activation at prediction' },
          y: { label: `mean over ${MASKS} masks` },
          keys: [
            { name: 'inverted dropout', color: color(0) },
            { name: 'without the division', color: color(1) },
          ],
          marks: [
            ...[1, SHOWN].map((slope) =>
              Plot.line(
                [0, most].map((x) => ({ x, y: slope * x })),
                { x: 'x', y: 'y', stroke: '#999999', strokeDasharray: '3 3' },
              ),
            ),
            ...[1, SHOWN].map((factor, i) =>
              Plot.dot(
                units.map((unit) => ({ x: unit.activation, y: factor * unit.mean })),
                { x: 'x', y: 'y', r: 2, fill: color(i), fillOpacity: 0.8 },
              ),
            ),
          ],
        }),
        lines({
          title: 'The whole layer, for every keep probability',
          x: { label: 'keep', domain: [0, 1.02] },
          y: { label: 'mean in training / at prediction', domain: [0, 1.1] },
          series: ([true, false] as const).map((division) => ({
            name: division ? 'inverted dropout' : 'without the division',
            dots: true,
            points: result.manyMasks.map(
              ({ keep, means }) => [keep, ((division ? 1 : keep) * mean(means)) / all] as const,
            ),
          })),
        }),
      ],
    );
  },
});
