/**
 * Random numbers from counters: Philox4x32-10 of Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as
 * 1, 2, 3" (SC 2011). A bijection of a 128-bit counter under a 64-bit key gives four random words; nothing is carried
 * from one to the next, so element i is the same whoever computes it, in whatever order.
 *
 *     counter   ┌──────────────┬──────────────┬──────────────┬──────────────┐    key   ┌─────────┬──────────┐
 *               │ 0: ⌊i/4⌋     │ 1: stream    │ 2: step      │ 3: domain    │          │ seedLow │ seedHigh │
 *               └──────────────┴──────────────┴──────────────┴──────────────┘          └─────────┴──────────┘
 *
 * Element i takes word i mod 4. `stream` tells the tensors of a model apart (for dropout: its layers), `step` the updates,
 * `domain` the uses: this file's `random` is 0, dropout.ts and augment.ts have theirs in abi.ts; src/random.ts lists all.
 * So no two uses ever meet the same words.
 *
 * Elements are shared over the threads in chunks of 16: four counters in the four lanes, four words each.
 */
import { Distribution } from './abi';
import { SimdMath } from './math';
import { Simd } from './simd';
import { Share } from './thread';

/** Multipliers, and increments of the key (the golden ratio and √3 − 1), as in the authors' Random123, philox.h. */
const MULTIPLIER_0: i32 = 0xd2511f53;
const MULTIPLIER_1: i32 = 0xcd9e8d57;
const WEYL_0: i32 = 0x9e3779b9;
const WEYL_1: i32 = 0xbb67ae85;
const ROUNDS = 10;

/** Elements of a chunk: four counters of four words. */
const CHUNK = 16;
/** Domain number (counter word 3) of `random`. */
const DOMAIN = 0;
/** 2⁻²⁴: the upper 24 bits of a word as a float32 in [0, 1) are exact. */
const UNIT: f32 = 1 / 16777216;

/** Lanes of Philox's arithmetic. */
export class Words {
  /** Low words of the four 64-bit products in `low` (lanes 0, 1) and `high` (lanes 2, 3). */
  @inline static lower(low: v128, high: v128): v128 {
    return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
  }
  /** High words of the same. */
  @inline static upper(low: v128, high: v128): v128 {
    return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
  }
  /** The upper 24 bits of each word, as float32. */
  @inline static upper24(words: v128): v128 {
    return f32x4.convert_i32x4_s(i32x4.shr_u(words, 8));
  }
}

/** A distribution: words ↦ values, `first` and `second` of each pair of words (u, v), given what both take from u. */
export abstract class Sampler {
  abstract common(u: v128): v128;
  abstract first(common: v128, v: v128, p: v128, q: v128): v128;
  abstract second(common: v128, v: v128, p: v128, q: v128): v128;
  /** What is stored for four values: they themselves, or what they make of the four elements at `source`. */
  abstract finish(value: v128, source: usize, q: v128): v128;
}

/** p + (q − p)·u, u in [0, 1): the interval [p, q) but for rounding, which can reach q where |p| is not small. */
class Uniform extends Sampler {
  @inline common(u: v128): v128 {
    return u;
  }
  @inline first(u: v128, _v: v128, p: v128, q: v128): v128 {
    return f32x4.add(p, f32x4.mul(f32x4.sub(q, p), f32x4.mul(Words.upper24(u), f32x4.splat(UNIT))));
  }
  @inline second(u: v128, v: v128, p: v128, q: v128): v128 {
    return this.first(v, u, p, q);
  }
  @inline finish(value: v128, _source: usize, _q: v128): v128 {
    return value;
  }
}

/**
 * x + p + q·√(−2 ln u₁)·(cos 2πu₂, sin 2πu₂) with x from the source, u₁ in (0, 1], u₂ in [0, 1): Box and Muller, "A Note
 * on the Generation of Random Normal Deviates" (1958). |value − x − p| ≤ 5.77 q.
 */
class Normal extends Sampler {
  /** The radius. */
  @inline common(u: v128): v128 {
    const u1 = f32x4.mul(f32x4.add(Words.upper24(u), f32x4.splat(1)), f32x4.splat(UNIT));
    return f32x4.sqrt(f32x4.mul(f32x4.splat(-2), SimdMath.log(u1)));
  }
  @inline first(radius: v128, v: v128, p: v128, q: v128): v128 {
    const turn = SimdMath.cosTwoPi(f32x4.mul(Words.upper24(v), f32x4.splat(UNIT)));
    return f32x4.add(p, f32x4.mul(f32x4.mul(q, radius), turn));
  }
  @inline second(radius: v128, v: v128, p: v128, q: v128): v128 {
    const turn = SimdMath.sinTwoPi(f32x4.mul(Words.upper24(v), f32x4.splat(UNIT)));
    return f32x4.add(p, f32x4.mul(f32x4.mul(q, radius), turn));
  }
  @inline finish(value: v128, source: usize, _q: v128): v128 {
    return f32x4.add(v128.load(source), value);
  }
}

/** Finishes and stores what fits of the four elements from `i` on. */
function put<F extends Sampler>(source: usize, out: usize, value: v128, q: v128, i: i32, end: i32): void {
  if (i >= end) return;
  const offset = (<usize>i) << 2;
  const finished = changetype<F>(0).finish(value, source + offset, q);
  if (i + 4 <= end) v128.store(out + offset, finished);
  else Simd.storePartial(out + offset, finished, end - i);
}

