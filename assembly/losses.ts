/**
 * Losses of the rows of z [m, n], and their gradient with respect to z. The output activation is part of the loss where
 * there is one, so that both are stable for any z (Goodfellow, Bengio, Courville, Deep Learning, 6.2.2):
 *
 *     loss                  z        row loss l                                   ∂l/∂z_j
 *     cross-entropy         logits   −Σ t ln softmax(z)                           softmax(z)_j·Σt − t_j
 *                                    = Σt·ln Σ e^(z − max) − Σ t·(z − max)
 *     binary cross-entropy  logits   mean of max(z, 0) − z·t + ln(1 + e^(−|z|))   (sigmoid(z_j) − t_j)/n
 *     mean squared error    outputs  mean of (z − t)²                             2(z_j − t_j)/n
 *     mean absolute error   outputs  mean of |z − t|                              sign(z_j − t_j)/n, 0 at 0
 *     huber                 outputs  mean of e²/2 for e = |z − t| ≤ δ,            (z_j − t_j within ±δ)/n
 *                                    δ(e − δ/2) beyond (Huber 1964)
 *
 * The loss of the batch is Σ w·l / Σ w (assembly/verdict.ts), so dz = w_i/Σw · ∂l/∂z, with w = 1 where there are no
 * weights. A row of weight 0 does not count: its dz is 0 even where its loss is NaN (a target that is not known, say).
 * Targets t are rows of n float32, or, for cross-entropy, one int32 class per row.
 *
 * Parallel over rows. Every thread sums the weights itself, in float64 and in row order. The sums within a row run lane
 * by lane, the four lanes are added last: the order depends on nothing but m and n.
 */
import { Loss } from './abi';
import { CrossEntropy } from './crossentropy';
import { SimdMath } from './math';
import { Simd } from './simd';
import { FEW_COLUMNS } from './softmax';
import { Share } from './thread';

/** A loss that is the mean over a row's elements: the loss of one element, and its derivative by z. p: huber's δ. */
abstract class ElementLoss {
  abstract f(z: v128, t: v128, p: v128): v128;
  abstract df(z: v128, t: v128, p: v128): v128;
}

/** ln(1 + e^z) − z·t, the logits form of −t ln σ − (1 − t) ln(1 − σ) */
class BinaryCrossEntropy extends ElementLoss {
  @inline f(z: v128, t: v128, _p: v128): v128 {
    const e = SimdMath.expNegative(f32x4.neg(f32x4.abs(z)));
    const linear = f32x4.sub(f32x4.pmax(z, f32x4.splat(0)), f32x4.mul(z, t));
    return f32x4.add(linear, SimdMath.log1p(e));
  }
  @inline df(z: v128, t: v128, _p: v128): v128 {
    return f32x4.sub(SimdMath.sigmoid(z), t);
  }
}

/** (z − t)² */
class MeanSquaredError extends ElementLoss {
  @inline f(z: v128, t: v128, _p: v128): v128 {
    const e = f32x4.sub(z, t);
    return f32x4.mul(e, e);
  }
  @inline df(z: v128, t: v128, _p: v128): v128 {
    const e = f32x4.sub(z, t);
    return f32x4.add(e, e);
  }
}

/** |z − t| */
class MeanAbsoluteError extends ElementLoss {
  @inline f(z: v128, t: v128, _p: v128): v128 {
    return f32x4.abs(f32x4.sub(z, t));
  }
  @inline df(z: v128, t: v128, _p: v128): v128 {
    const e = f32x4.sub(z, t);
    const sign = v128.bitselect(e, f32x4.splat(1), i32x4.splat(0x80000000));
    return v128.and(sign, f32x4.ne(e, f32x4.splat(0)));
  }
}

/** c(|e| − c/2) with e = z − t and c = |e| or δ, whichever is smaller: e²/2 inside of ±δ, δ(|e| − δ/2) outside */
class Huber extends ElementLoss {
  @inline f(z: v128, t: v128, p: v128): v128 {
    const a = f32x4.abs(f32x4.sub(z, t));
    const c = f32x4.pmin(a, p);
    return f32x4.mul(c, f32x4.sub(a, f32x4.mul(c, f32x4.splat(0.5))));
  }
  @inline df(z: v128, t: v128, p: v128): v128 {
    return f32x4.pmin(f32x4.pmax(f32x4.sub(z, t), f32x4.neg(p)), p);
  }
}

