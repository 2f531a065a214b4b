import type { Standardization } from '../data/standardize.js';
import { FormatError } from '../errors.js';
import type { NamedArray } from '../format/safetensors.js';
import type { SavedModel } from './checkpoint.js';
import type { PlacedParameter } from './layout.js';
import { type OtherWeights, prefixOf, type Stopping, type StoppingRecord } from './stopping.js';

/** Refuses class names that are none, or not as many as the network tells apart. @throws FormatError. */
export function checkClasses(classes: unknown, count: number | undefined): void {
  if (classes === undefined) return;
  const names = Array.isArray(classes) && classes.every((name) => typeof name === 'string');
  if (names && classes.length === count) return;
  throw new FormatError('load: the classes are not those of this network. Help: save the model again.');
}

/** Refuses a standardization that the model was not to have. @throws FormatError. */
export function checkStandardization({ config, inputs, targets }: SavedModel): void {
  if ((inputs && !config.standardize) || (targets && !config.standardizeTarget)) {
    throw new FormatError('load: a standardization is there that was not asked for. Help: save the model again.');
  }
}

/** A standardization that a file held, of as many columns as there are. @throws FormatError. */
export function fitting(name: string, s: Standardization, length: number): Standardization {
  if (s.mean.length !== length || s.scale.length !== length) {
    throw new FormatError(
      `load: ${name} has ${s.mean.length} values instead of ${length}. Help: save the model again.`,
    );
  }
  return s;
}

/**
 * Writes what a file held into a slab: parameters (no `prefix`, or that of other weights), or a state of the optimizer.
 * @throws FormatError where it does not belong to these parameters.
 */
export function writeArrays(
  values: Float32Array,
  parameters: readonly PlacedParameter[],
  arrays: ReadonlyMap<string, NamedArray>,
  prefix = '',
): void {
  const known = new Set(parameters.map(({ fullName }) => `${prefix}${fullName}`));
  const stranger = [...arrays.keys()].find((name) => name.startsWith(prefix) && !known.has(name));
  if (stranger) throw new FormatError(`load: there is no ${stranger} in this network. Help: save the model again.`);
  for (const { fullName, shape, offset, least } of parameters) {
    const array = arrays.get(`${prefix}${fullName}`);
    if (!array || array.shape.join() !== shape.join()) {
      const found = array ? `has shape [${array.shape}] instead of [${shape}]` : 'is missing';
      throw new FormatError(`load: ${prefix}${fullName} ${found}. Help: the file belongs to another architecture.`);
    }
    // variances; states of the optimizer may be anything
    if (!prefix.startsWith('_state') && least !== undefined && array.data.some((value) => value < least)) {
      throw new FormatError(`load: ${fullName} holds values below ${least}. Help: save the model again.`);
    }
    values.set(array.data, offset / 4);
  }
}

/** Early stopping out of a file, where it is there. @throws FormatError where its weights do not belong to this network. */
export function readStopping(
  record: StoppingRecord | undefined,
  arrays: ReadonlyMap<string, NamedArray>,
  parameters: readonly PlacedParameter[],
  length: number,
): Stopping | undefined {
  const there = (which: OtherWeights['which']) => [...arrays.keys()].some((name) => name.startsWith(prefixOf(which)));
  const [which, second] = (['best', 'last'] as const).filter(there);
  if (second || (which !== undefined) !== (record !== undefined && record.best.epoch > 0)) {
    throw new FormatError('load: the weights of the best epoch are not there once. Help: save the model again.');
  }
  if (!record || !which) return record && { record, weights: undefined };
  const values = new Float32Array(length);
  writeArrays(values, parameters, arrays, prefixOf(which));
  return { record, weights: { which, values } };
}
