/** `xor`: exclusive or, the smallest task that no straight line can solve. */
import { Domain } from '../random.js';
import { type Points, points, type SyntheticOptions, syntheticOptions } from './points.js';

/**
 * Points around the corners of the unit square, equally many at each: those at (0, 1) and (1, 0) are class 1, those at
 * (0, 0) and (1, 1) class 0, with normal noise on both coordinates (standard deviation `noise`, 0.15 by default). After
 * Minsky and Papert, Perceptrons, 1969, and Rumelhart, Hinton, Williams, Learning internal representations by error
 * propagation, 1986, who have the four corners themselves: `noise: 0`.
 * @throws ArgumentError for an unknown option or a value out of range.
 *
 * @example
 * const { x, y } = xor({ rows: 4, noise: 0 }) // the four rows of the truth table, in random order
 */
export function xor(options: SyntheticOptions = {}): Points {
  const common = syntheticOptions('xor', options, 0.15);
  // bit 0 of a corner is x, bit 1 is y
  return points(
    common,
    Domain.xor,
    4,
    (corner) => [corner & 1, corner >> 1],
    (corner) => (corner & 1) ^ (corner >> 1),
  );
}
