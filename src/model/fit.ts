import type { Inputs } from '../data/inputs.js';
import { holdOut, holdOutTail } from '../data/split.js';
import { fitStandardization, type Standardization } from '../data/standardize.js';
import type { TargetMatrix } from '../data/targets.js';
import { refuse } from '../errors.js';
import type { LossName } from '../nn/losses.js';
import { chunkRows } from './core.js';
import { classNames, labelsOf, readExamples, rowWeights, scaleTargets, type Targets } from './examples.js';
import { Recorder } from './history.js';
import { type CheckedFitOptions, checkFitOptions, type FitOptions } from './options.js';
import type { BatchForm } from './programs.js';
import { type Examples, ResidentExamples, residentBytes } from './resident.js';
import type { ModelState } from './state.js';
import { type Selection, Session } from './training.js';

/** A fit that is ready to run, and what gives its data back afterwards. */
export interface PreparedFit<M extends string> {
  readonly session: Session<M>;
  readonly options: CheckedFitOptions;
  release(): void;
}

/** The form of the batches that examples are cut into. */
export function batchForm({ x, t, weights }: Examples, rows: number): BatchForm {
  return { rows, bytes: x.data instanceof Uint8Array, dense: t.kind === 'values', weighted: weights !== undefined };
}

/** Mean and scale of each output over the training rows. */
function fitTargets(t: TargetMatrix, rows: Uint32Array | undefined): Standardization | undefined {
  if (t.kind !== 'values') return undefined;
  return fitStandardization({ data: t.data, rows: t.rows, columns: t.columns, scale: 1 }, t.columns, rows);
}

/**
 * Checks everything that a fit is given, learns class names and standardization from the training rows (once in a
 * model's life), and copies the data into the arena. Until the last check has passed, nothing changes.
 * @throws ArgumentError and MemoryLimitError, see Model.fit.
 */
export function prepareFit<L extends LossName, M extends string>(
  state: ModelState,
  where: string,
  x: Inputs,
  y: Targets<L>,
  options: FitOptions<readonly [Inputs, Targets<L>], M>,
): PreparedFit<M> {
  const { compiled, core } = state;
  if (typeof options !== 'object' || options === null) refuse(where, 'options must be an object', options);
  const checked = checkFitOptions(where, options, compiled.metrics);
  const classes = classNames(`${where}, y`, state.form, y);
  const form = { ...state.form, classes };
  const training = readExamples(where, form, x, y);
  const { rows } = training.x;
  if (checked.split && rows < 2) refuse(where, '`validationSplit` needs at least two rows', `${rows} row`);
  const parts =
    checked.split &&
    (checked.split.tail
      ? holdOutTail(rows, checked.split.share)
      : holdOut(rows, checked.split.share, core.seed, labelsOf(form, training.t)));
  const held = options.validationData;
  if (held !== undefined && (!Array.isArray(held) || held.length !== 2)) {
    refuse(where, '`validationData` must be [x, y]', held);
  }
  const validation = held && readExamples(`${where}, validationData`, form, held[0], held[1]);
  const trainingRows = parts?.kept.length ?? rows;
  const { batchSize = Math.min(32, trainingRows) } = checked;
  if (batchSize > trainingRows) {
    const help = `use a batchSize of at most ${trainingRows}.`;
    refuse(where, `\`batchSize\` must not exceed the ${trainingRows} training rows`, batchSize, help);
  }
  const weights = rowWeights(where, form, training, options.sampleWeight, options.classWeight, parts?.kept);
  const weighted = { ...training, weights };
  const { config, network } = compiled;
  const chunk = chunkRows(network);
  const judged = validation ?? (parts ? weighted : undefined);
  const bytes =
    residentBytes(weighted) +
    (validation ? residentBytes(validation) : 0) +
    trainingRows * 4 +
    network.slabBytes +
    core.bytesToTrain(batchForm(weighted, batchSize), judged && batchForm(judged, chunk));
  core.runtime.ensureRoom(bytes, `${where} of ${rows} rows`);

  // everything fits and is in order: from here on the model changes
  state.classes = classes;
  if (config.standardize && !state.inputs) {
    state.standardizeInputs(fitStandardization(training.x, compiled.channels, parts?.kept));
  }
  if (config.standardizeTarget && !state.targets) state.targets = fitTargets(training.t, parts?.kept);
  const resident: ResidentExamples[] = [];
  const place = (label: string, examples: Examples): ResidentExamples => {
    const scaled = { ...examples, t: scaleTargets(examples.t, state.targets) };
    const placed = new ResidentExamples(core.runtime, label, scaled);
    resident.push(placed);
    return placed;
  };
  const selected: Selection = { examples: place('training data', weighted), rows: parts?.kept };
  let judgedRows: Selection | undefined;
  if (validation) judgedRows = { examples: place('validation data', validation), rows: undefined };
  else if (parts) judgedRows = { examples: selected.examples, rows: parts.heldOut };
  const session = new Session<M>(core, {
    epochs: checked.epochs,
    batchSize,
    shuffle: checked.shuffle,
    maxSamples: checked.maxSamples,
    patience: checked.patience,
    recorder: new Recorder(checked.monitor, checked.minDelta),
    training: selected,
    validation: judgedRows,
    unit: state.unit,
  });
  return {
    session,
    options: checked,
    release: () => {
      for (const examples of resident) examples.release();
    },
  };
}