/** Fills this thread's share of `out` [n] from the distribution F; `source` [n] only where F's `finish` reads it. */
export function fill<F extends Sampler>(
  source: usize,
  out: usize,
  n: i32,
  stream: u32,
  seedLow: u32,
  seedHigh: u32,
  step: u32,
  domain: u32,
  p: f32,
  q: f32,
  thread: i32,
  threads: i32,
): void {
  const sampler = changetype<F>(0);
  const ps = f32x4.splat(p);
  const qs = f32x4.splat(q);
  const m0 = i32x4.splat(MULTIPLIER_0);
  const m1 = i32x4.splat(MULTIPLIER_1);
  const low = i32x4.splat(<i32>seedLow);
  const high = i32x4.splat(<i32>seedHigh);
  const end = Share.start(n, CHUNK, thread + 1, threads);
  for (let i = Share.start(n, CHUNK, thread, threads); i < end; i += CHUNK) {
    let c0 = i32x4.add(i32x4.splat(i >> 2), i32x4(0, 1, 2, 3));
    let c1 = i32x4.splat(<i32>stream);
    let c2 = i32x4.splat(<i32>step);
    let c3 = i32x4.splat(<i32>domain);
    let k0 = low;
    let k1 = high;
    for (let round = 0; round < ROUNDS; round++) {
      const low0 = i64x2.extmul_low_i32x4_u(c0, m0);
      const high0 = i64x2.extmul_high_i32x4_u(c0, m0);
      const low1 = i64x2.extmul_low_i32x4_u(c2, m1);
      const high1 = i64x2.extmul_high_i32x4_u(c2, m1);
      c0 = v128.xor(v128.xor(Words.upper(low1, high1), c1), k0);
      c1 = Words.lower(low1, high1);
      c2 = v128.xor(v128.xor(Words.upper(low0, high0), c3), k1);
      c3 = Words.lower(low0, high0);
      k0 = i32x4.add(k0, i32x4.splat(WEYL_0));
      k1 = i32x4.add(k1, i32x4.splat(WEYL_1));
    }
    const common01 = sampler.common(c0);
    const common23 = sampler.common(c2);
    const e0 = sampler.first(common01, c1, ps, qs);
    const e1 = sampler.second(common01, c1, ps, qs);
    const e2 = sampler.first(common23, c3, ps, qs);
    const e3 = sampler.second(common23, c3, ps, qs);
    // 4×4 transpose: from word j of four counters to the four words of counter j
    const low01 = v128.shuffle<i32>(e0, e1, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(e0, e1, 2, 6, 3, 7);
    const low23 = v128.shuffle<i32>(e2, e3, 0, 4, 1, 5);
    const high23 = v128.shuffle<i32>(e2, e3, 2, 6, 3, 7);
    const v0 = v128.shuffle<i64>(low01, low23, 0, 2);
    const v1 = v128.shuffle<i64>(low01, low23, 1, 3);
    const v2 = v128.shuffle<i64>(high01, high23, 0, 2);
    const v3 = v128.shuffle<i64>(high01, high23, 1, 3);
    if (i + CHUNK <= end) {
      const from = source + ((<usize>i) << 2);
      const to = out + ((<usize>i) << 2);
      const y0 = sampler.finish(v0, from, qs);
      const y1 = sampler.finish(v1, from + 16, qs);
      const y2 = sampler.finish(v2, from + 32, qs);
      const y3 = sampler.finish(v3, from + 48, qs);
      v128.store(to, y0);
      v128.store(to, y1, 16);
      v128.store(to, y2, 32);
      v128.store(to, y3, 48);
    } else {
      put<F>(source, out, v0, qs, i, end);
      put<F>(source, out, v1, qs, i + 4, end);
      put<F>(source, out, v2, qs, i + 8, end);
      put<F>(source, out, v3, qs, i + 12, end);
    }
  }
}

/** out [n] ← uniform numbers on [p, q), for a use with a domain of its own. */
export function uniform(
  out: usize,
  n: i32,
  stream: u32,
  seedLow: u32,
  seedHigh: u32,
  step: u32,
  domain: u32,
  p: f32,
  q: f32,
  thread: i32,
  threads: i32,
): void {
  fill<Uniform>(0, out, n, stream, seedLow, seedHigh, step, domain, p, q, thread, threads);
}

/** y ← x + normal numbers of that deviation, for a use with a domain of its own. x, y: [n]; y may be x. */
export function addNormal(
  x: usize,
  y: usize,
  n: i32,
  stream: u32,
  seedLow: u32,
  seedHigh: u32,
  step: u32,
  domain: u32,
  deviation: f32,
  thread: i32,
  threads: i32,
): void {
  fill<Normal>(x, y, n, stream, seedLow, seedHigh, step, domain, 0, deviation, thread, threads);
}

/** out ← p, in the shares of `fill`. */
function level(out: usize, n: i32, p: f32, thread: i32, threads: i32): void {
  const end = Share.start(n, CHUNK, thread + 1, threads);
  for (let i = Share.start(n, CHUNK, thread, threads); i < end; i++) store<f32>(out + ((<usize>i) << 2), p);
}

/**
 * out ← random numbers of the distribution `kind` (enum Distribution): uniform on [p, q), or normal with mean p and
 * standard deviation q. out: [n]; stream, seedLow, seedHigh, step: see the counter above.
 */
export function random(
  kind: i32,
  out: usize,
  n: i32,
  stream: u32,
  seedLow: u32,
  seedHigh: u32,
  step: u32,
  p: f32,
  q: f32,
  thread: i32,
  threads: i32,
): void {
  switch (kind) {
    case Distribution.Uniform:
      uniform(out, n, stream, seedLow, seedHigh, step, DOMAIN, p, q, thread, threads);
      break;
    case Distribution.Normal:
      level(out, n, p, thread, threads);
      addNormal(out, out, n, stream, seedLow, seedHigh, step, DOMAIN, q, thread, threads);
      break;
    default:
      unreachable();
  }
}
