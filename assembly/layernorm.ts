/**
 * Layer normalization (Ba, Kiros, Hinton, "Layer Normalization", 2016), per row of x [m, n]:
 *
 *     μ = Σ x / n     v = Σ (x − μ)² / n     s = 1 / √(v + ε)     x̂ = (x − μ) s     y = γ x̂ + β
 *     h = γ dy     dx = s · (h − Σ h / n − x̂ Σ h x̂ / n)     dβ = Σ dy     dγ = Σ dy x̂   (both down the rows)
 *
 * mean and scale (μ and s) are [m], gamma and beta and their gradients [n]. Sums over a row run lane by lane, the four
 * lanes are added last; sums down the rows ascend, one accumulator per column.
 */
import { Block, Columns, Narrow, Wide } from './columns';
import { Simd } from './simd';
import { Share } from './thread';

/** y, and mean and scale of every row. y may be x. The mean is corrected as in batchnorm.ts. Parallel over rows. */
export function layerNorm(
  x: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  mean: usize,
  scale: usize,
  m: i32,
  n: i32,
  epsilon: f32,
  thread: i32,
  threads: i32,
): void {
  const size = <f32>n;
  const end = Share.start(m, 1, thread + 1, threads);
  for (let i = Share.start(m, 1, thread, threads); i < end; i++) {
    const row = (<usize>i * <usize>n) << 2;
    let sum = f32x4.splat(0);
    for (let j = 0; j < n; j += 4) {
      const value = v128.load(x + row + ((<usize>j) << 2));
      sum = f32x4.add(sum, j + 4 <= n ? value : v128.and(value, Simd.mask(n - j)));
    }
    const first = Simd.sum(sum) / size;
    const firsts = f32x4.splat(first);
    let squares = f32x4.splat(0);
    sum = f32x4.splat(0);
    for (let j = 0; j < n; j += 4) {
      let d = f32x4.sub(v128.load(x + row + ((<usize>j) << 2)), firsts);
      if (j + 4 > n) d = v128.and(d, Simd.mask(n - j));
      sum = f32x4.add(sum, d);
      squares = f32x4.add(squares, f32x4.mul(d, d));
    }
    const rest = Simd.sum(sum) / size;
    const square = Simd.sum(squares) / size - rest * rest;
    // not below 0, where rounding can bring it, and NaN where it has overflowed (batchnorm.ts)
    const variance = max<f32>(square, 0) + square * 0;
    const mu = first + rest;
    const s: f32 = 1 / sqrt<f32>(variance + epsilon);
    store<f32>(mean + ((<usize>i) << 2), mu);
    store<f32>(scale + ((<usize>i) << 2), s);
    const mus = f32x4.splat(mu);
    const ss = f32x4.splat(s);
    for (let j = 0; j < n; j += 4) {
      const at = (<usize>j) << 2;
      const normal = f32x4.mul(f32x4.sub(v128.load(x + row + at), mus), ss);
      const value = f32x4.add(f32x4.mul(v128.load(gamma + at), normal), v128.load(beta + at));
      Columns.put(y + row + at, value, n - j);
    }
  }
}

