/**
 * Two spirals wound into one another: the classic task that no straight line can solve. Shows synthetic data, a part of the
 * rows held out, early stopping on it, and figures on points that were never seen.
 */
import { adam, dense, sequential } from 'lanegrad';
import { spirals } from 'lanegrad/data';

/** Trains a network of two hidden layers and returns its accuracy on new points of the same spirals. */
export async function tellSpiralsApart({ epochs = 300, seed = 1 } = {}): Promise<number> {
  const train = spirals({ rows: 1500, seed: 1 });
  const test = spirals({ rows: 500, seed: 2 });

  const model = sequential({
    input: 2,
    seed,
    layers: [
      dense(32, { activation: 'relu' }),
      dense(32, { activation: 'relu' }),
      // one sigmoid output is the probability of class 1
      dense(1, { activation: 'sigmoid' }),
    ],
  }).compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'binaryCrossEntropy', metrics: ['accuracy'] });

  // the weights of the epoch with the least validation loss come back at the end
  const { best, stopReason } = await model.fit(train.x, train.y, {
    epochs,
    batchSize: 64,
    validationSplit: 0.2,
    earlyStopping: { patience: 30 },
  });
  console.log(`${stopReason}: validation loss ${best.value.toFixed(3)} in epoch ${best.epoch}`);

  const { accuracy } = await model.evaluate(test.x, test.y);
  return accuracy;
}
