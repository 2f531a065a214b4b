import { digits } from '../../data/index.js';
import { dense, dropout, sequential } from '../../index.js';
import { exp, log } from '../../math.js';
import { lesson } from '../lesson.js';
import { lines, picture } from '../picture.js';
import { normalRows } from '../sets.js';

// #region code
const UNITS = 64;
const KEEP = 0.5;
const MASKS = 300;
const TEST_ROWS = 200;

/** Predictions of one pass without masks, of many sub-networks, and for some digits the mean over training's masks. */
function experiment(seed: number) {
  const train = digits({ rows: 400, seed });
  const test = digits({ rows: TEST_ROWS, seed: seed + 1000 });
  using model = sequential({
    input: [16, 16],
    seed,
    standardize: true,
    layers: [
      dense(UNITS, { activation: 'relu' }),
      dropout({ keep: KEEP }),
      dense(10, { activation: 'softmax', name: 'output' }),
    ],
  }).compile({ loss: 'crossEntropy' });
  model.fitSync(train.x, train.y, { epochs: 40 });
  const onePass = model.predict(test.x);

  // training's own masks: a digit 300 times in a batch; the gradient of the output's bias is the mean of p − t over it
  const trained = Array.from({ length: 20 }, (_, row) => {
    const data = Uint8Array.from({ length: MASKS * 256 }, (_, i) => test.x.data[row * 256 + (i % 256)] as number);
    const gradients = model.gradients({ data, shape: [MASKS, 16, 16] }, new Uint8Array(MASKS)); // t: always class 0
    return Array.from(gradients['output.bias']?.data ?? [], (g, j) => (j === 0 ? g + 1 : g));
  }).flat();

  // sub-networks by hand: the weights from a unit that is off are 0, those from the others are divided by keep
  const weights = Array.from(model.parameters()['output.weight']?.data ?? []); // [10, UNITS]
  const chances = normalRows(MASKS, new Array<number>(UNITS).fill(1), seed).data; // positive in half of the cases: keep
  const passes = Array.from({ length: MASKS }, (_, mask) => {
    const kept = (unit: number) => (chances[mask * UNITS + unit] as number) > 0;
    model.setParameters({ 'output.weight': { data: weights.map((w, i) => (kept(i % UNITS) ? w / KEEP : 0)) } });
    return model.predict(test.x);
  });
  return { labels: test.y, onePass, passes, trained };
}
// #endregion

/** Probabilities, [rows, 10] flat. */
type Rows = ArrayLike<number>;

const CLASSES = 10;
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 300];

function classes(p: Rows): number[] {
  return Array.from({ length: p.length / CLASSES }, (_, row) => {
    const own = Array.from({ length: CLASSES }, (_value, j) => p[row * CLASSES + j] as number);
    return own.indexOf(Math.max(...own));
  });
}

function share(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).filter((value, i) => value === b[i]).length / a.length;
}

/** Total variation, ½ Σ |p − q|, in the mean over the rows: 0 for the same probabilities, 1 for none in common. */
function distance(p: Rows, q: Rows): number {
  const sum = Array.from(p).reduce((total, value, i) => total + Math.abs(value - (q[i] as number)), 0);
  return sum / 2 / (p.length / CLASSES);
}

function arithmetic(passes: readonly Rows[]): number[] {
  const [first = []] = passes;
  return Array.from(first, (_, i) => passes.reduce((sum, p) => sum + (p[i] as number), 0) / passes.length);
}

/** The geometric mean, divided by its sum in every row. */
function geometric(passes: readonly Rows[]): number[] {
  const [first = []] = passes;
  const means = Array.from(first, (_, i) =>
    exp(passes.reduce((sum, p) => sum + log(Math.max(p[i] as number, 1e-30)), 0) / passes.length),
  );
  const sums = Array.from({ length: means.length / CLASSES }, (_, row) =>
    means.slice(row * CLASSES, (row + 1) * CLASSES).reduce((sum, value) => sum + value, 0),
  );
  return means.map((value, i) => value / (sums[Math.floor(i / CLASSES)] as number));
}

