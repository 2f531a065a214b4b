/**
 * Batch normalization (Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
 * Covariate Shift", 2015, algorithms 1 and 2), per column of x [m, n]:
 *
 *     μ = Σ x / m     v = Σ (x − μ)² / m     x̂ = (x − μ) / √(v + ε)     y = γ x̂ + β
 *     dβ = Σ dy     dγ = Σ dy x̂     dx = γ / √(v + ε) · (dy − dβ / m − x̂ dγ / m)
 *
 * Batch statistics stand in `moments` [2, n]: the means, then the variances (biased). At prediction, running averages take
 * their place, and may be folded into the weights of a dense layer beforehand (fold.ts).
 *
 * Parallel over columns; sums run down the rows in ascending order, one accumulator per column.
 */
import { Block, Columns, Narrow, Wide } from './columns';
import { Share } from './thread';

class Deviation {
  /** 1 / √(v + ε) */
  @inline static inverse(variance: v128, epsilon: v128): v128 {
    return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, epsilon)));
  }
}

/** y = (x − mean) · γ / √(variance + ε) + β per column. x, y: [m, n] (y may be x); the others [n]. */
export function normalize(
  x: usize,
  mean: usize,
  variance: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  m: i32,
  n: i32,
  epsilon: f32,
  thread: i32,
  threads: i32,
): void {
  const stride = (<usize>n) << 2;
  const end = Share.start(n, 16, thread + 1, threads);
  let j = Share.start(n, 16, thread, threads);
  for (; j + 16 <= end; j += 16) {
    const at = (<usize>j) << 2;
    normalizeColumns<Wide>(x + at, mean + at, variance + at, gamma + at, beta + at, y + at, m, stride, epsilon, 16);
  }
  for (; j < end; j += 4) {
    const at = (<usize>j) << 2;
    const count = end - j;
    normalizeColumns<Narrow>(
      x + at,
      mean + at,
      variance + at,
      gamma + at,
      beta + at,
      y + at,
      m,
      stride,
      epsilon,
      count,
    );
  }
}

/** The same for `count` columns. */
function normalizeColumns<B extends Block>(
  x: usize,
  mean: usize,
  variance: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  m: i32,
  stride: usize,
  epsilon: f32,
  count: i32,
): void {
  const block = changetype<B>(0);
  const e = f32x4.splat(epsilon);
  const m0 = v128.load(mean);
  const m1 = block.wide() ? v128.load(mean, 16) : m0;
  const m2 = block.wide() ? v128.load(mean, 32) : m0;
  const m3 = block.wide() ? v128.load(mean, 48) : m0;
  const g0 = f32x4.mul(v128.load(gamma), Deviation.inverse(v128.load(variance), e));
  const g1 = block.wide() ? f32x4.mul(v128.load(gamma, 16), Deviation.inverse(v128.load(variance, 16), e)) : g0;
  const g2 = block.wide() ? f32x4.mul(v128.load(gamma, 32), Deviation.inverse(v128.load(variance, 32), e)) : g0;
  const g3 = block.wide() ? f32x4.mul(v128.load(gamma, 48), Deviation.inverse(v128.load(variance, 48), e)) : g0;
  const b0 = v128.load(beta);
  const b1 = block.wide() ? v128.load(beta, 16) : b0;
  const b2 = block.wide() ? v128.load(beta, 32) : b0;
  const b3 = block.wide() ? v128.load(beta, 48) : b0;
  for (let i = 0; i < m; i++) {
    const y0 = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), m0), g0), b0);
    if (block.wide()) {
      const y1 = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x, 16), m1), g1), b1);
      const y2 = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x, 32), m2), g2), b2);
      const y3 = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x, 48), m3), g3), b3);
      v128.store(y, y0);
      v128.store(y, y1, 16);
      v128.store(y, y2, 32);
      v128.store(y, y3, 48);
    } else {
      Columns.put(y, y0, count);
    }
    x += stride;
    y += stride;
  }
}