/** dx of every row; may be dy. Parallel over rows. */
export function layerNormGradient(
  x: usize,
  dy: usize,
  mean: usize,
  scale: usize,
  gamma: usize,
  dx: usize,
  m: i32,
  n: i32,
  thread: i32,
  threads: i32,
): void {
  const size = <f32>n;
  const end = Share.start(m, 1, thread + 1, threads);
  for (let i = Share.start(m, 1, thread, threads); i < end; i++) {
    const row = (<usize>i * <usize>n) << 2;
    const mu = v128.load32_splat(mean + ((<usize>i) << 2));
    const s = v128.load32_splat(scale + ((<usize>i) << 2));
    let sum = f32x4.splat(0);
    let products = f32x4.splat(0);
    for (let j = 0; j < n; j += 4) {
      const at = (<usize>j) << 2;
      let h = f32x4.mul(v128.load(gamma + at), v128.load(dy + row + at));
      let product = f32x4.mul(h, f32x4.mul(f32x4.sub(v128.load(x + row + at), mu), s));
      if (j + 4 > n) {
        h = v128.and(h, Simd.mask(n - j));
        product = v128.and(product, Simd.mask(n - j));
      }
      sum = f32x4.add(sum, h);
      products = f32x4.add(products, product);
    }
    const shift = f32x4.splat(Simd.sum(sum) / size);
    const slope = f32x4.splat(Simd.sum(products) / size);
    for (let j = 0; j < n; j += 4) {
      const at = (<usize>j) << 2;
      const h = f32x4.mul(v128.load(gamma + at), v128.load(dy + row + at));
      const normal = f32x4.mul(f32x4.sub(v128.load(x + row + at), mu), s);
      const value = f32x4.mul(s, f32x4.sub(f32x4.sub(h, shift), f32x4.mul(normal, slope)));
      Columns.put(dx + row + at, value, n - j);
    }
  }
}

/** dγ and dβ. Parallel over columns. */
export function layerNormParameterGradient(
  x: usize,
  dy: usize,
  mean: usize,
  scale: usize,
  dgamma: usize,
  dbeta: usize,
  m: i32,
  n: i32,
  thread: i32,
  threads: i32,
): void {
  const stride = (<usize>n) << 2;
  const end = Share.start(n, 16, thread + 1, threads);
  let j = Share.start(n, 16, thread, threads);
  for (; j + 16 <= end; j += 16) {
    const at = (<usize>j) << 2;
    parameterSums<Wide>(x + at, dy + at, mean, scale, dgamma + at, dbeta + at, m, stride, 16);
  }
  for (; j < end; j += 4) {
    const at = (<usize>j) << 2;
    parameterSums<Narrow>(x + at, dy + at, mean, scale, dgamma + at, dbeta + at, m, stride, end - j);
  }
}

/** The same of `count` columns. */
function parameterSums<B extends Block>(
  x: usize,
  dy: usize,
  mean: usize,
  scale: usize,
  dgamma: usize,
  dbeta: usize,
  m: i32,
  stride: usize,
  count: i32,
): void {
  const block = changetype<B>(0);
  const zero = f32x4.splat(0);
  let b0 = zero;
  let b1 = zero;
  let b2 = zero;
  let b3 = zero;
  let g0 = zero;
  let g1 = zero;
  let g2 = zero;
  let g3 = zero;
  for (let i = 0; i < m; i++) {
    const mu = v128.load32_splat(mean);
    const s = v128.load32_splat(scale);
    const d0 = v128.load(dy);
    b0 = f32x4.add(b0, d0);
    g0 = f32x4.add(g0, f32x4.mul(d0, f32x4.mul(f32x4.sub(v128.load(x), mu), s)));
    if (block.wide()) {
      const d1 = v128.load(dy, 16);
      b1 = f32x4.add(b1, d1);
      g1 = f32x4.add(g1, f32x4.mul(d1, f32x4.mul(f32x4.sub(v128.load(x, 16), mu), s)));
      const d2 = v128.load(dy, 32);
      b2 = f32x4.add(b2, d2);
      g2 = f32x4.add(g2, f32x4.mul(d2, f32x4.mul(f32x4.sub(v128.load(x, 32), mu), s)));
      const d3 = v128.load(dy, 48);
      b3 = f32x4.add(b3, d3);
      g3 = f32x4.add(g3, f32x4.mul(d3, f32x4.mul(f32x4.sub(v128.load(x, 48), mu), s)));
    }
    x += stride;
    dy += stride;
    mean += 4;
    scale += 4;
  }
  Columns.put(dbeta, b0, count);
  Columns.put(dgamma, g0, count);
  if (block.wide()) {
    v128.store(dbeta, b1, 16);
    v128.store(dbeta, b2, 32);
    v128.store(dbeta, b3, 48);
    v128.store(dgamma, g1, 16);
    v128.store(dgamma, g2, 32);
    v128.store(dgamma, g3, 48);
  }
}
