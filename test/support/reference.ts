/** What the float64 reference (test/oracle) calls the choices of the facade. */
import type { Regularizer } from '../../src/index.js';
import { penaltyOf } from '../../src/nn/regularizers.js';
import type { OraclePenalty } from '../oracle/network.js';

/** The name of an enum row: `leakyRelu` is `LeakyRelu`. */
export const capitalized = (name: string): string => name.replace(/^./, (letter) => letter.toUpperCase());

/** The strengths of a penalty, which the library computes with as float32. */
export function strengths(regularizer: Regularizer | undefined): OraclePenalty {
  const { l1 = 0, l2 = 0 } = penaltyOf(regularizer) ?? {};
  return { l1: Math.fround(l1), l2: Math.fround(l2) };
}
