/**
 * Transcendental functions on four float32 lanes: exp, expm1, log, log1p, tanh, sigmoid, sin and cos of 2πu, and the
 * normal distribution's e^(−x²/2) and Φ(x) = ½ erfc(−x/√2).
 *
 * Only + − × ÷, comparisons and integer shifts of baseline SIMD are used, each correctly rounded by IEEE 754, so every
 * engine and machine computes the same bits. Errors in ulp over all arguments: docs/numerics.md (scripts/ulp.mjs).
 *
 * The polynomials are our own minimax fits: in float64, by linear programming on 1500 Chebyshev points of the stated
 * interval, the coefficients rounded to float32 one after the other from the lowest power up, the rest fitted again
 * after each. The error stated at each polynomial is the largest one against the function it stands for, in exact
 * arithmetic, in units of 2⁻²⁴.
 *
 * Argument reduction of exp and log with a two-part ln 2: Cody and Waite, Software Manual for the Elementary Functions
 * (1980), chapters 5 and 6; its split (15 + 24 bits, n·LN2_HIGH exact for |n| < 2⁹) is that of FreeBSD's e_expf.c.
 *
 * NaN arguments give NaN. pmax(x, c) is c where x < c and x elsewhere, so it passes NaN on when x stands first, and is
 * one instruction on x86 where f32x4.max takes eight.
 */

/** 1.5·2²³: adding it rounds |x| < 2²² to the nearest integer, which then stands in the low bits of the sum. */
const ROUND: f32 = 12582912;
const LOG2_E: f32 = 1.44269502;
const LN2_HIGH: f32 = 0.693145752;
const LN2_LOW: f32 = 1.42860677e-6;
/** The bits of 1: exponent 0 with its bias. */
const ONE_BITS: i32 = 0x3f800000;
const SIGN_BITS: i32 = 0x80000000;
/** Sign, exponent and the upper 11 bits behind the point: a number with these alone has a square without rounding. */
const UPPER_BITS: i32 = 0xfffff000;
/** Where e^(−x²/2) is below 2⁻¹²⁶·⁵ and computed as 0, with a little room for the exponent of it. */
const TAIL_END: f32 = 13.26;

/** Functions of four float32 at once. */
export class SimdMath {
  /** p·x + c, with two roundings: one step of Horner's scheme. */
  @inline private static step(p: v128, x: v128, c: f32): v128 {
    return f32x4.add(f32x4.mul(p, x), f32x4.splat(c));
  }

  /** ROUND + n, n = x/ln 2 to the nearest integer (|n| < 2²²). */
  @inline private static exponent(x: v128): v128 {
    return f32x4.add(f32x4.mul(x, f32x4.splat(LOG2_E)), f32x4.splat(ROUND));
  }

