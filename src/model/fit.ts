import type { Inputs } from '../data/inputs.js';
import { holdOut, holdOutTail, type Parts } from '../data/split.js';
import { fitStandardization, type Standardization } from '../data/standardize.js';
import type { TargetMatrix } from '../data/targets.js';
import { refuse, words } from '../errors.js';
import type { LossName } from '../nn/losses.js';
import { align } from '../runtime/arena.js';
import { diagnosedRows } from './diagnose.js';
import { classNames, labelsOf, readExamples, rowWeights, scaleTargets, type Targets } from './examples.js';
import { Recorder } from './history.js';
import { checkRows, largestBatch } from './network.js';
import { type CheckedFitOptions, checkFitOptions, type FitOptions } from './options.js';
import { chunkRows } from './prediction.js';
import type { BatchForm } from './programs.js';
import { type Examples, ResidentExamples, residentBytes } from './resident.js';
import type { ModelState } from './state.js';
import { type Selection, Session, type SessionPlan } from './training.js';

/** A fit that is ready to run, and what gives its data back afterwards. */
export interface PreparedFit<M extends string> {
  readonly session: Session<M>;
  /** What the session does: for sessions of other models on the same resident data. */
  readonly plan: SessionPlan;
  readonly options: CheckedFitOptions;
  release(): void;
}

/** The form of the batches that examples are cut into. */
export function batchForm({ x, t, weights }: Examples, rows: number): BatchForm {
  return { rows, bytes: x.data instanceof Uint8Array, dense: t.kind === 'values', weighted: weights !== undefined };
}

/** Rows in a sample of that share of them: at least one. */
export function sampleSize(rows: number, share: number): number {
  return Math.max(1, Math.round(rows * share));
}

/** Mean and scale of each output over the training rows. */
function fitTargets(t: TargetMatrix, rows: Uint32Array | undefined): Standardization | undefined {
  if (t.kind !== 'values') return undefined;
  return fitStandardization({ data: t.data, rows: t.rows, columns: t.columns, scale: 1 }, t.columns, rows);
}

/** A fit whose every input was checked, before anything has changed. */
interface CheckedFit {
  readonly options: CheckedFitOptions;
  readonly batchSize: number;
  readonly classes: readonly string[] | undefined;
  readonly training: Examples;
  readonly validation: Examples | undefined;
  readonly parts: Parts | undefined;
}

/** Checks data and options together, and that all of it will fit. Changes nothing. */
function checkFit<L extends LossName, M extends string>(
  { compiled, core, form: known }: ModelState,
  where: string,
  x: Inputs,
  y: Targets<L>,
  options: FitOptions<readonly [Inputs, Targets<L>], M>,
  share: number,
): CheckedFit {
  if (typeof options !== 'object' || options === null) refuse(where, 'options must be an object', options);
  const checked = checkFitOptions(where, options, compiled.metrics);
  const classes = classNames(`${where}, y`, known, y);
  const form = { ...known, classes };
  const examples = readExamples(where, form, x, y);
  const { rows } = examples.x;
  if (checked.split && rows < 2) refuse(where, '`validationSplit` needs at least two rows', words(`${rows} row`));
  const parts =
    checked.split &&
    (checked.split.tail
      ? holdOutTail(rows, checked.split.share)
      : holdOut(rows, checked.split.share, core.seed, labelsOf(form, examples.t)));
  const held = options.validationData;
  if (held !== undefined && (!Array.isArray(held) || held.length !== 2)) {
    refuse(where, '`validationData` must be [x, y]', held);
  }
  const judging = held !== undefined || parts !== undefined;
  const validation = held && readExamples(`${where}, validationData`, form, held[0], held[1]);
  const monitor = core.rate.monitor(judging);
  if (!judging && monitor?.startsWith('val_')) {
    const help = "add validationSplit: 0.1, or monitor: 'loss'.";
    refuse(where, `the learning rate follows \`${monitor}\`, which needs validation rows`, 'none', help);
  }
  const trainingRows = sampleSize(parts?.kept.length ?? rows, share);
  const { batchSize = Math.min(32, trainingRows) } = checked;
  if (batchSize > trainingRows) {
    const help = `use a batchSize of at most ${trainingRows}.`;
    refuse(where, `\`batchSize\` must not exceed the ${trainingRows} training rows`, batchSize, help);
  }
  checkRows(where, 'the training rows', compiled.network, trainingRows);
  checkRows(where, '`batchSize`', compiled.network, batchSize);
  checkRows(where, '`maxSamples`', compiled.network, checked.maxSamples);
  const weights = rowWeights(where, form, examples, options.sampleWeight, options.classWeight, parts?.kept);
  if (weights && parts && !parts.heldOut.some((row) => (weights[row] as number) > 0)) {
    refuse(where, 'at least one validation row must have a weight above 0', 0, 'use `validationData`.');
  }
  const training = { ...examples, weights };
  const judged = validation ?? (parts ? training : undefined);
  const looked = checked.diagnostics ? diagnosedRows(compiled.network, trainingRows) : 0;
  const largest = largestBatch(compiled.network, batchSize);
  const bytes =
    residentBytes(training) +
    (validation ? residentBytes(validation) : 0) +
    align(trainingRows * 4) +
    align((parts?.heldOut.length ?? 0) * 4) +
    (Number.isFinite(checked.patience) ? compiled.network.slabBytes : 0) +
    (looked > 0 ? align(looked * 4) : 0) +
    core.bytesToTrain(
      batchForm(training, largest),
      judged && batchForm(judged, chunkRows(compiled.network)),
      looked > 0 ? batchForm(training, looked) : undefined,
    );
  core.runtime.ensureRoom(bytes, `${where} of ${rows} rows`);
  options.signal?.throwIfAborted();
  return { options: checked, batchSize, classes, training, validation, parts };
}

