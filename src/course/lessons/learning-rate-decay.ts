import {
  dense,
  exponentialDecay,
  inverseTimeDecay,
  type Rate,
  sequential,
  sgd,
  stepDecay,
  zeros,
} from '../../index.js';
import { exp } from '../../math.js';
import { lesson } from '../lesson.js';
import { lines, picture } from '../picture.js';
import { noisySum } from '../sets.js';

// #region code
const [STEPS, BATCH] = [4000, 8];
/** Standard deviations of the inputs: sixteen weights, half of which have a gentle slope. */
const SCALES = Array.from({ length: 16 }, (_, j) => (j < 8 ? 1 : 0.3));

const RATES = {
  constant: 0.05,
  'constant, small': 0.001,
  step: stepDecay(0.05, { drop: 0.5, every: 600 }),
  exponential: exponentialDecay(0.05, { rate: 0.001 }),
  '1/t': inverseTimeDecay(0.05, { rate: 0.01 }),
} as const satisfies Record<string, Rate>;

/** How far J is above its minimum, step after step, when every batch has new rows with noise in their targets. */
function experiment(seed: number) {
  const { x, y } = noisySum(STEPS * BATCH, SCALES, 1, seed);
  const size = BATCH * SCALES.length;
  return Object.entries(RATES).map(([name, learningRate]) => {
    using model = sequential({ input: SCALES.length, layers: [dense(1, { weightInitializer: zeros() })] }).compile({
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate }),
    });
    const excess = Array.from({ length: STEPS }, (_, t) => {
      model.trainOnBatch(x.data.subarray(t * size, (t + 1) * size), y.subarray(t * BATCH, (t + 1) * BATCH));
      const { 'dense0.weight': weight, 'dense0.bias': bias } = model.parameters();
      // J − J* = Σ σ² (w − 1)² + b²
      const away = [...SCALES.map((scale, j) => scale * ((weight?.data[j] ?? 0) - 1)), bias?.data[0] ?? 0];
      return away.reduce((sum, part) => sum + part * part, 0);
    });
    return { name, excess };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;

/** The three decays without their formulas: the rate at t from the one before. */
const NEXT = {
  step: (rate: number, t: number) => (t % 600 === 0 ? 0.5 * rate : rate),
  exponential: (rate: number) => rate * exp(-0.001),
  '1/t': (rate: number) => 1 / (1 / rate + 0.01 / 0.05),
};

/** The largest relative distance of a schedule from these over the whole run. */
function farFromNext(name: keyof typeof NEXT): number {
  let [rate, most] = [0.05, 0];
  for (let t = 0; t < STEPS; t++) {
    if (t > 0) rate = NEXT[name](rate, t);
    most = Math.max(most, Math.abs(RATES[name].at(t) / rate - 1));
  }
  return most;
}

function excessOf(result: Result, name: keyof typeof RATES): readonly number[] {
  return (result.find((one) => one.name === name) as Result[number]).excess;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** J − J* as the mean of the first 200 steps. */
function start(result: Result, name: keyof typeof RATES): number {
  return mean(excessOf(result, name).slice(0, 200));
}

/** J − J* as the mean of the last 500 steps. */
function end(result: Result, name: keyof typeof RATES): number {
  return mean(excessOf(result, name).slice(-500));
}

function rateAt(rate: Rate, t: number): number {
  if (typeof rate === 'number') return rate;
  return typeof rate === 'function' ? rate(t) : rate.at(t);
}

const NAMES = { step: 'step decay', exponential: 'exponential decay', '1/t': '1/t decay' } as const;
const DECAYS = Object.keys(NAMES) as (keyof typeof NAMES)[];

/** Means of fifty steps each, at the middle of them. */
function smoothed(values: readonly number[]): (readonly [number, number])[] {
  return Array.from({ length: values.length / 50 }, (_, i) => {
    return [50 * i + 25, mean(values.slice(50 * i, 50 * (i + 1)))];
  });
}

/** Decays of the learning rate on a noisy quadratic. */
export const learningRateDecay = lesson({
  name: 'learning-rate-decay',
  title:
    'With a constant learning rate, SGD stays at a floor of noise; step, exponential and 1/t decay begin almost as fast and go below it.',
  formula: `step ε₀ · drop^⌊t/every⌋        exponential ε₀ e^(−kt)        1/t ε₀/(1 + kt)
constant ε, J = Σ σⱼ²(wⱼ − wⱼ*)² + noise², B rows in a batch: E[J] − J* → ε/B · noise² · Σ σⱼ² for small ε, the bias as σ = 1`,
  about: `Linear regression on sixteen inputs, eight of which vary less and so have a gentle slope; every batch of eight rows is new,
with noise in the targets. J is known exactly, so the figures have no noise of their own. The constant rate 0.05 comes down fast
and stays near 0.05/8 · 9.72 = 0.061. The constant rate 0.001 has a floor fifty times lower, and has not come near it after 4000
steps. The decays begin with 0.05 and end near 0.001. Rates of which Σ ε is infinite and Σ ε² is not reach the minimum
in the end, under mild conditions; only 1/t is of that kind: the other two may stop short of it. Goodfellow, Bengio, Courville, Deep
Learning, 8.3.1; Robbins and Monro 1951.`,
  experiment,
  checks: (result) => [
    ...DECAYS.map((name) => ({
      says: `at(t) against the rate told from the one before, largest relative distance, ${NAMES[name]}`,
      value: farFromNext(name),
      most: 1e-11,
    })),
    {
      says: 'J − J*, mean of the last 500 steps, constant rate 0.05',
      value: end(result, 'constant'),
      least: 0.045,
      most: 0.1,
    },
    ...DECAYS.map((name) => ({
      says: `the same, ${NAMES[name]} / constant rate 0.05`,
      value: end(result, name) / end(result, 'constant'),
      most: 0.1,
    })),
    {
      says: 'the same, constant rate 0.001 / constant rate 0.05',
      value: end(result, 'constant, small') / end(result, 'constant'),
      least: 1.5,
    },
    ...DECAYS.map((name) => ({
      says: `mean of the first 200 steps, ${NAMES[name]} / constant rate 0.05`,
      value: start(result, name) / start(result, 'constant'),
      most: 1.3,
    })),
  ],
  picture: (result) => {
    const t = Array.from({ length: STEPS / 10 + 1 }, (_, i) => 10 * i);
    const names = { constant: 'constant 0.05', 'constant, small': 'constant 0.001', ...NAMES };
    return picture(
      'Five learning rates over the steps, and how far the loss is above its minimum with each: constant rates end higher than decays',
      [
        lines({
          title: 'Learning rate',
          width: 450,
          height: 320,
          x: { label: 'step t' },
          y: { label: 'ε', type: 'log', domain: [5e-4, 0.1], ticks: [1e-3, 1e-2, 0.1] },
          series: Object.entries(RATES).map(([name, rate]) => ({
            name: names[name as keyof typeof RATES],
            points: t.map((step) => [step, rateAt(rate, step)] as const),
          })),
        }),
        lines({
          title: 'Loss above its minimum, means of 50 steps',
          width: 450,
          height: 320,
          x: { label: 'step t', domain: [0, STEPS] },
          y: { label: 'J − J*', type: 'log', domain: [5e-4, 10], ticks: [1e-3, 1e-2, 0.1, 1, 10] },
          series: result.map(({ name, excess }) => ({
            name: names[name as keyof typeof RATES],
            points: smoothed(excess),
          })),
        }),
      ],
    );
  },
});
