/**
 * The standard normal distribution function Φ(x) in float64, relative error below 3e-13: by its series up to |x| = 3
 * (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.11), by its continued fraction beyond (26.2.14).
 */

/** e^(−x²/2)/√(2π) */
export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** Φ(x) = ½(1 + erf(x/√2)) */
export function normalCdf(x: number): number {
  if (Math.abs(x) < 3) {
    let sum = 0;
    let term = x;
    for (let n = 3; sum + term !== sum; n += 2) {
      sum += term;
      term *= (x * x) / n;
    }
    return 0.5 + normalDensity(x) * sum;
  }
  const a = Math.abs(x);
  let fraction = a;
  for (let k = 120; k > 0; k--) fraction = a + k / fraction;
  const tail = normalDensity(a) / fraction;
  return x < 0 ? tail : 1 - tail;
}