/**
 * Checks everything that a fit is given, copies the data into the arena, and learns class names and standardization
 * from the training rows (once in a model's life). Until the last check has passed and the data has found its place,
 * nothing of the model changes.
 * @param share of the training rows that an epoch has, where the caller draws a sample of them
 * @throws ArgumentError and MemoryLimitError, see Model.fit.
 */
export function prepareFit<L extends LossName, M extends string>(
  state: ModelState,
  where: string,
  x: Inputs,
  y: Targets<L>,
  options: FitOptions<readonly [Inputs, Targets<L>], M>,
  share = 1,
): PreparedFit<M> {
  const checkedFit = checkFit(state, where, x, y, options, share);
  const { training, validation, parts, classes, batchSize, options: checked } = checkedFit;
  const { compiled, core } = state;
  const { standardize, standardizeTarget } = compiled.config;
  const inputs =
    standardize && !state.inputs ? fitStandardization(training.x, compiled.channels, parts?.kept) : undefined;
  const targets = state.targets ?? (standardizeTarget ? fitTargets(training.t, parts?.kept) : undefined);

  const resident: ResidentExamples[] = [];
  const release = (): void => {
    for (const examples of resident.splice(0)) examples.release();
  };
  const place = (label: string, examples: Examples): ResidentExamples => {
    const scaled = { ...examples, t: scaleTargets(examples.t, targets) };
    const placed = new ResidentExamples(core.runtime, label, scaled);
    resident.push(placed);
    return placed;
  };
  let selected: Selection;
  let judged: Selection | undefined;
  try {
    const steps = Math.ceil(training.x.rows / batchSize) * checked.epochs;
    core.expectSteps(batchForm(training, largestBatch(compiled.network, batchSize)), steps);
    selected = { examples: place('training data', training), rows: parts?.kept };
    if (validation) judged = { examples: place('validation data', validation), rows: undefined };
    else if (parts) judged = { examples: selected.examples, rows: parts.heldOut };
  } catch (error) {
    release();
    throw error;
  }

  state.classes = classes;
  state.targets = targets;
  if (inputs) state.standardizeInputs(inputs);
  const plan: SessionPlan = {
    epochs: checked.epochs,
    batchSize,
    shuffle: checked.shuffle,
    maxSamples: checked.maxSamples,
    patience: checked.patience,
    recorder: new Recorder(checked.monitor, checked.minDelta),
    training: selected,
    validation: judged,
    diagnostics: checked.diagnostics,
    unit: state.unit,
  };
  return { session: new Session<M>(core, plan), plan, options: checked, release };
}