/** The passes in groups of so many. */
function groups(passes: readonly Rows[], count: number): (readonly Rows[])[] {
  return Array.from({ length: Math.floor(passes.length / count) }, (_, i) => passes.slice(i * count, (i + 1) * count));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Dropout as an ensemble. */
export const dropoutEnsemble = lesson({
  name: 'dropout-ensemble',
  title:
    'Dropout trains an ensemble of sub-networks: one pass without masks names the classes that the average of hundreds of them names.',
  formula: `average     p(y | x) = E_m p(y | x, m) ≈ 1/M Σᵢ p(y | x, mᵢ)
one pass    p(y | x), every unit as it is: in the mean over the masks it was so in training
            = Πᵢ p(y | x, mᵢ)^(1/M), normalized, over all masks, where dropout is right in front of the softmax`,
  about: `64 relu units, dropout (keep ${KEEP}), softmax: trained on 400 digits, judged on ${TEST_ROWS} others. Every
mask is a sub-network; alone it errs more. The average of many of them and the one pass without masks name nearly always
the same class. Their probabilities are not the same: one pass is the geometric mean of the sub-networks, and surer than
the arithmetic one, which more masks do not change. The masks here are made by hand; those of the training program give
the same average (Goodfellow, Bengio, Courville, Deep Learning, 7.12; Srivastava and others 2014, 7.5; averages over
masks at prediction are Monte Carlo dropout, Gal and Ghahramani 2016).`,
  experiment,
  checks: ({ labels, onePass, passes, trained }) => {
    const average = arithmetic(passes);
    const accuracy = share(classes(average), labels);
    return [
      {
        says: `classes that one pass and the average of ${MASKS} masks agree on, share`,
        value: share(classes(onePass), classes(average)),
        least: 0.95,
      },
      {
        says: `accuracy of one pass − of the average of ${MASKS} masks`,
        value: share(classes(onePass), labels) - accuracy,
        least: -0.03,
        most: 0.03,
      },
      {
        says: `accuracy of the average of ${MASKS} masks − of one mask, in the mean`,
        value: accuracy - mean(passes.map((p) => share(classes(p), labels))),
        least: 0.08,
      },
      {
        says: 'distance of one pass to the geometric mean of the masks',
        value: distance(onePass, geometric(passes)),
        most: 0.03,
      },
      {
        says: 'distance of one pass to the arithmetic mean of the masks',
        value: distance(onePass, average),
        least: 0.09,
        most: 0.2,
      },
      {
        says: '20 digits: distance of the average of the training program’s masks to that of those by hand',
        value: distance(trained, average.slice(0, trained.length)),
        most: 0.04,
      },
    ];
  },
  picture: ({ labels, onePass, passes }) => {
    const x = { label: 'masks', type: 'log', ticks: [1, 2, 10, 20, 100, 300], format: String } as const;
    const over = (figure: (group: readonly Rows[]) => number) =>
      COUNTS.map((count) => [count, mean(groups(passes, count).map(figure))] as const);
    const far = over((group) => distance(arithmetic(group), onePass));
    const single = share(classes(onePass), labels);
    return picture(
      'Sub-networks of dropout, averaged: the accuracy rises to that of one pass, and the geometric mean is the one pass',
      [
        lines({
          title: 'How far their mean is from one pass without masks',
          x,
          y: { label: 'mean of ½ Σ |p − q|', domain: [0, 1.1 * (far[0]?.[1] as number)] },
          series: [
            { name: 'arithmetic mean', dots: true, points: far },
            { name: 'geometric mean', dots: true, points: over((group) => distance(geometric(group), onePass)) },
          ],
        }),
        lines({
          title: 'Accuracy on digits that training did not see',
          x,
          y: { label: 'accuracy' },
          series: [
            {
              name: 'arithmetic mean of masks',
              dots: true,
              points: over((group) => share(classes(arithmetic(group)), labels)),
            },
            {
              name: 'one pass without masks',
              dashed: true,
              points: [1, MASKS].map((count) => [count, single] as const),
            },
          ],
        }),
      ],
    );
  },
});
