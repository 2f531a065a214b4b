import { digits } from '../../data/index.js';
import { activation, batchNorm, DivergenceError, dense, glorotNormal, heNormal, sequential, sgd } from '../../index.js';
import { lesson } from '../lesson.js';
import { lines, picture } from '../picture.js';

// #region code
const DEPTH = 8;
const RATES = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const UNITS = { sigmoid: glorotNormal(), tanh: glorotNormal(), relu: heNormal() };

/** The training loss at the end of a short fit, by learning rate; NaN where it diverged. */
function experiment(seed: number) {
  const { x, y } = digits({ rows: 400, seed });
  return (['sigmoid', 'tanh', 'relu'] as const).map((unit) => {
    const [without, normed] = [[], [batchNorm()]].map((norm) => {
      const block = [dense(32, { weightInitializer: UNITS[unit] }), ...norm, activation(unit)];
      return RATES.map((learningRate) => {
        using model = sequential({
          input: [16, 16],
          standardize: true,
          seed,
          layers: [...Array.from({ length: DEPTH }, () => block).flat(), dense(10, { activation: 'softmax' })],
        }).compile({ loss: 'crossEntropy', optimizer: sgd({ learningRate }) });
        try {
          return model.fitSync(x, y, { epochs: 25, batchSize: 50 }).metrics.loss.at(-1) ?? Number.NaN;
        } catch (error) {
          if (error instanceof DivergenceError) return Number.NaN;
          throw error;
        }
      });
    });
    return { unit, without: without ?? [], normed: normed ?? [] };
  });
}
// #endregion

/** What counts as converged: guessing gives ln 10 = 2.3. */
const CONVERGED = 1;

/** The width in decades of the range of rates that converge: each rate of 1, 2, 5, 10 … stands for a third. */
const decades = (losses: readonly number[]): number => losses.filter((loss) => loss < CONVERGED).length / 3;

/** The highest rate that converges; 0 where none does. */
const highest = (losses: readonly number[]): number => {
  return Math.max(0, ...RATES.filter((_, i) => (losses[i] as number) < CONVERGED));
};

/** The range of learning rates, with and without batch norm. */
export const batchNormRates = lesson({
  name: 'batch-norm-rates',
  title: 'With batch norm a deep network converges over a wider range of learning rates, and at higher ones.',
  formula: `W ← W − ε ∂J/∂W
behind a batch norm cW gives what W gives, and ∂J/∂(cW) = (1/c) ∂J/∂W: weights that a step made too long get shorter steps`,
  about: `A network of ${DEPTH} hidden layers of 32 units on 400 digits, 25 epochs of sgd at rates from 0.005 to 10: the training
loss at the end. A fit that ends in a DivergenceError has no point. With a loss below 1 a fit counts as converged
(guessing: ln 10 = 2.3). Sigmoid units do not learn at any rate without batch norm. The range ends with batch norm too: the
output layer has none, and behind it nothing forgives a rate that is too high. At the best rate tanh units do as well
without: there batch norm does not lower the loss, but more rates are good (Ioffe and Szegedy 2015, 3.3; Goodfellow, Bengio,
Courville, Deep Learning, 8.7.1).`,
  experiment,
  checks: (runs) =>
    runs.flatMap(({ unit, without, normed }) => {
      const width = { says: `${unit}: decades of rates that converge, with batch norm`, value: decades(normed) };
      if (unit === 'sigmoid') {
        return [
          { says: 'sigmoid: decades of rates that converge, without', value: decades(without), most: 0 },
          { ...width, least: 1.6 },
        ];
      }
      return [
        { ...width, least: 1.6 },
        { says: `${unit}: decades more than without`, value: decades(normed) - decades(without), least: 0.5 },
        {
          says: `${unit}: highest rate that converges, as a multiple of that without`,
          value: highest(normed) / highest(without),
          least: unit === 'relu' ? 4 : 1.5,
        },
      ];
    }),
  picture: (runs) =>
    picture(
      'Training loss over the learning rate for sigmoid, tanh and relu units, with and without batch norm',
      runs.map(({ unit, without, normed }) =>
        lines({
          title: `${DEPTH} layers of ${unit} units`,
          width: 330,
          x: { label: 'learning rate', type: 'log', domain: [0.005, 10], ticks: [0.01, 0.1, 1, 10] },
          y: { label: 'training loss at the end', domain: [0, 3], ticks: [0, 0.5, 1, 1.5, 2, 2.5, 3] },
          rules: [{ at: CONVERGED, name: 'converged below' }],
          series: [
            { name: 'without', losses: without },
            { name: 'batch norm', losses: normed },
          ].map(({ name, losses }) => ({
            name,
            dots: true,
            points: RATES.map((rate, i) => [rate, losses[i] as number] as const).filter(([, loss]) => loss <= 3),
          })),
        }),
      ),
      3,
    ),
});
