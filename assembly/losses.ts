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
import { SimdMath } from './math';
import { Simd } from './simd';
import { FEW_COLUMNS, SoftmaxRow, SoftmaxRows } from './softmax';
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

/** ln x of one positive number. */
function log(x: f32): f32 {
  return f32x4.extract_lane(SimdMath.log(f32x4.splat(x)), 0);
}

/** Targets that are classes. */
class Target {
  /** Where the target of a row of n stands. A class outside of the row would write outside of it. */
  @inline static at(row: usize, classes: usize, n: i32): usize {
    const c = load<u32>(classes);
    if (c >= <u32>n) unreachable();
    return row + ((<usize>c) << 2);
  }

  /** Takes `amount` off it. */
  @inline static reduce(row: usize, classes: usize, n: i32, amount: f32): void {
    const target = Target.at(row, classes, n);
    store<f32>(target, load<f32>(target) - amount);
  }
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

/** Cross-entropy of one row of logits against its class 0 ≤ c < n; dz ← factor · gradient unless dz is 0. */
function classRow(z: usize, classes: usize, dz: usize, n: i32, factor: f32): f32 {
  // before dz, which may be z
  const target = load<f32>(Target.at(z, classes, n));
  const largest = SoftmaxRow.max(z, n);
  const sum = SoftmaxRow.exponentials(z, dz, n, largest);
  if (dz) {
    SoftmaxRow.scale(dz, n, factor / sum);
    Target.reduce(dz, classes, n, factor);
  }
  return log(sum) - (target - largest);
}

/** The same of four rows, the losses to rowLoss [4]. */
function classRows(z: usize, classes: usize, dz: usize, rowLoss: usize, n: i32, factor: v128): void {
  const stride = (<usize>n) << 2;
  for (let i: usize = 0; i < 4; i++) {
    store<f32>(rowLoss + (i << 2), load<f32>(Target.at(z + i * stride, classes + (i << 2), n)));
  }
  const largest = SoftmaxRows.max(z, n);
  const sum = SoftmaxRows.exponentials(z, dz, n, largest);
  if (dz) {
    SoftmaxRows.scale(dz, n, f32x4.div(factor, sum));
    Target.reduce(dz, classes, n, f32x4.extract_lane(factor, 0));
    Target.reduce(dz + stride, classes + 4, n, f32x4.extract_lane(factor, 1));
    Target.reduce(dz + 2 * stride, classes + 8, n, f32x4.extract_lane(factor, 2));
    Target.reduce(dz + 3 * stride, classes + 12, n, f32x4.extract_lane(factor, 3));
  }
  v128.store(rowLoss, f32x4.sub(SimdMath.log(sum), f32x4.sub(v128.load(rowLoss), largest)));
}

/** Cross-entropy of one row of logits against the row t; dz ← factor · gradient unless dz is 0. */
function distributionRow(z: usize, t: usize, dz: usize, n: i32, factor: f32): f32 {
  const peak = SoftmaxRow.max(z, n);
  const largest = f32x4.splat(peak);
  let totals = f32x4.splat(0);
  let dots = f32x4.splat(0);
  for (let i = 0; i < n; i += 4) {
    const offset = (<usize>i) << 2;
    let ts = v128.load(t + offset);
    let dot = f32x4.mul(ts, f32x4.sub(v128.load(z + offset), largest));
    if (i + 4 > n) {
      ts = v128.and(ts, Simd.mask(n - i));
      dot = v128.and(dot, Simd.mask(n - i));
    }
    totals = f32x4.add(totals, ts);
    dots = f32x4.add(dots, dot);
  }
  const total = Simd.sum(totals);
  const sum = SoftmaxRow.exponentials(z, dz, n, peak);
  if (dz) {
    const share = f32x4.splat(total / sum);
    const scale = f32x4.splat(factor);
    for (let i = 0; i < n; i += 4) {
      const offset = (<usize>i) << 2;
      const difference = f32x4.sub(f32x4.mul(v128.load(dz + offset), share), v128.load(t + offset));
      const value = f32x4.mul(difference, scale);
      if (i + 4 <= n) v128.store(dz + offset, value);
      else Simd.storePartial(dz + offset, value, n - i);
    }
  }
  return total * log(sum) - Simd.sum(dots);
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
      return dense ? distributionRow(z, t, dz, n, factor) : classRow(z, t, dz, n, factor);
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
  if (classes && n < FEW_COLUMNS) {
    const even = f32x4.splat(factorOf(0, 0, total));
    for (; i + 4 <= end; i += 4) {
      const at = (<usize>i) << 2;
      const row = <usize>i * stride;
      const factors = w ? factorsOf(w + at, total) : even;
      classRows(z + row, t + at, dz ? dz + row : 0, rowLoss + at, n, factors);
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
