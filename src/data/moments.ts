import type { Matrix } from './inputs.js';

/** Mean and mean squared deviation of each channel. */
export interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Moments of the given rows (all, where none are given); column j belongs to channel j mod channels. */
export function momentsOf(x: Matrix, channels: number, rows?: Uint32Array): Moments {
  const sums = new MomentSums(channels);
  sums.add(x, rows);
  return sums.moments();
}

/**
 * Moments of rows that come block after block. Float32 blocks are merged in float64 as they come, by the pairwise formula of
 * Chan, Golub and LeVeque (Algorithms for computing the sample variance, 1983); of bytes the values are counted, so that
 * blocks make no difference at all. All blocks must have the same type and scale.
 */
export class MomentSums {
  readonly #channels: number;
  #counts: Float64Array | undefined;
  #scale = 1;
  #size = 0;
  #moments: Moments | undefined;

  constructor(channels: number) {
    this.#channels = channels;
  }

  /** Adds rows of a block: those that are named, or all. */
  add(x: Matrix, rows?: Uint32Array): void {
    const { data, columns } = x;
    const size = ((rows?.length ?? x.rows) * columns) / this.#channels;
    if (data instanceof Uint8Array) {
      this.#counts ??= new Float64Array(this.#channels * 256);
      countBytes(this.#counts, data, columns, this.#channels, rows);
      this.#scale = x.scale;
    } else {
      const moments = momentsOfFloats(data, columns, this.#channels, rows);
      this.#moments = this.#moments ? merge(this.#moments, this.#size, moments, size) : moments;
    }
    this.#size += size;
  }

  /** Of all rows so far. */
  moments(): Moments {
    if (this.#counts) return momentsOfCounts(this.#counts, this.#size, this.#channels, this.#scale);
    const none = new Float64Array(this.#channels);
    return this.#moments ?? { mean: none, variance: none };
  }
}

/** δ = m₂ − m₁; m = m₁ + δ n₂/n, and the sums of squares add up with δ² n₁n₂/n. */
function merge(a: Moments, n1: number, b: Moments, n2: number): Moments {
  const n = n1 + n2;
  const delta = a.mean.map((mean, j) => (b.mean[j] as number) - mean);
  return {
    mean: a.mean.map((mean, j) => mean + (delta[j] as number) * (n2 / n)),
    variance: a.variance.map((variance, j) => {
      const d = delta[j] as number;
      return variance * (n1 / n) + (b.variance[j] as number) * (n2 / n) + d * d * (n1 / n) * (n2 / n);
    }),
  };
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

/** Adds to how often each value is there, in each channel: the moments follow from these 256 counts. */
function countBytes(
  counts: Float64Array,
  data: Uint8Array,
  columns: number,
  channels: number,
  rows: Uint32Array | undefined,
): void {
  const count = rows?.length ?? data.length / columns;
  for (let i = 0; i < count; i++) {
    const start = (rows ? (rows[i] as number) : i) * columns;
    for (let j = 0, channel = 0; j < columns; j++) {
      const slot = channel * 256 + (data[start + j] as number);
      counts[slot] = (counts[slot] as number) + 1;
      if (++channel === channels) channel = 0;
    }
  }
}

function momentsOfCounts(counts: Float64Array, size: number, channels: number, factor: number): Moments {
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
