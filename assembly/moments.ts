/**
 * Statistics of batch normalization: those of a batch, and their averages over the steps (Ioffe and Szegedy 2015, see
 * batchnorm.ts).
 */
import { Step } from './abi';
import { Block, Columns, Narrow, Wide } from './columns';
import { Share } from './thread';

/**
 * moments [2, n] = mean and biased variance of every column of x [m, n]. The mean is found in two passes: the second adds
 * up what the rounded mean of the first leaves over, so that the variance keeps its digits where |mean| ≫ deviation
 * (Chan, Golub, LeVeque, "Algorithms for Computing the Sample Variance", 1983, the corrected two-pass algorithm).
 */
export function moments(x: usize, out: usize, m: i32, n: i32, thread: i32, threads: i32): void {
  const stride = (<usize>n) << 2;
  const end = Share.start(n, 16, thread + 1, threads);
  let j = Share.start(n, 16, thread, threads);
  for (; j + 16 <= end; j += 16) momentsOf<Wide>(x + ((<usize>j) << 2), out + ((<usize>j) << 2), m, stride, 16);
  for (; j < end; j += 4) momentsOf<Narrow>(x + ((<usize>j) << 2), out + ((<usize>j) << 2), m, stride, end - j);
}

/** The same for `count` columns from the one at x on. */
function momentsOf<B extends Block>(x: usize, out: usize, m: i32, stride: usize, count: i32): void {
  const block = changetype<B>(0);
  const rows = f32x4.splat(<f32>m);
  const zero = f32x4.splat(0);
  let s0 = zero;
  let s1 = zero;
  let s2 = zero;
  let s3 = zero;
  let at = x;
  for (let i = 0; i < m; i++) {
    s0 = f32x4.add(s0, v128.load(at));
    if (block.wide()) {
      s1 = f32x4.add(s1, v128.load(at, 16));
      s2 = f32x4.add(s2, v128.load(at, 32));
      s3 = f32x4.add(s3, v128.load(at, 48));
    }
    at += stride;
  }
  const m0 = f32x4.div(s0, rows);
  const m1 = f32x4.div(s1, rows);
  const m2 = f32x4.div(s2, rows);
  const m3 = f32x4.div(s3, rows);
  let q0 = zero;
  let q1 = zero;
  let q2 = zero;
  let q3 = zero;
  s0 = zero;
  s1 = zero;
  s2 = zero;
  s3 = zero;
  at = x;
  for (let i = 0; i < m; i++) {
    const d0 = f32x4.sub(v128.load(at), m0);
    s0 = f32x4.add(s0, d0);
    q0 = f32x4.add(q0, f32x4.mul(d0, d0));
    if (block.wide()) {
      const d1 = f32x4.sub(v128.load(at, 16), m1);
      s1 = f32x4.add(s1, d1);
      q1 = f32x4.add(q1, f32x4.mul(d1, d1));
      const d2 = f32x4.sub(v128.load(at, 32), m2);
      s2 = f32x4.add(s2, d2);
      q2 = f32x4.add(q2, f32x4.mul(d2, d2));
      const d3 = f32x4.sub(v128.load(at, 48), m3);
      s3 = f32x4.add(s3, d3);
      q3 = f32x4.add(q3, f32x4.mul(d3, d3));
    }
    at += stride;
  }
  Statistics.put(out, m0, s0, q0, rows, stride, count);
  if (block.wide()) {
    Statistics.put(out + 16, m1, s1, q1, rows, stride, 4);
    Statistics.put(out + 32, m2, s2, q2, rows, stride, 4);
    Statistics.put(out + 48, m3, s3, q3, rows, stride, 4);
  }
}

class Statistics {
  /** Mean and variance from a first mean, and the sums of differences from it (s) and of their squares (q). */
  static put(out: usize, mean: v128, s: v128, q: v128, rows: v128, stride: usize, count: i32): void {
    const rest = f32x4.div(s, rows);
    const variance = f32x4.sub(f32x4.div(q, rows), f32x4.mul(rest, rest));
    Columns.put(out, f32x4.add(mean, rest), count);
    Columns.put(out + stride, Statistics.sound(variance), count);
  }

  /**
   * A variance as it must be: not below 0, where rounding can bring it, and NaN where its squares have overflowed. With an
   * infinite variance all outputs would be β, the loss finite, and nobody would notice.
   */
  @inline static sound(variance: v128): v128 {
    const zero = f32x4.splat(0);
    return f32x4.add(f32x4.max(variance, zero), f32x4.mul(variance, zero));
  }
}

/**
 * average ← p · average + (1 − p) · batch, [n] each, unless the verdict of this step forbids it (verdict.ts): an
 * exponentially weighted average over the steps. Averages below 1e-30 become zero: the variance of a unit that has died
 * would otherwise become subnormal, which is slow, and wasm cannot flush it. Parallel over elements.
 */
export function runningAverage(
  average: usize,
  batch: usize,
  n: i32,
  step: usize,
  p: f32,
  thread: i32,
  threads: i32,
): void {
  if (load<u32>(step + (Step.Status << 2)) !== 0) return;
  const old = f32x4.splat(p);
  const fresh = f32x4.splat(1 - p);
  const least = f32x4.splat(1e-30);
  const end = Share.start(n, 16, thread + 1, threads);
  for (let i = Share.start(n, 16, thread, threads); i < end; i += 4) {
    const at = (<usize>i) << 2;
    const value = f32x4.add(f32x4.mul(old, v128.load(average + at)), f32x4.mul(fresh, v128.load(batch + at)));
    Columns.put(average + at, v128.and(value, f32x4.ge(f32x4.abs(value), least)), end - i);
  }
}
