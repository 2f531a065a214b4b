/** Model files of the command: what `save()` of a model or an ensemble gives, with a record of the run in the metadata. */
import { stat } from 'node:fs/promises';
import { FormatError } from '../errors.js';
import { decodeSafetensors, encodeSafetensors } from '../format/safetensors.js';
import { load, loadEnsemble } from '../index.js';
import { decodeModel, ENSEMBLE_FORMAT, type SavedModel } from '../model/checkpoint.js';
import type { Ensemble } from '../model/ensemble.js';
import { decodeEnsemble } from '../model/ensemblefile.js';
import { inputSize } from '../model/inputsize.js';
import type { Model } from '../model/model.js';
import { resolveNetwork } from '../model/network.js';
import { classCount, type LossName, lossName, lossRow } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { readModelBytes } from '../node/index.js';
import { fail } from './arguments.js';
import { type DataKind, SYNTHETIC } from './data.js';
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
  /** How many members an ensemble was to have, where Ctrl-C left it with fewer. */
  readonly plannedMembers?: number;
}

/** Key of the record in the metadata. */
const RUN = 'run';

/** Key of the record in checkpoints of the command (src/cli/checkpoint.ts). */
export const CHECKPOINT = 'checkpoint';

/** Whether bytes are a checkpoint that the command wrote. @throws FormatError */
export function isCheckpoint(bytes: Uint8Array): boolean {
  return decodeSafetensors(bytes, 'train').metadata[CHECKPOINT] !== undefined;
}

/** Model bytes with the record added. The same model and run give the same bytes. */
export function withRun(bytes: Uint8Array, run: Run): Uint8Array<ArrayBuffer> {
  const { tensors, metadata } = decodeSafetensors(bytes, 'train');
  return encodeSafetensors({ tensors, metadata: { ...metadata, [RUN]: JSON.stringify(run) } });
}

/** The record in model bytes; undefined where a program of the user's own saved the model. @throws FormatError */
export function runOf(bytes: Uint8Array, where: string): Run | undefined {
  const text = decodeSafetensors(bytes, where).metadata[RUN];
  if (text === undefined) return undefined;
  const run = JSON.parse(text) as Run;
  const known = run.data === 'idx' || run.data in SYNTHETIC;
  if (!known)
    throw new FormatError(`${where}: the model was trained on ${run.data}, which this version does not know.`);
  return run;
}

/** Whether model bytes are those of an ensemble. @throws FormatError */
function isEnsemble(bytes: Uint8Array): boolean {
  return decodeSafetensors(bytes, 'load').metadata.format === ENSEMBLE_FORMAT;
}

/** A model out of a file, with what the command needs to know about it. */
export interface OpenedModel {
  readonly model: Model<LossName, MetricName> | Ensemble<LossName, MetricName>;
  readonly run: Run | undefined;
  /** Names of the classes it tells apart. */
  readonly classes: readonly string[];
  /** Values per row. */
  readonly inputs: number;
}

/** Reads a model file. @throws ArgumentError, FormatError where it cannot be read or is no model for classes. */
export async function openModel(verb: string, path: string): Promise<OpenedModel> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) fail(verb, `${path} ${found ? 'is a folder, not a model file' : 'does not exist'}.`);
  const bytes = await readModelBytes(path);
  try {
    const several = isEnsemble(bytes);
    const run = runOf(bytes, 'load');
    const runtime = commandRuntime({ kernel: 'turbo', reproducible: run?.reproducible ?? false });
    const model = several ? loadEnsemble(bytes, { runtime }) : load<LossName, MetricName>(bytes, { runtime });
    // the members of an ensemble differ in their parameters alone
    const [saved] = several ? decodeEnsemble(bytes).members : [decodeModel(bytes)];
    const { config, loss, classes } = saved as SavedModel;
    const inputs = inputSize(config.input).width;
    const { outputs } = resolveNetwork(inputs, config.layers);
    const { targets } = lossRow(loss);
    if (targets === 'values' || (targets === 'binary' && outputs > 1)) {
      throw new FormatError(
        `the model must tell classes apart, and this one has the loss ${lossName(loss)} and ${outputs} outputs.`,
      );
    }
    const count = classCount({ loss, outputs });
    return {
      model,
      run,
      classes: classes ?? Array.from({ length: count }, (_, c) => String(c)),
      inputs,
    };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`${path}: ${error.message.replace(/^load(Ensemble)?: /, '')}`, { cause: error });
  }
}
