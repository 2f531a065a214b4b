import { activation, batchNorm, dense, sequential, sgd } from '../../index.js';
import { lesson } from '../lesson.js';
import { lines, picture } from '../picture.js';
import { normalRows } from '../sets.js';

// #region code
const SCALES = [0.001, 0.01, 0.1, 1, 10, 100, 1000];
const COLUMNS = SCALES.length;

const LAYERS = {
  'without batch norm': [dense(16, { name: 'first' }), activation('tanh')],
  'with batch norm': [batchNorm(), dense(16, { name: 'first' }), batchNorm(), activation('tanh')],
};

/** Seven features of very different scales, one of which tells the class: each in its turn. */
function experiment(seed: number) {
  const { data } = normalRows(1500, SCALES, seed);
  const x = { data: data.subarray(0, 500 * COLUMNS), shape: [500, COLUMNS] };
  const fresh = { data: data.subarray(500 * COLUMNS), shape: [1000, COLUMNS] };
  return Object.entries(LAYERS).map(([name, layers]) => ({
    name,
    features: SCALES.map((scale, j) => {
      const y = Uint8Array.from({ length: 1500 }, (_, row) => ((data[row * COLUMNS + j] as number) > 0 ? 1 : 0));
      using model = sequential({
        input: COLUMNS,
        seed,
        layers: [...layers, dense(1, { activation: 'sigmoid' })],
      }).compile({ loss: 'binaryCrossEntropy', optimizer: sgd({ learningRate: 0.1 }), metrics: ['accuracy'] });
      // the gradient of the 16 weights that see the feature which tells the class, before the first step
      const weight = model.gradients(x, y.subarray(0, 500))['first.weight']?.data ?? new Float32Array();
      const gradient = weight.filter((_, i) => i % COLUMNS === j);
      model.fitSync(x, y.subarray(0, 500), { epochs: 20 });
      return {
        scale,
        gradient: Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)),
        accuracy: model.evaluateSync(fresh, y.subarray(500)).accuracy,
      };
    }),
  }));
}
// #endregion

type Run = ReturnType<typeof experiment>[number];

/** Largest / smallest gradient over the features. */
function span({ features }: Run): number {
  const sizes = features.map(({ gradient }) => gradient);
  return Math.max(...sizes) / Math.min(...sizes);
}

const accuracies = ({ features }: Run): number[] => features.map(({ accuracy }) => accuracy);

/** Features of different scales, with and without batch norm. */
export const batchNormScales = lesson({
  name: 'batch-norm-scales',
  title:
    'Without batch norm a network learns from the feature with the largest scale and not from small ones; with it, from each alike.',
  formula: `∂J/∂W₁ = δ₁ xᵀ: a feature of scale s has a gradient of scale s, and its weight would have to be of scale 1/s
with batch norm: δ₁ x̂ᵀ, x̂ = (x − μ) / √(v + ε), of scale 1 for every feature`,
  about: `Seven normal features with standard deviations from 10⁻³ to 10³; in each run another one tells the class, by its
sign, and the others mean nothing. The same network, rate (0.1) and number of steps, with and without a batch norm on the
inputs and behind the first layer. Without it the gradient of a small feature is small, as is what it adds to a unit: its
class is not learned better than by guessing. At the inputs standardize: true does the same as batch norm; batch norm also
does it for every layer, and goes on doing it while the layers before change (Goodfellow, Bengio, Courville, Deep Learning,
8.7.1; Ioffe and Szegedy 2015).`,
  experiment,
  checks: ([without, normed]) => [
    { says: 'largest / smallest gradient over the features, without', value: span(without as Run), least: 10_000 },
    { says: 'the same, with batch norm', value: span(normed as Run), most: 10 },
    {
      says: 'accuracy without, mean over the features up to scale 10',
      value: accuracies(without as Run)
        .slice(0, 5)
        .reduce((sum, value) => sum + value / 5, 0),
      most: 0.6,
    },
    { says: 'accuracy without, feature of scale 1000', value: accuracies(without as Run).at(-1) as number, least: 0.9 },
    { says: 'lowest accuracy with batch norm', value: Math.min(...accuracies(normed as Run)), least: 0.9 },
  ],
  picture: (runs) => {
    const x = { label: 'scale of the feature that tells the class', type: 'log', ticks: SCALES } as const;
    return picture(
      'Gradient and accuracy over the scale of the feature that tells the class, with and without batch norm',
      [
        lines({
          title: 'Gradient of its weights before the first step',
          x,
          y: {
            label: 'norm of the gradient',
            type: 'log',
            domain: [1e-6, 1],
            ticks: [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1],
          },
          series: runs.map(({ name, features }) => ({
            name,
            dots: true,
            points: features.map(({ scale, gradient }) => [scale, gradient] as const),
          })),
        }),
        lines({
          title: 'Accuracy on fresh rows after 20 epochs',
          x,
          y: { label: 'accuracy', domain: [0.4, 1], ticks: [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] },
          rules: [{ at: 0.5, name: 'guessing' }],
          series: runs.map(({ name, features }) => ({
            name,
            dots: true,
            points: features.map(({ scale, accuracy }) => [scale, accuracy] as const),
          })),
        }),
      ],
    );
  },
});
