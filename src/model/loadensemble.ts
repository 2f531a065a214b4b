import { ArgumentError, checkOptions, refuse } from '../errors.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { createRuntime } from '../runtime/runtime.js';
import { Architecture } from './architecture.js';
import { type BaggingOptions, checkBagging } from './bagging.js';
import type { SavedModel } from './checkpoint.js';
import { checkRuntime, type RuntimeChoice } from './config.js';
import { Ensemble } from './ensemble.js';
import { damaged, decodeEnsemble } from './ensemblefile.js';
import { ModelState } from './state.js';

/**
 * Reads an ensemble that `save` wrote. Name the loss to type its targets: `loadEnsemble<'crossEntropy'>(bytes)`.
 * @throws FormatError for bytes that are truncated, damaged or not a lanegrad ensemble; ArgumentError, MemoryLimitError and
 * UnsupportedError as `load`.
 */
export function loadEnsemble<L extends LossName = LossName, M extends MetricName = MetricName>(
  bytes: Uint8Array,
  options: RuntimeChoice = {},
): Ensemble<L, M> {
  const where = 'loadEnsemble';
  if (!(bytes instanceof Uint8Array)) refuse(where, 'the bytes of a saved ensemble are needed, as a Uint8Array', bytes);
  checkOptions(where, options, ['runtime']);
  checkRuntime(where, options.runtime);
  const { options: bagged, members } = decodeEnsemble(bytes);
  const runtime = options.runtime ?? createRuntime();
  const states: ModelState[] = [];
  try {
    const checked = checkBagging(bagged as BaggingOptions, 0);
    if (checked.members !== members.length) throw damaged(`there are ${members.length} members of ${checked.members}`);
    for (const saved of members) {
      if (formOf(saved) !== formOf(members[0] as SavedModel)) throw damaged('the members are not of one architecture');
      const { loss, optimizer, clipNorm, clipValue, metrics } = saved;
      const { compiled } = new Architecture(saved.config, runtime).prepare({
        loss,
        optimizer,
        clipNorm,
        clipValue,
        metrics,
      });
      const state = new ModelState(compiled, runtime, false);
      states.push(state);
      state.restore(saved);
    }
    return new Ensemble<L, M>(checked, states);
  } catch (error) {
    for (const { core } of states) core.release();
    if (!(error instanceof ArgumentError)) throw error;
    throw damaged(`the ensemble describes models that cannot be built (${error.message})`);
  }
}

/** What all members have in common, as text. */
function formOf({ config, loss, metrics, classes }: SavedModel): string {
  return JSON.stringify([{ ...config, seed: 0 }, loss, metrics, classes]);
}
