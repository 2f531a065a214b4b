/** `moons`: two half circles that reach into one another. */
import { cos, sin } from '../math.js';
import { Domain } from '../random.js';
import { type Points, points, type SyntheticOptions, syntheticOptions } from './points.js';

/**
 * Points on two interleaved half circles of radius 1: class 0 on (cos t, sin t), class 1 on (1 − cos t, ½ − sin t), t from 0
 * to π, with normal noise on both coordinates (standard deviation `noise`, 0.1 by default). The shapes are those of
 * scikit-learn's `make_moons`; t is drawn evenly at random rather than laid on a grid, so that rows do not depend on one
 * another.
 * @throws ArgumentError for an unknown option or a value out of range.
 *
 * @example
 * const { x, y } = moons({ rows: 500, noise: 0.2 }) // x.data: 1000 numbers, y: 500 bytes, 0 or 1
 */
export function moons(options: SyntheticOptions = {}): Points {
  return points(syntheticOptions('moons', options, 0.1), Domain.moons, 2, (moon, random) => {
    const t = Math.PI * random.uniform();
    return moon === 0 ? [cos(t), sin(t)] : [1 - cos(t), 0.5 - sin(t)];
  });
}
