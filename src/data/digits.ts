/**
 * `digits`: pictures of digits as if written by hand, drawn from stroke skeletons (glyphs.ts) by a different hand each
 * time. Needs no file and no network, so that a first run has something to learn; a stand-in for MNIST, not a copy.
 *
 * How hard it is was chosen by measurement: a softmax regression stays near 85 to 90 % on unseen pictures, mostly
 * because digits are not centred, and one hidden layer of 128 relu units passes 98 %.
 */
import { checkNumber, checkOptions, checkPositiveInteger } from '../errors.js';
import { cos, sin } from '../math.js';
import { checkSeed, Domain, Random } from '../random.js';
import { type Glyph, glyphs } from './glyphs.js';
import type { Labelled } from './labelled.js';

/** Height and width of a picture in pixels. */
const SIDE = 16;

/** Height and width in pixels of the square that a digit of usual size is drawn in. */
const SQUARE = 12;

/** Straight pieces per span between two points of a stroke. */
const PIECES = 4;

/** How much hands differ: standard deviations, except for the shift. Lengths are in units of the skeleton's square. */
const Spread = {
  /** of each point of a stroke, by itself */
  point: 0.016,
  /** of the bend of the whole digit, sideways and up */
  bend: 0.06,
  /** of the turn, in radians */
  turn: 0.06,
  /** of the slant: shift sideways per height */
  slant: 0.14,
  /** of width and of height, as factors */
  size: 0.05,
  /** of the shift in pixels, each way: uniform within ± this */
  shift: 2,
} as const;

/** Half the width of a stroke in pixels, uniform within these bounds. */
const Radius = { least: 0.95, most: 1.3 } as const;

/** Ink of a stroke (1 is black), uniform within these bounds. */
const Pressure = { least: 0.75, most: 1 } as const;

/** Standard deviation of a pixel's noise, of 255. */
const NOISE = 15;

/** Options of `digits`. */
export interface DigitsOptions {
  /** How many pictures, from 1 to 1,000,000. Default: 6000. */
  readonly rows?: number;
  /** Whole number from 0 to 2⁵³ − 1: the same seed and rows give the same bytes on every engine. Default: 1. */
  readonly seed?: number;
}

/**
 * Pictures of digits, 16 × 16 grey (0 paper, 255 ink), `x.shape` [rows, 16, 16], with the digit as class index in `y`.
 * Digits are equally frequent (to within one picture) and in random order.
 * @throws ArgumentError for an unknown option or a value out of range.
 *
 * @example
 * const { x, y } = digits({ rows: 1000 }) // x.data: 256,000 bytes, y: 1000 bytes from 0 to 9
 */
export function digits(options: DigitsOptions = {}): Labelled {
  checkOptions('digits', options, ['rows', 'seed']);
  const { rows = 6000, seed = 1 } = options;
  checkPositiveInteger('digits', 'rows', rows);
  checkNumber('digits', 'rows', rows, 1, 1_000_000);
  checkSeed('digits', seed);
  const random = new Random(seed, Domain.digits);
  const y = new Uint8Array(random.shuffle(Uint32Array.from({ length: rows }, (_, row) => row % glyphs.length)));
  const data = new Uint8Array(rows * SIDE * SIDE);
  const ink = new Float64Array(SIDE * SIDE);
  y.forEach((digit, row) => {
    const ways = glyphs[digit] as readonly Glyph[];
    ink.fill(0);
    drawGlyph(ink, ways[random.below(ways.length)] as Glyph, random);
    develop(ink, data.subarray(row * SIDE * SIDE, (row + 1) * SIDE * SIDE), random);
  });
  return { x: { data, shape: [rows, SIDE, SIDE] }, y };
}

/** Uniform within bounds. */
function between({ least, most }: { least: number; most: number }, random: Random): number {
  return least + (most - least) * random.uniform();
}

