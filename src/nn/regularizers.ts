import { checkNumber, checkOptions, refuse } from '../errors.js';

/** A penalty on parameters, as plain data. */
export interface Regularizer {
  readonly kind: 'l2';
  /** λ: the penalty is λ/2 Σ w². */
  readonly strength: number;
}

/** A penalty beyond this overflows before it regularizes. */
const LARGEST = 1e18;

/** Checks a regularizer, however it was made. @throws ArgumentError naming the option that holds it. */
export function checkRegularizer(where: string, name: string, regularizer: Regularizer | undefined): void {
  if (regularizer === undefined) return;
  if (regularizer?.kind !== 'l2') {
    refuse(where, `\`${name}\` must be a regularizer such as l2(1e-4)`, regularizer);
  }
  checkOptions(`${where}, ${name}`, regularizer, ['kind', 'strength']);
  const { strength } = regularizer;
  if (!(strength >= 0 && strength <= LARGEST)) {
    refuse(where, `\`${name}\` needs a \`strength\` from 0 to ${LARGEST}`, strength);
  }
}

/**
 * λ/2 Σ w², added to the loss, with gradient λ w (Goodfellow, Bengio, Courville, Deep Learning, 7.1.1). Keras' `l2(λ)` has
 * no ½: its λ is half of this one.
 * @throws ArgumentError for a negative λ.
 */
export function l2(strength: number): Regularizer {
  checkNumber('l2', 'strength', strength, 0, LARGEST);
  return { kind: 'l2', strength };
}
