import { FormatError } from '../errors.js';
import type { TrainingState } from './checkpoint.js';
import { isPosition } from './position.js';
import { isRecord } from './stopping.js';

/** Refuses counters of a training that cannot be. Who only predicts has no use for them, and does not ask. @throws FormatError */
export function checkCounters({ updates, epochs, powers, plateau, position, stopping }: TrainingState): void {
  const { best = null, since = 0, reductions = 0 } = plateau ?? {};
  const counted =
    [updates, epochs, since, reductions].every((n) => Number.isSafeInteger(n) && n >= 0) &&
    (best === null || Number.isFinite(best)) &&
    (position === undefined || (isPosition(position) && epochs > 0)) &&
    (stopping === undefined || (isRecord(stopping) && epochs > 0));
  if (counted && Array.isArray(powers) && powers.every((p) => typeof p === 'number' && p >= 0 && p <= 1)) return;
  const help = 'Help: save the model again with lanegrad.';
  throw new FormatError(`load: the counters of the training are not those of an optimizer. ${help}`);
}
