import { digits } from '../../data/index.js';
import {
  constant,
  type DenseOptions,
  dense,
  glorotNormal,
  heNormal,
  normal,
  sequential,
  sgd,
  zeros,
} from '../../index.js';
import { lesson } from '../lesson.js';
import { bars, color, lines, picture } from '../picture.js';

// #region code
const [DEPTH, UNITS] = [10, 64];

const STARTS = {
  zeros: { activation: 'tanh', weightInitializer: zeros() },
  'all alike': { activation: 'tanh', weightInitializer: constant(1 / UNITS) },
  'too small': { activation: 'tanh', weightInitializer: normal(0, 0.01) },
  'too large': { activation: 'tanh', weightInitializer: normal(0, 1) },
  glorot: { activation: 'tanh', weightInitializer: glorotNormal() },
  he: { activation: 'relu', weightInitializer: heNormal() },
} as const satisfies Record<string, DenseOptions>;

/** For each start: the outputs of its ten layers before training, and what training makes of it. */
function experiment(seed: number) {
  const { x, y } = digits({ rows: 1500, seed });
  const pictures = { ...x, scale: 1 / 255 };
  const few = { data: x.data.subarray(0, 300 * 256), shape: [300, 256], scale: 1 / 255 };
  return Object.entries<DenseOptions>(STARTS).map(([name, options]) => {
    const hidden = Array.from({ length: DEPTH }, () => dense(UNITS, options));
    const layers = hidden.map((_, i) => {
      using part = sequential({ input: [16, 16], seed, layers: hidden.slice(0, i + 1) }).compile({
        loss: 'meanSquaredError',
      });
      const outputs = part.predict(few);
      return {
        size: Math.sqrt(outputs.reduce((sum, h) => sum + h * h, 0) / outputs.length),
        saturated: outputs.reduce((count, h) => count + (Math.abs(h) > 0.99 ? 1 : 0), 0) / outputs.length,
      };
    });
    using model = sequential({
      input: [16, 16],
      seed,
      layers: [...hidden, dense(10, { activation: 'softmax' })],
    }).compile({
      loss: 'crossEntropy',
      optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
      metrics: ['accuracy'],
    });
    const { metrics } = model.fitSync(pictures, y, { epochs: 8, validationSplit: 0.2 });
    const weights = model.parameters()['dense5.weight']?.data ?? new Float32Array();
    const units = Array.from({ length: UNITS }, (_, i) => weights.slice(i * UNITS, (i + 1) * UNITS).join());
    return { name, layers, different: new Set(units).size, accuracy: metrics.val_accuracy?.at(-1) ?? 0 };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Name = keyof typeof STARTS;

function of(result: Result, name: Name) {
  return result.find((one) => one.name === name) as Result[number];
}

/** The size of the last layer's outputs as a multiple of the first one's. */
function kept(result: Result, name: Name): number {
  const { layers } = of(result, name);
  return (layers.at(-1)?.size as number) / (layers[0]?.size as number);
}

const accuracy = (result: Result, name: Name) => of(result, name).accuracy;

/** The share of the last hidden layer's outputs that are within 0.01 of ±1. */
const saturated = (result: Result, name: Name) => of(result, name).layers.at(-1)?.saturated as number;

/** First weights: symmetry, and the variance through ten layers. */
export const initialization = lesson({
  name: 'initialization',
  title:
    'Equal weights never part the units, small ones fade, large ones saturate; glorot and he carry the signal through ten layers.',
  formula: `Var aᵢ = n · Var w · E h²: kept where Var w = 1/n for units that are nearly linear, as tanh near 0
glorot: Var w = 2/(n + m), between 1/n for the way there and 1/m for the way back;   he: Var w = 2/n, as relu drops half`,
  about: `Ten layers of 64 units on digits; n inputs and m outputs of a layer. Above: the root mean square of each layer's
outputs before training, and the share of them within 0.01 of ±1, where tanh is flat. Below: how many of the 64 units of
the sixth layer still differ after training, and the accuracy reached. Units with equal weights get equal gradients and
stay one unit (from zeros only the last bias moves); deviation 0.01 shrinks the signal tenfold per layer; deviation 1
drives most outputs to ±1, where tanh passes no gradient, while the few others multiply theirs layer by layer. Glorot's
tanh loses half of the size in ten layers, as tanh is not linear; he keeps it within a factor of about two either way.
(Glorot and Bengio 2010; He, Zhang, Ren, Sun 2015; Goodfellow, Bengio, Courville, Deep Learning, 8.4.)`,
  experiment,
  checks: (result) => [
    {
      says: 'different units in a layer after training, zeros',
      value: of(result, 'zeros').different,
      least: 1,
      most: 1,
    },
    { says: 'the same, all alike', value: of(result, 'all alike').different, least: 1, most: 1 },
    { says: 'the same, glorot', value: of(result, 'glorot').different, least: UNITS, most: UNITS },
    { says: 'outputs of layer 10 / of layer 1, too small', value: kept(result, 'too small'), most: 1e-8 },
    { says: 'the same, glorot and tanh', value: kept(result, 'glorot'), least: 0.3, most: 1 },
    { says: 'the same, he and relu', value: kept(result, 'he'), least: 0.4, most: 4 },
    { says: 'share of saturated outputs in layer 10, too large', value: saturated(result, 'too large'), least: 0.6 },
    { says: 'the same, glorot', value: saturated(result, 'glorot'), most: 0.01 },
    {
      says: 'best accuracy on held-out rows of zeros, all alike, too small, too large',
      value: Math.max(
        ...(['zeros', 'all alike', 'too small', 'too large'] as const).map((name) => accuracy(result, name)),
      ),
      most: 0.45,
    },
    { says: 'the same, glorot', value: accuracy(result, 'glorot'), least: 0.75 },
    { says: 'the same, he', value: accuracy(result, 'he'), least: 0.6 },
  ],
  picture: (result) => {
    const size = { width: 460, height: 250 };
    const x = { label: 'layer', ticks: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] };
    const drawn = (what: 'size' | 'saturated', but: Name) =>
      result
        .filter(({ name }) => name !== but)
        .map(({ name, layers }) => ({
          name,
          color: color(Object.keys(STARTS).indexOf(name)),
          dots: true,
          points: layers.map((layer, i) => [i + 1, layer[what]] as const),
        }));
    return picture(
      'Six starts of a network of ten layers: only glorot and he keep signals of a middle size, and train',
      [
        lines({
          ...size,
          title: 'Size of the outputs of each layer before training',
          x,
          y: { label: 'root mean square', type: 'log', domain: [1e-12, 3], ticks: [1e-12, 1e-9, 1e-6, 1e-3, 1] },
          series: drawn('size', 'zeros'),
        }),
        lines({
          ...size,
          title: 'Share of saturated outputs of tanh',
          x,
          y: { label: 'share of |h| > 0.99', domain: [0, 1] },
          series: drawn('saturated', 'he'),
        }),
        bars({
          ...size,
          title: 'Different units of 64 in layer 6 after training',
          y: { label: 'units', domain: [0, 70] },
          bars: result.map(({ name, different }) => ({ name, value: different })),
        }),
        bars({
          ...size,
          title: 'Accuracy on held-out rows after training',
          y: { label: 'accuracy', domain: [0, 1], format: (value) => value.toFixed(2) },
          bars: result.map(({ name, accuracy: reached }) => ({ name, value: reached })),
        }),
      ],
    );
  },
});
