import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../src/errors.js';
import { cos, exp, LARGEST_ANGLE, log, pow, sin } from '../src/math.js';

/**
 * The oracle: fixed-point numbers as BigInt with 1200 bits after the point (subnormal numbers reach the 1074th), and the
 * plain series. Engines may round Math.exp as they like, so errors are measured against these.
 */
const PLACES = 1200n;
const ONE = 1n << PLACES;
type Fixed = bigint;

const multiply = (a: Fixed, b: Fixed): Fixed => (a * b) >> PLACES;

/** x = whole · 2^exponent, exactly. */
function parts(x: number): { whole: bigint; exponent: bigint } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const field = (bits >> 52n) & 0x7ffn;
  const fraction = (bits & ((1n << 52n) - 1n)) | (field === 0n ? 0n : 1n << 52n);
  return { whole: bits >> 63n ? -fraction : fraction, exponent: (field === 0n ? 1n : field) - 1075n };
}

const shift = (a: bigint, by: bigint): bigint => (by >= 0n ? a << by : a >> -by);

function fixed(x: number): Fixed {
  const { whole, exponent } = parts(x);
  return shift(whole, exponent + PLACES);
}

/** Σ of terms that `next` makes of the one before, until they vanish. */
function series(first: Fixed, next: (term: Fixed, n: bigint) => Fixed): Fixed {
  let sum = 0n;
  let term = first;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    sum += term;
    term = next(term, n);
  }
  return sum;
}

/** atanh s = s + s³/3 + s⁵/5 …, and atan likewise with alternating signs. */
function arc(s: Fixed, sign: bigint): Fixed {
  const square = multiply(s, s);
  let power = s;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = sign * multiply(power, square);
  }
  return sum;
}

const LN2 = 2n * arc(ONE / 3n, 1n);
/** Machin 1706. */
const PI = 4n * (4n * arc(ONE / 5n, -1n) - arc(ONE / 239n, -1n));

/** A value as mantissa · 2^exponent, so that tiny and huge ones keep their places. */
interface Exact {
  readonly mantissa: Fixed;
  readonly exponent: bigint;
}

function exactExp(x: Fixed): Exact {
  const exponent = x / LN2;
  const rest = x - exponent * LN2;
  return { mantissa: series(ONE, (term, n) => multiply(term, rest) / n), exponent };
}

function exactLog(x: number): Fixed {
  const { whole, exponent } = parts(x);
  const length = BigInt(whole.toString(2).length);
  const m = shift(whole, PLACES - length);
  const s = ((m - ONE) << PLACES) / (m + ONE);
  return 2n * arc(s, 1n) + (exponent + length) * LN2;
}

function exactSin(x: Fixed): Fixed {
  const rest = x % (2n * PI);
  const square = multiply(rest, rest);
  return series(rest, (term, n) => -multiply(term, square) / (2n * n * (2n * n + 1n)));
}

function exactPow(x: number, y: number): Exact {
  const { whole, exponent } = parts(y);
  return exactExp(shift(whole * exactLog(x), exponent));
}

/** How far a computed value is from the exact one, in units in its last place. */
function ulps(value: number, { mantissa, exponent }: Exact): number {
  const { whole, exponent: last } = parts(value);
  const unit = PLACES + last - exponent;
  const distance = shift(whole, unit) - mantissa;
  return Number(((distance < 0n ? -distance : distance) * 10000n) / shift(1n, unit)) / 10000;
}

const plain = (mantissa: Fixed): Exact => ({ mantissa, exponent: 0n });
const within = (min: number, max: number) => fc.double({ min, max, noNaN: true });

