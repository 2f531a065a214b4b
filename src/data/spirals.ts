/** `spirals`: two arms wound into one another, the classic task that no straight line or plain curve can solve. */
import { checkNumber, checkOptions, checkPositiveInteger } from '../errors.js';
import { cos, sin } from '../math.js';
import { checkSeed, Domain, Random } from '../random.js';
import type { Points } from './points.js';

/** Options of `spirals`. */
export interface SpiralsOptions {
  /** How many points, from 1 to 10,000,000. Default: 2000. */
  readonly rows?: number;
  /**
   * Standard deviation of a point's distance from its arm each way, as a share of the gap between arms; from 0 to 100.
   * Default: 0.1.
   */
  readonly noise?: number;
  /** How often each arm goes round, from 0.01 to 100. Default: 1.75. */
  readonly turns?: number;
  /** Whole number from 0 to 2⁵³ − 1: the same options give the same bytes on every engine. Default: 1. */
  readonly seed?: number;
}

/** Points in the plane, each with the arm that it is on, 0 or 1. */
export type Spirals = Points;

/**
 * Points on two interleaved Archimedean spirals about the origin, within −1 … 1 but for the noise: on arm c (0 or 1), at
 * radius t the angle is 2π · turns · t + π c. The arms have equally many points (to within one), evenly spread along
 * their length, in random order. After Lang and Witbrock, Learning to tell two spirals apart, 1988.
 * @throws ArgumentError for an unknown option or a value out of range.
 *
 * @example
 * const { x, y } = spirals({ rows: 500, noise: 0.2 }) // x.data: 1000 numbers, y: 500 bytes, 0 or 1
 */
export function spirals(options: SpiralsOptions = {}): Spirals {
  checkOptions('spirals', options, ['rows', 'noise', 'turns', 'seed']);
  const { rows = 2000, noise = 0.1, turns = 1.75, seed = 1 } = options;
  checkPositiveInteger('spirals', 'rows', rows);
  checkNumber('spirals', 'rows', rows, 1, 10_000_000);
  checkNumber('spirals', 'noise', noise, 0, 100);
  checkNumber('spirals', 'turns', turns, 0.01, 100);
  checkSeed('spirals', seed);
  const random = new Random(seed, Domain.spirals);
  const y = new Uint8Array(random.shuffle(Uint32Array.from({ length: rows }, (_, row) => row % 2)));
  const data = new Float32Array(rows * 2);
  // along a radius, the arms follow one another at half of what one turn adds
  const deviation = (noise * 0.5) / turns;
  y.forEach((arm, row) => {
    // the length of an arm grows about as t², so the root of a uniform number is even along it
    const t = Math.sqrt(random.uniform());
    const angle = 2 * Math.PI * turns * t + Math.PI * arm;
    data[2 * row] = t * cos(angle) + deviation * random.normal();
    data[2 * row + 1] = t * sin(angle) + deviation * random.normal();
  });
  return { x: { data, shape: [rows, 2] }, y };
}