/** Loss of one row of z against the row t; dz ← factor · gradient unless dz is 0. z, t, dz: [n]; dz may be z. */
function elementRow<F extends ElementLoss>(z: usize, t: usize, dz: usize, n: i32, factor: f32, parameter: f32): f32 {
  const family = changetype<F>(0);
  const p = f32x4.splat(parameter);
  const scale = f32x4.splat(factor / <f32>n);
  let sum = f32x4.splat(0);
  for (let i = 0; i < n; i += 4) {
    const offset = (<usize>i) << 2;
    const zs = v128.load(z + offset);
    const ts = v128.load(t + offset);
    const term = family.f(zs, ts, p);
    if (i + 4 <= n) {
      sum = f32x4.add(sum, term);
      if (dz) v128.store(dz + offset, f32x4.mul(family.df(zs, ts, p), scale));
    } else {
      sum = f32x4.add(sum, v128.and(term, Simd.mask(n - i)));
      if (dz) Simd.storePartial(dz + offset, f32x4.mul(family.df(zs, ts, p), scale), n - i);
    }
  }
  return Simd.sum(sum) / <f32>n;
}

/** w/Σw of row i; 1/m without weights, of which m is the sum. */
function factorOf(w: usize, i: i32, total: f64): f32 {
  const weight = w ? <f64>load<f32>(w + ((<usize>i) << 2)) : 1;
  return total === 0 ? 0 : <f32>(weight / total);
}

/** The same of four rows, from w on. */
function factorsOf(w: usize, total: f64): v128 {
  return f32x4(factorOf(w, 0, total), factorOf(w, 1, total), factorOf(w, 2, total), factorOf(w, 3, total));
}

/** Σ w in row order, in float64; m where there are no weights (w = 0). */
function weightSum(w: usize, m: i32): f64 {
  if (!w) return <f64>m;
  let sum: f64 = 0;
  for (let i = 0; i < m; i++) sum += <f64>load<f32>(w + ((<usize>i) << 2));
  return sum;
}

/** The loss of one row against the target at t. */
function rowOf(kind: i32, dense: bool, z: usize, t: usize, dz: usize, n: i32, factor: f32, p: f32): f32 {
  switch (kind) {
    case Loss.CrossEntropy:
      return dense ? CrossEntropy.distributionRow(z, t, dz, n, factor) : CrossEntropy.classRow(z, t, dz, n, factor);
    case Loss.BinaryCrossEntropy:
      return elementRow<BinaryCrossEntropy>(z, t, dz, n, factor, p);
    case Loss.MeanSquaredError:
      return elementRow<MeanSquaredError>(z, t, dz, n, factor, p);
    case Loss.MeanAbsoluteError:
      return elementRow<MeanAbsoluteError>(z, t, dz, n, factor, p);
    case Loss.Huber:
      return elementRow<Huber>(z, t, dz, n, factor, p);
    default:
      return unreachable();
  }
}

/**
 * rowLoss_i = loss of row i (unweighted), dz = its gradient times w_i/Σw, for the loss `kind` (enum Loss).
 *
 *     z        [m, n]  logits or outputs
 *     t        [m, n]  float32, or [m] int32 classes (cross-entropy, !dense)
 *     w        [m]     row weights, or 0: all 1
 *     dz       [m, n]  may be z; 0: not computed
 *     rowLoss  [m]
 *     p                δ of the huber loss
 */
export function loss(
  kind: i32,
  dense: bool,
  z: usize,
  t: usize,
  w: usize,
  dz: usize,
  rowLoss: usize,
  m: i32,
  n: i32,
  p: f32,
  thread: i32,
  threads: i32,
): void {
  const total = weightSum(w, m);
  const stride = (<usize>n) << 2;
  const end = Share.start(m, 1, thread + 1, threads);
  let i = Share.start(m, 1, thread, threads);
  const first = i;
  const classes = kind === Loss.CrossEntropy && !dense;
  if (kind === Loss.CrossEntropy && n < FEW_COLUMNS) {
    const even = f32x4.splat(factorOf(0, 0, total));
    for (; i + 4 <= end; i += 4) {
      const at = (<usize>i) << 2;
      const row = <usize>i * stride;
      const factors = w ? factorsOf(w + at, total) : even;
      const out = dz ? dz + row : 0;
      if (classes) CrossEntropy.classRows(z + row, t + at, out, rowLoss + at, n, factors);
      else CrossEntropy.distributionRows(z + row, t + row, out, rowLoss + at, n, factors);
    }
  }
  for (; i < end; i++) {
    const at = (<usize>i) << 2;
    const row = <usize>i * stride;
    const target = t + (classes ? at : row);
    const value = rowOf(kind, dense, z + row, target, dz ? dz + row : 0, n, factorOf(w, i, total), p);
    store<f32>(rowLoss + at, value);
  }
  if (!w || !dz) return;
  for (i = first; i < end; i++) if (factorOf(w, i, total) === 0) memory.fill(dz + <usize>i * stride, 0, stride);
}