/**
 * The gradients of `normalize` with the moments of x itself. x, dy, dx: [m, n] (dx may be dy); moments [2, n];
 * gamma, dgamma, dbeta [n].
 */
export function normalizeGradient(
  x: usize,
  dy: usize,
  moments: usize,
  gamma: usize,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
  m: i32,
  n: i32,
  epsilon: f32,
  thread: i32,
  threads: i32,
): void {
  const stride = (<usize>n) << 2;
  const end = Share.start(n, 16, thread + 1, threads);
  let j = Share.start(n, 16, thread, threads);
  for (; j + 16 <= end; j += 16) {
    const at = (<usize>j) << 2;
    gradientSums<Wide>(x + at, dy + at, moments + at, dgamma + at, dbeta + at, m, stride, epsilon, 16);
    inputGradient<Wide>(
      x + at,
      dy + at,
      moments + at,
      gamma + at,
      dx + at,
      dgamma + at,
      dbeta + at,
      m,
      stride,
      epsilon,
      16,
    );
  }
  for (; j < end; j += 4) {
    const at = (<usize>j) << 2;
    const count = end - j;
    gradientSums<Narrow>(x + at, dy + at, moments + at, dgamma + at, dbeta + at, m, stride, epsilon, count);
    inputGradient<Narrow>(
      x + at,
      dy + at,
      moments + at,
      gamma + at,
      dx + at,
      dgamma + at,
      dbeta + at,
      m,
      stride,
      epsilon,
      count,
    );
  }
}

/** dβ = Σ dy and dγ = Σ dy (x − μ) / √(v + ε) of `count` columns. */
function gradientSums<B extends Block>(
  x: usize,
  dy: usize,
  moments: usize,
  dgamma: usize,
  dbeta: usize,
  m: i32,
  stride: usize,
  epsilon: f32,
  count: i32,
): void {
  const block = changetype<B>(0);
  const zero = f32x4.splat(0);
  const m0 = v128.load(moments);
  const m1 = block.wide() ? v128.load(moments, 16) : zero;
  const m2 = block.wide() ? v128.load(moments, 32) : zero;
  const m3 = block.wide() ? v128.load(moments, 48) : zero;
  let b0 = zero;
  let b1 = zero;
  let b2 = zero;
  let b3 = zero;
  let g0 = zero;
  let g1 = zero;
  let g2 = zero;
  let g3 = zero;
  for (let i = 0; i < m; i++) {
    const d0 = v128.load(dy);
    b0 = f32x4.add(b0, d0);
    g0 = f32x4.add(g0, f32x4.mul(d0, f32x4.sub(v128.load(x), m0)));
    if (block.wide()) {
      const d1 = v128.load(dy, 16);
      b1 = f32x4.add(b1, d1);
      g1 = f32x4.add(g1, f32x4.mul(d1, f32x4.sub(v128.load(x, 16), m1)));
      const d2 = v128.load(dy, 32);
      b2 = f32x4.add(b2, d2);
      g2 = f32x4.add(g2, f32x4.mul(d2, f32x4.sub(v128.load(x, 32), m2)));
      const d3 = v128.load(dy, 48);
      b3 = f32x4.add(b3, d3);
      g3 = f32x4.add(g3, f32x4.mul(d3, f32x4.sub(v128.load(x, 48), m3)));
    }
    x += stride;
    dy += stride;
  }
  const e = f32x4.splat(epsilon);
  const variance = moments + stride;
  Columns.put(dbeta, b0, count);
  Columns.put(dgamma, f32x4.mul(g0, Deviation.inverse(v128.load(variance), e)), count);
  if (block.wide()) {
    v128.store(dbeta, b1, 16);
    v128.store(dbeta, b2, 32);
    v128.store(dbeta, b3, 48);
    v128.store(dgamma, f32x4.mul(g1, Deviation.inverse(v128.load(variance, 16), e)), 16);
    v128.store(dgamma, f32x4.mul(g2, Deviation.inverse(v128.load(variance, 32), e)), 32);
    v128.store(dgamma, f32x4.mul(g3, Deviation.inverse(v128.load(variance, 48), e)), 48);
  }
}

