import { digits } from '../../data/index.js';
import { DivergenceError, dense, normal, sequential, sgd } from '../../index.js';
import { lesson } from '../lesson.js';
import { lines, picture } from '../picture.js';

// #region code
const [DEPTH, UNITS, ROWS, BATCH, STEPS, RATE] = [10, 64, 1600, 32, 800, 0.1];

/** Ten layers of relu units whose first weights have `gain` times the deviation that he gives them. */
function network(gain: number, seed: number, clipNorm?: number) {
  const hidden = Array.from({ length: DEPTH }, (_, i) => {
    const weightInitializer = normal(0, gain * Math.sqrt(2 / (i === 0 ? 256 : UNITS)));
    return dense(UNITS, { activation: 'relu', weightInitializer });
  });
  return sequential({ input: [16, 16], seed, layers: [...hidden, dense(10, { activation: 'softmax' })] }).compile({
    loss: 'crossEntropy',
    optimizer: sgd({ learningRate: RATE }),
    metrics: ['accuracy'],
    clipNorm,
  });
}

/** Every value of named arrays, one after another. */
const flat = (named: Record<string, { data: Float32Array }>) => Object.values(named).flatMap(({ data }) => [...data]);

const norm = (values: Iterable<number>) => Math.sqrt([...values].reduce((sum, v) => sum + v * v, 0));

/** The gradients that four sizes of first weights give, and training with gain 1.5, without and with clipping. */
function experiment(seed: number) {
  const { x, y } = digits({ rows: ROWS, seed });
  const batch = (first: number, rows = BATCH) => {
    const data = x.data.subarray(256 * first, 256 * (first + rows));
    return [{ data, shape: [rows, 256], scale: 1 / 255 }, y.subarray(first, first + rows)] as const;
  };
  const gradients = [0.5, 1, 1.5, 2].map((gain) => {
    using model = network(gain, seed);
    const weights = Object.entries(model.gradients(...batch(0))).filter(([name]) => name.endsWith('weight'));
    return { gain, norms: weights.map(([, { data }]) => norm(data)) };
  });
  const runs = [undefined, 1].map((clipNorm) => {
    using model = network(1.5, seed, clipNorm);
    const [gradient, before] = [flat(model.gradients(...batch(0))), flat(model.parameters())];
    const losses = [model.trainOnBatch(...batch(0)).loss];
    const move = flat(model.parameters()).map((after, i) => ((before[i] ?? 0) - after) / RATE);
    try {
      for (let step = 1; step < STEPS; step++) losses.push(model.trainOnBatch(...batch((step * BATCH) % ROWS)).loss);
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
    }
    return { clipNorm, gradient, move, losses, accuracy: model.evaluateSync(...batch(0, ROWS)).accuracy };
  });
  return { gradients, runs };
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Run = Result['runs'][number];

function runOf({ runs }: Result, clipped: boolean): Run {
  return runs.find(({ clipNorm }) => (clipNorm !== undefined) === clipped) as Run;
}

/** The norm over all layers' weights. */
function whole({ gradients }: Result, gain: number): number {
  return norm(gradients.find((one) => one.gain === gain)?.norms ?? []);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, i) => sum + v * (b[i] as number), 0) / (norm(a) * norm(b));
}

/** Exploding gradients, and clipping by the global norm. */
export const explodingGradients = lesson({
  name: 'exploding-gradients',
  title:
    'Too large first weights make the gradient of a deep network explode; clipped to a norm it trains where it diverged.',
  formula: `δₗ = (Wₗ₊₁ᵀ δₗ₊₁) ⊙ relu′(aₗ): weights g times as large make outputs and gradients about gᴸ times as large in L layers
clipping: g ← g · min(1, c/‖g‖),   ‖g‖ over all parameters together, so the direction stays`,
  about: `Ten layers of 64 relu units on digits. Left: the gradient of each layer's weights at the start, for weights of
0.5, 1, 1.5 and 2 times the deviation of he; all layers have it alike, as what the way there has gained in front of a
layer, the way back has gained behind it. Right: plain gradient descent from 1.5 times he at a rate of 0.1. The first step
throws the parameters so far that the loss leaves the finite numbers within a few steps; with the same gradient cut to
norm 1, the network trains. Clipping bounds how far a step goes and not where it goes (Pascanu, Mikolov, Bengio 2013;
Goodfellow, Bengio, Courville, Deep Learning, 8.2.4 and 10.11.1). It does not mend the start: the weights of he
bring no such gradient about.`,
  experiment,
  checks: (result) => {
    const [free, clipped] = [runOf(result, false), runOf(result, true)];
    return [
      {
        says: 'norm of the gradient with 1.5 times he / with he',
        value: whole(result, 1.5) / whole(result, 1),
        least: 30,
      },
      { says: 'the same, 2 times he', value: whole(result, 2) / whole(result, 1), least: 400 },
      { says: 'the same, half of he', value: whole(result, 0.5) / whole(result, 1), most: 0.01 },
      { says: 'steps until it diverges, not clipped', value: free.losses.length, most: 10 },
      { says: 'accuracy then', value: free.accuracy, most: 0.3 },
      { says: 'accuracy after 800 steps, clipped', value: clipped.accuracy, least: 0.8 },
      { says: '‖first clipped step‖ / rate, its distance from 1', value: Math.abs(norm(clipped.move) - 1), most: 1e-4 },
      {
        says: '1 − cosine of that step and the gradient',
        value: 1 - cosine(clipped.move, clipped.gradient),
        most: 1e-6,
      },
    ];
  },
  picture: (result) =>
    picture(
      'Gradients of ten layers for four sizes of first weights; a loss that leaves the picture at step 3, and a clipped one that falls',
      [
        lines({
          title: 'Gradient at the start, layer by layer',
          x: { label: 'layer', ticks: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
          y: { label: 'norm of ∂J/∂W', type: 'log' },
          series: result.gradients.map(({ gain, norms }) => ({
            name: gain === 1 ? 'he' : `${gain} × he`,
            dots: true,
            points: norms.map((value, i) => [i + 1, value] as const),
          })),
        }),
        lines({
          title: 'Training from 1.5 × he, step by step',
          x: { label: 'step', type: 'log', domain: [1, 1000], ticks: [1, 10, 100, 1000] },
          y: { label: 'loss of the batch', type: 'log' },
          series: [false, true].map((clipping) => ({
            name: clipping ? 'clipped to norm 1' : 'not clipped, until it is infinite',
            dots: !clipping,
            points: runOf(result, clipping).losses.map((loss, i) => [i + 1, loss] as const),
          })),
        }),
      ],
    ),
});
