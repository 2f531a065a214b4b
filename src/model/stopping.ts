/**
 * A fit with early stopping that has not come to its end: what it knows beside parameters and counters. Part of an exact
 * checkpoint, so that a fit that is gone on with ends with the weights, the history and the best epoch of one that nothing
 * interrupts.
 */
import type { Diagnosis } from './diagnosis.js';
import type { Recorded } from './history.js';
import { type EpochShape, isShape } from './position.js';

/** The history so far, which says how long to wait, and what it came from. Plain data. */
export interface StoppingRecord extends Recorded {
  /** The figure that is watched. */
  readonly monitor: string;
  /** One per epoch, where the fit was asked for them. */
  readonly diagnostics?: readonly Diagnosis[];
  /** The rows and batches of the fit; `judged` is the fingerprint of its validation rows. */
  readonly shape: EpochShape;
  readonly judged?: number | undefined;
}

/** Parameters (laid out as the slab is) that the model does not stand at. */
export interface OtherWeights {
  /**
   * `best`: of the best epoch, while the model stands at the last step; `last`: of the last step, where the fit was left, and the
   * model stands at those of the best epoch.
   */
  readonly which: 'best' | 'last';
  readonly values: Float32Array;
}

/** Early stopping, half-way. */
export interface Stopping {
  readonly record: StoppingRecord;
  /** Missing before the first epoch has been judged: the model then stands at the last step anyhow. */
  readonly weights: OtherWeights | undefined;
}

/** How the tensors of other weights are called in a file: `_best.dense0.weight`. */
export function prefixOf(which: OtherWeights['which']): string {
  return `_${which}.`;
}

/** Whether what a file holds can be such a record. */
export function isRecord(value: unknown): value is StoppingRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { monitor, curves, best, diagnostics, shape, judged } = value as Partial<StoppingRecord>;
  if (typeof monitor !== 'string' || typeof curves !== 'object' || curves === null || !isShape(shape)) return false;
  if (judged !== undefined && !Number.isSafeInteger(judged)) return false;
  const lists = Object.values(curves as Readonly<Record<string, unknown>>);
  const epochs = Array.isArray(lists[0]) ? lists[0].length : 0;
  const whole = lists.every(
    (list) => Array.isArray(list) && list.length === epochs && list.every((figure) => typeof figure === 'number'),
  );
  if (!whole || (epochs > 0 && !(monitor in curves))) return false;
  if (diagnostics !== undefined && (!Array.isArray(diagnostics) || diagnostics.length !== epochs)) return false;
  const { epoch = -1, value: figure } = best ?? {};
  // an epoch has been the best from the first one on
  return Number.isSafeInteger(epoch) && epoch <= epochs && epoch >= Math.min(1, epochs) && typeof figure === 'number';
}
