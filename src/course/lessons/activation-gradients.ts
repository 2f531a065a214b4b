import { type ActivationName, dense, sequential, zeros } from '../../index.js';
import { exp } from '../../math.js';
import { lesson } from '../lesson.js';
import { color, lines, picture } from '../picture.js';

// #region code
const ACTIVATIONS = ['sigmoid', 'tanh', 'relu', 'leakyRelu', 'elu'] as const satisfies ActivationName[];

/** Points of −16 … 16, the eighths and among them −10, 0 and 10. */
const points = Float32Array.from({ length: 512 }, (_, i) => (i - 256) / 16);

/**
 * A layer of 512 units without inputs, each with a point as its bias: its outputs are f(b). Targets lie far below, so that the
 * mean absolute error is their mean plus a constant, and its gradient by a bias is f′(b) / 512.
 */
function experiment() {
  return ACTIVATIONS.map((name) => {
    const units = points.length;
    using model = sequential({
      input: 1,
      layers: [dense(units, { activation: name, weightInitializer: zeros() })],
    }).compile({ loss: 'meanAbsoluteError' });
    model.setParameters({ 'dense0.bias': { data: points, shape: [units] } });
    const { 'dense0.bias': bias } = model.gradients([[0]], new Float32Array(units).fill(-100));
    return { name, outputs: model.predict([[0]]), slopes: (bias?.data ?? points).map((g) => units * g) };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Name = (typeof ACTIVATIONS)[number];

const sigmoid = (x: number) => 1 / (1 + exp(-x));
const tanh = (x: number) => 1 - 2 / (1 + exp(2 * x));

/** The derivatives in float64, and as the course writes them. */
const DERIVATIVES: Readonly<Record<Name, (x: number) => number>> = {
  sigmoid: (x) => sigmoid(x) * sigmoid(-x),
  tanh: (x) => 1 - tanh(x) * tanh(x),
  relu: (x) => (x > 0 ? 1 : 0),
  leakyRelu: (x) => (x > 0 ? 1 : 0.1),
  elu: (x) => (x > 0 ? 1 : exp(x)),
};

function of(result: Result, name: Name) {
  return result.find((one) => one.name === name) as Result[number];
}

function at(result: Result, name: Name, x: number): number {
  return of(result, name).slopes[points.indexOf(x)] as number;
}

/** The largest distance from the formula, over all points. */
function error(result: Result, name: Name): number {
  return Math.max(
    ...of(result, name).slopes.map((slope, i) => Math.abs(slope - DERIVATIVES[name](points[i] as number))),
  );
}

/** The derivatives of activations, measured. */
export const activationGradients = lesson({
  name: 'activation-gradients',
  title:
    'The gradient of sigmoid is 0.25 at 0 and 4.54e-5 at ±10, that of tanh is 1 − tanh²; relu and its kin have 1 for every x > 0.',
  formula: `σ′ = σ (1 − σ)     tanh′ = 1 − tanh²     relu′ = [x > 0]
leakyRelu′ = x > 0 ? 1 : 0.1     elu′ = x > 0 ? 1 : eˣ`,
  about: `One layer of 512 units whose biases are the points −16 … 16 and whose weights are 0, under a loss with slope 1
in every output: the gradient of the biases is the derivative of the activation, as training would use it. Where sigmoid
and tanh are flat nothing flows back (they saturate); relu and its kin pass all of it on the right; on the left leaky relu
passes a tenth, elu eˣ, relu nothing, at 0 itself too. The tails end where float32 does: the derivative is computed from
the output, which is exactly 1 for tanh beyond 9. (Goodfellow, Bengio, Courville, Deep Learning, 6.2.2.2 and 6.3.)`,
  experiment,
  checks: (result) => {
    const off = (x: number) => Math.abs(at(result, 'sigmoid', x) / 4.5396e-5 - 1);
    return [
      { says: 'sigmoid′(0)', value: at(result, 'sigmoid', 0), least: 0.25, most: 0.25 },
      { says: 'sigmoid′(−10) / 4.5396e-5, its distance from 1', value: off(-10), most: 1e-5 },
      { says: 'sigmoid′(10) / 4.5396e-5, its distance from 1', value: off(10), most: 1e-3 },
      { says: 'tanh′(0)', value: at(result, 'tanh', 0), least: 1, most: 1 },
      { says: 'relu′(0)', value: at(result, 'relu', 0), least: 0, most: 0 },
      ...ACTIVATIONS.map((name) => ({
        says: `${name}: largest distance from the formula`,
        value: error(result, name),
        most: name === 'relu' ? 0 : 3e-7,
      })),
    ];
  },
  picture: (result) => {
    // thin lines over thick ones, where activations are alike; the jump at 0 is no line
    const drawn = (names: readonly Name[], what: 'outputs' | 'slopes', [from, to]: readonly [number, number]) =>
      names.map((name, i) => ({
        name,
        color: color(i),
        width: [5, 3, 1.5][i] ?? 1,
        points: [...points]
          .map((x, j) => [x, of(result, name)[what][j] as number] as const)
          .filter(([x]) => x >= from && x <= to),
      }));
    const even = (one: ReturnType<typeof drawn>[number]) => ({ ...one, width: 2 });
    const right = (series: ReturnType<typeof drawn>) => series.map((one) => ({ ...one, key: false }));
    const [flat, kin] = [['sigmoid', 'tanh'] as const, ['relu', 'leakyRelu', 'elu'] as const];
    const axes = (label: string, domain?: readonly [number, number]) => ({
      x: { label: 'x' },
      y: { label, ...(domain && { domain }) },
    });
    return picture(
      'The derivatives of five activations over x: bells for sigmoid and tanh, 1 on the right of 0 for the others',
      [
        lines({
          title: 'Derivatives of sigmoid and tanh',
          ...axes('f′(x)', [0, 1.05]),
          series: drawn(flat, 'slopes', [-10, 10]).map(even),
        }),
        lines({
          title: 'The same on a logarithmic scale',
          x: { label: 'x', domain: [-16, 16], ticks: [-15, -10, -5, 0, 5, 10, 15] },
          y: { label: 'f′(x)', type: 'log', domain: [1e-8, 2] },
          series: drawn(flat, 'slopes', [-16, 16]).map(even),
        }),
        lines({
          title: 'Derivatives of relu and its kin',
          ...axes('f′(x)', [0, 1.05]),
          series: [...drawn(kin, 'slopes', [-4, 0]), ...right(drawn(kin, 'slopes', [0.01, 4]))],
        }),
        lines({ title: 'relu and its kin themselves', ...axes('f(x)'), series: drawn(kin, 'outputs', [-4, 4]) }),
      ],
    );
  },
});
