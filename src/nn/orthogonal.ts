import type { Random } from '../random.js';

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** v ← v − (u·v) u for each u of unit length, one after the other (modified Gram–Schmidt). Returns |v|. */
function removeParts(v: Float64Array, units: readonly Float64Array[]): number {
  for (const u of units) {
    const part = dot(u, v);
    for (let i = 0; i < v.length; i++) v[i] = (v[i] as number) - part * (u[i] as number);
  }
  return Math.sqrt(dot(v, v));
}

/**
 * `count` vectors of `length` ≥ count numbers at right angles, each of length 1: the factor Q of A = QR, A normal, in
 * float64. Every such set is as likely: what that takes is a positive diagonal of R (Mezzadri 2007, How to generate random
 * matrices from the classical compact groups), and Gram–Schmidt has lengths of vectors there.
 */
function orthonormal(count: number, length: number, random: Random): Float64Array[] {
  const units: Float64Array[] = [];
  for (let k = 0; k < count; k++) {
    const v = Float64Array.from({ length }, () => random.normal());
    let before = Math.sqrt(dot(v, v));
    let norm = removeParts(v, units);
    // little is left: what was rounded off is a part of it now, and goes with a second pass (Parlett 1998, 6.9)
    for (; norm < before / 10; norm = removeParts(v, units)) before = norm;
    units.push(v.map((value) => value / norm));
  }
  return units;
}

/**
 * A random matrix [rows, columns] whose rows, or columns if they are fewer, are at right angles and of length `gain`: it
 * keeps lengths and angles, so that signals neither grow nor vanish through many linear layers (Saxe, McClelland,
 * Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, ICLR 2014).
 */
export function orthogonalMatrix(rows: number, columns: number, gain: number, random: Random): Float32Array {
  const units = orthonormal(Math.min(rows, columns), Math.max(rows, columns), random);
  const matrix = new Float32Array(rows * columns);
  units.forEach((unit, k) => {
    for (let i = 0; i < unit.length; i++) {
      matrix[rows <= columns ? k * columns + i : i * columns + k] = gain * (unit[i] as number);
    }
  });
  return matrix;
}
