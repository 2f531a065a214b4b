import type { Matrix } from './inputs.js';
import { type Moments, momentsOf } from './moments.js';

/** Per column: what is subtracted, and what is multiplied with. Fitted on training rows alone. */
export interface Standardization {
  readonly mean: Float32Array;
  /** 1 / standard deviation (population form); 1 for a column that does not vary. */
  readonly scale: Float32Array;
}

/**
 * Fits mean and standard deviation over the given rows (all, where none are given). Columns j, j + channels,
 * j + 2·channels … share one mean and one deviation: the pixels of a channel of an image, or, with
 * channels = columns, each column on its own.
 */
export function fitStandardization(x: Matrix, channels: number, rows?: Uint32Array): Standardization {
  return standardizationOf(momentsOf(x, channels, rows), x.columns, channels);
}

/** What moments of channels make of so many columns. */
export function standardizationOf(moments: Moments, columns: number, channels: number): Standardization {
  const mean = new Float32Array(columns);
  const scale = new Float32Array(columns);
  for (let j = 0; j < columns; j++) {
    const centre = moments.mean[j % channels] as number;
    const deviation = Math.sqrt(moments.variance[j % channels] as number);
    mean[j] = centre;
    // what rounding alone makes of a constant column is no spread
    scale[j] = deviation > 1e-7 * Math.abs(centre) && deviation > 1e-30 ? 1 / deviation : 1;
  }
  return { mean, scale };
}
