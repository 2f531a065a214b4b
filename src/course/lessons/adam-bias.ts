import { adam, dense, ewaMomentum, type Optimizer, rmsprop, sequential, zeros } from '../../index.js';
import { pow } from '../../math.js';
import { lesson } from '../lesson.js';
import { lines, picture } from '../picture.js';
import { normalRows } from '../sets.js';

// #region code
const STEPS = 3000;

/** What an optimizer takes off a weight whose gradients are these, step after step. */
function updates(optimizer: Optimizer, gradients: readonly number[]) {
  const layers = [dense(1, { weightInitializer: zeros() })];
  using model = sequential({ input: 1, layers }).compile({ loss: 'meanAbsoluteError', optimizer });
  const start = model.parameters();
  return gradients.map((gradient) => {
    // back to 0, above the target −1: so the gradient of |z − t| with z = w x + b is the input x itself
    model.setParameters(start);
    model.trainOnBatch([[gradient]], [-1]);
    return -(model.parameters()['dense0.weight']?.data[0] ?? Number.NaN);
  });
}

const ratio = (a: readonly number[], b: readonly number[]) => a.map((value, t) => value / (b[t] ?? Number.NaN));

/** Adam's two halves, each beside the optimizer that has the same average and corrects nothing; ε = 1. */
function experiment(seed: number) {
  const [learningRate, epsilon] = [1, 1e-12];
  const g = Array.from(normalRows(STEPS, [0.3], seed).data, (noise) => 1 + Math.abs(noise));
  const s = updates(ewaMomentum({ learningRate, alpha: 0.9 }), g); //             s
  const sHat = updates(adam({ learningRate, beta2: 0, epsilon }), g); //          ŝ/g
  const r = updates(rmsprop({ learningRate, rho: 0.999, epsilon }), g); //        g/√r
  const rHat = updates(adam({ learningRate, beta1: 0, epsilon }), g); //          g/√r̂
  return {
    first: ratio(sHat, ratio(s, g)), // ŝ/s
    second: ratio(r, rHat).map((root) => root * root), // r̂/r
    without: ratio(s, ratio(g, r)), // s/√r
    adam: updates(adam({ learningRate }), g),
    // the same with gradients that are a thousand times smaller and larger, of either sign
    scaled: [1e-3, -1, 1e3].map((scale) => ({
      scale,
      steps: updates(adam({ learningRate }), Array(100).fill(scale)),
    })),
  };
}
// #endregion

/** 1 − ρᵗ for the t-th step, counted from 0 here. */
function rest(rho: number, t: number): number {
  return 1 - pow(rho, t + 1);
}

function farFrom(values: readonly number[], exact: (t: number) => number): number {
  return Math.max(...values.map((value, t) => Math.abs(value / exact(t) - 1)));
}

/** The correction of Adam's averages. */
export const adamBias = lesson({
  name: 'adam-bias',
  title:
    'Adam corrects the bias of its averages by 1/(1 − ρᵗ), which fades with t; without it the first step would be 3.16 ε long.',
  formula: `s ← ρ₁s + (1 − ρ₁)g, r ← ρ₂r + (1 − ρ₂)g²        ŝ = s/(1 − ρ₁ᵗ), r̂ = r/(1 − ρ₂ᵗ), θ ← θ − ε ŝ/(√r̂ + δ)
g constant: |ŝ/√r̂| = 1 in every step, s/√r = (1 − ρ₁ᵗ)/√(1 − ρ₂ᵗ) times the sign of g; at t = 1 this is 0.1/√0.001 = 3.16`,
  about: `ρ₁ = 0.9, ρ₂ = 0.999, ε = 1; updates read from the weights. \`ewaMomentum\` keeps Adam's s and \`rmsprop\` its r, and
neither corrects anything: what Adam does more than they, on the same random gradients, is the correction. Left: that of s is
gone after some 50 steps, that of r takes thousands. Right: what Adam's steps would be without both: 3.16 ε at first and about
6.6 ε near t = 12, because r is too small for longer than s is. Goodfellow, Bengio, Courville, Deep Learning, 8.5.3; Kingma and Ba 2015, 3.`,
  experiment,
  checks: ({ first, second, without, adam: corrected, scaled }) => [
    {
      says: 'largest relative distance of ŝ/s from 1/(1 − ρ₁ᵗ), t = 1 … 3000',
      value: farFrom(first, (t) => 1 / rest(0.9, t)),
      most: 5e-5,
    },
    { says: 'the same, r̂/r from 1/(1 − ρ₂ᵗ)', value: farFrom(second, (t) => 1 / rest(0.999, t)), most: 5e-5 },
    ...scaled.map(({ scale, steps }) => ({
      says: `largest distance of |update|/ε from 1 in 100 steps, g = ${scale}`,
      value: farFrom(steps, () => Math.sign(scale)),
      most: 5e-5,
    })),
    { says: 'first update/ε', value: corrected[0] as number, least: 0.999, most: 1.001 },
    { says: 'the same without correction, s/√r', value: without[0] as number, least: 3.162, most: 3.163 },
    {
      says: 'largest relative distance of s/√r from (1 − ρ₁ᵗ)/√(1 − ρ₂ᵗ) times Adam’s update/ε',
      value: farFrom(ratio(without, corrected), (t) => rest(0.9, t) / Math.sqrt(rest(0.999, t))),
      most: 5e-5,
    },
  ],
  picture: ({ first, second, without, adam: corrected }) => {
    // every step at first, then every tenth: on a logarithmic axis more would not be seen
    const points = (values: readonly number[]) =>
      values.map((value, t) => [t + 1, value] as const).filter(([t]) => t <= 100 || t % 10 === 0);
    const ticks = [1, 10, 100, 1000];
    return picture('Corrections of Adam over the steps, and the length of its steps with and without them', [
      lines({
        title: 'Corrections, measured',
        x: { label: 'step t', type: 'log', domain: [1, STEPS], ticks },
        y: { label: 'factor', type: 'log', domain: [0.9, 1200], ticks },
        series: [
          { name: 'ŝ/s = 1/(1 − 0.9ᵗ)', points: points(first) },
          { name: 'r̂/r = 1/(1 − 0.999ᵗ)', points: points(second) },
        ],
      }),
      lines({
        title: 'Length of a step',
        x: { label: 'step t', type: 'log', domain: [1, STEPS], ticks },
        y: { label: 'update / ε', domain: [0, 8] },
        series: [
          { name: 'Adam', points: points(corrected) },
          { name: 'without correction', points: points(without) },
        ],
      }),
    ]);
  },
});
