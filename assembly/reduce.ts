/**
 * Sums. Each sum has one fixed order: down the rows for a column, and for a slab in blocks of REDUCE_BLOCK elements whose
 * partial sums (float64) are added in ascending order by whoever reads them. No order depends on the thread count.
 */
import { REDUCE_BLOCK } from './abi';
import { Simd } from './simd';
import { Share } from './thread';

/** y[j] = Σᵢ x[i, j] for x [m, n], y [n]. Parallel over columns. The gradient of a bias. */
export function columnSum(x: usize, y: usize, m: i32, n: i32, thread: i32, threads: i32): void {
  const stride = (<usize>n) << 2;
  const end = Share.start(n, 16, thread + 1, threads);
  let j = Share.start(n, 16, thread, threads);
  for (; j + 16 <= end; j += 16) {
    let source = x + ((<usize>j) << 2);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    for (let i = 0; i < m; i++) {
      s0 = f32x4.add(s0, v128.load(source));
      s1 = f32x4.add(s1, v128.load(source, 16));
      s2 = f32x4.add(s2, v128.load(source, 32));
      s3 = f32x4.add(s3, v128.load(source, 48));
      source += stride;
    }
    const target = y + ((<usize>j) << 2);
    v128.store(target, s0);
    v128.store(target, s1, 16);
    v128.store(target, s2, 32);
    v128.store(target, s3, 48);
  }
  for (; j < end; j += 4) {
    let source = x + ((<usize>j) << 2);
    let sum = f32x4.splat(0);
    for (let i = 0; i < m; i++) {
      sum = f32x4.add(sum, v128.load(source));
      source += stride;
    }
    const target = y + ((<usize>j) << 2);
    if (j + 4 <= end) v128.store(target, sum);
    else Simd.storePartial(target, sum, end - j);
  }
}

/**
 * The penalty of a range w [n] of the parameters, Ω = λ₂/2 Σ w² + λ₁ Σ |w| (Goodfellow, Bengio, Courville, Deep Learning,
 * 7.1.1 and 7.1.2): partial[b] = Ω of block b (float64), and g += λ₂ w + λ₁ sign(w), sign(0) = 0, where there is a gradient
 * (g ≠ 0). n is padded to whole cache lines whose tail is zero. Parallel over blocks.
 */
export function penalty(w: usize, g: usize, partial: usize, n: i32, l2: f32, l1: f32, thread: i32, threads: i32): void {
  const lambda = f32x4.splat(l2);
  const push = f32x4.splat(l1);
  const zero = f32x4.splat(0);
  const sign = i32x4.splat(0x80000000);
  const blocks = (n + REDUCE_BLOCK - 1) / REDUCE_BLOCK;
  const end = Share.start(blocks, 1, thread + 1, threads);
  for (let block = Share.start(blocks, 1, thread, threads); block < end; block++) {
    const first = block * REDUCE_BLOCK;
    const last = min(first + REDUCE_BLOCK, n);
    let squares = zero;
    let sizes = zero;
    for (let i = first; i < last; i += 4) {
      const at = (<usize>i) << 2;
      const weight = v128.load(w + at);
      squares = f32x4.add(squares, f32x4.mul(weight, weight));
      sizes = f32x4.add(sizes, f32x4.abs(weight));
      if (g) {
        // λ₁ with the sign of w, or nothing where w = 0
        const pushed = v128.and(v128.or(push, v128.and(weight, sign)), f32x4.ne(weight, zero));
        const slope = f32x4.add(f32x4.mul(lambda, weight), pushed);
        v128.store(g + at, f32x4.add(v128.load(g + at), slope));
      }
    }
    const omega = 0.5 * <f64>l2 * <f64>Simd.sum(squares) + <f64>l1 * <f64>Simd.sum(sizes);
    store<f64>(partial + ((<usize>block) << 3), omega);
  }
}

/** partial[b] = Σ x² over block b of x [n] (float64), n padded as above: the squared norm of the gradient slab. */
export function squareSum(x: usize, partial: usize, n: i32, thread: i32, threads: i32): void {
  const blocks = (n + REDUCE_BLOCK - 1) / REDUCE_BLOCK;
  const end = Share.start(blocks, 1, thread + 1, threads);
  for (let block = Share.start(blocks, 1, thread, threads); block < end; block++) {
    let at = x + ((<usize>(block * REDUCE_BLOCK)) << 2);
    const last = x + ((<usize>min((block + 1) * REDUCE_BLOCK, n)) << 2);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    for (; at < last; at += 64) {
      const v0 = v128.load(at);
      const v1 = v128.load(at, 16);
      const v2 = v128.load(at, 32);
      const v3 = v128.load(at, 48);
      s0 = f32x4.add(s0, f32x4.mul(v0, v0));
      s1 = f32x4.add(s1, f32x4.mul(v1, v1));
      s2 = f32x4.add(s2, f32x4.mul(v2, v2));
      s3 = f32x4.add(s3, f32x4.mul(v3, v3));
    }
    const sum = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    store<f64>(partial + ((<usize>block) << 3), <f64>Simd.sum(sum));
  }
}
