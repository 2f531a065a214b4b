/** Center and spread of values. */
export interface Spread {
  readonly mean: number;
  /** Standard deviation, population form; 0 where values do not vary. */
  readonly spread: number;
}

/**
 * Mean and standard deviation in float64 of all values but NaN, in two passes, the second of which corrects what the first
 * rounded (Chan, Golub and LeVeque, Algorithms for computing the sample variance, 1983, 1.7).
 */
export function scaleOf(values: Float64Array): Spread {
  const mean = runningMean(values);
  if (!Number.isFinite(mean)) return { mean, spread: Number.POSITIVE_INFINITY };
  const largest = largestDistance(values, mean);
  if (largest === 0) return { mean, spread: 0 };
  // in this unit, no square leaves float64
  const unit = largest > 1e100 || largest < 1e-100 ? largest : 1;
  const [count = 0, sum = 0, squares = 0] = sumsOf(values, mean, unit);
  const spread = unit * Math.sqrt(Math.max(0, squares - (sum * sum) / count) / count);
  // what rounding alone makes of a constant column is no spread
  return { mean: mean + (sum / count) * unit, spread: spread > 1e-14 * Math.abs(mean) ? spread : 0 };
}

// A function for each pass, and sums in an array: V8 13 (Node 24) makes an object of a local number at every step of such a loop,
// which for a million rows is some 20 MB of garbage.

function runningMean(values: Float64Array): number {
  const sums = new Float64Array(2);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) continue;
    const count = (sums[0] as number) + 1;
    sums[0] = count;
    // a running mean: a sum of large values might leave float64
    sums[1] = (sums[1] as number) + (value - (sums[1] as number)) / count;
  }
  return sums[1] as number;
}

function largestDistance(values: Float64Array, mean: number): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = Math.abs((values[i] as number) - mean);
    if (distance > largest) largest = distance;
  }
  return largest;
}

/** How many values there are, and the sums of their distances from the mean and of the squares of these, in a unit. */
function sumsOf(values: Float64Array, mean: number, unit: number): Float64Array {
  const sums = new Float64Array(3);
  for (let i = 0; i < values.length; i++) {
    const difference = ((values[i] as number) - mean) / unit;
    if (Number.isNaN(difference)) continue;
    sums[0] = (sums[0] as number) + 1;
    sums[1] = (sums[1] as number) + difference;
    sums[2] = (sums[2] as number) + difference * difference;
  }
  return sums;
}
