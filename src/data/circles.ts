/** `circles`: a circle within a circle. */
import { checkNumber } from '../errors.js';
import { cos, sin } from '../math.js';
import { Domain } from '../random.js';
import { type Points, points, type SyntheticOptions, syntheticOptions } from './points.js';

/** Options of `circles`. */
export interface CirclesOptions extends SyntheticOptions {
  /** Radius of the inner circle, from 0 to 1. Default: 0.5 (scikit-learn: 0.8). */
  readonly factor?: number;
}

/**
 * Points on two circles about the origin: class 0 at radius 1, class 1 at radius `factor`, with normal noise on both
 * coordinates (standard deviation `noise`, 0.1 by default). The shapes are those of scikit-learn's `make_circles`; angles are
 * drawn evenly at random rather than laid on a grid, so that rows do not depend on one another.
 * @throws ArgumentError for an unknown option or a value out of range.
 *
 * @example
 * const { x, y } = circles({ rows: 500, factor: 0.3 }) // x.data: 1000 numbers, y: 500 bytes, 0 or 1
 */
export function circles(options: CirclesOptions = {}): Points {
  const common = syntheticOptions('circles', options, 0.1, ['factor']);
  const { factor = 0.5 } = options;
  checkNumber('circles', 'factor', factor, 0, 1);
  return points(common, Domain.circles, 2, (circle, random) => {
    const angle = 2 * Math.PI * random.uniform();
    const radius = circle === 0 ? 1 : factor;
    return [radius * cos(angle), radius * sin(angle)];
  });
}