/** dx = γ / √(v + ε) · (dy − dβ / m − (x − μ) / √(v + ε) · dγ / m) of `count` columns. */
function inputGradient<B extends Block>(
  x: usize,
  dy: usize,
  moments: usize,
  gamma: usize,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
  m: i32,
  stride: usize,
  epsilon: f32,
  count: i32,
): void {
  const block = changetype<B>(0);
  const rows = f32x4.splat(<f32>m);
  const e = f32x4.splat(epsilon);
  const variance = moments + stride;
  const m0 = v128.load(moments);
  const m1 = block.wide() ? v128.load(moments, 16) : m0;
  const m2 = block.wide() ? v128.load(moments, 32) : m0;
  const m3 = block.wide() ? v128.load(moments, 48) : m0;
  const i0 = Deviation.inverse(v128.load(variance), e);
  const i1 = block.wide() ? Deviation.inverse(v128.load(variance, 16), e) : i0;
  const i2 = block.wide() ? Deviation.inverse(v128.load(variance, 32), e) : i0;
  const i3 = block.wide() ? Deviation.inverse(v128.load(variance, 48), e) : i0;
  const g0 = f32x4.mul(v128.load(gamma), i0);
  const g1 = block.wide() ? f32x4.mul(v128.load(gamma, 16), i1) : g0;
  const g2 = block.wide() ? f32x4.mul(v128.load(gamma, 32), i2) : g0;
  const g3 = block.wide() ? f32x4.mul(v128.load(gamma, 48), i3) : g0;
  const b0 = f32x4.div(v128.load(dbeta), rows);
  const b1 = block.wide() ? f32x4.div(v128.load(dbeta, 16), rows) : b0;
  const b2 = block.wide() ? f32x4.div(v128.load(dbeta, 32), rows) : b0;
  const b3 = block.wide() ? f32x4.div(v128.load(dbeta, 48), rows) : b0;
  const s0 = f32x4.div(f32x4.mul(i0, v128.load(dgamma)), rows);
  const s1 = block.wide() ? f32x4.div(f32x4.mul(i1, v128.load(dgamma, 16)), rows) : s0;
  const s2 = block.wide() ? f32x4.div(f32x4.mul(i2, v128.load(dgamma, 32)), rows) : s0;
  const s3 = block.wide() ? f32x4.div(f32x4.mul(i3, v128.load(dgamma, 48)), rows) : s0;
  for (let i = 0; i < m; i++) {
    const d0 = Slope.at(v128.load(x), v128.load(dy), m0, g0, b0, s0);
    if (block.wide()) {
      const d1 = Slope.at(v128.load(x, 16), v128.load(dy, 16), m1, g1, b1, s1);
      const d2 = Slope.at(v128.load(x, 32), v128.load(dy, 32), m2, g2, b2, s2);
      const d3 = Slope.at(v128.load(x, 48), v128.load(dy, 48), m3, g3, b3, s3);
      v128.store(dx, d0);
      v128.store(dx, d1, 16);
      v128.store(dx, d2, 32);
      v128.store(dx, d3, 48);
    } else {
      Columns.put(dx, d0, count);
    }
    x += stride;
    dy += stride;
    dx += stride;
  }
}

class Slope {
  /** scale · (dy − shift − (x − mean) · slope) */
  @inline static at(x: v128, dy: v128, mean: v128, scale: v128, shift: v128, slope: v128): v128 {
    return f32x4.mul(scale, f32x4.sub(f32x4.sub(dy, shift), f32x4.mul(f32x4.sub(x, mean), slope)));
  }
}
