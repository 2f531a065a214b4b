import { ArgumentError, checkOptions, FormatError, refuse } from '../errors.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { Architecture } from './architecture.js';
import { decodeModel, type SavedModel } from './checkpoint.js';
import { type CompileOptions, checkRuntime, type RuntimeChoice } from './config.js';
import type { Model } from './model.js';
import { TableArchitecture } from './tablearchitecture.js';
import type { TableModel } from './tablemodel.js';

/**
 * Reads a model that `save` wrote. Name its loss and metrics to type targets and logs, which is a promise of yours:
 * `load<'crossEntropy', 'accuracy'>(bytes)`.
 * @throws FormatError for bytes that are truncated, damaged, or not a lanegrad model of numbers; ArgumentError for what is no
 * Uint8Array, or an option that is none; MemoryLimitError; UnsupportedError as `createRuntime`.
 */
export function load<L extends LossName = LossName, M extends MetricName = never>(
  bytes: Uint8Array,
  options: RuntimeChoice = {},
): Model<L, M> {
  const saved = savedIn('load', bytes, options);
  if (saved.features) {
    throw new FormatError('load: this model takes rows of a table. Help: load it with loadTable.');
  }
  const compiled = compileOptions<L, M>(saved);
  return built('load', () => new Architecture(saved.config, options.runtime).restore(compiled, saved));
}

/**
 * Reads a model that takes rows of a table, which `save` wrote with its features: it predicts from raw rows. Name its metrics
 * to type logs, which is a promise of yours: `loadTable<'accuracy'>(bytes)`.
 * @throws FormatError for bytes that are truncated, damaged or not such a model; ArgumentError, MemoryLimitError and
 * UnsupportedError as `load`.
 */
export function loadTable<M extends MetricName = never>(bytes: Uint8Array, options: RuntimeChoice = {}): TableModel<M> {
  const saved = savedIn('loadTable', bytes, options);
  const { features, config } = saved;
  if (!features) throw new FormatError('loadTable: this model takes numbers. Help: load it with load.');
  const { layers, seed = 0 } = config;
  const compiled = compileOptions<LossName, M>(saved);
  return built('loadTable', () => {
    return new TableArchitecture({ input: features, layers, seed }, options.runtime).restore(compiled, saved);
  });
}

function savedIn(where: string, bytes: Uint8Array, options: RuntimeChoice): SavedModel {
  if (!(bytes instanceof Uint8Array)) refuse(where, 'the bytes of a saved model are needed, as a Uint8Array', bytes);
  checkOptions(where, options, ['runtime']);
  checkRuntime(where, options.runtime);
  return decodeModel(bytes);
}

function compileOptions<L extends LossName, M extends MetricName>(saved: SavedModel): CompileOptions<L, M> {
  const { loss, optimizer, clipNorm, clipValue, metrics } = saved;
  return { loss: loss as L, optimizer, clipNorm, clipValue, metrics: metrics as M[] };
}

/** What `build` makes of a file. */
function built<T>(where: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    const help = 'Help: load it with the version of lanegrad that wrote it.';
    throw new FormatError(`${where}: the model describes a network that cannot be built (${error.message}) ${help}`);
  }
}
