import type { Matrix } from './inputs.js';

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
  const { data, columns, scale: factor } = x;
  const count = rows?.length ?? x.rows;
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const visit = (use: (value: number, channel: number) => void) => {
    for (let i = 0; i < count; i++) {
      const start = (rows ? (rows[i] as number) : i) * columns;
      for (let j = 0; j < columns; j++) use((data[start + j] as number) * factor, j % channels);
    }
  };
  visit((value, channel) => {
    sum[channel] = (sum[channel] as number) + value;
  });
  const size = (count * columns) / channels;
  const means = sum.map((total) => total / size);
  // a second pass around the mean: no cancellation for columns far from zero
  visit((value, channel) => {
    const d = value - (means[channel] as number);
    squares[channel] = (squares[channel] as number) + d * d;
  });
  const mean = new Float32Array(columns);
  const scale = new Float32Array(columns);
  for (let j = 0; j < columns; j++) {
    const centre = means[j % channels] as number;
    const deviation = Math.sqrt((squares[j % channels] as number) / size);
    mean[j] = centre;
    // what rounding alone makes of a constant column is no spread
    scale[j] = deviation > 1e-7 * Math.abs(centre) && deviation > 1e-30 ? 1 / deviation : 1;
  }
  return { mean, scale };
}
