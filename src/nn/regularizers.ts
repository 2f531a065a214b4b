import { checkNumber } from '../errors.js';

/** A penalty on parameters, as plain data. */
export interface Regularizer {
  readonly kind: 'l2';
  /** λ: the penalty is λ/2 Σ w². */
  readonly strength: number;
}

/**
 * λ/2 Σ w², added to the loss, with gradient λ w (Goodfellow, Bengio, Courville, Deep Learning, 7.1.1). Keras' `l2(λ)` has
 * no ½: its λ is half of this one.
 * @throws ArgumentError for a negative λ.
 */
export function l2(strength: number): Regularizer {
  checkNumber('l2', 'strength', strength, 0);
  return { kind: 'l2', strength };
}
