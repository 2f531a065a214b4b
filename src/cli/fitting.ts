/** Builds the network that the options describe, and trains it. */
import { createRuntime, type Rate, sequential } from '../index.js';
import type { History } from '../model/history.js';
import { optimizerOf } from '../nn/optimizers.js';
import { fail } from './arguments.js';
import { readAugmentation } from './augment.js';
import type { DataSet } from './data.js';
import type { Ending } from './ending.js';
import type { Interruption } from './interruption.js';
import { layersOf } from './layers.js';
import type { TrainOptions } from './options.js';
import type { Progress } from './progress.js';
import { readSchedule } from './schedule.js';
import type { Terminal } from './terminal.js';

/** The shape of a row, for `sequential`: pictures keep theirs. */
function inputOf({ train }: DataSet): number | readonly [number, number] {
  const [first = 1, ...more] = train.x.shape.slice(1);
  const [second] = more;
  if (second !== undefined && more.length === 1) return [first, second];
  return more.reduce((product, n) => product * n, first);
}

/** The learning rate, or its schedule over the run. */
function rateOf(options: TrainOptions, data: DataSet): Rate {
  const { learningRate, schedule, epochs } = options;
  if (schedule === undefined) return learningRate;
  // with batch norm a last row alone joins the batch before it
  const rows = data.train.y.length - (options.batchNorm ? 1 : 0);
  const updates = epochs * Math.ceil(rows / batchSizeOf(options, data));
  return readSchedule('train', schedule)(learningRate, { updates, epochs });
}

/** The network, untrained, with its size. */
export function buildModel(options: TrainOptions, data: DataSet) {
  const { optimizer, clipNorm, clipValue, augment, seed, threads, kernel } = options;
  const architecture = sequential(
    {
      input: inputOf(data),
      standardize: true,
      ...(augment !== undefined && { augment: readAugmentation('train', augment) }),
      seed,
      classes: data.classes,
      layers: layersOf(options, data.classes.length),
    },
    { runtime: createRuntime({ threads, kernel }) },
  );
  const model = architecture.compile({
    loss: 'crossEntropy',
    optimizer: optimizerOf(optimizer, { learningRate: rateOf(options, data) }),
    clipNorm,
    clipValue,
    metrics: ['accuracy'],
  });
  const { parameterCount: parameters, inputs } = architecture.network;
  return { model, parameters, inputs };
}

/** A network of buildModel. */
export type Built = ReturnType<typeof buildModel>;

/** Rows per update: as asked for, or the default where there are as many rows. */
export function batchSizeOf({ batchSize }: TrainOptions, { train }: DataSet): number {
  const rows = train.y.length;
  if (typeof batchSize !== 'number') return Math.min(batchSize.atMost, rows);
  if (batchSize > rows)
    fail('train', `\`--batch-size\` must not exceed the ${rows} training rows, and is ${batchSize}.`);
  return batchSize;
}

/** Trains until the last epoch, early stopping, the time limit or Ctrl-C, and says which it was. */
export async function fitModel(
  { model }: Built,
  options: TrainOptions,
  data: DataSet,
  batchSize: number,
  progress: Progress,
  interruption: Interruption,
  terminal: Terminal,
): Promise<Ending> {
  const { epochs, patience = epochs, timeLimit, classWeight } = options;
  const { train, validation } = data;
  interruption.start();
  try {
    await model.fit(train.x, train.y, {
      epochs,
      batchSize,
      // early stopping is what keeps the best weights, so it is on wherever there are rows to judge by
      ...(validation && { validationData: [validation.x, validation.y] as const, earlyStopping: { patience } }),
      ...(timeLimit !== undefined && { timeLimit }),
      ...(classWeight && { classWeight }),
      signal: interruption.signal,
      onProgress: (position) => progress.move(position),
      onEpochEnd: (logs) => {
        progress.epoch(logs);
        const { dataLoss: _, ...figures } = logs;
        const { seconds, rowsPerSecond } = progress;
        terminal.event('epoch', { ...figures, epochs, seconds, rowsPerSecond });
      },
    });
  } catch (error) {
    if (error !== interruption) throw error;
  } finally {
    progress.clear();
  }
  const history = model.history as History<'accuracy'>;
  const { seconds, rowsPerSecond } = progress;
  return {
    reason: history.stopReason,
    history,
    keptEpoch: validation ? history.best.epoch : 0,
    seconds,
    rowsPerSecond,
  };
}
