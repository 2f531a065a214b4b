import { activation, batchNorm, dense, glorotNormal, heNormal, type Layer, sequential } from '../../index.js';
import { lesson } from '../lesson.js';
import { lines, picture } from '../picture.js';
import { twoOfMany } from '../sets.js';

// #region code
const DEPTH = 10;

const BLOCKS = {
  sigmoid: () => [dense(64, { activation: 'sigmoid', weightInitializer: glorotNormal() })],
  tanh: () => [dense(64, { activation: 'tanh', weightInitializer: glorotNormal() })],
  'relu + he': () => [dense(64, { activation: 'relu', weightInitializer: heNormal() })],
  'sigmoid + batch norm': () => [dense(64, { weightInitializer: glorotNormal() }), batchNorm(), activation('sigmoid')],
} as const satisfies Record<string, () => Layer[]>;

/** The norm of the gradient of each layer's weights, from the first layer on, in an untrained network. */
function experiment(seed: number) {
  const { x, y } = twoOfMany(256, 20, 0, seed);
  return Object.entries(BLOCKS).map(([name, block]) => {
    using model = sequential({
      input: 20,
      seed,
      layers: [...Array.from({ length: DEPTH - 1 }, block).flat(), dense(1, { activation: 'sigmoid' })],
    }).compile({ loss: 'binaryCrossEntropy' });
    const weights = Object.entries(model.gradients(x, y)).filter(([key]) => key.endsWith('.weight'));
    return { name, norms: weights.map(([, { data }]) => Math.sqrt(data.reduce((sum, g) => sum + g * g, 0))) };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;

/** The gradient of the first layer as a multiple of the last one's. */
function ratio(result: Result, name: keyof typeof BLOCKS): number {
  const { norms } = result.find((one) => one.name === name) as Result[number];
  return (norms[0] as number) / (norms.at(-1) as number);
}

/** Vanishing gradients in a network of ten layers. */
export const vanishingGradients = lesson({
  name: 'vanishing-gradients',
  title:
    'In a network of ten layers the gradient of sigmoid units vanishes towards the input; relu with he, or batch norm, keeps it.',
  formula: `∂J/∂W₁ = δ₁ xᵀ,   δₗ = (Wₗ₊₁ᵀ δₗ₊₁) ⊙ σ′(aₗ)
σ′ ≤ 1/4: every layer of sigmoid units shrinks the gradient at least fourfold, but for what the weights give back`,
  about: `Ten layers of 64 units, untrained, on 256 rows: the norm of the gradient of each layer's weights. With relu, initial
weights of variance 2/n keep its size (He, Zhang, Ren, Sun 2015). Batch norm brings what enters a sigmoid to variance 1 and
multiplies the gradient back up (Goodfellow, Bengio, Courville, Deep Learning, 8.2.5 and 8.7.1).`,
  experiment,
  checks: (result) => [
    { says: 'gradient of layer 1 / of layer 10, sigmoid', value: ratio(result, 'sigmoid'), most: 1e-4 },
    { says: 'the same, tanh', value: ratio(result, 'tanh'), least: 0.1, most: 10 },
    { says: 'the same, relu + he', value: ratio(result, 'relu + he'), least: 0.02, most: 10 },
    { says: 'the same, sigmoid + batch norm', value: ratio(result, 'sigmoid + batch norm'), least: 0.05, most: 20 },
  ],
  picture: (result) =>
    picture(
      'Norm of the gradient of each layer for four kinds of layers: only that of sigmoid units falls by powers of ten',
      [
        lines({
          title: 'Gradient of the weights, layer by layer',
          width: 620,
          x: { label: 'layer', ticks: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
          y: { label: 'norm of ∂J/∂W', type: 'log' },
          series: result.map(({ name, norms }) => ({
            name,
            dots: true,
            points: norms.map((norm, i) => [i + 1, norm] as const),
          })),
        }),
      ],
    ),
});
