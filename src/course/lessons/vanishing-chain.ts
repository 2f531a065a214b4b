import { dense, sequential, uniform } from '../../index.js';
import { exp } from '../../math.js';
import { lesson } from '../lesson.js';
import { bars, color, lines, picture } from '../picture.js';

// #region code
const DRAWS = 500;

/** y = σ(w₄ σ(w₃ σ(w₂ σ(w₁ x)))) at x = 1: ∂y/∂w₁ … ∂y/∂w₄ of many draws of the weights. */
function experiment(seed: number) {
  const layers = Array.from({ length: 4 }, () => {
    return dense(1, { activation: 'sigmoid', weightInitializer: uniform(-1, 1) });
  });
  return Array.from({ length: DRAWS }, (_, draw) => {
    using model = sequential({ input: 1, seed: seed * DRAWS + draw, layers }).compile({ loss: 'meanAbsoluteError' });
    const weightOf = (values: ReturnType<typeof model.parameters>, i: number) =>
      values[`dense${i}.weight`]?.data[0] ?? 0;
    // the error of y > 0 against the target −1 is y + 1, whose gradient is that of y
    const gradients = model.gradients([[1]], [-1]);
    const parameters = model.parameters();
    return {
      weights: [0, 1, 2, 3].map((i) => weightOf(parameters, i)),
      slopes: [0, 1, 2, 3].map((i) => weightOf(gradients, i)),
    };
  });
}
// #endregion

type Draw = ReturnType<typeof experiment>[number];

const sigmoid = (x: number) => 1 / (1 + exp(-x));

/** ∂y/∂w₁ as the product of the formula, in float64. */
function product({ weights }: Draw): number {
  let [h, slope] = [1, 1];
  weights.forEach((w, i) => {
    h = sigmoid(w * h);
    slope *= h * (1 - h) * (i === 0 ? 1 : w);
  });
  return slope;
}

/** What a share of the values is below. */
function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] as number;
}

const sizes = (draws: readonly Draw[], layer: number) => draws.map(({ slopes }) => Math.abs(slopes[layer] as number));
const median = (draws: readonly Draw[], layer: number) => quantile(sizes(draws, layer), 0.5);

/** The chain of four sigmoid units. */
export const vanishingChain = lesson({
  name: 'vanishing-chain',
  title:
    'In a chain of four sigmoid units with weights in (−1, 1) the gradient of the first is a product of factors of at most 1/4.',
  formula: `y = σ(a₄),   aᵢ = wᵢ hᵢ₋₁,   hᵢ = σ(aᵢ),   h₀ = x = 1
∂y/∂w₁ = x σ′(a₁) · w₂ σ′(a₂) · w₃ σ′(a₃) · w₄ σ′(a₄),   ∂y/∂w₄ = h₃ σ′(a₄)
|w σ′| < 1/4 for |w| < 1, so |∂y/∂w₁| < (1/4)⁴ = 1/256`,
  about: `The same chain with 500 draws of its four weights: what backpropagation gives is the product above, factor by
factor, and every further factor takes away most of what is left. On the left the share of draws whose gradient is below a
size, one curve for each weight; on the right the medians. From the last weight to the first they fall about five
hundredfold, in four layers. (Goodfellow, Bengio, Courville, Deep Learning, 6.5.2 and 8.2.5; Hochreiter 1991; Bengio,
Simard, Frasconi 1994.)`,
  experiment,
  checks: (draws) => [
    {
      says: 'largest |∂y/∂w₁| of 500 draws, as a share of 1/256',
      value: 256 * Math.max(...sizes(draws, 0)),
      most: 1,
    },
    {
      says: 'largest distance from the product, as a share of it',
      value: Math.max(...draws.map((draw) => Math.abs((draw.slopes[0] as number) / product(draw) - 1))),
      most: 1e-5,
    },
    ...[0, 1, 2].map((layer) => ({
      says: `median |∂y/∂w${'₁₂₃'[layer]}| / median |∂y/∂w${'₂₃₄'[layer]}|`,
      value: median(draws, layer) / median(draws, layer + 1),
      most: 0.25,
    })),
    { says: 'median |∂y/∂w₁| / median |∂y/∂w₄|', value: median(draws, 0) / median(draws, 3), least: 1e-3, most: 4e-3 },
  ],
  picture: (draws) => {
    const shares = Array.from({ length: 101 }, (_, i) => i / 100);
    return picture(
      'The gradient of the first of four weights is some five hundred times smaller than that of the last',
      [
        lines({
          title: 'Gradients of the four weights over 500 draws',
          width: 460,
          height: 320,
          x: {
            label: 'size of the gradient',
            type: 'log',
            domain: [1e-7, 1],
            ticks: [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1],
          },
          y: { label: 'share of draws below', domain: [0, 1] },
          series: [0, 1, 2, 3].map((layer) => ({
            name: `|∂y/∂w${'₁₂₃₄'[layer]}|`,
            color: color(layer),
            points: shares.map((share) => [quantile(sizes(draws, layer), share), share] as const),
          })),
        }),
        bars({
          title: 'Median size of each gradient',
          width: 440,
          height: 320,
          y: { label: 'median of |∂y/∂w|', type: 'log', domain: [1e-5, 1], ticks: [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1] },
          bars: [0, 1, 2, 3].map((layer) => ({
            name: `w${'₁₂₃₄'[layer]}`,
            value: median(draws, layer),
            group: `|∂y/∂w${'₁₂₃₄'[layer]}|`,
          })),
        }),
      ],
    );
  },
});
