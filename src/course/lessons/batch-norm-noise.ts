import { activation, batchNorm, dense, sequential, sgd } from '../../index.js';
import { lesson } from '../lesson.js';
import { color, lines, picture } from '../picture.js';
import { normalRows, twoOfMany } from '../sets.js';

// #region code
const BATCHES = [4, 5, 10, 20, 50, 200];
const COLUMNS = 20;
const UPDATES = 1000;

/** How much the mean of a batch of m rows varies, over 200 batches, in standard deviations of the column. */
function noise(m: number, seed: number): number {
  using model = sequential({
    input: 1,
    layers: [batchNorm({ name: 'norm', momentum: 0 }), dense(1)],
  }).compile({ loss: 'meanSquaredError', optimizer: sgd({ learningRate: 0 }) });
  const { data } = normalRows(200 * m, [1], seed);
  const means = Array.from({ length: 200 }, (_, i) => {
    model.trainOnBatch({ data: data.subarray(i * m, (i + 1) * m), shape: [m, 1] }, new Float32Array(m));
    return model.parameters()['norm.mean']?.data[0] ?? Number.NaN; // with momentum 0 that of the last batch
  });
  return Math.sqrt(means.reduce((sum, mean) => sum + mean * mean, 0) / means.length);
}

/** Loss on 200 training rows and on 2000 others after 1000 updates, by batch size, without and with batch norm. */
function experiment(seed: number) {
  const { x, y } = twoOfMany(2200, COLUMNS, 1, seed);
  const training = { data: x.data.subarray(0, 200 * COLUMNS), shape: [200, COLUMNS] };
  const validation = { data: x.data.subarray(200 * COLUMNS), shape: [2000, COLUMNS] };
  const [without, normed] = [[], [batchNorm()]].map((norm) => {
    const block = [dense(64), ...norm, activation('relu')];
    return BATCHES.map((batchSize) => {
      using model = sequential({
        input: COLUMNS,
        seed,
        layers: [...block, ...block, dense(1, { activation: 'sigmoid' })],
      }).compile({ loss: 'binaryCrossEntropy', optimizer: sgd({ learningRate: 0.1 }), metrics: ['accuracy'] });
      model.fitSync(training, y.subarray(0, 200), { batchSize, epochs: (UPDATES * batchSize) / 200 });
      return {
        batchSize,
        training: model.evaluateSync(training, y.subarray(0, 200)),
        validation: model.evaluateSync(validation, y.subarray(200)),
      };
    });
  });
  return { without: without ?? [], normed: normed ?? [], noise: BATCHES.map((m) => noise(m, seed)) };
}
// #endregion

type Run = ReturnType<typeof experiment>['normed'];

/** Validation loss − training loss, from the smallest batch to the largest. */
const gaps = (run: Run): number[] => run.map(({ training, validation }) => validation.loss - training.loss);

/** The gap with the smallest batches as a share of that with the largest. */
const share = (run: Run): number => (gaps(run)[0] as number) / (gaps(run).at(-1) as number);

/** How far noise · √m is from 1 at most. */
const error = (noise: readonly number[]): number => {
  return Math.max(...noise.map((value, i) => Math.abs(value * Math.sqrt(BATCHES[i] as number) - 1)));
};

/** The noise of batch norm as regularization. */
export const batchNormNoise = lesson({
  name: 'batch-norm-noise',
  title:
    'With batch norm, small batches make noise that regularizes: the gap between validation and training loss shrinks.',
  formula: `x̂ = (x − μ_B) / √(v_B + ε),   μ_B = μ + σ n / √m with n of variance 1: what a unit gives for a row
depends on the other m − 1 rows that happen to be in its batch B
gap = validation loss − training loss, both with the running statistics, without noise`,
  about: `A network of two layers learns 200 rows with noisy classes by heart: 1000 updates at the same rate for every batch
size. Without batch norm the size of the batches hardly matters here. With it, small batches have noisy means and variances,
less is learned by heart, and the gap shrinks: from batches of 10 down; between 10 and 200 rows the noise is too small to
matter beside the rest. What does not hold: that more rows are told right. The accuracy on the other rows stays about what
it was; the noise keeps the network from being sure of what it has no grounds for. It has a price, too: with batches of 4
not even the training rows are all told right (Ioffe and Szegedy 2015, 3.4; Goodfellow, Bengio, Courville, Deep Learning,
8.7.1).`,
  experiment,
  checks: ({ without, normed, noise }) => [
    { says: 'noise of the mean of m rows · √m, largest |… − 1| over the batch sizes', value: error(noise), most: 0.2 },
    { says: 'gap with batches of 4 / of 200, with batch norm', value: share(normed), most: 0.7 },
    { says: 'the same, without batch norm', value: share(without), least: 0.85, most: 1.15 },
    {
      says: 'validation loss with batches of 4 / of 200, with batch norm',
      value: (normed[0]?.validation.loss as number) / (normed.at(-1)?.validation.loss as number),
      most: 0.9,
    },
    {
      says: 'validation accuracy with batches of 4 − of 200, with batch norm',
      value: (normed[0]?.validation.accuracy as number) - (normed.at(-1)?.validation.accuracy as number),
      least: -0.07,
      most: 0.07,
    },
  ],
  picture: ({ without, normed, noise }) => {
    const x = { label: 'rows of a batch', type: 'log', ticks: BATCHES } as const;
    const runs = [
      { name: 'without batch norm', run: without },
      { name: 'with batch norm', run: normed },
    ];
    return picture(
      'Noise of a mean, the gap of the losses and the accuracy on fresh rows over the size of the batches',
      [
        lines({
          title: 'Noise of the mean of a batch',
          width: 330,
          x,
          y: { label: 'standard deviation / σ', type: 'log', domain: [0.05, 1], ticks: [0.05, 0.1, 0.2, 0.5, 1] },
          series: [
            { name: 'measured', dots: 'only', points: BATCHES.map((m, i) => [m, noise[i] as number] as const) },
            { name: '1/√m', dashed: true, points: BATCHES.map((m) => [m, 1 / Math.sqrt(m)] as const) },
          ],
        }),
        lines({
          title: 'Validation loss − training loss',
          width: 330,
          x,
          y: { label: 'gap', domain: [0, 1.5] },
          series: runs.map(({ name, run }) => ({
            name,
            dots: true,
            points: gaps(run).map((gap, i) => [BATCHES[i] as number, gap] as const),
          })),
        }),
        lines({
          title: 'Accuracy: training (dashed), validation',
          width: 330,
          x,
          y: { label: 'accuracy', domain: [0.5, 1] },
          series: runs.flatMap(({ name, run }, i) =>
            (['training', 'validation'] as const).map((rows) => ({
              name,
              color: color(i),
              dashed: rows === 'training',
              key: rows === 'validation',
              dots: true,
              points: run.map((one) => [one.batchSize, one[rows].accuracy] as const),
            })),
          ),
        }),
      ],
      3,
    );
  },
});
