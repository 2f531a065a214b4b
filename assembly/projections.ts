/**
 * What is done to gradients before the update and to parameters after it: cutting and shrinking, element by element or
 * row by row. Those of parameters do nothing where the verdict of the step forbids the update.
 */
import { Step } from './abi';
import { Simd } from './simd';
import { Share } from './thread';

/**
 * x ← min(max(x, −c), c) for x [n], n padded to whole cache lines: clipping by value (Goodfellow, Bengio, Courville, Deep
 * Learning, 10.11.1). NaN and the infinities stay as they are, so that a divergence is seen. Parallel over elements.
 */
export function clip(x: usize, n: i32, c: f32, thread: i32, threads: i32): void {
  const most = f32x4.splat(c);
  const least = f32x4.splat(-c);
  const infinity = f32x4.splat(Infinity);
  const end = (<usize>Share.start(n, 16, thread + 1, threads)) << 2;
  for (let at = (<usize>Share.start(n, 16, thread, threads)) << 2; at < end; at += 16) {
    const value = v128.load(x + at);
    const clipped = f32x4.min(f32x4.max(value, least), most);
    v128.store(x + at, v128.bitselect(value, clipped, f32x4.eq(f32x4.abs(value), infinity)));
  }
}

/**
 * w ← sign(w) · max(|w| − ελ, 0) for w [n], n padded as above, ε the learning rate of the step: the proximal operator of
 * ελ|w| (Parikh and Boyd 2014, Proximal Algorithms, 6.5.2), which reaches exact zeros. Parallel over elements.
 */
export function softThreshold(w: usize, n: i32, lambda: f32, step: usize, thread: i32, threads: i32): void {
  if (load<u32>(step + (Step.Status << 2)) !== 0) return;
  const threshold = f32x4.splat(load<f32>(step + (Step.LearningRate << 2)) * lambda);
  const sign = i32x4.splat(0x80000000);
  const end = (<usize>Share.start(n, 16, thread + 1, threads)) << 2;
  for (let at = (<usize>Share.start(n, 16, thread, threads)) << 2; at < end; at += 16) {
    const value = v128.load(w + at);
    const size = f32x4.abs(value);
    const shrunk = v128.or(f32x4.sub(size, threshold), v128.and(value, sign));
    v128.store(w + at, v128.andnot(shrunk, f32x4.le(size, threshold)));
  }
}

/**
 * Rows of w [m, n] whose norm exceeds c are scaled to norm c: the max-norm constraint on the incoming weights of a unit
 * (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, Dropout, 5.1). Squares are summed in float64, which holds
 * those of every float32. Parallel over rows.
 */
export function maxNorm(w: usize, m: i32, n: i32, c: f32, step: usize, thread: i32, threads: i32): void {
  if (load<u32>(step + (Step.Status << 2)) !== 0) return;
  const end = Share.start(m, 1, thread + 1, threads);
  for (let i = Share.start(m, 1, thread, threads); i < end; i++) {
    const row = w + ((<usize>i * <usize>n) << 2);
    let sum = f64x2.splat(0);
    for (let j = 0; j < n; j += 4) {
      const four = v128.and(v128.load(row + ((<usize>j) << 2)), Simd.mask(n - j));
      const low = f64x2.promote_low_f32x4(four);
      const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(four, four, 1, 0));
      sum = f64x2.add(sum, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
    }
    const norm = sqrt<f64>(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
    if (!(norm > <f64>c)) continue;
    const scale = f32x4.splat(<f32>(<f64>c / norm));
    for (let j = 0; j < n; j += 4) {
      const at = row + ((<usize>j) << 2);
      const value = f32x4.mul(v128.load(at), scale);
      if (j + 4 <= n) v128.store(at, value);
      else Simd.storePartial(at, value, n - j);
    }
  }
}
