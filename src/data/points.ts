/** What the synthetic sets of points in the plane have in common. */
import { checkNumber, checkOptions, checkPositiveInteger } from '../errors.js';
import { checkSeed, type Domain, Random } from '../random.js';

/** Most rows of a set. */
const MOST_ROWS = 10_000_000;

/** Points in the plane with a class each. */
export interface Points {
  /** The coordinates of each point. */
  readonly x: {
    /** x and y of each point, one after another. */
    readonly data: Float32Array;
    /** `[rows, 2]` */
    readonly shape: readonly number[];
  };
  /** The class of each point, 0 or 1. */
  readonly y: Uint8Array;
}

/** Options that every synthetic set has. */
export interface SyntheticOptions {
  /** How many rows, from 1 to 10,000,000. Default: 2000. */
  readonly rows?: number;
  /** Standard deviation of the normal noise, from 0 to 100; each set says what it is added to, and its default. */
  readonly noise?: number;
  /** Whole number from 0 to 2⁵³ − 1: the same options give the same bytes on every engine. Default: 1. */
  readonly seed?: number;
}

/** The options with their defaults. @throws ArgumentError for one that is unknown or out of range. */
export function syntheticOptions(
  where: string,
  options: SyntheticOptions,
  standard: number,
  more: readonly string[] = [],
): Required<SyntheticOptions> {
  checkOptions(where, options, ['rows', 'noise', 'seed', ...more]);
  const { rows = 2000, noise = standard, seed = 1 } = options;
  checkPositiveInteger(where, 'rows', rows);
  checkNumber(where, 'rows', rows, 1, MOST_ROWS);
  checkNumber(where, 'noise', noise, 0, 100);
  checkSeed(where, seed);
  return { rows, noise, seed };
}

/**
 * Points of `kinds` kinds, each equally frequent (to within one), in random order. `place` draws where a point of a kind
 * is without noise; normal noise is then added to both coordinates. Its class is `classOf` of its kind.
 */
export function points(
  { rows, noise, seed }: Required<SyntheticOptions>,
  domain: Domain,
  kinds: number,
  place: (kind: number, random: Random) => readonly [x: number, y: number],
  classOf: (kind: number) => number = (kind) => kind,
): Points {
  const random = new Random(seed, domain);
  const kindOf = random.shuffle(Uint32Array.from({ length: rows }, (_, row) => row % kinds));
  const data = new Float32Array(rows * 2);
  kindOf.forEach((kind, row) => {
    const [x, y] = place(kind, random);
    data[2 * row] = x + noise * random.normal();
    data[2 * row + 1] = y + noise * random.normal();
  });
  return { x: { data, shape: [rows, 2] }, y: Uint8Array.from(kindOf, classOf) };
}
