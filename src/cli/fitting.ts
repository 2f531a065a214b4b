/** Builds the network that the options describe, and trains it. */
import { adam, createRuntime, dense, l2, sequential, sgd } from '../index.js';
import type { History } from '../model/history.js';
import { fail } from './arguments.js';
import type { DataSet } from './data.js';
import type { Ending } from './ending.js';
import type { Interruption } from './interruption.js';
import type { TrainOptions } from './options.js';
import type { Progress } from './progress.js';
import type { Terminal } from './terminal.js';

/** The shape of a row, for `sequential`: pictures keep theirs. */
function inputOf({ train }: DataSet): number | readonly [number, number] {
  const [first = 1, ...more] = train.x.shape.slice(1);
  const [second] = more;
  if (second !== undefined && more.length === 1) return [first, second];
  return more.reduce((product, n) => product * n, first);
}

/** The network, untrained, with its size. */
export function buildModel(options: TrainOptions, data: DataSet) {
  const { hidden, activation, l2: strength, optimizer, learningRate, seed, threads, kernel } = options;
  const penalty = strength > 0 ? { weightRegularizer: l2(strength) } : {};
  const architecture = sequential(
    {
      input: inputOf(data),
      standardize: true,
      seed,
      classes: data.classes,
      layers: [
        ...hidden.map((units) => dense(units, { activation, ...penalty })),
        dense(data.classes.length, { activation: 'softmax', ...penalty }),
      ],
    },
    { runtime: createRuntime({ threads, kernel }) },
  );
  const model = architecture.compile({
    loss: 'crossEntropy',
    optimizer: { adam, sgd }[optimizer]({ learningRate }),
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
