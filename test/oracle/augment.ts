/**
 * References of augmentation: random affine maps, images seen through them, noise. Sources: assembly/augment.ts has the
 * formulas; here they are computed in float64, pixel by pixel, from the counters of test/oracle/random.ts.
 */
import { Flag } from '../../assembly/abi.js';
import {
  exactly,
  generator,
  type OperationCase,
  type OperationOracle,
  type Result,
  reals,
  SHAPES,
  SIZES,
  tabulate,
  UNIT,
  within,
} from './operation.js';
import { type RandomPlace, wordsOf } from './random.js';

/** Counter word 3 of the maps, and of the noise. */
const AUGMENT_DOMAIN = 7;
const NOISE_DOMAIN = 8;

const PLACE = { stream: 0, step: 12, seedLow: 0x9abcdef0, seedHigh: 0x12345678 };
const STEP = { words: { Number: PLACE.step, SeedLow: PLACE.seedLow, SeedHigh: PLACE.seedHigh } };

/** The upper 24 bits of word j of a place, as a number in [0, 1). */
function draw(j: number, place: RandomPlace, domain: number): number {
  return ((wordsOf(j, place, domain)[j % 4] as number) >>> 8) / 2 ** 24;
}

/** [a, b, e, c, d, f] */
type Map2 = readonly [number, number, number, number, number, number];

/** What random maps are drawn from; angles in turns. */
interface Ranges {
  readonly flags: number;
  readonly from: number;
  readonly to: number;
  readonly stretchX: number;
  readonly stretchY: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

/** The map of image i, and a bound of the error of each of its values. */
function mapOf(i: number, ranges: Ranges): { map: Map2; bounds: number[] } {
  const [u0, u1, u2, u3, u4, u5, u6] = tabulate(7, (j) =>
    draw(j, { ...PLACE, stream: i }, AUGMENT_DOMAIN),
  ) as unknown as [number, number, number, number, number, number, number];
  const { flags, from, to, stretchX, stretchY, shiftX, shiftY } = ranges;
  const angle = 2 * Math.PI * (from + (to - from) * u2);
  const perX = (flags & Flag.FlipHorizontal && u0 < 0.5 ? -1 : 1) / (1 + stretchX * (2 * u3 - 1));
  const perY = (flags & Flag.FlipVertical && u1 < 0.5 ? -1 : 1) / (1 + stretchY * (2 * u4 - 1));
  const [dx, dy] = [shiftX * (2 * u5 - 1), shiftY * (2 * u6 - 1)];
  const [a, b] = [perX * Math.cos(angle), -perX * Math.sin(angle)];
  const [c, d] = [perY * Math.sin(angle), perY * Math.cos(angle)];
  // the angle in turns is rounded twice, which is 2π times as much in radians; sine, stretch, quotient and product follow
  const ofX = (4 * Math.PI * (Math.abs(from) + Math.abs(to)) + 8) * UNIT * Math.abs(perX);
  const ofY = (ofX * Math.abs(perY)) / Math.abs(perX);
  const way = Math.abs(dx) + Math.abs(dy);
  return {
    map: [a, b, -(a * dx + b * dy), c, d, -(c * dx + d * dy)],
    bounds: [ofX, ofX, 2 * ofX * way, ofY, ofY, 2 * ofY * way],
  };
}

const NOTHING: Ranges = { flags: 0, from: 0, to: 0, stretchX: 0, stretchY: 0, shiftX: 0, shiftY: 0 };
const RANGES: Readonly<Record<string, Ranges>> = {
  nothing: NOTHING,
  'both flips': { ...NOTHING, flags: Flag.FlipHorizontal | Flag.FlipVertical },
  'a rotation': { ...NOTHING, from: -0.25, to: 0.125 },
  'a whole turn': { ...NOTHING, from: 1, to: 1 },
  'a stretch': { ...NOTHING, stretchX: 0.5, stretchY: 0.25 },
  'a shift': { ...NOTHING, shiftX: 2, shiftY: 5 },
  everything: {
    flags: Flag.FlipHorizontal,
    from: -0.5,
    to: 0.5,
    stretchX: 0.25,
    stretchY: 0.5,
    shiftX: 3,
    shiftY: 1.5,
  },
};

function randomMapCases(): OperationCase[] {
  return Object.entries(RANGES).flatMap(([name, ranges]) =>
    SIZES.map((m): OperationCase => {
      const { flags, from, to, stretchX, stretchY, shiftX, shiftY } = ranges;
      return {
        label: `${name} ${m}`,
        record: { flags, m, p: from, q: to, r: stretchX, s: stretchY, t: shiftX, u: shiftY },
        inputs: {},
        step: STEP,
        outcome: () => {
          const all = Array.from({ length: m }, (_, i) => mapOf(i, ranges));
          const values = Float64Array.from(all.flatMap(({ map }) => map));
          const maps =
            name === 'nothing' || name === 'both flips' || name === 'a whole turn'
              ? exactly(values.map(Math.round))
              : { values, bounds: Float64Array.from(all.flatMap(({ bounds }) => bounds)) };
          return { operands: { maps } };
        },
      };
    }),
  );
}

/** Height, width and channels. */
type Shape = readonly [number, number, number];

/** Images through maps, pixel by pixel. */
function warped(x: Float32Array, maps: Float32Array, m: number, [height, width, channels]: Shape): Result {
  const n = height * width * channels;
  const values = new Float64Array(m * n);
  const bounds = new Float64Array(m * n);
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  for (let i = 0; i < m; i++) {
    const [a, b, e, c, d, f] = maps.subarray(6 * i, 6 * i + 6) as unknown as Map2;
    const pixel = (row: number, column: number, channel: number): number => {
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      return inside ? (x[i * n + (row * width + column) * channels + channel] as number) : 0;
    };
    const largest = x.subarray(i * n, (i + 1) * n).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const sourceX = a * (column - middleX) + b * (row - middleY) + e + middleX;
        const sourceY = c * (column - middleX) + d * (row - middleY) + f + middleY;
        const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
        const [right, lower] = [sourceX - left, sourceY - top];
        // five roundings of terms no larger than these; one pixel further on the value differs by 2 · largest at most
        const wayX = Math.abs(a) * middleX + Math.abs(b) * middleY + Math.abs(e) + middleX;
        const wayY = Math.abs(c) * middleX + Math.abs(d) * middleY + Math.abs(f) + middleY;
        for (let channel = 0; channel < channels; channel++) {
          const at = i * n + (row * width + column) * channels + channel;
          const above = pixel(top, left, channel) * (1 - right) + pixel(top, left + 1, channel) * right;
          const below = pixel(top + 1, left, channel) * (1 - right) + pixel(top + 1, left + 1, channel) * right;
          values[at] = above * (1 - lower) + below * lower;
          bounds[at] = (10 * (wayX + wayY) + 8) * UNIT * largest;
        }
      }
    }
  }
  return { values, bounds };
}

