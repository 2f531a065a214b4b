import { checkNumber, checkOneOf, checkOptions, refuse } from '../errors.js';

/** What holds of parameters after every update, as plain data. */
export interface Constraint {
  /** Made by `maxNorm`. */
  readonly kind: 'maxNorm';
  /** c, the largest Euclidean norm of a unit's incoming weights: at least 1e-6. */
  readonly limit: number;
}

/** Checks a constraint, however it was made. @throws ArgumentError naming the option that holds it. */
export function checkConstraint(where: string, name: string, constraint: Constraint | undefined): void {
  if (constraint === undefined) return;
  if (typeof constraint !== 'object' || constraint === null) {
    refuse(where, `\`${name}\` must be a constraint such as maxNorm(3)`, constraint);
  }
  checkOneOf(`${where}, ${name}`, 'kind', constraint.kind, ['maxNorm']);
  checkOptions(`${where}, ${name}`, constraint, ['kind', 'limit']);
  checkNumber(`${where}, ${name}`, 'limit', constraint.limit, LEAST);
}

/** The least limit: with 0, all weights would be 0 and stay so. */
const LEAST = 1e-6;

/**
 * ‖w‖ ≤ c for the incoming weights w of every unit (a row of W; the bias is none of them): where an update leaves them
 * longer, they are scaled back to length c (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, Dropout, 5.1,
 * who use c = 3 or 4). Holds from the first update on; initial weights are left as they are.
 * @throws ArgumentError for a limit that is not a number of at least 1e-6.
 */
export function maxNorm(limit: number): Constraint {
  checkNumber('maxNorm', 'limit', limit, LEAST);
  return { kind: 'maxNorm', limit };
}
