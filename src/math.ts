/**
 * exp, log, cos, sin and pow in float64 from + − × ÷ and bits alone. ECMAScript leaves the last bits of `Math.exp` and
 * its kin to the engine; these give the same bits on every engine, which is what the promise of reproducible training
 * rests on. Method and coefficients are those of fdlibm (Sun Microsystems 1993) as kept in FreeBSD's lib/msun/src; the
 * file is named at each function. Errors are against the exact value, in units in the last place (ulp) of the result.
 */
import { refuse } from './errors.js';

/** Largest |x| that `cos` and `sin` take: the reduction below stays exact up to 2²⁰ · π/2 ≈ 1.6e6. */
export const LARGEST_ANGLE = 1e6;

/** ln 2 as a sum: the first part has 32 significant bits, so that an exponent times it is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** A float64 seen as bits; little-endian by request, whatever the machine is. */
const bits = new DataView(new ArrayBuffer(8));

/** 2ⁿ for −1022 ≤ n ≤ 1023, by writing the exponent field. */
function powerOfTwo(n: number): number {
  bits.setUint32(0, 0, true);
  bits.setUint32(4, (n + 1023) << 20, true);
  return bits.getFloat64(0, true);
}

/** x · 2ⁿ for any whole n, rounded once: steps that reach the subnormal range keep 53 bits until the last one. */
function scale(x: number, n: number): number {
  let value = x;
  let rest = Math.max(-2200, Math.min(2200, n));
  while (rest > 1023) {
    value *= powerOfTwo(1023);
    rest -= 1023;
  }
  while (rest < -1022) {
    value *= powerOfTwo(-969);
    rest += 969;
  }
  return value * powerOfTwo(rest);
}

/** The k for which x · 2⁻ᵏ lies in [√½, √2), for a finite x > 0. */
function exponentOf(x: number): number {
  const subnormal = x < 2.2250738585072014e-308;
  bits.setFloat64(0, subnormal ? x * 18014398509481984 : x, true);
  // 0x3fe6a09e is the upper word of √½: adding its distance from 1 carries into the exponent from there on
  const exponent = ((bits.getUint32(4, true) + (0x3ff00000 - 0x3fe6a09e)) >>> 20) - 1023;
  return subnormal ? exponent - 54 : exponent;
}

/**
 * eˣ, error below 1 ulp (subnormal results: 1 ulp of those). x = k ln 2 + r with |r| ≤ ½ ln 2, and on that range
 * eʳ = 1 + 2r / (R − r) with a polynomial R in r². FreeBSD msun e_exp.c.
 */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019411) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  return scale(1 - (low - (r * c) / (2 - c) - high), k);
}

/**
 * Natural logarithm, error below 1 ulp; log(0) = −∞, NaN for x < 0. x = 2ᵏ (1 + f) with 1 + f in [√½, √2), and
 * log(1 + f) = f − f²/2 + s (f²/2 + R(s²)) with s = f / (2 + f). FreeBSD msun e_log.c.
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const k = exponentOf(x);
  const f = scale(x, -k) - 1;
  const halfSquare = 0.5 * f * f;
  return k * LN2_HIGH - (halfSquare - (logRemainder(f, halfSquare) + k * LN2_LOW) - f);
}

/** log(1 + f) − f + f²/2 for 1 + f in [√½, √2), where `halfSquare` is f²/2. FreeBSD msun e_log.c, k_log.h. */
function logRemainder(f: number, halfSquare: number): number {
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  return s * (halfSquare + (even + odd));
}

/** Cosine of x radians, error below 1 ulp. |x| beyond LARGEST_ANGLE is refused, ±∞ and NaN give NaN. */
export function cos(x: number): number {
  return quarterTurns('cos', x, 1);
}

/** Sine of x radians, error below 1 ulp. |x| beyond LARGEST_ANGLE is refused, ±∞ and NaN give NaN. */
export function sin(x: number): number {
  return quarterTurns('sin', x, 0);
}

/**
 * sin(x + phase · π/2). Subtracts the n quarter turns nearest to x with π/2 in four parts (33 + 33 + 33 + 53 bits;
 * FreeBSD msun e_rem_pio2.c): n times one of the first three is exact, each difference keeps its rounding error, and
 * so the rest is right to the last bit even where x is next to a multiple of π/2.
 */
function quarterTurns(where: string, x: number, phase: number): number {
  if (!Number.isFinite(x)) return Number.NaN;
  if (Math.abs(x) > LARGEST_ANGLE) refuse(where, `\`x\` must lie within ±${LARGEST_ANGLE} radians`, x);
  const n = Math.floor(x * 0.6366197723675814 + 0.5);
  const a = x - n * 1.5707963267341256;
  const b = a - n * 6.077100506303966e-11;
  const c = b - n * 2.0222662487111665e-21;
  const tail =
    differenceError(a, n * 6.077100506303966e-11, b) +
    differenceError(b, n * 2.0222662487111665e-21, c) -
    n * 8.4784276603689e-32;
  // n = 0 leaves x as it is, which keeps the sign of −0
  const high = n === 0 ? x : c + tail;
  const low = c - high + tail;
  const quadrant = (n + phase) & 3;
  const value = quadrant & 1 ? cosKernel(high, low) : sinKernel(high, low);
  return quadrant & 2 ? -value : value;
}

