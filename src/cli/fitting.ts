/** Builds the network that the options describe, and trains it. */
import { bagging, DivergenceError, load, type Rate, type Runtime, sequential } from '../index.js';
import { Ensemble } from '../model/ensemble.js';
import type { History } from '../model/history.js';
import type { Model } from '../model/model.js';
import { fail } from './arguments.js';
import { readAugmentation } from './augment.js';
import { epochRows } from './bagging.js';
import type { Checkpoint } from './checkpoint.js';
import { readOptimizer } from './choices.js';
import type { DataSet } from './data.js';
import { type Ending, isOpen } from './ending.js';
import { fitEnsemble, type Members } from './ensemblefit.js';
import type { Interruption } from './interruption.js';
import { layersOf } from './layers.js';
import type { TrainOptions } from './options.js';
import type { Progress } from './progress.js';
import { commandRuntime } from './runtime.js';
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
  const rows = epochRows(options.bagging, data.train.y.length) - (options.batchNorm ? 1 : 0);
  const updates = epochs * Math.ceil(rows / batchSizeOf(options, data));
  return readSchedule('train', schedule)(learningRate, { updates, epochs });
}

/** A network, or an ensemble of networks, with the size of one. */
export interface Built {
  readonly model: Model<'crossEntropy', 'accuracy'> | Members;
  readonly parameters: number;
  readonly inputs: number;
  readonly runtime: Runtime;
}

/** What the options describe, untrained. */
export function buildModel(options: TrainOptions, data: DataSet): Built {
  const { optimizer, clipNorm, clipValue, augment, seed, threads, kernel, reproducible } = options;
  const runtime = commandRuntime({ threads, kernel, reproducible });
  const architecture = sequential(
    {
      input: inputOf(data),
      standardize: true,
      ...(augment !== undefined && { augment: readAugmentation('train', augment) }),
      seed,
      classes: data.classes,
      layers: layersOf(options, data.classes.length),
    },
    { runtime },
  );
  const several = options.bagging && bagging(architecture, { ...options.bagging, seed });
  const model = (several ?? architecture).compile({
    loss: 'crossEntropy',
    optimizer: readOptimizer('train', optimizer).make(rateOf(options, data)),
    clipNorm,
    clipValue,
    metrics: ['accuracy'],
  });
  const { parameterCount: parameters, inputs } = architecture.network;
  return { model, parameters, inputs, runtime };
}

/** The same with the model of a checkpoint in the place of the untrained one. */
export function resumed({ model, runtime, ...rest }: Built, bytes: Uint8Array): Built {
  model.dispose();
  return { ...rest, runtime, model: load<'crossEntropy', 'accuracy'>(bytes, { runtime }) };
}

/** Rows per update: as asked for, or the default where there are as many rows. */
export function batchSizeOf({ batchSize, bagging }: TrainOptions, { train }: DataSet): number {
  const rows = epochRows(bagging, train.y.length);
  if (typeof batchSize !== 'number') return Math.min(batchSize.atMost, rows);
  if (batchSize > rows) {
    const which = bagging ? 'rows of a sample' : 'training rows';
    fail('train', `\`--batch-size\` must not exceed the ${rows} ${which}, and is ${batchSize}.`);
  }
  return batchSize;
}

/** Trains until the last epoch, early stopping, the time limit or Ctrl-C; says which it was, and what came out. */
export async function fitModel(
  { model }: Built,
  options: TrainOptions,
  data: DataSet,
  batchSize: number,
  progress: Progress,
  interruption: Interruption,
  terminal: Terminal,
  checkpoint: Checkpoint | undefined,
): Promise<{ ending: Ending; model: Built['model'] }> {
  const { epochs, patience = epochs, timeLimit, classWeight, diagnostics } = options;
  const { train, validation } = data;
  const fit = {
    epochs,
    batchSize,
    // early stopping is what keeps the best weights, so it is on wherever there are rows to judge by
    ...(validation && { validationData: [validation.x, validation.y] as const, earlyStopping: { patience } }),
    ...(timeLimit !== undefined && { timeLimit }),
    ...(classWeight && { classWeight }),
    diagnostics,
    signal: interruption.signal,
  };
  interruption.start();
  if (model instanceof Ensemble) return fitEnsemble(model, options, data, fit, progress, interruption, terminal);
  try {
    await model.fit(train.x, train.y, {
      ...fit,
      // a part of an epoch is then finished by the next run, and not judged by this one
      resume: checkpoint !== undefined,
      onProgress: (position) => {
        progress.move(position);
        checkpoint?.move(model, position);
      },
      onEpochEnd: (logs) => {
        progress.epoch(logs);
        const { dataLoss: _, ...figures } = logs;
        const { seconds, rowsPerSecond } = progress;
        terminal.event('epoch', { ...figures, epochs, seconds, rowsPerSecond });
      },
    });
  } catch (error) {
    // it would diverge again
    if (error instanceof DivergenceError) await checkpoint?.remove();
    if (error !== interruption) throw error;
  } finally {
    progress.clear();
  }
  const history = checkpoint?.historyOf(model) ?? (model.history as History<'accuracy'>);
  const { seconds, rowsPerSecond } = progress;
  if (isOpen(history.stopReason)) await checkpoint?.leave(model);
  const keptEpoch = validation ? history.best.epoch : 0;
  return { model, ending: { reason: history.stopReason, history, keptEpoch, seconds, rowsPerSecond } };
}
