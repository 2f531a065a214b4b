import * as Plot from '@observablehq/plot';
import { dense, l1, l2, sequential, sgd } from '../../index.js';
import { lesson } from '../lesson.js';
import { chart, color, lines, picture } from '../picture.js';
import { fewOfMany } from '../sets.js';

// #region code
const USED = [3, -2, 1.5, -1, 0.5];
const INPUTS = 50;
const RATE = 0.05;
const LAMBDA = 0.4;

const PENALTIES = {
  none: l2(0),
  l2: l2(LAMBDA),
  'l1, subgradient': l1(LAMBDA),
  'l1, proximal': l1(LAMBDA, { proximal: true }),
} as const;

/** The weights of linear regression on 50 inputs, of which five make the target, by gradient descent on all rows. */
function experiment(seed: number) {
  const { x, y } = fewOfMany(200, INPUTS, USED, 1, seed);
  return Object.entries(PENALTIES).map(([name, weightRegularizer]) => {
    using model = sequential({
      input: INPUTS,
      seed,
      layers: [dense(1, { weightRegularizer })],
    }).compile({ loss: 'meanSquaredError', optimizer: sgd({ learningRate: RATE }) });
    model.fitSync(x, y, { epochs: 1000, batchSize: 200 });
    const [weights] = Object.values(model.parameters()).map(({ data }) => [...data]) as [number[]];
    return { name, weights, used: weights.slice(0, USED.length), useless: weights.slice(USED.length) };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Name = keyof typeof PENALTIES;

function fitOf(result: Result, name: Name): Result[number] {
  return result.find((one) => one.name === name) as Result[number];
}

function zeros(weights: readonly number[]): number {
  return weights.filter((w) => w === 0).length;
}

/** How many are as near to 0 as the subgradient step brings them. */
function near(weights: readonly number[]): number {
  return weights.filter((w) => Math.abs(w) <= 2 * RATE * LAMBDA).length;
}

function norm(weights: readonly number[]): number {
  return Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0));
}

/** Where zeros are drawn on a logarithmic axis. */
const FLOOR = 1e-5;

/** L1 gives zeros, L2 shrinks. */
export const l1L2 = lesson({
  name: 'l1-l2',
  title:
    'L1 makes weights of no use exactly 0 where it acts by a proximal step, a subgradient only hovers near 0; L2 shrinks and makes none 0.',
  formula: `L2   J + λ/2 Σ w²   w ← w − ε(∂J/∂w + λw)            at the minimum about h/(h + λ) of the weight without (h: curvature)
L1   J + λ Σ |w|    w ← w − ε(∂J/∂w + λ sign(w))      the subgradient: |w| comes to about ελ and changes sign
     proximal       v = w − ε ∂J/∂w,  w ← sign(v) max(|v| − ελ, 0)`,
  about: `Linear regression on 200 rows and 50 inputs, five of which make the target; λ = ${LAMBDA}, ε = ${RATE}. L2
takes the same share of every weight, here h/(h + λ) = 2/2.4. L1 takes the same amount λ/h from every weight and leaves
nothing of those that have less. Its subgradient step jumps over 0 back and forth and ends about ελ = ${RATE * LAMBDA}
away from it: \`l1(λ)\` gives small weights, \`l1(λ, { proximal: true })\` gives zeros (Goodfellow, Bengio, Courville,
Deep Learning, 7.1; Parikh and Boyd 2014, Proximal Algorithms, 4.2 and 6.5.2).`,
  experiment,
  checks: (result) => {
    const [none, ridge, hovering, proximal] = (Object.keys(PENALTIES) as Name[]).map((name) => fitOf(result, name)) as [
      Result[number],
      Result[number],
      Result[number],
      Result[number],
    ];
    return [
      { says: 'of 45 useless weights exactly 0, l1 proximal', value: zeros(proximal.useless), least: 40 },
      { says: 'of 5 useful weights exactly 0, l1 proximal', value: zeros(proximal.used), most: 0 },
      { says: 'of 50 weights exactly 0, l1 subgradient', value: zeros(hovering.weights), most: 0 },
      { says: 'of 50 weights exactly 0, l2', value: zeros(ridge.weights), most: 0 },
      { says: 'of 45 useless weights within 2ελ of 0, l1 subgradient', value: near(hovering.useless), least: 43 },
      { says: 'of 45 useless weights within 2ελ of 0, l2', value: near(ridge.useless), most: 28 },
      {
        says: 'norm of the useful weights, l2 / none (2/2.4 = 0.833)',
        value: norm(ridge.used) / norm(none.used),
        least: 0.75,
        most: 0.9,
      },
    ];
  },
  picture: (result) => {
    const shown: readonly Name[] = ['none', 'l2', 'l1, subgradient', 'l1, proximal'];
    return picture(
      'Weights of a linear regression with L2 and L1: only the proximal step of L1 makes useless weights exactly 0',
      [
        chart({
          title: 'Weights',
          width: 460,
          height: 320,
          x: { label: 'input (1 to 5 make the target)', domain: [0, INPUTS + 1] },
          y: { label: 'weight' },
          keys: shown.map((name, i) => ({ name, color: color(i) })),
          marks: [
            Plot.ruleY([0], { stroke: '#999999' }),
            ...shown.map((name, i) =>
              Plot.dot(
                fitOf(result, name).weights.map((w, j) => ({ input: j + 1, w })),
                {
                  x: 'input',
                  y: 'w',
                  r: 2.6,
                  fill: color(i),
                  fillOpacity: 0.85,
                },
              ),
            ),
          ],
        }),
        lines({
          title: 'Size of the weights, from the largest to the least',
          width: 460,
          height: 320,
          x: { label: 'rank' },
          y: {
            label: '|weight|',
            type: 'log',
            domain: [FLOOR / 1.5, 5],
            ticks: [FLOOR, 1e-4, 1e-3, 1e-2, 0.1, 1],
            format: (size) => (size === FLOOR ? '0' : size >= 0.01 ? String(size) : size.toExponential()),
          },
          series: shown.map((name) => ({
            name,
            dots: true,
            width: 1.2,
            points: fitOf(result, name)
              .weights.map(Math.abs)
              .sort((a, b) => b - a)
              .map((size, i) => [i + 1, size === 0 ? FLOOR : size] as const),
          })),
        }),
      ],
    );
  },
});
