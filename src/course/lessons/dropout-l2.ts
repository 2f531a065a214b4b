import * as Plot from '@observablehq/plot';
import { cosineDecay, dense, dropout, type Layer, l2, sequential, sgd } from '../../index.js';
import { lesson } from '../lesson.js';
import { type BarsOptions, bars, chart, color, type Panel, picture } from '../picture.js';
import { measurements } from '../sets.js';

// #region code
/** Ten inputs measure one quantity: the first precisely, the others with noise. */
const NOISES = [0.1, ...new Array<number>(9).fill(0.4)];
const KEEP = 0.5;

const LAYERS: Readonly<Record<string, readonly Layer[]>> = {
  neither: [dense(1, { name: 'linear' })],
  dropout: [dropout({ keep: KEEP }), dense(1, { name: 'linear' })],
  l2: [dense(1, { name: 'linear', weightRegularizer: l2((2 * (1 - KEEP)) / KEEP) })],
};

/** The weights of linear regression with neither, with dropout on the inputs, and with the L2 that it comes to. */
function experiment(seed: number) {
  const { x, y } = measurements(400, NOISES, seed);
  return Object.entries(LAYERS).map(([name, layers]) => {
    const epochs = 500;
    using model = sequential({ input: NOISES.length, seed, layers }).compile({
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: cosineDecay(0.05, { steps: epochs, per: 'epoch' }) }),
    });
    model.fitSync(x, y, { epochs, batchSize: 50 });
    const weights = Array.from(model.parameters()['linear.weight']?.data ?? []);
    const squares = weights.map((w) => w * w);
    const sum = squares.reduce((total, square) => total + square, 0);
    return {
      name,
      weights,
      norm: Math.sqrt(sum),
      largest: Math.max(...squares) / sum, // share of the squared norm
      used: (sum * sum) / squares.reduce((total, square) => total + square * square, 0), // participation ratio
    };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;

function named(result: Result): { readonly [K in 'neither' | 'dropout' | 'l2']: Result[number] } {
  const [neither, dropped, ridge] = result as [Result[number], Result[number], Result[number]];
  return { neither, dropout: dropped, l2: ridge };
}

/** |a − b| / |b|. */
function apart({ weights }: Result[number], other: Result[number]): number {
  const square = weights.reduce((sum, w, i) => {
    const difference = w - (other.weights[i] as number);
    return sum + difference * difference;
  }, 0);
  return Math.sqrt(square) / other.norm;
}

/** Bars in the colours of the first panel, whose legend serves them too. */
function barsOf(options: BarsOptions): Panel {
  return { ...bars(options), keys: [] };
}

/** Dropout spreads the weights as L2 does. */
export const dropoutL2 = lesson({
  name: 'dropout-l2',
  title:
    'Dropout on the inputs of a linear model acts as L2 does: it shares the weight out among inputs that say the same, and shrinks it.',
  formula: `E_m (wᵀ(m ⊙ x)/keep − y)² = (wᵀx − y)² + (1 − keep)/keep · Σ wⱼ² xⱼ²
for inputs of mean square 1: L2, λ/2 Σ w² with λ = 2 (1 − keep)/keep
inputs used (participation ratio)   (Σ w²)² / Σ w⁴`,
  about: `Ten inputs measure one quantity, the first of them best. Plain linear regression relies on it. Dropout (keep
${KEEP}) cannot rely on any input, as it may be missing, and spreads the weight over all ten; L2 with the λ of the
formula comes to the same weights. The equality is one of linear models with squared error; in deep networks dropout is
no L2 penalty, and the norm of their weights need not shrink (Srivastava and others 2014, 9.1; Wager, Wang, Liang 2013;
Goodfellow, Bengio, Courville, Deep Learning, 7.12).`,
  experiment,
  checks: (result) => {
    const { neither, dropout: dropped, l2: ridge } = named(result);
    return [
      { says: 'inputs used of 10, neither', value: neither.used, most: 1.3 },
      { says: 'inputs used of 10, dropout', value: dropped.used, least: 9 },
      { says: 'inputs used of 10, l2', value: ridge.used, least: 9 },
      { says: 'largest weight’s share of the squared norm, neither', value: neither.largest, least: 0.9 },
      { says: 'largest weight’s share of the squared norm, dropout', value: dropped.largest, most: 0.2 },
      { says: 'norm of the weights, dropout / neither', value: dropped.norm / neither.norm, most: 0.6 },
      { says: 'norm of the weights, dropout / l2', value: dropped.norm / ridge.norm, least: 0.97, most: 1.03 },
      { says: 'distance of the weights, dropout to l2 / norm', value: apart(dropped, ridge), most: 0.06 },
      { says: 'distance of the weights, neither to l2 / norm', value: apart(neither, ridge), least: 1.4 },
    ];
  },
  picture: (result) =>
    picture(
      'Weights of ten inputs that say the same: without dropout and L2 one of them has nearly all, with either all have the same',
      [
        chart({
          title: 'Weights',
          width: 440,
          x: { label: 'input', domain: [0.5, NOISES.length + 0.5], ticks: NOISES.map((_, j) => j + 1) },
          y: { label: 'weight' },
          keys: result.map(({ name }, i) => ({ name, color: color(i) })),
          marks: [
            Plot.ruleY([0], { stroke: '#999999' }),
            ...result.map(({ weights }, i) =>
              Plot.rectY(
                weights.map((weight, j) => ({ from: j + 0.6 + i * 0.27, to: j + 0.86 + i * 0.27, weight })),
                { x1: 'from', x2: 'to', y: 'weight', fill: color(i) },
              ),
            ),
          ],
        }),
        barsOf({
          title: 'Inputs used',
          width: 250,
          y: { label: '(Σ w²)² / Σ w⁴', domain: [0, 11], format: (value) => value.toFixed(1) },
          bars: result.map(({ name, used }) => ({ name, group: name, value: used })),
        }),
        barsOf({
          title: 'Norm of the weights',
          width: 250,
          y: { label: '|w|', format: (value) => value.toFixed(2) },
          bars: result.map(({ name, norm }) => ({ name, group: name, value: norm })),
        }),
      ],
      3,
    ),
});
