import { type Dataset, isDataset } from '../data/dataset.js';
import type { Inputs } from '../data/inputs.js';
import { InternalError, refuse, words } from '../errors.js';
import type { LossName } from '../nn/losses.js';
import { type ArrayRows, ArrayTraining, readRows } from './arraytraining.js';
import { BlockReader } from './blockreader.js';
import { DataTraining } from './datatraining.js';
import { diagnosedRows } from './diagnose.js';
import type { Targets } from './examples.js';
import { fingerprint } from './fingerprint.js';
import { Recorder } from './history.js';
import { checkJudged, type Given, type JudgedData, judgedPart } from './judged.js';
import { checkRows, largestBatch } from './network.js';
import { type CheckedFitOptions, checkFitOptions, type FitOptions } from './options.js';
import { formOf, type Part, place } from './placing.js';
import { chunkRows } from './prediction.js';
import { batchForm, type Examples } from './resident.js';
import type { ModelState } from './state.js';
import type { Waiting } from './supply.js';
import { Session, type SessionPlan, type Supplies } from './training.js';
import type { TrainingData, Use } from './trainingdata.js';
import { type Continuation, checkResumed } from './underway.js';
import { finish } from './yield.js';

/** What validation data looks like: arrays, or a data set. */
export type Validation<L extends LossName> = readonly [Inputs, Targets<L>] | Dataset<Targets<L>>;

/** A fit that is ready to run, and what gives its data back afterwards. */
export interface PreparedFit<M extends string> {
  readonly session: Session<M>;
  /** What the session does: for sessions of other models on the same resident data. */
  readonly plan: SessionPlan;
  readonly options: CheckedFitOptions;
  release(): void;
}

/** Rows in a sample of that share of them: at least one. */
export function sampleSize(rows: number, share: number): number {
  return Math.max(1, Math.round(rows * share));
}

/** A fit whose every input was checked, as far as that needs no waiting, before anything has changed. */
export interface CheckedFit {
  readonly options: CheckedFitOptions;
  readonly training: TrainingData;
  readonly validation: JudgedData | undefined;
  readonly use: Use;
  /** What the fit is, for one that it may go on with. */
  readonly continuation: Continuation;
}

/** A fit that another thread can do, as plain data. */
export interface Detached {
  readonly options: CheckedFitOptions;
  readonly use: Use;
  readonly rows: ArrayRows;
  readonly validation: Examples | undefined;
  readonly continuation: Continuation;
}

/** What a fit on arrays consists of. */
export function detached({ training, validation, ...rest }: CheckedFit): Detached {
  if (!(training instanceof ArrayTraining) || validation instanceof BlockReader) {
    throw new InternalError('a data set came to a background fit.');
  }
  return { ...rest, rows: training.read, validation };
}

/** Validation data, as far as it is a pair of arrays, or a data set. */
function checkPair(where: string, held: unknown): Given {
  if (isDataset(held)) return held;
  if (!Array.isArray(held) || held.length !== 2) refuse(where, '`validationData` must be [x, y] or a data set', held);
  return [held[0] as Inputs, held[1]];
}

/** Refuses a background fit of what no worker can be given. */
function checkBackground(where: string, { core }: ModelState, given: Given, judged: unknown, sampled: boolean): void {
  const rule = (what: string): string => `a background fit ${what}`;
  if (sampled) refuse(where, rule('is for single models'), words('an ensemble'), 'fit it without `background`.');
  if (where === 'fitSync') {
    refuse(where, rule('goes on while others work'), words('fitSync'), 'use `fit` or `train`.');
  }
  if (isDataset(given) || isDataset(judged)) {
    refuse(where, rule('needs its rows in memory'), words('a data set'), 'pass arrays, or leave `background` out.');
  }
  if (core.rate.isFunction) {
    const help = 'use a built-in schedule, or leave `background` out.';
    refuse(where, rule('needs a learning rate that a worker can be given'), words('a function'), help);
  }
}

/**
 * Checks everything that a fit is given. Changes nothing.
 * @param share see `prepareFit`
 * @throws ArgumentError, see Model.fit.
 */
