import { adam, dense, sequential } from '../../index.js';
import { lesson } from '../lesson.js';
import { lines, picture } from '../picture.js';
import { twoOfMany } from '../sets.js';

// #region code
const INPUTS = 20;
const EPOCHS = 100;
const PATIENCE = 15;

/** The same fit to its end and with early stopping; then the loss of the weights that each has left. */
function experiment(seed: number) {
  const train = twoOfMany(300, INPUTS, 0.5, seed);
  const other = twoOfMany(1000, INPUTS, 0.5, seed + 1000);
  return [undefined, { patience: PATIENCE }].map((earlyStopping) => {
    using model = sequential({
      input: INPUTS,
      seed,
      layers: [dense(128, { activation: 'relu' }), dense(1, { activation: 'sigmoid' })],
    }).compile({ loss: 'binaryCrossEntropy', optimizer: adam({ learningRate: 0.003 }) });
    const { metrics, best, stopReason } = model.fitSync(train.x, train.y, {
      epochs: EPOCHS,
      validationData: [other.x, other.y],
      ...(earlyStopping && { earlyStopping }),
    });
    const { loss: training, val_loss: validation = [] } = metrics;
    return { training, validation, best, stopReason, left: model.evaluateSync(other.x, other.y).loss };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Fit = Result[number];

/** Early stopping. */
export const earlyStopping = lesson({
  name: 'early-stopping',
  title:
    'While the training loss goes on falling, the validation loss turns; early stopping ends the fit and brings back the weights of its best epoch.',
  formula: `best = argmin over epochs e of L_validation(θₑ);   stop at e = best + patience;   θ ← θ_best`,
  about: `128 relu units on 300 rows of two classes that two of 20 columns tell apart, with noise; 1,000 rows are only
judged. The same fit once to the end and once with patience ${PATIENCE}: the same curves as far as both go, since the
seed is the same. The weights left by early stopping have exactly the least validation loss of the history. That loss
was picked as the least of many, so it is a little too good: a test needs rows of its own (Goodfellow, Bengio,
Courville, Deep Learning, 7.8; Prechelt 1998).`,
  experiment,
  checks: (result) => {
    const [full, stopped] = result as [Fit, Fit];
    const last = full.training.length - 1;
    const turn = full.best.epoch - 1;
    return [
      {
        says: 'training loss, after the last epoch / at the best one',
        value: (full.training[last] as number) / (full.training[turn] as number),
        most: 0.1,
      },
      {
        says: 'validation loss, after the last epoch / at the best one',
        value: (full.validation[last] as number) / full.best.value,
        least: 1.3,
      },
      {
        says: 'validation loss of the weights that early stopping left − least of its history',
        value: stopped.left - Math.min(...stopped.validation),
        least: 0,
        most: 0,
      },
      {
        says: 'epochs run − best epoch',
        value: stopped.validation.length - stopped.best.epoch,
        least: PATIENCE,
        most: PATIENCE,
      },
      {
        says: 'validation loss of the two fits, largest difference in the epochs of both',
        value: Math.max(...stopped.validation.map((value, i) => Math.abs(value - (full.validation[i] as number)))),
        least: 0,
        most: 0,
      },
    ];
  },
  picture: (result) => {
    const [full, stopped] = result as [Fit, Fit];
    const points = (curve: readonly number[]) => curve.map((value, i) => [i + 1, value] as const);
    return picture('Training loss falls while validation loss turns; early stopping goes back to the best epoch', [
      lines({
        title: 'Loss, epoch by epoch',
        width: 640,
        height: 320,
        x: { label: 'epoch' },
        y: { label: 'loss' },
        series: [
          { name: 'training', points: points(full.training) },
          { name: 'validation', points: points(full.validation) },
          {
            name: `stopped after epoch ${stopped.validation.length}`,
            color: '#444444',
            dots: 'only',
            points: [[stopped.validation.length, stopped.validation.at(-1) as number]],
          },
          {
            name: `weights of epoch ${stopped.best.epoch} restored`,
            color: '#009e73',
            dots: 'only',
            points: [[stopped.best.epoch, stopped.left]],
          },
        ],
      }),
    ]);
  },
});
