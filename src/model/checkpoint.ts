import type { Standardization } from '../data/standardize.js';
import type { Features } from '../data/table/features.js';
import { FormatError } from '../errors.js';
import { exactText, parseExact } from '../format/exactjson.js';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from '../format/safetensors.js';
import type { LossOption } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import type { Optimizer } from '../nn/optimizers.js';
import type { SequentialConfig } from './config.js';
import type { EpochPosition } from './position.js';
import type { PlateauState } from './rate.js';
import type { StoppingRecord } from './stopping.js';

/** Counters that let training go on exactly where it was. */
export interface TrainingState {
  readonly updates: number;
  readonly epochs: number;
  /** ρᵗ of each decay rate of the optimizer. */
  readonly powers: readonly number[];
  /** How far `reduceOnPlateau` has come. */
  readonly plateau?: PlateauState;
  /** How far the epoch under way has come, where the model was saved in the middle of one. */
  readonly position?: EpochPosition;
  /** How far early stopping has come, where the model was saved in the middle of a fit that has it. */
  readonly stopping?: StoppingRecord;
}

/** Everything that a saved model consists of. */
export interface SavedModel {
  readonly config: SequentialConfig;
  readonly loss: LossOption;
  readonly optimizer: Optimizer;
  readonly clipNorm: number | undefined;
  readonly clipValue: number | undefined;
  readonly metrics: readonly MetricName[];
  readonly classes: readonly string[] | undefined;
  /** What becomes of a table's columns, where the model takes rows of one. */
  readonly features: Features | undefined;
  readonly parameters: ReadonlyMap<string, NamedArray>;
  readonly inputs: Standardization | undefined;
  readonly targets: Standardization | undefined;
  /**
   * Only in checkpoints, with the optimizer's states by name (`_state0.dense0.weight`), and in the middle of a fit with early
   * stopping other weights (`_best.` or `_last.`). Layer names begin with a letter, ours with _.
   */
  readonly training: TrainingState | undefined;
  readonly states: ReadonlyMap<string, NamedArray>;
}

/** Looked for by the engine's own search: files are read once, when a loop of ours is not compiled yet. */
const NOT_FINITE = [Number.NaN, Infinity, -Infinity];

const FORMAT = 'lanegrad/1';
/** Format of a file of several models (src/model/ensemblefile.ts). */
export const ENSEMBLE_FORMAT = 'lanegrad-ensemble/1';

/** A model as safetensors bytes. The same model gives the same bytes. */
export function encodeModel(saved: SavedModel): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, NamedArray>(saved.parameters);
  const put = (name: string, standardization: Standardization | undefined) => {
    if (!standardization) return;
    for (const part of ['mean', 'scale'] as const) {
      const data = standardization[part];
      tensors.set(`${name}.${part}`, { shape: [data.length], data });
    }
  };
  put('_inputs', saved.inputs);
  put('_targets', saved.targets);
  for (const [name, state] of saved.states) tensors.set(name, state);
  const { config, loss, optimizer, clipNorm, clipValue, metrics, classes, features, training } = saved;
  return encodeSafetensors({
    tensors,
    metadata: {
      format: FORMAT,
      architecture: JSON.stringify(config),
      compile: JSON.stringify({ loss, optimizer, clipNorm, clipValue, metrics }),
      ...(classes && { classes: JSON.stringify(classes) }),
      ...(features && { features: JSON.stringify(features) }),
      ...(training && { training: exactText(training) }),
    },
  });
}

/**
 * Reads what `encodeModel` wrote. Shapes and counters are checked by who builds the model.
 * @throws FormatError for truncated, damaged and foreign files.
 */
export function decodeModel(bytes: Uint8Array): SavedModel {
  return readModel(bytes, parseExact);
}

/** The same; `exact` is what reads the state of the training, whose numbers may be such as JSON has not. */
export function readModel(bytes: Uint8Array, exact: (text: string) => unknown): SavedModel {
  const where = 'load';
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  if (metadata.format === ENSEMBLE_FORMAT) {
    throw new FormatError(`${where}: this is an ensemble of models. Help: load it with loadEnsemble.`);
  }
  if (metadata.format !== FORMAT) {
    throw new FormatError(
      `${where}: this model has the format ${metadata.format ?? 'of another program'}, and this version of lanegrad ` +
        `reads ${FORMAT}. Help: load it with the version that wrote it.`,
    );
  }
  const json = <T extends object>(key: string, parse: (text: string) => unknown = JSON.parse): T => {
    const text = metadata[key];
    if (text === undefined) throw damaged(`the model lacks its ${key}`);
    try {
      const value = parse(text);
      if (typeof value === 'object' && value !== null) return value as T;
    } catch {
      // told like any other text that is not what is needed
    }
    throw damaged(`the ${key} of the model is not a JSON object`);
  };
  const compile = json<Pick<SavedModel, 'loss' | 'optimizer' | 'clipNorm' | 'clipValue' | 'metrics'>>('compile');
  const parameters = new Map<string, NamedArray>();
  const states = new Map<string, NamedArray>();
  const scales = new Map<string, NamedArray>();
  for (const [name, tensor] of tensors) {
    if (NOT_FINITE.some((value) => tensor.data.includes(value)))
      throw damaged(`${name} holds values that are not finite`);
    if (/^_(state\d|best|last)\./.test(name)) states.set(name, tensor);
    else if (/^_(inputs|targets)\./.test(name)) scales.set(name, tensor);
    else parameters.set(name, tensor);
  }
  const take = (name: string): Standardization | undefined => {
    const mean = scales.get(`${name}.mean`)?.data;
    const scale = scales.get(`${name}.scale`)?.data;
    if (!mean !== !scale) throw damaged(`${name} has a mean without scale, or a scale without mean`);
    return mean && scale ? { mean: mean.slice(), scale: scale.slice() } : undefined;
  };
  return {
    config: json('architecture'),
    ...compile,
    classes: metadata.classes === undefined ? undefined : json('classes'),
    features: metadata.features === undefined ? undefined : json('features'),
    parameters,
    inputs: take('_inputs'),
    targets: take('_targets'),
    training: metadata.training === undefined ? undefined : json('training', exact),
    states,
  };
}

/** For files whose checksum is right and whose content is not: they were written like that, by another program. */
function damaged(rule: string): FormatError {
  return new FormatError(`load: ${rule}. Help: save the model again with lanegrad.`);
}
