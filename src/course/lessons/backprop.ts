import { spirals } from '../../data/index.js';
import { dense, l1, l1l2, l2, sequential, uniform } from '../../index.js';
import { lesson } from '../lesson.js';
import { color, lines, picture } from '../picture.js';

// #region code
const PENALTIES = [
  { weightRegularizer: l2(0.1), biasRegularizer: l1(0.05) },
  { weightRegularizer: l1(0.05), biasRegularizer: l2(0.1) },
  { weightRegularizer: l1l2({ l1: 0.05, l2: 0.1 }), biasRegularizer: l1l2({ l1: 0.05, l2: 0.1 }) },
] as const;

const STEPS = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1];

/** Of every parameter: what backpropagation says, without the penalties too, and what differences say step by step. */
function experiment(seed: number) {
  const { x, y } = spirals({ rows: 32, seed });
  const network = (penalized: boolean) => {
    const layer = (units: number, activation: 'tanh' | 'sigmoid', i: 0 | 1 | 2) =>
      dense(units, { activation, biasInitializer: uniform(-0.5, 0.5), ...(penalized && PENALTIES[i]) });
    const layers = [layer(6, 'tanh', 0), layer(5, 'sigmoid', 1), layer(1, 'sigmoid', 2)];
    return sequential({ input: 2, seed, layers }).compile({ loss: 'binaryCrossEntropy' });
  };
  using model = network(true);
  using plain = network(false);
  // |w| has a corner at 0: no parameter may stand nearer to it than the largest step
  const start = Object.entries(model.parameters()).map(([name, { shape, data }]) => {
    return { name, shape, data: data.map((w) => w + 0.1 * Math.sign(w)) };
  });
  for (const each of [model, plain])
    each.setParameters(Object.fromEntries(start.map(({ name, ...rest }) => [name, rest])));
  const [gradients, unpenalized] = [model.gradients(x, y), plain.gradients(x, y)];
  return start.map(({ name, shape, data }) => {
    const lossAt = (i: number, w: number) => {
      model.setParameters({ [name]: { shape, data: data.with(i, w) } });
      return model.evaluateSync(x, y).loss;
    };
    const differences = STEPS.map((step) => {
      const slopes = Array.from(data, (w, i) => {
        const [right, left] = [Math.fround(w + step), Math.fround(w - step)];
        return (lossAt(i, right) - lossAt(i, left)) / (right - left);
      });
      model.setParameters({ [name]: { shape, data } });
      return { step, slopes };
    });
    return { name, gradient: gradients[name]?.data ?? [], unpenalized: unpenalized[name]?.data ?? [], differences };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Values = ArrayLike<number>;

const length = (values: readonly number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

/** ‖found − expected‖ / ‖expected‖. */
function relative(found: Values, expected: Values): number {
  const difference = Array.from(found, (v, i) => v - (expected[i] as number));
  return length(difference) / length(Array.from(expected));
}

/** The error of the differences of one parameter, or of all of them, at a step. */
function errorAt(parameters: Result, step: number): number {
  const slopes = parameters.flatMap(({ differences }) => differences.find((one) => one.step === step)?.slopes ?? []);
  return relative(
    slopes,
    parameters.flatMap(({ gradient }) => [...gradient]),
  );
}

/** The step that suits float32: near the cube root of its rounding. */
const STEP = 0.01;

const worst = (result: Result) => Math.max(...result.map((one) => errorAt([one], STEP)));

/** The gradient against differences of the loss, with penalties. */
export const backprop = lesson({
  name: 'backprop',
  title: 'Backpropagation gives the slope of the loss for every weight and bias, L1 and L2 penalties included.',
  formula: `∂J/∂θᵢ ≈ (J(θ + h eᵢ) − J(θ − h eᵢ)) / 2h,   J = L + λ₂/2 Σ θ² + λ₁ Σ |θ|
error ≈ h²/6 · J‴ + ε J/h,   ε ≈ 6e-8 in float32: least near h = ∛(3 ε J/J‴), about 0.01`,
  about: `A network of three layers (tanh, sigmoid, sigmoid) whose weights and biases carry L2, L1 or both, on 32 rows.
Left: how far central differences are from backpropagation, for each parameter by itself and for steps h from 1e-5 to 0.1.
Large steps suffer from the curvature, by h²; small ones from the rounding of float32, by 1/h. In
between the seven digits of float32 leave four or five of the slope. Right: every single slope at h = 0.01 lies on the
diagonal, and would not if backpropagation left out the penalties. (Goodfellow, Bengio, Courville, Deep Learning, 6.5, and
11.5 for the check.)`,
  experiment,
  checks: (result) => [
    {
      says: '‖differences − gradient‖ / ‖gradient‖ at h = 0.01, worst of six parameters',
      value: worst(result),
      most: 3e-4,
    },
    {
      says: 'the same if the gradient had no penalties, best of six parameters',
      value: Math.min(...result.map(({ gradient, unpenalized }) => relative(unpenalized, gradient))),
      least: 0.05,
    },
    { says: 'rounding: error at h = 1e-5 / at 0.01', value: errorAt(result, 1e-5) / errorAt(result, STEP), least: 10 },
    {
      says: 'truncation: error at h = 0.1 / at 0.03',
      value: errorAt(result, 0.1) / errorAt(result, 0.03),
      least: 6,
      most: 14,
    },
  ],
  picture: (result) => {
    const all = STEPS.map((step) => [step, errorAt(result, step)] as const);
    const guide = (steps: readonly number[], error: (h: number) => number) => steps.map((h) => [h, error(h)] as const);
    const pairs = (of: 'gradient' | 'unpenalized') =>
      result.flatMap((one) => {
        const slopes = one.differences.find(({ step }) => step === STEP)?.slopes ?? [];
        return slopes.map((slope, i) => [slope, one[of][i] as number] as const);
      });
    const ends = pairs('gradient').map(([slope]) => slope);
    return picture(
      'Central differences meet backpropagation within 1e-4 at steps near 0.01; smaller and larger steps are worse',
      [
        lines({
          title: 'Error of the differences over their step',
          width: 500,
          height: 320,
          x: { label: 'step h', type: 'log', ticks: [1e-5, 1e-4, 1e-3, 0.01, 0.1] },
          y: {
            label: '‖differences − gradient‖ / ‖gradient‖',
            type: 'log',
            ticks: [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1],
          },
          series: [
            ...result.map((one, i) => ({
              name: one.name,
              color: color(i),
              width: 1.5,
              points: STEPS.map((step) => [step, errorAt([one], step)] as const),
            })),
            {
              name: '∝ 1/h',
              color: '#999999',
              dashed: true,
              points: guide([1e-5, 0.003], (h) => (3 * (all[0]?.[1] ?? 0) * 1e-5) / h),
            },
            {
              name: '∝ h²',
              color: '#444444',
              dashed: true,
              points: guide([0.01, 0.1], (h) => (3 * (all.at(-1)?.[1] ?? 0) * h * h) / 0.01),
            },
          ],
        }),
        lines({
          title: 'Every weight and bias at h = 0.01',
          width: 440,
          height: 320,
          x: { label: 'central difference' },
          y: { label: 'backpropagation' },
          series: [
            {
              name: 'equal',
              color: '#c8c8c8',
              points: [Math.min(...ends), Math.max(...ends)].map((v) => [v, v] as const),
            },
            { name: 'gradient of J', color: color(0), dots: 'only', points: pairs('gradient') },
            { name: 'without the penalties', color: color(1), dots: 'only', points: pairs('unpenalized') },
          ],
        }),
      ],
    );
  },
});