/** Draws a glyph as one hand would: with its own size, slant, bend, turn, place, pen and wobble. */
function drawGlyph(ink: Float64Array, glyph: Glyph, random: Random): void {
  const width = SQUARE * (1 + Spread.size * random.normal());
  const height = SQUARE * (1 + Spread.size * random.normal());
  const slant = Spread.slant * random.normal();
  const bendX = Spread.bend * random.normal();
  const bendY = Spread.bend * random.normal();
  const turn = Spread.turn * random.normal();
  const cosine = cos(turn);
  const sine = sin(turn);
  const centreX = SIDE / 2 + Spread.shift * between({ least: -1, most: 1 }, random);
  const centreY = SIDE / 2 + Spread.shift * between({ least: -1, most: 1 }, random);
  const pen = { radius: between(Radius, random), pressure: between(Pressure, random) };
  for (const stroke of glyph) {
    const points = new Float64Array(stroke.length);
    for (let i = 0; i < stroke.length; i += 2) {
      const x = (stroke[i] as number) - 0.5 + Spread.point * random.normal();
      const y = (stroke[i + 1] as number) - 0.5 + Spread.point * random.normal();
      // the bend is ½ at the square's edges and −½ at its middle, so that it moves no digit as a whole
      const u = width * (x - slant * y + bendX * (4 * y * y - 0.5));
      const v = height * (y + bendY * (4 * x * x - 0.5));
      points[i] = centreX + cosine * u - sine * v;
      points[i + 1] = centreY + sine * u + cosine * v;
    }
    drawCurve(ink, points, pen);
  }
}

/** What a stroke is drawn with: half its width in pixels, and its ink from 0 to 1. */
interface Pen {
  readonly radius: number;
  readonly pressure: number;
}

/** Draws the smooth curve through `points` (x, y, x, y … in pixels), as straight pieces. */
function drawCurve(ink: Float64Array, points: Float64Array, pen: Pen): void {
  for (let i = 0; i < points.length - 2; i += 2) {
    let fromX = points[i] as number;
    let fromY = points[i + 1] as number;
    for (let piece = 1; piece <= PIECES; piece++) {
      const toX = spline(points, i, 0, piece / PIECES);
      const toY = spline(points, i, 1, piece / PIECES);
      drawLine(ink, fromX, fromY, toX, toY, pen);
      fromX = toX;
      fromY = toY;
    }
  }
}

/**
 * Coordinate `axis` (0 is x, 1 is y) at 0 ≤ t ≤ 1 of the span that begins at points[i]: the uniform Catmull–Rom spline
 * (Catmull and Rom, A class of local interpolating splines, 1974). The ends of a stroke count twice.
 */
function spline(points: Float64Array, i: number, axis: number, t: number): number {
  const p0 = points[Math.max(i - 2, 0) + axis] as number;
  const p1 = points[i + axis] as number;
  const p2 = points[i + 2 + axis] as number;
  const p3 = points[Math.min(i + 4, points.length - 2) + axis] as number;
  return p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
}

/** Draws a straight line: each pixel takes the ink that its centre's distance allows, over an edge one pixel wide. */
function drawLine(ink: Float64Array, fromX: number, fromY: number, toX: number, toY: number, pen: Pen): void {
  const reach = pen.radius + 0.5;
  const dx = toX - fromX;
  const dy = toY - fromY;
  const inverseSquare = 1 / (dx * dx + dy * dy + 1e-12);
  const left = Math.max(0, Math.floor(Math.min(fromX, toX) - reach));
  const right = Math.min(SIDE - 1, Math.floor(Math.max(fromX, toX) + reach));
  const top = Math.max(0, Math.floor(Math.min(fromY, toY) - reach));
  const bottom = Math.min(SIDE - 1, Math.floor(Math.max(fromY, toY) + reach));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const x = column + 0.5 - fromX;
      const y = row + 0.5 - fromY;
      const t = Math.max(0, Math.min(1, (x * dx + y * dy) * inverseSquare));
      const offX = x - t * dx;
      const offY = y - t * dy;
      const coverage = pen.pressure * Math.max(0, Math.min(1, reach - Math.sqrt(offX * offX + offY * offY)));
      const at = row * SIDE + column;
      if (coverage > (ink[at] as number)) ink[at] = coverage;
    }
  }
}

/** Turns ink from 0 to 1 into bytes with noise: the sum of a random word's four bytes, which is close to normal. */
function develop(ink: Float64Array, pixels: Uint8Array, random: Random): void {
  // the variance of a uniform byte is (256² − 1) / 12
  const amplitude = NOISE / Math.sqrt(65535 / 3);
  for (let i = 0; i < pixels.length; i++) {
    const word = random.next();
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    pixels[i] = Math.max(0, Math.min(255, Math.round(255 * (ink[i] as number) + amplitude * (sum - 510))));
  }
}
