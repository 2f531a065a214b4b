/** A figure from several samples. */
export interface Estimate {
  readonly median: number;
  /** Median absolute deviation, as a share of the median. */
  readonly spread: number;
  readonly least: number;
  readonly samples: number;
}

/** Median and spread: neither minds a few samples that another process disturbed. */
export function estimate(samples: readonly number[]): Estimate {
  const median = middle(samples);
  return {
    median,
    spread: middle(samples.map((sample) => Math.abs(sample - median))) / median,
    least: Math.min(...samples),
    samples: samples.length,
  };
}

/** The median; of an even number of values, between the two in the middle. */
export function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
}

/** The mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation of a sample, with n − 1; of one value NaN. */
export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
