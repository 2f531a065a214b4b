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
  let [count, mean] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // a running mean: a sum of large values might leave float64
    if (!Number.isNaN(value)) mean += (value - mean) / ++count;
  }
  if (!Number.isFinite(mean)) return { mean, spread: Number.POSITIVE_INFINITY };
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs((values[i] as number) - mean) || 0);
  if (largest === 0) return { mean, spread: 0 };
  // in this unit, no square leaves float64
  const unit = largest > 1e100 || largest < 1e-100 ? largest : 1;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const difference = ((values[i] as number) - mean) / unit;
    if (Number.isNaN(difference)) continue;
    sum += difference;
    squares += difference * difference;
  }
  const spread = unit * Math.sqrt(Math.max(0, squares - (sum * sum) / count) / count);
  // what rounding alone makes of a constant column is no spread
  return { mean: mean + (sum / count) * unit, spread: spread > 1e-14 * Math.abs(mean) ? spread : 0 };
}