/** What a − b lost in being rounded to `difference` (TwoSum: Knuth, The Art of Computer Programming 2, 4.2.2). */
function differenceError(a: number, b: number, difference: number): number {
  const shadow = difference - a;
  return a - (difference - shadow) - (b + shadow);
}

/** sin(x + low) for |x| ≤ π/4 and a `low` below half an ulp of x. FreeBSD msun k_sin.c. */
function sinKernel(x: number, low: number): number {
  const z = x * x;
  const v = z * x;
  const r =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 +
        z * (0.0000027557313707070068 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return x - (z * (0.5 * low - v * r) - low - v * -0.16666666666666632);
}

/** cos(x + low) for |x| ≤ π/4 and a `low` below half an ulp of x. FreeBSD msun k_cos.c. */
function cosKernel(x: number, low: number): number {
  const z = x * x;
  const r =
    z *
    (0.0416666666666666 +
      z *
        (-0.001388888888887411 +
          z *
            (0.00002480158728947673 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * r - x * low));
}

/**
 * xʸ with the special cases of ECMAScript's Math.pow. y is split into a whole part, raised by repeated squaring in
 * double-double arithmetic, and a rest from −½ to ½, which is exp(rest · log x), or the
 * square root for ½. Error below 1 ulp for whole y, below
 * 2.5 ulp else (0.5 and 1.9 measured); a subnormal result within 1 ulp more.
 */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const size = Math.abs(x);
  if (!Number.isFinite(y)) {
    if (size === 1) return Number.NaN;
    return size > 1 === y > 0 ? Number.POSITIVE_INFINITY : 0;
  }
  const odd = Math.abs(y) % 2 === 1;
  const sign = odd && (x < 0 || Object.is(x, -0)) ? -1 : 1;
  if (size === 0 || size === Number.POSITIVE_INFINITY)
    return sign * ((size === 0) === y > 0 ? 0 : Number.POSITIVE_INFINITY);
  const whole = -Math.round(-y);
  const rest = y - whole;
  if (x < 0 && rest !== 0) return Number.NaN;
  const { high, low, exponent } = wholePower(size, whole);
  if (rest === 0) return sign * scale(high + low, exponent);
  const [root, correction] = fractionalPower(size, rest);
  return scale(high * root + (low * root + high * root * correction), exponent);
}

/** (high + low) · 2^exponent, where high lies in [√½, √2] and low is the part that high has no bits for. */
interface DoubleDouble {
  readonly high: number;
  readonly low: number;
  readonly exponent: number;
}

/** xⁿ for a finite x > 0 and any whole n: square and multiply (Knuth, The Art of Computer Programming 2, 4.6.3). */
function wholePower(x: number, n: number): DoubleDouble {
  const k = exponentOf(x);
  const m = scale(x, -k);
  const inverse = 1 / m;
  const inverseError = (1 - inverse * m - productError(inverse, m)) / m;
  let base: DoubleDouble =
    n < 0 ? { high: inverse, low: inverseError, exponent: -k } : { high: m, low: 0, exponent: k };
  let power: DoubleDouble = { high: 1, low: 0, exponent: 0 };
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(power, base);
    base = multiply(base, base);
  }
  return power;
}

/** a · b, relative error about 2⁻¹⁰² (Dekker, A floating-point technique for extending the precision, 1971). */
function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const product = a.high * b.high;
  const error = productError(a.high, b.high) + (a.high * b.low + a.low * b.high);
  const high = product + error;
  const low = error - (high - product);
  const shift = high > Math.SQRT2 ? -1 : high < Math.SQRT1_2 ? 1 : 0;
  const factor = powerOfTwo(shift);
  return { high: high * factor, low: low * factor, exponent: a.exponent + b.exponent - shift };
}

/** What a · b loses in being rounded: exact, by halving both into 26 bits (Veltkamp's splitting, Dekker 1971). */
function productError(a: number, b: number): number {
  const [aHigh, aLow] = halves(a);
  const [bHigh, bLow] = halves(b);
  return aHigh * bHigh - a * b + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** a as a sum of two numbers with at most 26 significant bits each. */
function halves(a: number): readonly [number, number] {
  const spread = 134217729 * a;
  const high = spread - (spread - a);
  return [high, a - high];
}

/** xʸ ≈ root · (1 + correction) for a finite x > 0 and −½ < y ≤ ½, the correction below 2⁻⁴². */
function fractionalPower(x: number, y: number): readonly [root: number, correction: number] {
  if (y === 0.5) {
    // √x has no need of its correction to be right, but x^1.5 = x · √x has
    const k = exponentOf(x) & -2;
    const m = scale(x, -k);
    const root = Math.sqrt(m);
    return [scale(root, k / 2), (m - root * root - productError(root, root)) / (2 * m)];
  }
  const k = exponentOf(x);
  const f = scale(x, -k) - 1;
  const halfSquare = 0.5 * f * f;
  // log x = high + low: the large k ln 2 and the small rest are not rounded into one another
  const part = f - (halfSquare - (logRemainder(f, halfSquare) + k * LN2_LOW));
  const high = k * LN2_HIGH + part;
  const low = part - (high - k * LN2_HIGH);
  const product = y * high;
  return [exp(product), productError(y, high) + y * low];
}
