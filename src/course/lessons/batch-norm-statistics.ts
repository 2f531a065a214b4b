import { areaY, line, ruleX } from '@observablehq/plot';
import { batchNorm, dense, sequential, sgd } from '../../index.js';
import { lesson } from '../lesson.js';
import { chart, color, type Key, picture } from '../picture.js';
import { normalRows } from '../sets.js';

// #region code
const GAMMA = Float32Array.of(0.5, 1, 2);
const BETA = Float32Array.of(-4, 0, 5);

/** What is done to a parameter of the two layers before the normalization. */
const CHANGES: Record<string, (key: string, value: number) => number> = {
  'as drawn': (_, value) => value,
  'last layer × 1000': (key, value) => (key.startsWith('last') ? 1000 * value : value),
  'last bias + 100': (key, value) => (key === 'last.bias' ? value + 100 : value),
  'first layer × 100': (key, value) => (key.startsWith('first') ? 100 * value : value),
};

/** The columns that enter a batch norm and that leave it, and what the gradient tells the layer before it. */
function experiment(seed: number) {
  const x = normalRows(1000, [1, 1, 1, 1], seed);
  const targets = normalRows(1000, [1, 1, 1], seed + 1).data;
  const layers = [dense(16, { activation: 'tanh', name: 'first' }), dense(3, { name: 'last' })];
  // with momentum 0 the running statistics are those of the last batch: its predictions are then what training computes
  const norm = batchNorm({ name: 'norm', momentum: 0, epsilon: 1e-12 });
  const options = { loss: 'meanSquaredError', optimizer: sgd({ learningRate: 0 }) } as const;
  return Object.entries(CHANGES).map(([name, change]) => {
    using before = sequential({ input: 4, seed, layers }).compile(options);
    using after = sequential({ input: 4, seed, layers: [...layers, norm] }).compile(options);
    const changed = Object.fromEntries(
      Object.entries(before.parameters()).map(([key, { shape, data }]) => {
        return [key, { shape, data: data.map((value) => change(key, value)) }];
      }),
    );
    before.setParameters(changed);
    after.setParameters({
      ...changed,
      'norm.gamma': { shape: [3], data: GAMMA },
      'norm.beta': { shape: [3], data: BETA },
    });
    after.trainOnBatch(x, targets); // at learning rate 0 nothing changes but the statistics
    const weight = changed['last.weight']?.data ?? new Float32Array();
    const gradient = after.gradients(x, targets)['last.weight']?.data ?? new Float32Array();
    return { name, entering: before.predict(x), leaving: after.predict(x), weight, gradient };
  });
}
// #endregion

type Case = ReturnType<typeof experiment>[number];

/** Values of column j of three. */
const column = (values: Float32Array, j: number): Float32Array => values.filter((_, i) => i % 3 === j);

function moments(values: Float32Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length };
}

/** The largest of a figure over all cases and columns. */
function largest(result: readonly Case[], figure: (one: Case, j: number) => number): number {
  return Math.max(...result.flatMap((one) => [0, 1, 2].map((j) => figure(one, j))));
}

/** How far the gradient of unit j's weights points along these weights: 1 if it did nothing but scale them. */
function along({ weight, gradient }: Case, j: number): number {
  const [w, g] = [weight, gradient].map((all) => all.subarray(16 * j, 16 * j + 16)) as [Float32Array, Float32Array];
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
  return Math.abs(dot(w, g)) / Math.sqrt(dot(w, w) * dot(g, g));
}

/** The density of each column as an area over bins. */
function densities(title: string, values: Float32Array, [low, high]: readonly [number, number], keys: readonly Key[]) {
  const BINS = 40;
  const width = (high - low) / BINS;
  const marks = [0, 1, 2].flatMap((j) => {
    const counts = new Float64Array(BINS);
    for (const value of column(values, j)) {
      const bin = Math.min(BINS - 1, Math.max(0, Math.floor((value - low) / width)));
      counts[bin] = (counts[bin] as number) + 1;
    }
    const data = Array.from(counts, (count, bin) => ({ at: low + (bin + 0.5) * width, count }));
    const { mean } = moments(column(values, j));
    return [
      areaY(data, { x: 'at', y: 'count', fill: color(j), fillOpacity: 0.25, curve: 'step' }),
      line(data, { x: 'at', y: 'count', stroke: color(j), strokeWidth: 1.5, curve: 'step' }),
      ruleX([mean], { stroke: color(j), strokeDasharray: '3 3' }),
    ];
  });
  return chart({
    title,
    width: 290,
    height: 220,
    marginLeft: 52,
    x: { label: 'value', domain: [low, high], ticks: 5 },
    y: { label: 'rows', ticks: 4 },
    marks,
    keys,
  });
}

/** Batch norm: mean β and variance γ², whatever comes before. */
export const batchNormStatistics = lesson({
  name: 'batch-norm-statistics',
  title: 'Behind a batch norm every column of a batch has mean β and variance γ², whatever the layers before it do.',
  formula: `z = γ (a − μ) / √(v + ε) + β,   μ and v: mean and variance of the column over the batch
mean of z = β,   variance of z = γ² v / (v + ε) ≈ γ²
∂J/∂w · w = 0 for the weights w of the unit before it: no step along the gradient is spent on its mean or scale`,
  about: `Three columns leave two dense layers, whose parameters are multiplied by large factors or shifted, and pass a batch
norm with γ = ½, 1, 2 and β = −4, 0, 5. Above: what enters, each time on another scale. Below: what leaves. Multiplying or
shifting the layer right before it changes nothing but rounding; what changes the first layer, here so far that its tanh units
saturate, changes the shape of the distributions, but neither their means nor their variances. "The gradient will never
propose an operation that acts simply to increase the standard deviation or mean" (Goodfellow, Bengio, Courville, Deep
Learning, 8.7.1): it has no part along the weights before the normalization.`,
  experiment,
  checks: (result) => {
    const entering = result.flatMap(({ entering: all }) => [0, 1, 2].map((j) => moments(column(all, j)).variance));
    return [
      {
        says: 'largest / smallest variance of what enters',
        value: Math.max(...entering) / Math.min(...entering),
        least: 1e5,
      },
      {
        says: 'largest |mean − β| of what leaves',
        value: largest(result, ({ leaving }, j) => Math.abs(moments(column(leaving, j)).mean - (BETA[j] as number))),
        most: 1e-4,
      },
      {
        says: 'largest |variance / γ² − 1| of what leaves',
        value: largest(result, ({ leaving }, j) => {
          return Math.abs(moments(column(leaving, j)).variance / ((GAMMA[j] as number) * (GAMMA[j] as number)) - 1);
        }),
        most: 1e-4,
      },
      {
        says: 'largest |cosine| between weights before it and their gradient',
        value: largest(result, along),
        most: 1e-3,
      },
    ];
  },
  picture: (result) => {
    const range = (values: Float32Array): readonly [number, number] => {
      const [least, most] = [Math.min(...values), Math.max(...values)];
      return [least - 0.04 * (most - least), most + 0.04 * (most - least)];
    };
    const keys = ['−4 ± ½', '0 ± 1', '5 ± 2'].map((name, j) => ({ name, color: color(j) }));
    return picture(
      'Distributions of three columns before and behind a batch norm for four scalings of the layers before it',
      [
        ...result.map(({ name, entering }) => densities(`Enters, ${name}`, entering, range(entering), [])),
        ...result.map(({ leaving }) => densities('Leaves, with β ± γ', leaving, [-8, 13], keys)),
      ],
      4,
    );
  },
});
