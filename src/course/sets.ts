/** Small data sets of the course, made by code: the same seed gives the same bytes. */
import { sin } from '../math.js';
import { Domain, Random } from '../random.js';

/** Rows with targets. */
export interface Set<T> {
  /** `data` is [rows, columns] flat. */
  readonly x: { readonly data: Float32Array; readonly shape: readonly [rows: number, columns: number] };
  readonly y: T;
}

/** Normal rows: column j has mean 0 and standard deviation `scales[j]`. */
export function normalRows(rows: number, scales: readonly number[], seed: number): Set<Float32Array>['x'] {
  const random = new Random(seed, Domain.course);
  const data = Float32Array.from({ length: rows * scales.length }, (_, i) => {
    return (scales[i % scales.length] as number) * random.normal();
  });
  return { data, shape: [rows, scales.length] };
}

/** Points of one period of a sine on −1 … 1 with normal noise: a curve that a wide network follows into the noise. */
export function noisySine(rows: number, noise: number, seed: number): Set<Float32Array> {
  const random = new Random(seed, Domain.course, 1);
  const data = Float32Array.from({ length: rows }, () => 2 * random.uniform() - 1);
  const y = data.map((x) => sin(Math.PI * x) + noise * random.normal());
  return { x: { data, shape: [rows, 1] }, y };
}

/**
 * Two classes that two of the columns tell apart (by the sign of their sum, with normal noise in front of the decision);
 * the other columns mean nothing. With few rows and many columns a network learns them by heart.
 */
export function twoOfMany(rows: number, columns: number, noise: number, seed: number): Set<Uint8Array> {
  const random = new Random(seed, Domain.course, 2);
  const data = Float32Array.from({ length: rows * columns }, () => random.normal());
  const y = Uint8Array.from({ length: rows }, (_, row) => {
    const signal = (data[row * columns] as number) + (data[row * columns + 1] as number);
    return signal + noise * random.normal() > 0 ? 1 : 0;
  });
  return { x: { data, shape: [rows, columns] }, y };
}

/** Normal rows as of `normalRows`, and as target the sum of the columns with normal noise: J is a quadratic, least at weights of 1. */
export function noisySum(rows: number, scales: readonly number[], noise: number, seed: number): Set<Float32Array> {
  const random = new Random(seed, Domain.course, 40);
  const x = normalRows(rows, scales, seed);
  const y = Float32Array.from({ length: rows }, (_, row) => {
    const [from, to] = [row * scales.length, (row + 1) * scales.length];
    return x.data.subarray(from, to).reduce((sum, value) => sum + value, 0) + noise * random.normal();
  });
  return { x, y };
}

/**
 * Targets that the first columns alone make: the sum of `weights[j]` times column j, with normal noise. The columns beyond
 * them, up to `columns`, mean nothing.
 */
export function fewOfMany(
  rows: number,
  columns: number,
  weights: readonly number[],
  noise: number,
  seed: number,
): Set<Float32Array> {
  const random = new Random(seed, Domain.course, 20);
  const data = Float32Array.from({ length: rows * columns }, () => random.normal());
  const y = Float32Array.from({ length: rows }, (_, row) =>
    weights.reduce((sum, w, j) => sum + w * (data[row * columns + j] as number), noise * random.normal()),
  );
  return { x: { data, shape: [rows, columns] }, y };
}

/**
 * One quantity measured several times: column j is the target with normal noise of deviation `noises[j]`. The target is
 * normal, and every column is scaled to a mean square of 1.
 */
export function measurements(rows: number, noises: readonly number[], seed: number): Set<Float32Array> {
  const random = new Random(seed, Domain.course, 21);
  const columns = noises.length;
  const y = Float32Array.from({ length: rows }, () => random.normal());
  const data = Float32Array.from({ length: rows * columns }, (_, i) => {
    return (y[Math.floor(i / columns)] as number) + (noises[i % columns] as number) * random.normal();
  });
  for (let j = 0; j < columns; j++) {
    let squares = 0;
    for (let i = j; i < data.length; i += columns) squares += (data[i] as number) * (data[i] as number);
    const scale = Math.sqrt(squares / rows);
    for (let i = j; i < data.length; i += columns) data[i] = (data[i] as number) / scale;
  }
  return { x: { data, shape: [rows, columns] }, y };
}

/**
 * Rows evenly over −1 … 1, in stripes of equal width whose classes take turns: with 2ᵏ stripes the parity of the first k
 * binary digits of (x + 1) / 2, which k foldings in the middle make too. The same for every seed, so it takes none.
 */
export function stripes(rows: number, count: number): Set<Uint8Array> {
  const places = Array.from({ length: rows }, (_, row) => (row + 0.5) / rows);
  return {
    x: { data: Float32Array.from(places, (place) => 2 * place - 1), shape: [rows, 1] },
    y: Uint8Array.from(places, (place) => Math.floor(place * count) % 2),
  };
}
