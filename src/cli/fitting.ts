/** Builds the network that the options describe, and trains it. */

import { InternalError } from '../errors.js';
import { bagging, DivergenceError, type FitOptions, type Rate, type Runtime, sequential } from '../index.js';
import { decodeModel } from '../model/checkpoint.js';
import { Ensemble } from '../model/ensemble.js';
import type { Validation } from '../model/fit.js';
import { Model } from '../model/model.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { answerTo } from './answer.js';
import { fail } from './arguments.js';
import { readAugmentation } from './augment.js';
import { epochRows } from './bagging.js';
import type { Checkpoint } from './checkpoint.js';
import { readOptimizer } from './choices.js';
import { type DataSet, isStreamed, type Rows, rowShape, rowsIn, type Streamed } from './dataset.js';
import { type Ending, isOpen } from './ending.js';
import { fitEnsemble, type Members } from './ensemblefit.js';
import type { Interruption } from './interruption.js';
import { layersOf } from './layers.js';
import { restored } from './models.js';
import type { TrainOptions } from './options.js';
import type { Progress } from './progress.js';
import { commandRuntime } from './runtime.js';
import { readSchedule } from './schedule.js';
import type { Terminal } from './terminal.js';

/** The shape of a row, for `sequential`: pictures keep theirs. */
function inputOf({ train }: DataSet): number | readonly [number, number] {
  const [first = 1, ...more] = rowShape(train);
  const [second] = more;
  if (second !== undefined && more.length === 1) return [first, second];
  return more.reduce((product, n) => product * n, first);
}

/** The learning rate, or its schedule over the run. */
function rateOf(options: TrainOptions, data: DataSet): Rate {
  const { learningRate, schedule, epochs } = options;
  if (schedule === undefined) return learningRate;
  // with batch norm a last row alone joins the batch before it
  const rows = epochRows(options.bagging, rowsIn(data.train)) - (options.batchNorm ? 1 : 0);
  const updates = epochs * Math.ceil(rows / batchSizeOf(options, data));
  return readSchedule('train', schedule)(learningRate, { updates, epochs });
}

/** A network, or an ensemble of networks, with the size of one. */
export interface Built {
  readonly model: Model<LossName, MetricName> | Members;
  readonly parameters: number;
  readonly inputs: number;
  readonly runtime: Runtime;
}

/** What the options describe, untrained. */
export function buildModel(options: TrainOptions, data: DataSet): Built {
  const { optimizer, clipNorm, clipValue, augment, seed, threads, kernel, reproducible } = options;
  const { task, features } = data;
  const answer = answerTo(data);
  const runtime = commandRuntime({ threads, kernel, reproducible });
  const architecture = sequential(
    {
      input: inputOf(data),
      // rows of a table are standardized by its features
      ...(features ? task.kind === 'numbers' && { standardizeTarget: true } : { standardize: true }),
      ...(augment !== undefined && { augment: readAugmentation('train', augment) }),
      seed,
      ...(task.kind === 'classes' && { classes: task.classes }),
      layers: layersOf(options, answer),
    },
    { runtime },
  );
  const compile = {
    loss: answer.loss,
    optimizer: readOptimizer('train', optimizer).make(rateOf(options, data)),
    clipNorm,
    clipValue,
    metrics: [answer.score] as MetricName[],
  };
  const { parameterCount: parameters, inputs } = architecture.network;
  if (options.bagging) {
    return { model: bagging(architecture, { ...options.bagging, seed }).compile(compile), parameters, inputs, runtime };
  }
  const { compiled } = architecture.prepare<LossName, MetricName>(compile);
  const model = new Model({ ...compiled, ...(features && { features }) }, runtime);
  return { model, parameters, inputs, runtime };
}

/** The same with the model of a checkpoint in the place of the untrained one. */
export function resumed({ model, runtime, ...rest }: Built, bytes: Uint8Array): Built {
  model.dispose();
  return { ...rest, runtime, model: restored(decodeModel(bytes), runtime) };
}

/** Rows per update: as asked for, or the default where there are as many rows. */
export function batchSizeOf({ batchSize, bagging }: TrainOptions, { train }: DataSet): number {
  const rows = epochRows(bagging, rowsIn(train));
  if (typeof batchSize !== 'number') return Math.min(batchSize.atMost, rows);
  if (batchSize > rows) {
    const which = bagging ? 'rows of a sample' : 'training rows';
    fail('train', `\`--batch-size\` must not exceed the ${rows} ${which}, and is ${batchSize}.`);
  }
  return batchSize;
}

/** Rows as arrays. The members of an ensemble share theirs, so they are never read block by block. */
function inMemory(rows: Rows | Streamed): readonly [Rows['x'], Rows['y']] {
  if (isStreamed(rows)) throw new InternalError('members of an ensemble train on rows in memory.');
  return [rows.x, rows.y];
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
    ...(validation && { earlyStopping: { patience } }),
    ...(timeLimit !== undefined && { timeLimit }),
    ...(classWeight && { classWeight }),
    diagnostics,
    signal: interruption.signal,
  };
  interruption.start();
  if (model instanceof Ensemble) {
    const judged = validation && { validationData: inMemory(validation) };
    return fitEnsemble(model, options, data, { ...fit, ...judged }, progress, interruption, terminal);
  }
  try {
    const run: FitOptions<Validation<LossName>, MetricName> = {
      ...fit,
      ...(validation && { validationData: isStreamed(validation) ? validation.dataset : inMemory(validation) }),
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
    };
    if (isStreamed(train)) await model.fit(train.dataset, run);
    else await model.fit(train.x, train.y, run);
  } catch (error) {
    // it would diverge again
    if (error instanceof DivergenceError) await checkpoint?.remove();
    if (error !== interruption) throw error;
  } finally {
    progress.clear();
  }
  const history = checkpoint?.historyOf(model) ?? (model.history as NonNullable<typeof model.history>);
  const { seconds, rowsPerSecond } = progress;
  if (isOpen(history.stopReason)) await checkpoint?.leave(model);
  const keptEpoch = validation ? history.best.epoch : 0;
  return { model, ending: { reason: history.stopReason, history, keptEpoch, seconds, rowsPerSecond } };
}