  /** r = x − n ln 2, given t = ROUND + n. */
  @inline private static remainder(x: v128, t: v128): v128 {
    const n = f32x4.sub(t, f32x4.splat(ROUND));
    return f32x4.sub(f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HIGH))), f32x4.mul(n, f32x4.splat(LN2_LOW)));
  }

  /** eʳ − 1 for |r| ≤ ln 2 / 2: r + r²·P(r), relative error 0.23. */
  @inline private static fraction(r: v128): v128 {
    let p = SimdMath.step(f32x4.splat(0.00138699485), r, 0.00836625323);
    p = SimdMath.step(p, r, 0.0416674428);
    p = SimdMath.step(p, r, 0.166665465);
    p = SimdMath.step(p, r, 0.49999997);
    return f32x4.add(r, f32x4.mul(f32x4.mul(r, r), p));
  }

  /** 2ⁿ for −127 ≤ n ≤ 128 from any lanes whose low bits are n; 0 for −127 and Infinity for 128. */
  @inline private static power(n: v128): v128 {
    return i32x4.add(i32x4.shl(n, 23), i32x4.splat(ONE_BITS));
  }

  /** eˣ. Overflows to Infinity above 88.72, underflows gradually to 0 below −103.97. */
  @inline static exp(x: v128): v128 {
    const y = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-105)), f32x4.splat(89));
    const t = SimdMath.exponent(y);
    // 2ⁿ in two halves: n itself may lie outside of the exponents that float32 has
    const half = i32x4.shr_s(t, 1);
    const first = SimdMath.power(half);
    const second = SimdMath.power(i32x4.sub(t, half));
    const e = f32x4.add(SimdMath.fraction(SimdMath.remainder(y, t)), f32x4.splat(1));
    return f32x4.mul(f32x4.mul(e, first), second);
  }

  /** eˣ for x ≤ 0: faster than exp, and 0 below −87.68, so that hardly a subnormal number (they are slow) is made. */
  @inline static expNegative(x: v128): v128 {
    const y = f32x4.pmax(x, f32x4.splat(-88));
    const t = SimdMath.exponent(y);
    const e = f32x4.add(SimdMath.fraction(SimdMath.remainder(y, t)), f32x4.splat(1));
    return f32x4.mul(e, SimdMath.power(t));
  }

  /** eˣ − 1, to a small relative error near 0 too; −1 below −17.33, Infinity above 88.72. */
  @inline static expm1(x: v128): v128 {
    const y = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-18)), f32x4.splat(89));
    const t = SimdMath.exponent(y);
    // 2ⁿ·(q + 1) − 1 as twice (s·q + (s − ½)), s = 2ⁿ⁻¹: 2ⁿ alone would overflow where the result does not
    const s = SimdMath.power(i32x4.sub(t, i32x4.splat(1)));
    const q = SimdMath.fraction(SimdMath.remainder(y, t));
    const h = f32x4.add(f32x4.mul(s, q), f32x4.sub(s, f32x4.splat(0.5)));
    // the result has the sign of x; this matters for −0 alone
    return v128.or(f32x4.add(h, h), v128.and(x, i32x4.splat(SIGN_BITS)));
  }

  /**
   * tanh x. For |x| < 0.625 an odd polynomial x + x³·P(x²), relative error 0.08, beyond it 1 − 2e/(1 + e),
   * e = e^(−2|x|), with the sign of x: the split of Cephes' tanhf (Moshier, 1989).
   */
  @inline static tanh(x: v128): v128 {
    const a = f32x4.abs(x);
    const one = f32x4.splat(1);
    const square = f32x4.mul(x, x);
    let p = SimdMath.step(f32x4.splat(-0.0056922962), square, 0.0206281673);
    p = SimdMath.step(p, square, -0.0537365153);
    p = SimdMath.step(p, square, 0.133314058);
    p = SimdMath.step(p, square, -0.333332807);
    const small = f32x4.add(a, f32x4.mul(f32x4.mul(a, square), p));
    const e = SimdMath.expNegative(f32x4.mul(a, f32x4.splat(-2)));
    const large = f32x4.sub(one, f32x4.div(f32x4.add(e, e), f32x4.add(one, e)));
    const result = v128.bitselect(small, large, f32x4.lt(a, f32x4.splat(0.625)));
    return v128.bitselect(x, result, i32x4.splat(SIGN_BITS));
  }

  /** 1/(1 + e^(−x)), for negative x as e^(−|x|)/(1 + e^(−|x|)): relatively exact in the tail, 0 below −87.68. */
  @inline static sigmoid(x: v128): v128 {
    const one = f32x4.splat(1);
    const e = SimdMath.expNegative(f32x4.neg(f32x4.abs(x)));
    return f32x4.div(v128.bitselect(one, e, f32x4.ge(x, f32x4.splat(0))), f32x4.add(one, e));
  }

  /** ln x; −Infinity at ±0, NaN for negative x, right for subnormal x as well. */
  @inline static log(x: v128): v128 {
    const one = f32x4.splat(1);
    const small = f32x4.lt(x, f32x4.splat(1.17549435e-38));
    const y = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, small);
    // y = 2ⁿ·(1 + f), 1 + f from √½ to √2: the bits of y from those of √½ on count half-open binades
    const bits = i32x4.sub(y, i32x4.splat(0x3f3504f3));
    const n = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_s(bits, 23), v128.and(small, i32x4.splat(23))));
    const f = f32x4.sub(i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3)), one);
    // ln(1 + f) = f − f²/2 + f³·P(f), relative error 0.10
    let p = SimdMath.step(f32x4.splat(-0.0763880014), f, 0.127648965);
    p = SimdMath.step(p, f, -0.131599978);
    p = SimdMath.step(p, f, 0.142012253);
    p = SimdMath.step(p, f, -0.166233271);
    p = SimdMath.step(p, f, 0.200012535);
    p = SimdMath.step(p, f, -0.250008225);
    p = SimdMath.step(p, f, 0.333333313);
    const square = f32x4.mul(f, f);
    p = f32x4.add(f32x4.mul(f32x4.mul(square, f), p), f32x4.mul(n, f32x4.splat(LN2_LOW)));
    p = f32x4.add(f32x4.sub(p, f32x4.mul(square, f32x4.splat(0.5))), f);
    const result = f32x4.add(p, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
    // what is not a positive finite number: −Infinity at ±0; √x is NaN below 0 and keeps NaN and Infinity
    const regular = v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.lt(x, f32x4.splat(Infinity)));
    const zero = f32x4.eq(x, f32x4.splat(0));
    const special = v128.bitselect(f32x4.splat(-Infinity), f32x4.sqrt(x), zero);
    return v128.bitselect(result, special, regular);
  }

  /** ln(1 + x) for 0 ≤ x ≤ 1, to a small relative error near 0 too: 2 artanh s, s = x/(2 + x), relative error 0.08. */
  @inline static log1p(x: v128): v128 {
    const s = f32x4.div(x, f32x4.add(x, f32x4.splat(2)));
    const square = f32x4.mul(s, s);
    let p = SimdMath.step(f32x4.splat(0.280067801), square, 0.280030251);
    p = SimdMath.step(p, square, 0.400214374);
    p = SimdMath.step(p, square, 0.666664183);
    return f32x4.add(f32x4.add(s, s), f32x4.mul(f32x4.mul(s, square), p));
  }

  /**
   * e^(−x²/2), to a small relative error as far as it reaches; 0 beyond |x| = 13.24. Rounding x² would cost x²/2 times
   * 2⁻²⁴ of the result. So −x²/2 is the sum of −u²/2, u the upper half of the bits of x, without rounding, and a small
   * rest (the split of FreeBSD's s_erff.c).
   */
  @inline static gaussian(x: v128): v128 {
    const a = f32x4.pmin(f32x4.abs(x), f32x4.splat(TAIL_END));
    const u = v128.and(a, i32x4.splat(UPPER_BITS));
    const half = f32x4.splat(-0.5);
    const high = f32x4.mul(f32x4.mul(u, u), half);
    const low = f32x4.mul(f32x4.mul(f32x4.sub(a, u), f32x4.add(a, u)), half);
    const t = SimdMath.exponent(f32x4.add(high, low));
    const r = f32x4.add(SimdMath.remainder(high, t), low);
    return f32x4.mul(f32x4.add(SimdMath.fraction(r), f32x4.splat(1)), SimdMath.power(t));
  }

  /**
   * Φ(x) = ½(1 + erf(x/√2)) = ½ erfc(−x/√2), the standard normal cumulative distribution function, given
   * g = gaussian(x). Φ(−a) = g·P(a)/Q(a) for a ≥ 0, relative error of P/Q 0.22 up to 13.26 (a rational function times
   * e^(−a²/2): Cody 1969, Rational Chebyshev approximations for the error function); Φ(a) = 1 − Φ(−a). Relatively exact
   * in the lower tail, where 1 + erf cancels.
   */
  @inline static normalCdf(x: v128, g: v128): v128 {
    const one = f32x4.splat(1);
    const a = f32x4.pmin(f32x4.abs(x), f32x4.splat(TAIL_END));
    // by pairs (Estrin 1960): fewer roundings one upon the other than Horner's scheme has, and more at a time
    const square = f32x4.mul(a, a);
    const fourth = f32x4.mul(square, square);
    const p0 = SimdMath.step(f32x4.splat(0.434915781), a, 0.5);
    const p2 = SimdMath.step(f32x4.splat(0.039794229), a, 0.180739284);
    const p4 = f32x4.splat(0.00399230281);
    const q0 = SimdMath.step(f32x4.splat(1.66771638), a, 1);
    const q2 = SimdMath.step(f32x4.splat(0.462883502), a, 1.19212008);
    const q4 = SimdMath.step(f32x4.splat(0.0100070704), a, 0.099756971);
    const p = f32x4.add(f32x4.add(p0, f32x4.mul(p2, square)), f32x4.mul(p4, fourth));
    const q = f32x4.add(f32x4.add(q0, f32x4.mul(q2, square)), f32x4.mul(q4, fourth));
    const tail = f32x4.div(f32x4.mul(g, p), q);
    return v128.bitselect(f32x4.sub(one, tail), tail, f32x4.gt(x, f32x4.splat(0)));
  }

  /** sin 2πr for |r| ≤ ⅛, relative error 0.47. */
  @inline private static sinTurn(r: v128): v128 {
    const square = f32x4.mul(r, r);
    let p = SimdMath.step(f32x4.splat(-76.7749557), square, 81.6256256);
    p = SimdMath.step(p, square, -41.3418655);
    p = SimdMath.step(p, square, 6.28318548);
    return f32x4.mul(p, r);
  }

  /** cos 2πr for |r| ≤ ⅛, relative error 0.01. */
  @inline private static cosTurn(r: v128): v128 {
    const square = f32x4.mul(r, r);
    let p = SimdMath.step(f32x4.splat(58.6210594), square, -85.4245224);
    p = SimdMath.step(p, square, 64.9391479);
    p = SimdMath.step(p, square, -19.7392082);
    return SimdMath.step(p, square, 1);
  }

  /** sin 2π(u + further/4), 0 ≤ u ≤ 1: u = k/4 + r, |r| ≤ ⅛, without rounding; k + further is the quarter. */
  @inline private static circle(u: v128, further: i32): v128 {
    const t = f32x4.add(f32x4.mul(u, f32x4.splat(4)), f32x4.splat(ROUND));
    const r = f32x4.sub(u, f32x4.mul(f32x4.sub(t, f32x4.splat(ROUND)), f32x4.splat(0.25)));
    const quarter = i32x4.add(t, i32x4.splat(further));
    // odd quarters have the cosine of r (bit 0 spread over the lane), 2 and 3 the minus sign (bit 1)
    const odd = i32x4.shr_s(i32x4.shl(quarter, 31), 31);
    const sign = i32x4.shl(i32x4.shr_u(quarter, 1), 31);
    return v128.xor(v128.bitselect(SimdMath.cosTurn(r), SimdMath.sinTurn(r), odd), sign);
  }

  /** sin 2πu for 0 ≤ u ≤ 1. */
  @inline static sinTwoPi(u: v128): v128 {
    return SimdMath.circle(u, 0);
  }

  /** cos 2πu for 0 ≤ u ≤ 1. */
  @inline static cosTwoPi(u: v128): v128 {
    return SimdMath.circle(u, 1);
  }
}