const QUARTER_TURN: Map2 = [0, -1, 0, 1, 0, 0];
const MAPS: Readonly<Record<string, (next: () => number) => Map2>> = {
  nothing: () => [1, 0, 0, 0, 1, 0],
  'a flip': () => [-1, 0, 0, 0, 1, 0],
  'a quarter turn': () => QUARTER_TURN,
  'whole pixels': () => [1, 0, 2, 0, 1, -1],
  'out of sight': () => [1, 0, 1e4, 0, 1, -1e4],
  'any maps': (next) => [...tabulate(6, (j) => (j % 3 === 2 ? 6 : 2) * (2 * next() - 1))] as unknown as Map2,
};

const IMAGES: readonly (readonly [number, Shape])[] = [
  [1, [1, 1, 1]],
  [3, [5, 7, 1]],
  [7, [7, 5, 3]],
  [5, [3, 4, 2]],
  [17, [9, 9, 1]],
  [3, [28, 28, 1]],
];

function warpCases(): OperationCase[] {
  return Object.entries(MAPS).flatMap(([name, make]) =>
    IMAGES.map(([m, shape]): OperationCase => {
      const [height, width, channels] = shape;
      const label = `${name} ${m}×${height}×${width}×${channels}`;
      const next = generator(label);
      const n = height * width * channels;
      const x = reals(next, m * n, -1, 255);
      const maps = Float32Array.from(Array.from({ length: m }, () => make(next)).flat());
      return {
        label,
        record: { kind: channels, m, n, k: width },
        inputs: { x, maps },
        outcome: () => ({ operands: { y: name === 'nothing' ? exactly(x) : warped(x, maps, m, shape) } }),
      };
    }),
  );
}

function noiseCases(): OperationCase[] {
  return SHAPES.map(([m, n]): OperationCase => {
    const label = `${m}×${n}`;
    const x = reals(generator(`noise ${label}`), m * n, -3, 3);
    const deviation = Math.fround(0.7);
    const normal = (i: number): number => {
      const pair = i % 4 < 2 ? 0 : 2;
      const at = 4 * Math.floor(i / 4) + pair;
      const radius = Math.sqrt(-2 * Math.log(draw(at, PLACE, NOISE_DOMAIN) + 2 ** -24));
      const turn = 2 * Math.PI * draw(at + 1, PLACE, NOISE_DOMAIN);
      return radius * (i % 2 === 0 ? Math.cos(turn) : Math.sin(turn));
    };
    return {
      label,
      record: { m, n, p: deviation },
      inputs: { x },
      step: STEP,
      // as Random has it for normal numbers, and one sum
      outcome: () => {
        const y = tabulate(m * n, (i) => (x[i] as number) + deviation * normal(i));
        return { operands: { y: within(y, { absolute: 1.5e-6 * deviation, relative: UNIT }) } };
      },
    };
  });
}

/** maps[i] = flip, stretch, rotation, shift */
export const randomMap: OperationOracle = { cases: randomMapCases() };
/** y[i] = x[i] through maps[i] */
export const warp: OperationOracle = { cases: warpCases() };
/** y = x + normal(0, p) */
export const noise: OperationOracle = { cases: noiseCases() };