describe('error against exact values', () => {
  it('exp: below 1 ulp', () => {
    fc.assert(
      fc.property(fc.oneof(within(-708, 709.7), within(-2, 2), within(-1e-6, 1e-6)), (x) => {
        expect(ulps(exp(x), exactExp(fixed(x)))).toBeLessThan(1);
      }),
      { numRuns: 500 },
    );
  });

  it('exp: within 1 ulp of the subnormal grid below -708', () => {
    fc.assert(
      fc.property(within(-744, -708), (x) => {
        expect(ulps(exp(x), exactExp(fixed(x)))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('log: below 1 ulp', () => {
    fc.assert(
      fc.property(fc.oneof(within(5e-324, Number.MAX_VALUE), within(0.5, 2), within(0.999999, 1.000001)), (x) => {
        if (x !== 1) expect(ulps(log(x), plain(exactLog(x)))).toBeLessThan(1);
      }),
      { numRuns: 500 },
    );
  });

  const angles = fc.oneof(
    within(-LARGEST_ANGLE, LARGEST_ANGLE),
    within(-7, 7),
    // where π/2 cancels: the float64 next to a multiple of it
    fc.integer({ min: -600000, max: 600000 }).map((n) => (n * Math.PI) / 2),
  );

  it('sin: below 1 ulp', () => {
    fc.assert(
      fc.property(angles, (x) => {
        if (x !== 0) expect(ulps(sin(x), plain(exactSin(fixed(x))))).toBeLessThan(1);
      }),
      { numRuns: 500 },
    );
  });

  it('cos: below 1 ulp', () => {
    fc.assert(
      fc.property(angles, (x) => {
        expect(ulps(cos(x), plain(exactSin(fixed(x) + PI / 2n)))).toBeLessThan(1);
      }),
      { numRuns: 500 },
    );
  });

  it('pow: below 1 ulp for whole exponents', () => {
    fc.assert(
      fc.property(within(1e-3, 1e3), fc.integer({ min: -90, max: 90 }), (x, y) => {
        expect(ulps(pow(x, y), exactPow(x, y))).toBeLessThan(1);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(within(0.999, 1.001), fc.integer({ min: -500000, max: 500000 }), (x, y) => {
        expect(ulps(pow(x, y), exactPow(x, y))).toBeLessThan(1);
      }),
      { numRuns: 300 },
    );
  });

  it('pow: below 2.5 ulp for any exponent', () => {
    fc.assert(
      fc.property(fc.oneof(within(1e-300, 1e300), within(0.1, 10)), within(-1, 1), (x, y) => {
        expect(ulps(pow(x, y), exactPow(x, y))).toBeLessThan(2.5);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(within(1e-3, 1e3), within(-90, 90), (x, y) => {
        expect(ulps(pow(x, y), exactPow(x, y))).toBeLessThan(2.5);
      }),
      { numRuns: 300 },
    );
  });
});

describe('special values are those of Math', () => {
  const special = [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    2,
    -2,
    3,
    -3,
    5e-324,
    -5e-324,
    1e-310,
    2.2250738585072014e-308,
    1e300,
    -1e300,
    1e-300,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    1023,
    1024,
    -1074,
    709.8,
    -745.2,
    -746,
    9007199254740992,
    9007199254740991,
    4503599627370497,
    0.25,
    1.5,
    -1.5,
    1e9,
  ];

  /** Equal where Math leaves no room (signs of zero, infinities, NaN), and to 14 digits else. */
  function expectAlike(actual: number, reference: number): void {
    const definite = reference === 0 || !Number.isFinite(reference);
    if (definite) expect(actual).toBe(reference);
    else if (Math.abs(reference) < 1e-300) expect(Math.abs(actual - reference)).toBeLessThanOrEqual(1e-314);
    else expect(Math.abs(actual / reference - 1)).toBeLessThan(1e-14);
  }

  it.each(special)('exp and log of %d', (x) => {
    expectAlike(exp(x), Math.exp(x));
    expectAlike(log(x), Math.log(x));
  });

  it.each(special.filter((x) => !(Math.abs(x) > LARGEST_ANGLE && Number.isFinite(x))))('cos and sin of %d', (x) => {
    expectAlike(cos(x), Math.cos(x));
    expectAlike(sin(x), Math.sin(x));
  });

  it('pow of every pair', () => {
    for (const x of special) for (const y of special) expectAlike(pow(x, y), x ** y);
  });
});

it('cos and sin refuse angles that they cannot reduce exactly', () => {
  expect(() => cos(1.1e6)).toThrow(ArgumentError);
  expect(() => sin(-1e9)).toThrow('sin: `x` must lie within ±1000000 radians. Received: -1000000000.');
});

it('exact cases are exact', () => {
  expect(exp(0)).toBe(1);
  expect(log(1)).toBe(0);
  expect(cos(0)).toBe(1);
  let power = 5e-324;
  for (let n = -1074; n <= 1023; n++) {
    expect(pow(2, n)).toBe(power);
    power *= 2;
  }
  for (let n = 0; n <= 22; n++) expect(pow(10, n)).toBe(Number(`1e${n}`));
  for (let n = 1; n <= 1000; n++) expect(pow(n * n, 0.5)).toBe(n);
  expect(pow(-1, 4503599627370497)).toBe(-1);
  expect(pow(-1, 9007199254740991)).toBe(-1);
});

it('gives these bits, on every engine', () => {
  const values: number[] = [];
  for (let i = 1; i <= 2000; i++) {
    values.push(exp((i - 1000) / 3), log(i / 7), cos(i / 11), sin(i / 13), cos(i * 499.3), pow(i / 1000, (i % 37) / 5));
  }
  const view = new DataView(new ArrayBuffer(values.length * 8));
  for (const [i, value] of values.entries()) view.setFloat64(8 * i, value, true);
  expect(createHash('sha256').update(view).digest('hex')).toBe(
    '2e6587a6b1a14a119be9bf89cc751b0c6b451f116f8d3ada06ab604e9558cf3c',
  );
});
