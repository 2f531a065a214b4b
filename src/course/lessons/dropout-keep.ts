import { adam, dense, dropout, sequential } from '../../index.js';
import { lesson } from '../lesson.js';
import { lines, picture } from '../picture.js';
import { twoOfMany } from '../sets.js';

// #region code
const KEEPS = [1, 0.8, 0.5, 0.3, 0.15];
const INPUTS = 20;

/** Loss on the training rows and on others, for keep probabilities of the wide layer and of the two narrow ones. */
function judged(wide: number, narrow: number, seed: number) {
  const train = twoOfMany(300, INPUTS, 0.5, seed);
  const other = twoOfMany(1000, INPUTS, 0.5, seed + 1000);
  using model = sequential({
    input: INPUTS,
    seed,
    layers: [
      dense(256, { activation: 'relu' }),
      dropout({ keep: wide }),
      dense(8, { activation: 'relu' }),
      dropout({ keep: narrow }),
      dense(8, { activation: 'relu' }),
      dropout({ keep: narrow }),
      dense(1, { activation: 'sigmoid' }),
    ],
  }).compile({ loss: 'binaryCrossEntropy', optimizer: adam({ learningRate: 0.003 }) });
  model.fitSync(train.x, train.y, { epochs: 50 });
  return { training: model.evaluateSync(train.x, train.y).loss, validation: model.evaluateSync(other.x, other.y).loss };
}

/** The mean over two sets of rows. */
function experiment(seed: number) {
  const mean = (wide: number, narrow: number) => {
    const runs = [0, 1].map((i) => judged(wide, narrow, 2 * seed + i));
    const of = (key: 'training' | 'validation') => runs.reduce((sum, run) => sum + run[key], 0) / runs.length;
    return { training: of('training'), validation: of('validation') };
  };
  return KEEPS.map((keep) => {
    const wideOnly = mean(keep, 1);
    return { keep, wideOnly, everywhere: keep < 1 ? mean(keep, keep) : wideOnly };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;

function at(result: Result, keep: number): Result[number] {
  return result.find((one) => one.keep === keep) as Result[number];
}

function gap({ training, validation }: Result[number]['wideOnly']): number {
  return validation - training;
}

/** Lower keep probabilities for wide layers. */
export const dropoutKeep = lesson({
  name: 'dropout-keep',
  title:
    'A low keep probability suits the wide layer that overfits; the same one in narrow layers leaves them too little to learn anything.',
  formula: `keep of a layer of n units: about keep · n of them take part in a step
wide    256 units: 0.15 · 256 ≈ 38      narrow    8 units: 0.15 · 8 ≈ 1`,
  about: `A layer of 256 units, then two of 8, on 300 rows of two classes that two of 20 columns tell apart, with noise.
Without dropout the network learns the rows by heart: next to no loss in training, much on 1,000 other rows. The less is
kept in the wide layer, the smaller the gap and the loss on other rows, from 0.5 down; 0.8 changes little. With the same
keep in the narrow layers, 0.5 is about the best there is, and 0.15 closes the gap only because nothing is learned: both
losses are ln 2 = 0.693, that of guessing (Srivastava and others 2014, section 7.3 and appendix A; Goodfellow, Bengio,
Courville, Deep Learning, 7.12).`,
  experiment,
  checks: (result) => {
    const none = at(result, 1).wideOnly;
    const low = at(result, 0.15);
    return [
      { says: 'gap, keep 0.15 in the wide layer / without dropout', value: gap(low.wideOnly) / gap(none), most: 0.4 },
      {
        says: 'gap, keep 0.3 in the wide layer / without dropout',
        value: gap(at(result, 0.3).wideOnly) / gap(none),
        most: 0.65,
      },
      {
        says: 'validation loss, keep 0.15 in the wide layer / without dropout',
        value: low.wideOnly.validation / none.validation,
        most: 0.6,
      },
      {
        says: 'validation loss, keep 0.15 everywhere / in the wide layer alone',
        value: low.everywhere.validation / low.wideOnly.validation,
        least: 1.8,
      },
      {
        says: 'training loss, keep 0.15 everywhere (ln 2 is guessing)',
        value: low.everywhere.training,
        least: 0.66,
        most: 0.72,
      },
    ];
  },
  picture: (result) => {
    const most = Math.max(
      ...result.flatMap(({ wideOnly, everywhere }) => [wideOnly.validation, everywhere.validation]),
    );
    return picture(
      'Loss by keep probability: low ones in the wide layer close the gap, low ones everywhere end in guessing',
      (['wideOnly', 'everywhere'] as const).map((where) =>
        lines({
          title: where === 'wideOnly' ? 'Dropout in the wide layer alone' : 'Dropout in narrow layers too',
          x: { label: 'keep', domain: [0, 1.02], ticks: KEEPS },
          y: { label: 'loss after 50 epochs', domain: [0, most * 1.08] },
          series: [
            ...(['training', 'validation'] as const).map((key) => ({
              name: key,
              dots: true,
              points: result.map((one) => [one.keep, one[where][key]] as const),
            })),
            {
              name: 'guessing',
              color: '#777777',
              dashed: true,
              width: 1.2,
              points: [
                [0, Math.LN2],
                [1.02, Math.LN2],
              ] as const,
            },
          ],
        }),
      ),
    );
  },
});
