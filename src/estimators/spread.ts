/** Values with their mean and spread. */
export interface Spread {
  /** The values themselves, one at least. */
  readonly values: readonly number[];
  /** Their mean. */
  readonly mean: number;
  /** The standard deviation of a sample, with n − 1 in the denominator; 0 for one value. */
  readonly deviation: number;
}

/** Mean and standard deviation of values; in two passes, so that large means cost no digits. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return { values, mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}
