/**
 * Cross-entropy of rows of logits z [n], −Σ t ln softmax(z), against a class or a distribution t (losses.ts has the formulas), one
 * row or four at a time (softmax.ts), and its gradient.
 */
import { SimdMath } from './math';
import { Simd } from './simd';
import { SoftmaxRow, SoftmaxRows } from './softmax';

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

/** A target that is a row t of n float32. */
class Distribution {
  /** Σ t in lane 0 and Σ t·(z − max) in lane 1. */
  static sums(t: usize, z: usize, n: i32, max: f32): v128 {
    const largest = f32x4.splat(max);
    let totals = f32x4.splat(0);
    let dots = f32x4.splat(0);
    for (; n > 0; n -= 4) {
      let terms = v128.load(t);
      let products = f32x4.mul(terms, f32x4.sub(v128.load(z), largest));
      if (n < 4) {
        const mask = Simd.mask(n);
        terms = v128.and(terms, mask);
        products = v128.and(products, mask);
      }
      totals = f32x4.add(totals, terms);
      dots = f32x4.add(dots, products);
      t += 16;
      z += 16;
    }
    return f32x4(Simd.sum(totals), Simd.sum(dots), 0, 0);
  }

  /** dz ← factor · (share · dz − t) */
  static gradient(t: usize, dz: usize, n: i32, share: f32, factor: f32): void {
    const shares = f32x4.splat(share);
    const scale = f32x4.splat(factor);
    for (; n >= 8; n -= 8) {
      const d0 = f32x4.mul(f32x4.sub(f32x4.mul(v128.load(dz), shares), v128.load(t)), scale);
      const d1 = f32x4.mul(f32x4.sub(f32x4.mul(v128.load(dz, 16), shares), v128.load(t, 16)), scale);
      v128.store(dz, d0);
      v128.store(dz, d1, 16);
      t += 32;
      dz += 32;
    }
    for (; n > 0; n -= 4) {
      const value = f32x4.mul(f32x4.sub(f32x4.mul(v128.load(dz), shares), v128.load(t)), scale);
      if (n >= 4) v128.store(dz, value);
      else Simd.storePartial(dz, value, n);
      t += 16;
      dz += 16;
    }
  }
}

/** Row losses; dz ← factor · gradient unless dz is 0. dz may be z. */
export class CrossEntropy {
  /** Cross-entropy of one row of logits against its class 0 ≤ c < n; dz ← factor · gradient unless dz is 0. */
  static classRow(z: usize, classes: usize, dz: usize, n: i32, factor: f32): f32 {
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
  static classRows(z: usize, classes: usize, dz: usize, rowLoss: usize, n: i32, factor: v128): void {
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
  static distributionRow(z: usize, t: usize, dz: usize, n: i32, factor: f32): f32 {
    const largest = SoftmaxRow.max(z, n);
    const sums = Distribution.sums(t, z, n, largest);
    const total = f32x4.extract_lane(sums, 0);
    const sum = SoftmaxRow.exponentials(z, dz, n, largest);
    if (dz) Distribution.gradient(t, dz, n, total / sum, factor);
    return total * log(sum) - f32x4.extract_lane(sums, 1);
  }

  /** The same of four rows, the losses to rowLoss [4]. */
  static distributionRows(z: usize, t: usize, dz: usize, rowLoss: usize, n: i32, factor: v128): void {
    const s1 = (<usize>n) << 2;
    const s2 = s1 + s1;
    const s3 = s2 + s1;
    const largest = SoftmaxRows.max(z, n);
    const d0 = Distribution.sums(t, z, n, f32x4.extract_lane(largest, 0));
    const d1 = Distribution.sums(t + s1, z + s1, n, f32x4.extract_lane(largest, 1));
    const d2 = Distribution.sums(t + s2, z + s2, n, f32x4.extract_lane(largest, 2));
    const d3 = Distribution.sums(t + s3, z + s3, n, f32x4.extract_lane(largest, 3));
    const low = v128.shuffle<f32>(d0, d1, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(d2, d3, 0, 4, 1, 5);
    const totals = v128.shuffle<i64>(low, high, 0, 2);
    const dots = v128.shuffle<i64>(low, high, 1, 3);
    const sums = SoftmaxRows.exponentials(z, dz, n, largest);
    if (dz) {
      const shares = f32x4.div(totals, sums);
      Distribution.gradient(t, dz, n, f32x4.extract_lane(shares, 0), f32x4.extract_lane(factor, 0));
      Distribution.gradient(t + s1, dz + s1, n, f32x4.extract_lane(shares, 1), f32x4.extract_lane(factor, 1));
      Distribution.gradient(t + s2, dz + s2, n, f32x4.extract_lane(shares, 2), f32x4.extract_lane(factor, 2));
      Distribution.gradient(t + s3, dz + s3, n, f32x4.extract_lane(shares, 3), f32x4.extract_lane(factor, 3));
    }
    v128.store(rowLoss, f32x4.sub(f32x4.mul(totals, SimdMath.log(sums)), dots));
  }
}
