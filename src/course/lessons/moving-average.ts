import { dense, ewaMomentum, sequential, zeros } from '../../index.js';
import { pow } from '../../math.js';
import { lesson } from '../lesson.js';
import { color, lines, picture } from '../picture.js';
import { normalRows } from '../sets.js';

// #region code
const ALPHAS = [0.5, 0.9, 0.99];
const [STEPS, NOISY] = [200, 64];

/** What ewaMomentum with ε = 1 takes off weights whose gradients are these, step after step. */
function updates(alpha: number, gradients: readonly (readonly number[])[]) {
  using model = sequential({ input: NOISY + 2, layers: [dense(1, { weightInitializer: zeros() })] }).compile({
    loss: 'meanAbsoluteError',
    optimizer: ewaMomentum({ learningRate: 1, alpha }),
  });
  const start = model.parameters();
  return gradients.map((gradient) => {
    // back to 0, above the target −1: so the gradient of |z − t| with z = w x + b is the input x itself
    model.setParameters(start);
    model.trainOnBatch([gradient], [-1]);
    return Array.from(model.parameters()['dense0.weight']?.data ?? [], (weight) => -weight);
  });
}

/** Updates for a gradient that is always 1, one that is 1 in the first step only, and some that are 1 plus normal noise. */
function experiment(seed: number) {
  const noise = normalRows(STEPS, Array(NOISY).fill(1), seed).data;
  const gradients = Array.from({ length: STEPS }, (_, t) => [
    1,
    t === 0 ? 1 : 0,
    ...noise.subarray(t * NOISY, (t + 1) * NOISY).map((n) => 1 + n),
  ]);
  return {
    gradients,
    averages: ALPHAS.map((alpha) => {
      const v = updates(alpha, gradients);
      return {
        alpha,
        constant: v.map(([a = 0]) => a),
        impulse: v.map(([, a = 0]) => a),
        noisy: v.map((a) => a.slice(2)),
      };
    }),
  };
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Average = Result['averages'][number];

/** The largest of some figures, each told from an average and a step. */
function largest({ averages }: Result, error: (average: Average, t: number) => number): number {
  return Math.max(...averages.flatMap((one) => Array.from({ length: STEPS }, (_, t) => Math.abs(error(one, t)))));
}

function of({ averages }: Result, alpha: number): Average {
  return averages.find((one) => one.alpha === alpha) as Average;
}

/** Sums of the weights of the last 1, 2, 3 … gradients. */
function sums({ impulse }: Average): number[] {
  let sum = 0;
  return impulse.map((weight) => {
    sum += weight;
    return sum;
  });
}

/** How far a noisy average is from Σ (1 − α)αᵏ gₜ₋ₖ, added up in float64. */
function farFromSum({ gradients }: Result, { alpha, noisy }: Average, t: number): number {
  let sum = 0;
  for (let k = 0; k <= t; k++) sum += (1 - alpha) * pow(alpha, k) * (gradients[t - k]?.[2] ?? Number.NaN);
  return (noisy[t]?.[0] ?? Number.NaN) - sum;
}

/** Standard deviation of the noisy averages from their mean 1, over all steps from `first` on. */
function deviation({ noisy }: Average, first: number): number {
  const values = noisy.slice(first).flat();
  return Math.sqrt(values.reduce((sum, v) => sum + (v - 1) * (v - 1), 0) / values.length);
}

/** The weights of an exponentially weighted average. */
export const movingAverage = lesson({
  name: 'moving-average',
  title:
    'The weights of an exponentially weighted average of t gradients sum to 1 − αᵗ, so the first steps are small; noise is averaged away.',
  formula: `v ← αv + (1 − α)g, v₀ = 0, θ ← θ − εv        so   vₜ = Σₖ₌₀ᵗ⁻¹ (1 − α)αᵏ gₜ₋ₖ
Σₖ₌₀ᵗ⁻¹ (1 − α)αᵏ = 1 − αᵗ        Var v / Var g → Σₖ (1 − α)²α²ᵏ = (1 − α)/(1 + α)`,
  about: `The updates of \`ewaMomentum\` with ε = 1, read from the weights. A gradient of 1 in every step shows the sum of the
weights: with α = 0.9 the first update is a tenth of εg, the tenth 65 % of it. A gradient of 1 in the first step alone shows
what a past gradient weighs after k steps. Below, one of 64 noisy gradients: the larger α, the smoother the average, and the
later it comes to the mean. Nothing corrects the small first steps here; Adam does (lesson adam-bias). Goodfellow, Bengio,
Courville, Deep Learning, 8.3.2, whose velocity leaves out the factor 1 − α; the sum of the weights: Kingma and Ba 2015, 3.`,
  experiment,
  checks: (result) => [
    {
      says: 'largest |update/(εg) − (1 − αᵗ)|, g constant, α = 0.5, 0.9, 0.99, t = 1 … 200',
      value: largest(result, ({ alpha, constant }, t) => (constant[t] as number) - (1 - pow(alpha, t + 1))),
      most: 2e-6,
    },
    {
      says: 'largest |weight of gₜ₋ₖ − (1 − α)αᵏ|/(1 − α), k = 0 … 199',
      value: largest(
        result,
        ({ alpha, impulse }, k) => ((impulse[k] as number) - (1 - alpha) * pow(alpha, k)) / (1 - alpha),
      ),
      most: 2e-6,
    },
    {
      says: 'largest |sum of these weights − (1 − αᵗ)|',
      value: largest(result, (average, t) => (sums(average)[t] as number) - (1 - pow(average.alpha, t + 1))),
      most: 2e-6,
    },
    {
      says: 'largest |update − Σ (1 − α)αᵏ gₜ₋ₖ|, noisy gradients',
      value: largest(result, (average, t) => farFromSum(result, average, t)),
      most: 2e-6,
    },
    { says: 'first update/(εg), α = 0.9', value: of(result, 0.9).constant[0] as number, least: 0.0999, most: 0.1001 },
    {
      says: 'standard deviation of v from step 50 on, α = 0.9; that of g is 1, and √(0.1/1.9) = 0.2294',
      value: deviation(of(result, 0.9), 49),
      least: 0.21,
      most: 0.25,
    },
  ],
  picture: (result) => {
    const { gradients, averages } = result;
    const shown = (values: readonly number[], steps: number) =>
      values.slice(0, steps).map((value, t) => [t + 1, value] as const);
    return picture(
      'Updates of an exponentially weighted average: those of a constant gradient grow as 1 − αᵗ, a past gradient weighs (1 − α)αᵏ, and noise is averaged away',
      [
        lines({
          title: 'A constant gradient: the sum of the weights',
          x: { label: 'step t', domain: [0, 50] },
          y: { label: 'update / εg', domain: [0, 1.05], ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] },
          series: averages.map(({ alpha, constant }) => ({
            name: `α = ${alpha}`,
            points: shown(constant, 50),
            dots: true,
          })),
        }),
        lines({
          title: 'A single gradient: what it weighs k steps later',
          x: { label: 'k', domain: [0, 50] },
          y: { label: '(1 − α)αᵏ', type: 'log', domain: [1e-4, 1], ticks: [1e-4, 1e-3, 1e-2, 1e-1, 1] },
          series: averages.map(({ alpha, impulse }) => ({
            name: `α = ${alpha}`,
            points: impulse.slice(0, 51).flatMap((v, k) => (v >= 1e-4 ? [[k, v] as const] : [])),
            dots: 'only',
          })),
        }),
        lines({
          title: 'Noisy gradients around 1, and their averages',
          width: 818,
          x: { label: 'step t', domain: [0, STEPS] },
          y: { label: 'g and v' },
          series: [
            {
              name: 'gradient',
              points: shown(
                gradients.map(([, , g = 0]) => g),
                STEPS,
              ),
              color: '#cccccc',
              width: 1,
            },
            ...averages.map(({ alpha, noisy }, i) => ({
              name: `α = ${alpha}`,
              points: shown(
                noisy.map(([v = 0]) => v),
                STEPS,
              ),
              color: color(i),
              width: 2,
            })),
          ],
        }),
      ],
    );
  },
});
