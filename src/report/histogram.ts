/** Numbers sorted into bins of equal, round width. */

/** How many values lie in each of several neighbouring bins. */
export interface Histogram {
  /** Where the first bin begins: a multiple of `width`. */
  readonly low: number;
  /** Width of a bin: 1, 2 or 5 times a power of ten. */
  readonly width: number;
  readonly counts: readonly number[];
}

/** Within this share of a bin's width, a value is on its edge: 0.3 is in the third bin of width 0.1, although 0.3 / 0.1 < 3. */
const SLACK = 1e-9;

/** The least of 1, 2 and 5 times a power of ten that is not below a number above 0. */
export function roundAbove(value: number): number {
  const exponent = Number(value.toExponential().split('e')[1]);
  const steps = [1, 2, 5, 10].map((step) => Number(`${step}e${exponent}`));
  return steps.find((step) => step >= value * (1 - SLACK)) ?? value;
}

/** Least and greatest of the values that are numbers; undefined for none. */
export function extentOf(values: ArrayLike<number>): readonly [least: number, most: number] | undefined {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  // by number, here and below: an iterator makes an object for each of a million values
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return least <= most ? [least, most] : undefined;
}

function areWhole(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isNaN(value) && !Number.isInteger(value)) return false;
  }
  return true;
}

/**
 * Bins over all values, or over those within a range; NaN is in none.
 * Edges are round, so that values which are themselves rounded fall evenly into the bins: whole numbers in bins of one, two or five.
 * @param most how many bins there are at most, but for one more at the edge
 * @returns undefined where there is no value, or they span more than float64 does
 */
export function histogramOf(
  values: ArrayLike<number>,
  most: number,
  range: readonly [low: number, high: number] | undefined = extentOf(values),
): Histogram | undefined {
  if (!range || !Number.isFinite(range[1] - range[0])) return undefined;
  const [least, greatest] = range;
  const alike = Math.max(Math.abs(least), Math.abs(greatest)) || 1;
  let width = roundAbove(Math.max((greatest - least) / most, alike * SLACK));
  if (width < 1 && areWhole(values)) width = 1;
  const place = (value: number) => Math.floor(value / width + SLACK);
  const first = place(least);
  const counts = new Array<number>(place(greatest) - first + 1).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!(value >= least && value <= greatest)) continue;
    const bin = place(value) - first;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { low: first * width, width, counts };
}
