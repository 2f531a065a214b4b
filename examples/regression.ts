/**
 * Regression: a number is predicted from eight others. Shows standardized inputs and targets, validation rows, early stopping
 * on a metric, and a limit of time.
 */
import { dense, sequential } from 'lanegrad';

/** What came of it: the best epoch, why the training ended, R² on the validation rows, and a way to ask. */
export interface Outcome {
  readonly bestEpoch: number;
  readonly stopReason: string;
  readonly r2: number;
  predict(row: readonly number[]): number;
}

/** Trains on rows x of eight numbers each and their targets y, in whatever units. */
export async function predictNumbers(x: number[][], y: number[]): Promise<Outcome> {
  const model = sequential({
    input: 8,
    standardize: true,
    // the loss is then in standard deviations, while predictions and rmse stay in the units of y
    standardizeTarget: true,
    layers: [dense(64, { activation: 'relu' }), dense(1)],
  }).compile({ loss: 'meanSquaredError', metrics: ['r2', 'rmse'] });

  const history = await model.fit(x, y, {
    epochs: 500,
    // a random fifth of the rows; for time series, { tail: 0.2 } takes the last ones
    validationSplit: 0.2,
    earlyStopping: { patience: 20, monitor: 'val_r2' },
    timeLimit: 60_000,
  });

  return {
    bestEpoch: history.best.epoch,
    stopReason: history.stopReason,
    r2: history.best.value,
    predict: (row) => model.predict([row])[0] as number,
  };
}
