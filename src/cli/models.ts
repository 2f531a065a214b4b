/** Model files of the command: what `save()` of a model or an ensemble gives, with a record of the run in the metadata. */
import { type Features, isFeatures, targetsOf } from '../data/table/features.js';
import { ArgumentError, FormatError } from '../errors.js';
import { decodeSafetensors, encodeSafetensors } from '../format/safetensors.js';
import { loadEnsemble, type Runtime } from '../index.js';
import { Architecture } from '../model/architecture.js';
import { decodeModel, ENSEMBLE_FORMAT, type SavedModel } from '../model/checkpoint.js';
import type { Ensemble } from '../model/ensemble.js';
import { decodeEnsemble } from '../model/ensemblefile.js';
import { inputSize } from '../model/inputsize.js';
import { Model } from '../model/model.js';
import { resolveNetwork } from '../model/network.js';
import { classCount, type LossName, lossName, lossRow } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { readModelBytes } from '../node/index.js';
import type { Score } from './answer.js';
import { fail } from './arguments.js';
import { SYNTHETIC } from './data.js';
import type { DataKind, TableOrigin, Task } from './dataset.js';
import { found } from './found.js';
import { commandRuntime } from './runtime.js';

/**
 * How the data of a run were made and parted. It is kept in the model file, so that `evaluate` and `predict` can tell
 * the rows that training never saw.
 */
export interface Run {
  /** Version of lanegrad. */
  readonly lanegrad: string;
  readonly data: DataKind;
  /** Rows in all parts. */
  readonly rows: number;
  /** Shares as in `Split`; `test` is missing for a folder. */
  readonly test?: number;
  readonly validation: number;
  readonly seed: number;
  /** Trained with the bits of kernel `simd`: whoever evaluates the model then does so too. */
  readonly reproducible: boolean;
  /** Of a table: which it was, by what its rows were parted, and what the training came to. */
  readonly table?: TableOrigin & { readonly reached?: Reached };
  /** How many members an ensemble was to have, where Ctrl-C left it with fewer. */
  readonly plannedMembers?: number;
}

/** What a training came to, for `summary`. */
export interface Reached {
  readonly score: Score;
  /** On the test part. */
  readonly value: number;
  readonly rows: number;
  readonly epochs: number;
  /** The epoch whose weights were kept; 0 where those of the last step were. */
  readonly keptEpoch: number;
}

/** Key of the record in the metadata. */
const RUN = 'run';

/** Key of the record in checkpoints of the command (src/cli/checkpoint.ts). */
export const CHECKPOINT = 'checkpoint';

/** Whether bytes are a checkpoint that the command wrote. @throws FormatError */
export function isCheckpoint(bytes: Uint8Array): boolean {
  return decodeSafetensors(bytes, 'train').metadata[CHECKPOINT] !== undefined;
}

/** Key of what became of a table's columns, which single models have in their own metadata. */
const FEATURES = 'features';

/** Model bytes with the record added, and for an ensemble with the features. The same model and run give the same bytes. */
export function withRun(bytes: Uint8Array, run: Run, features?: Features): Uint8Array<ArrayBuffer> {
  const { tensors, metadata } = decodeSafetensors(bytes, 'train');
  return encodeSafetensors({
    tensors,
    metadata: { ...metadata, ...(features && { [FEATURES]: JSON.stringify(features) }), [RUN]: JSON.stringify(run) },
  });
}

/** The record in model bytes; undefined where a program of the user's own saved the model. @throws FormatError */
export function runOf(bytes: Uint8Array, where: string): Run | undefined {
  const text = decodeSafetensors(bytes, where).metadata[RUN];
  if (text === undefined) return undefined;
  const run = JSON.parse(text) as Run;
  const known = run.data === 'idx' || (run.data === 'table' && run.table) || run.data in SYNTHETIC;
  if (!known)
    throw new FormatError(`${where}: the model was trained on ${run.data}, which this version does not know.`);
  return run;
}

/** A model out of a file, with what the command needs to know about it. */
export interface OpenedModel {
  /** Takes rows as numbers, those of a table too. */
  readonly model: Model<LossName, MetricName> | Ensemble<LossName, MetricName>;
  readonly run: Run | undefined;
  readonly task: Task;
  /** What becomes of a table's columns, where it takes rows of one. */
  readonly features: Features | undefined;
  /** Values per row. */
  readonly inputs: number;
}

/** The features in a file. @throws FormatError where they are none, or not those of this model. */
function featuresOf(text: string | undefined, inputs: number): Features | undefined {
  if (text === undefined) return undefined;
  const features: unknown = JSON.parse(text);
  if (isFeatures(features) && features.width === inputs) return features;
  throw new FormatError('load: the model has features that are not those of its network. Help: train it again.');
}

/** What a model tells. @throws FormatError where it is neither classes nor the numbers of a table. */
function taskOf({ loss, classes, config }: SavedModel, inputs: number, features: Features | undefined): Task {
  if (features && !features.classes) return { kind: 'numbers', targets: targetsOf(features), log: features.log };
  const { outputs } = resolveNetwork(inputs, config.layers);
  const { targets } = lossRow(loss);
  if (targets === 'values' || (targets === 'binary' && outputs > 1)) {
    throw new FormatError(
      `the model must tell classes apart, and this one has the loss ${lossName(loss)} and ${outputs} outputs.`,
    );
  }
  const count = classCount({ loss, outputs });
  return { kind: 'classes', classes: classes ?? Array.from({ length: count }, (_, c) => String(c)) };
}

/** A model that takes rows as numbers, also where they were rows of a table before; it is saved with all that the file had. */
export function restored(saved: SavedModel, runtime: Runtime): Model<LossName, MetricName> {
  const { config, loss, optimizer, clipNorm, clipValue, metrics, features } = saved;
  const options = { loss, optimizer, clipNorm, clipValue, metrics };
  const { compiled } = new Architecture(config, runtime).prepare<LossName, MetricName>(options);
  return new Model({ ...compiled, ...(features && { features }) }, runtime, saved);
}

/** Reads a model file. @throws ArgumentError, FormatError where it cannot be read or is no model that can be judged. */
export async function openModel(verb: string, path: string): Promise<OpenedModel> {
  const there = await found(`lanegrad ${verb}`, 'MODEL', path);
  if (!there?.isFile()) fail(verb, `${path} ${there ? 'is a folder, not a model file' : 'does not exist'}.`);
  const bytes = await readModelBytes(path);
  try {
    const { metadata } = decodeSafetensors(bytes, 'load');
    const several = metadata.format === ENSEMBLE_FORMAT;
    const run = runOf(bytes, 'load');
    const runtime = commandRuntime({ kernel: 'turbo', reproducible: run?.reproducible ?? false });
    // the members of an ensemble differ in their parameters alone
    const [saved] = (several ? decodeEnsemble(bytes).members : [decodeModel(bytes)]) as [SavedModel];
    const inputs = inputSize(saved.config.input).width;
    const features = featuresOf(metadata[FEATURES], inputs);
    const task = taskOf(saved, inputs, features);
    const model = several ? loadEnsemble(bytes, { runtime }) : restored(saved, runtime);
    return { model, run, task, features, inputs };
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof ArgumentError)) throw error;
    throw new FormatError(`${path}: ${error.message.replace(/^load(Ensemble)?: /, '')}`, { cause: error });
  }
}