export function checkFit<V, M extends string>(
  state: ModelState,
  where: string,
  given: Given,
  options: FitOptions<V, M>,
  share?: number,
): CheckedFit {
  const sampled = share !== undefined;
  const { compiled, core } = state;
  if (typeof options !== 'object' || options === null) refuse(where, 'options must be an object', options);
  const checked = checkFitOptions(where, options, compiled.metrics);
  if (sampled && (isDataset(given) || isDataset(options.validationData))) {
    refuse(where, 'an ensemble needs its rows in memory', 'a data set', 'pass arrays.');
  }
  if (checked.background) checkBackground(where, state, given, options.validationData, sampled);
  const training = isDataset(given)
    ? new DataTraining(where, state, given, options, checked)
    : new ArrayTraining(state, readRows(where, state, given, options, checked));
  const { validationData } = options;
  const validation =
    validationData === undefined
      ? undefined
      : checkJudged(`${where}, validationData`, state, training.classes, checkPair(where, validationData));
  const judging = validation !== undefined || checked.split !== undefined;
  const monitor = core.rate.monitor(judging);
  if (!judging && monitor?.startsWith('val_')) {
    const help = "add validationSplit: 0.1, or monitor: 'loss'.";
    refuse(where, `the learning rate follows \`${monitor}\`, which needs validation rows`, 'none', help);
  }
  const trainingRows = sampleSize(training.rows, share ?? 1);
  const { batchSize = Math.min(32, trainingRows), shuffle } = checked;
  if (batchSize > trainingRows) {
    const help = `use a batchSize of at most ${trainingRows}.`;
    refuse(where, `\`batchSize\` must not exceed the ${trainingRows} training rows`, batchSize, help);
  }
  const { network } = compiled;
  checkRows(where, 'the training rows', network, trainingRows);
  checkRows(where, '`batchSize`', network, batchSize);
  checkRows(where, '`maxSamples`', network, checked.maxSamples);
  if (checked.resume) {
    const largest = largestBatch(network, batchSize);
    if (checked.maxSamples < largest) {
      refuse(where, `\`maxSamples\` must be at least ${largest} to resume, the rows of a batch`, checked.maxSamples);
    }
  }
  const { patience, diagnostics } = checked;
  const continuation: Continuation = {
    shape: { totalRows: trainingRows, batchSize, shuffle },
    monitor: Number.isFinite(patience) ? checked.monitor : undefined,
    diagnostics,
  };
  if (checked.resume) checkResumed(where, core.underWay(), continuation);
  const looked = diagnostics ? diagnosedRows(network, trainingRows) : 0;
  options.signal?.throwIfAborted();
  const use = { batchSize, shuffle, looked, chunk: chunkRows(network) };
  return { options: checked, training, validation, use, continuation };
}

/**
 * Checks everything that a fit is given, and gets it ready: see `arrangeFit`.
 * @param share of the training rows that an epoch has, where the caller draws a sample of them: they must then be resident
 * @throws ArgumentError and MemoryLimitError, see Model.fit.
 */
export function prepareFit<V, M extends string>(
  state: ModelState,
  where: string,
  given: Given,
  options: FitOptions<V, M>,
  share?: number,
): PreparedFit<M> {
  return arrangeFit(state, where, checkFit(state, where, given, options, share), share);
}

/**
 * Gets a fit ready whose input was checked. Arrays find their places at once, and class names and standardization are
 * learned from the training rows (once in a model's life); with a data set that is the first thing that the session does.
 * Until the data has found its place, nothing of the model changes.
 * @throws MemoryLimitError, see Model.fit.
 */
export function arrangeFit<M extends string>(
  state: ModelState,
  where: string,
  { options: checked, training, validation, use, continuation }: CheckedFit,
  share?: number,
): PreparedFit<M> {
  const { compiled, core } = state;
  const { network } = compiled;
  const rows = sampleSize(training.rows, share ?? 1);
  let release = (): void => {};

  function* settle(pause: () => boolean): Generator<Waiting, Supplies> {
    const lessons = yield* training.learn(use, pause);
    const targets = state.targets ?? lessons.targets;
    // samples of rows have numbers, in whatever order
    const parts = training.parts({ ...use, shuffle: use.shuffle || share !== undefined }, targets);
    const judged = validation ? yield* judgedPart('validation data', state, validation, targets) : parts.heldOut;
    const identity = training.identity(use);
    const seen = judged && fingerprint(formOf(judged));
    if (checked.resume) {
      const shape = { ...continuation.shape, ...identity };
      checkResumed(where, core.underWay(), { ...continuation, shape, judged: seen });
    }
    const train = batchForm(formOf(parts.training), largestBatch(network, use.batchSize));
    const others =
      (Number.isFinite(checked.patience) ? network.slabBytes : 0) +
      core.bytesOfPrograms({
        train,
        evaluate: judged && batchForm(formOf(judged), use.chunk),
        diagnose: parts.diagnosed && batchForm(formOf(parts.diagnosed), use.looked),
      });
    const list = [parts.training, parts.diagnosed, judged].filter((part) => part !== undefined);
    const placed = place(core.runtime, list, {
      what: `${where} of ${training.given} rows`,
      others,
      stream: share === undefined,
      onChoice: () => core.expectSteps(train, Math.ceil(rows / use.batchSize) * checked.epochs),
    });
    release = placed.release;
    state.classes = training.classes;
    state.targets = targets;
    if (lessons.inputs) state.standardizeInputs(lessons.inputs);
    const supplyOf = (part: Part | undefined) => (part ? placed.supplies[list.indexOf(part)] : undefined);
    return {
      training: supplyOf(parts.training) as Supplies['training'],
      diagnosed: supplyOf(parts.diagnosed),
      validation: supplyOf(judged),
      unit: state.unit,
      identity,
      judged: seen,
    };
  }

  const waits = !(training instanceof ArrayTraining) || validation instanceof BlockReader;
  const plan: SessionPlan = {
    epochs: checked.epochs,
    batchSize: use.batchSize,
    rows,
    shuffle: use.shuffle,
    maxSamples: checked.maxSamples,
    resume: checked.resume,
    patience: checked.patience,
    recorder: new Recorder(checked.monitor, checked.minDelta),
    supplies: waits ? settle : finish(settle(() => false)),
    diagnostics: checked.diagnostics,
  };
  return { session: new Session<M>(core, plan), plan, options: checked, release: () => release() };
}
