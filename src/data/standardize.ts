import type { Matrix } from './inputs.js';

/** Per column: what is subtracted, and what is multiplied with. Fitted on training rows alone. */
export interface Standardization {
  readonly mean: Float32Array;
  /** 1 / standard deviation (population form); 1 for a column that does not vary. */
  readonly scale: Float32Array;
}

/** Mean and mean squared deviation of each channel. */
interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/**
 * Fits mean and standard deviation over the given rows (all, where none are given). Columns j, j + channels,
 * j + 2·channels … share one mean and one deviation: the pixels of a channel of an image, or, with
 * channels = columns, each column on its own.
 */
export function fitStandardization(x: Matrix, channels: number, rows?: Uint32Array): Standardization {
  const { data, columns } = x;
  const moments =
    data instanceof Uint8Array
      ? momentsOfBytes(data, columns, channels, rows, x.scale)
      : momentsOfFloats(data, columns, channels, rows);
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

/** Two passes, the second around the mean: no cancellation for columns far from zero. */
function momentsOfFloats(
  data: Float32Array,
  columns: number,
  channels: number,
  rows: Uint32Array | undefined,
): Moments {
  const count = rows?.length ?? data.length / columns;
  const size = (count * columns) / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (const centred of [false, true]) {
    const into = centred ? variance : mean;
    for (let i = 0; i < count; i++) {
      const start = (rows ? (rows[i] as number) : i) * columns;
      for (let j = 0, channel = 0; j < columns; j++) {
        const value = data[start + j] as number;
        const deviation = value - (mean[channel] as number);
        const term = centred ? deviation * deviation : value;
        into[channel] = (into[channel] as number) + term;
        if (++channel === channels) channel = 0;
      }
    }
    for (let channel = 0; channel < channels; channel++) into[channel] = (into[channel] as number) / size;
  }
  return { mean, variance };
}

/** Bytes are counted, one pass, and the moments follow from the 256 counts of each channel. */
function momentsOfBytes(
  data: Uint8Array,
  columns: number,
  channels: number,
  rows: Uint32Array | undefined,
  factor: number,
): Moments {
  const count = rows?.length ?? data.length / columns;
  const size = (count * columns) / channels;
  const counts = new Uint32Array(channels * 256);
  for (let i = 0; i < count; i++) {
    const start = (rows ? (rows[i] as number) : i) * columns;
    for (let j = 0, channel = 0; j < columns; j++) {
      const slot = channel * 256 + (data[start + j] as number);
      counts[slot] = (counts[slot] as number) + 1;
      if (++channel === channels) channel = 0;
    }
  }
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const share = (value: number): number => (counts[channel * 256 + value] as number) / size;
    let centre = 0;
    for (let value = 0; value < 256; value++) centre += share(value) * value * factor;
    let spread = 0;
    for (let value = 0; value < 256; value++) {
      const deviation = value * factor - centre;
      spread += share(value) * deviation * deviation;
    }
    mean[channel] = centre;
    variance[channel] = spread;
  }
  return { mean, variance };
}
