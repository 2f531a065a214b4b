import { ArgumentError, checkOptions, FormatError, refuse } from '../errors.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { Architecture } from './architecture.js';
import { decodeModel } from './checkpoint.js';
import { checkRuntime, type RuntimeChoice } from './config.js';
import type { Model } from './model.js';

/**
 * Reads a model that `save` wrote. Name its loss and metrics to type targets and logs, which is a promise of yours:
 * `load<'crossEntropy', 'accuracy'>(bytes)`.
 * @throws FormatError for bytes that are truncated, damaged or not a lanegrad model; MemoryLimitError.
 */
export function load<L extends LossName = LossName, M extends MetricName = never>(
  bytes: Uint8Array,
  options: RuntimeChoice = {},
): Model<L, M> {
  if (!(bytes instanceof Uint8Array)) refuse('load', 'the bytes of a saved model are needed, as a Uint8Array', bytes);
  checkOptions('load', options, ['runtime']);
  checkRuntime('load', options.runtime);
  const saved = decodeModel(bytes);
  const { loss, optimizer, clipNorm, clipValue, metrics } = saved;
  try {
    const architecture = new Architecture(saved.config, options.runtime);
    return architecture.restore({ loss: loss as L, optimizer, clipNorm, clipValue, metrics: metrics as M[] }, saved);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    const help = 'Help: load it with the version of lanegrad that wrote it.';
    throw new FormatError(`load: the model describes a network that cannot be built (${error.message}) ${help}`);
  }
}
