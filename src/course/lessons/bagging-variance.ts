import { adam, bagging, dense, sequential } from '../../index.js';
import { counted } from '../../report/format.js';
import { lesson } from '../lesson.js';
import { type Axis, color, lines, picture, type Series } from '../picture.js';
import { noisySine } from '../sets.js';

// #region code
const SETS = 16;
const MEMBERS = [1, 2, 5, 10, 20];
const POINTS = { data: Float32Array.from({ length: 33 }, (_, i) => (i - 16) / 20), shape: [33, 1] };

/** What one network learns from 16 independent training sets of 30 rows, and what ensembles of bootstrap networks do. */
function experiment(seed: number) {
  const fresh = noisySine(1000, 0.3, 100 * seed + SETS);
  // with a sample of all rows a single member would train on all of them; with 29 of 30 it is a bootstrap network, too
  const kinds = [{ members: 1 }, ...MEMBERS.map((members) => ({ members, sampleFraction: 29 / 30 }))];
  const [single, ...bagged] = kinds.map((kind) => ({
    members: kind.members,
    fits: Array.from({ length: SETS }, (_, i) => {
      const { x, y } = noisySine(30, 0.3, 100 * seed + i);
      const hidden = dense(24, { activation: 'relu' });
      const network = sequential({ input: 1, seed: 100 * seed + i, layers: [hidden, hidden, dense(1)] });
      using ensemble = bagging(network, kind).compile({
        loss: 'meanSquaredError',
        optimizer: adam({ learningRate: 0.02 }),
      });
      const { outOfBag } = ensemble.fitSync(x, y, { epochs: 200 });
      const { mean, deviation } = ensemble.predictWithSpread(POINTS);
      return { mean, deviation, outOfBag: outOfBag?.loss, fresh: ensemble.evaluateSync(fresh.x, fresh.y).loss };
    }),
  }));
  return { single: single?.fits ?? [], bagged };
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Fits = Result['single'];

const fitsOf = ({ bagged }: Result, count: number): Fits => bagged.find(({ members }) => members === count)?.fits ?? [];

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Variance of the prediction over the training sets, mean over the points. */
function variance(fits: Fits): number {
  return average(
    Array.from(POINTS.data, (_, point) => {
      const values = fits.map(({ mean }) => mean[point] as number);
      const middle = average(values);
      return values.reduce((sum, value) => sum + (value - middle) * (value - middle), 0) / (values.length - 1);
    }),
  );
}

/** (1 − ρ)σ²: the variance of members that learned from the same rows. */
function within(fits: Fits, members: number): number {
  const squares = fits.map(({ deviation }) => average(Array.from(deviation, (value) => value * value)));
  return (average(squares) * members) / (members - 1);
}

/** What the formula has to say, with ρ and σ² told from the ensembles of 20. */
function theory(result: Result) {
  const fits = fitsOf(result, 20);
  const own = within(fits, 20);
  const shared = variance(fits) - own / 20;
  return { rho: shared / (shared + own), of: (count: number) => shared + own / count };
}

const losses = (fits: Fits) => ({
  outOfBag: average(fits.map(({ outOfBag = Number.NaN }) => outOfBag)),
  fresh: average(fits.map(({ fresh }) => fresh)),
});

/** The variance of bagging. */
export const baggingVariance = lesson({
  name: 'bagging-variance',
  title:
    'The mean of B bootstrap networks varies less the more there are, down to what they have in common; out-of-bag rows tell its loss.',
  formula: `Var(mean of B members) = ρσ² + (1 − ρ)σ²/B
σ²: variance of a member over training sets, samples and initial weights;   ρ: correlation of two members of one ensemble`,
  about: `Networks of two layers of 24 relu units fit 30 noisy points of a sine, 16 times with other points: how much does the
prediction depend on the points? ρ and σ² are told from the ensembles of 20 (the spread of the members, and the variance of
their mean); the ensembles of 1, 2, 5 and 10, trained by themselves, are then about where the formula has them. A network
that is not bagged sees all rows rather than 63 % of them, and varies less than one bootstrap network: it takes several
of these to do better. A sample leaves about 37 % of the rows out; judged by the members that never saw them, the training
rows give about the loss of fresh rows, if often a little too high, as fewer members vote (Breiman, Bagging predictors, and
Out-of-bag estimation, 1996; Goodfellow, Bengio, Courville, Deep Learning, 7.11).`,
  experiment,
  checks: (result) => {
    const { rho, of } = theory(result);
    const twenty = variance(fitsOf(result, 20));
    const { outOfBag, fresh } = losses(fitsOf(result, 20));
    return [
      { says: 'correlation ρ of two members', value: rho, least: 0.1, most: 0.7 },
      ...[1, 2, 5, 10].map((count) => ({
        says: `variance of ${counted(count, 'member')} / the formula's`,
        value: variance(fitsOf(result, count)) / of(count),
        least: 0.65,
        most: 1.8,
      })),
      { says: 'variance of 20 members / of 1', value: twenty / variance(fitsOf(result, 1)), most: 0.65 },
      {
        says: 'variance of one bootstrap network / of one network on all rows',
        value: variance(fitsOf(result, 1)) / variance(result.single),
        least: 1.2,
      },
      { says: 'variance of 20 members / of one network on all rows', value: twenty / variance(result.single), most: 1 },
      { says: 'out-of-bag loss of 20 members / loss on fresh rows', value: outOfBag / fresh, least: 0.75, most: 1.35 },
    ];
  },
  picture: (result) => {
    const { of } = theory(result);
    const curves = (title: string, fits: Fits) => {
      const at = (value: number, i: number) => [POINTS.data[i] as number, value] as const;
      const each = fits.map(({ mean }) => ({ color: color(0), width: 0.8, points: Array.from(mean, at) }));
      const middle = Array.from(POINTS.data, (_, i) => average(fits.map(({ mean }) => mean[i] as number)));
      return lines({
        title,
        width: 330,
        x: { label: 'x' },
        y: { label: 'prediction', domain: [-2, 2], ticks: [-2, -1, 0, 1, 2] },
        series: [...each, { color: color(1), width: 3, points: middle.map(at) }].map((series) => {
          return { name: '', key: false, ...series };
        }),
      });
    };
    const alone = (value: number): Series => ({
      name: 'one network on all rows',
      dashed: true,
      points: [1, 20].map((n) => [n, value] as const),
    });
    const x: Axis = { label: 'members', type: 'log', ticks: MEMBERS };
    return picture(
      'Predictions learned from independent training sets, their variance and their loss over the number of members',
      [
        curves(`One bootstrap network, ${SETS} times`, fitsOf(result, 1)),
        curves('The mean of twenty', fitsOf(result, 20)),
        curves('One network on all rows', result.single),
        lines({
          title: 'Variance over the training sets',
          width: 504,
          x,
          y: { label: 'variance', domain: [0, 1.1 * Math.max(of(1), variance(fitsOf(result, 1)))] },
          series: [
            { name: 'measured', dots: 'only', points: MEMBERS.map((n) => [n, variance(fitsOf(result, n))] as const) },
            { name: 'ρσ² + (1 − ρ)σ²/B', dashed: true, points: MEMBERS.map((n) => [n, of(n)] as const) },
            alone(variance(result.single)),
          ],
        }),
        lines({
          title: 'Loss (mean squared error)',
          width: 504,
          x,
          y: { label: 'loss', ticks: 6 },
          series: [
            ...(['outOfBag', 'fresh'] as const).map((rows) => ({
              name: { outOfBag: 'out-of-bag rows', fresh: 'fresh rows' }[rows],
              dots: true,
              points: MEMBERS.map((n) => [n, losses(fitsOf(result, n))[rows]] as const),
            })),
            alone(losses(result.single).fresh),
          ],
        }),
      ],
      3,
    );
  },
});
