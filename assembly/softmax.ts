/**
 * Softmax over the rows of x [rows, n], y_j = e^(x_j − m) / Σ e^(x_k − m) with m = max x (Goodfellow, Bengio,
 * Courville, Deep Learning, 4.1), and its gradient dx = y · (dy − Σ dy·y) row by row.
 *
 * Parallel over rows. Sums run lane by lane through the row, the four lanes are added last, so the order depends on
 * nothing but n. A row with NaN or +Infinity in it becomes NaN.
 */
import { SimdMath } from './math';
import { Simd } from './simd';
import { Share } from './thread';

/** Rows with fewer columns are computed four at a time, where there are four. */
export const FEW_COLUMNS = 32;

/** What softmax and cross-entropy need of one row of n float32. */
export class SoftmaxRow {
  /** Largest element; NaN is passed over (−Infinity if there is nothing else). */
  static max(row: usize, n: i32): f32 {
    const least = f32x4.splat(-Infinity);
    let largest = least;
    let i = 0;
    for (; i + 4 <= n; i += 4) largest = f32x4.pmax(largest, v128.load(row + ((<usize>i) << 2)));
    if (i < n) {
      const rest = v128.bitselect(v128.load(row + ((<usize>i) << 2)), least, Simd.mask(n - i));
      largest = f32x4.pmax(largest, rest);
    }
    return Simd.max(largest);
  }

  /** Σ e^(x_j − m), m ≥ every x_j; the terms go to `out`, which may be the row itself, unless it is 0. */
  static exponentials(row: usize, out: usize, n: i32, m: f32): f32 {
    const largest = f32x4.splat(m);
    let sum = f32x4.splat(0);
    let left = n;
    if (ASC_FEATURE_THREADS && out) {
      for (; left >= 8; left -= 8) {
        const e0 = SimdMath.expNegative(f32x4.sub(v128.load(row), largest));
        const e1 = SimdMath.expNegative(f32x4.sub(v128.load(row, 16), largest));
        v128.store(out, e0);
        v128.store(out, e1, 16);
        sum = f32x4.add(f32x4.add(sum, e0), e1);
        row += 32;
        out += 32;
      }
    }
    for (; left > 0; left -= 4) {
      let e = SimdMath.expNegative(f32x4.sub(v128.load(row), largest));
      if (left < 4) e = v128.and(e, Simd.mask(left));
      sum = f32x4.add(sum, e);
      if (out) {
        if (left >= 4) v128.store(out, e);
        else Simd.storePartial(out, e, left);
        out += 16;
      }
      row += 16;
    }
    return Simd.sum(sum);
  }

  /** row ← factor · row. */
  static scale(row: usize, n: i32, factor: f32): void {
    const f = f32x4.splat(factor);
    for (; n >= 8; n -= 8) {
      const y0 = f32x4.mul(v128.load(row), f);
      const y1 = f32x4.mul(v128.load(row, 16), f);
      v128.store(row, y0);
      v128.store(row, y1, 16);
      row += 32;
    }
    for (; n > 0; n -= 4) {
      const value = f32x4.mul(v128.load(row), f);
      if (n >= 4) v128.store(row, value);
      else Simd.storePartial(row, value, n);
      row += 16;
    }
  }
}

/**
 * The same for four rows of n float32, one behind the other; lane i of a vector is what is said of row i. In a short row little
 * but waits follow each other, from its largest element over exponentials to their sum: four such chains take hardly longer
 * than one, and share a division and a logarithm. Each row is summed as it is alone.
 */
export class SoftmaxRows {
  static max(x: usize, n: i32): v128 {
    const stride = (<usize>n) << 2;
    const least = f32x4.splat(-Infinity);
    let m0 = least;
    let m1 = least;
    let m2 = least;
    let m3 = least;
    let left = n;
    for (; left >= 4; left -= 4) {
      m0 = f32x4.pmax(m0, v128.load(x));
      m1 = f32x4.pmax(m1, v128.load(x + stride));
      m2 = f32x4.pmax(m2, v128.load(x + 2 * stride));
      m3 = f32x4.pmax(m3, v128.load(x + 3 * stride));
      x += 16;
    }
    if (left > 0) {
      const mask = Simd.mask(left);
      m0 = f32x4.pmax(m0, v128.bitselect(v128.load(x), least, mask));
      m1 = f32x4.pmax(m1, v128.bitselect(v128.load(x + stride), least, mask));
      m2 = f32x4.pmax(m2, v128.bitselect(v128.load(x + 2 * stride), least, mask));
      m3 = f32x4.pmax(m3, v128.bitselect(v128.load(x + 3 * stride), least, mask));
    }
    const low = f32x4.pmax(v128.shuffle<f32>(m0, m1, 0, 2, 4, 6), v128.shuffle<f32>(m0, m1, 1, 3, 5, 7));
    const high = f32x4.pmax(v128.shuffle<f32>(m2, m3, 0, 2, 4, 6), v128.shuffle<f32>(m2, m3, 1, 3, 5, 7));
    return f32x4.pmax(v128.shuffle<f32>(low, high, 0, 2, 4, 6), v128.shuffle<f32>(low, high, 1, 3, 5, 7));
  }

  static exponentials(x: usize, out: usize, n: i32, m: v128): v128 {
    const stride = (<usize>n) << 2;
    const m0 = v128.shuffle<f32>(m, m, 0, 0, 0, 0);
    const m1 = v128.shuffle<f32>(m, m, 1, 1, 1, 1);
    const m2 = v128.shuffle<f32>(m, m, 2, 2, 2, 2);
    const m3 = v128.shuffle<f32>(m, m, 3, 3, 3, 3);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let left = n; left > 0; left -= 4) {
      let e0 = SimdMath.expNegative(f32x4.sub(v128.load(x), m0));
      let e1 = SimdMath.expNegative(f32x4.sub(v128.load(x + stride), m1));
      let e2 = SimdMath.expNegative(f32x4.sub(v128.load(x + 2 * stride), m2));
      let e3 = SimdMath.expNegative(f32x4.sub(v128.load(x + 3 * stride), m3));
      if (out) {
        SoftmaxRows.put(out, stride, e0, e1, e2, e3, left);
        out += 16;
      }
      if (left < 4) {
        const mask = Simd.mask(left);
        e0 = v128.and(e0, mask);
        e1 = v128.and(e1, mask);
        e2 = v128.and(e2, mask);
        e3 = v128.and(e3, mask);
      }
      s0 = f32x4.add(s0, e0);
      s1 = f32x4.add(s1, e1);
      s2 = f32x4.add(s2, e2);
      s3 = f32x4.add(s3, e3);
      x += 16;
    }
    // each as Simd.sum has it: (0 + 1) + (2 + 3)
    const low = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 2, 4, 6), v128.shuffle<f32>(s0, s1, 1, 3, 5, 7));
    const high = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 2, 4, 6), v128.shuffle<f32>(s2, s3, 1, 3, 5, 7));
    return f32x4.add(v128.shuffle<f32>(low, high, 0, 2, 4, 6), v128.shuffle<f32>(low, high, 1, 3, 5, 7));
  }

  static scale(x: usize, n: i32, factor: v128): void {
    const stride = (<usize>n) << 2;
    const f0 = v128.shuffle<f32>(factor, factor, 0, 0, 0, 0);
    const f1 = v128.shuffle<f32>(factor, factor, 1, 1, 1, 1);
    const f2 = v128.shuffle<f32>(factor, factor, 2, 2, 2, 2);
    const f3 = v128.shuffle<f32>(factor, factor, 3, 3, 3, 3);
    for (let left = n; left > 0; left -= 4) {
      const y0 = f32x4.mul(v128.load(x), f0);
      const y1 = f32x4.mul(v128.load(x + stride), f1);
      const y2 = f32x4.mul(v128.load(x + 2 * stride), f2);
      const y3 = f32x4.mul(v128.load(x + 3 * stride), f3);
      SoftmaxRows.put(x, stride, y0, y1, y2, y3, left);
      x += 16;
    }
  }

  /** Stores the next vector of each row: all of it, or the `left` lanes that are left of the row. */
  @inline private static put(at: usize, stride: usize, y0: v128, y1: v128, y2: v128, y3: v128, left: i32): void {
    if (left >= 4) {
      v128.store(at, y0);
      v128.store(at + stride, y1);
      v128.store(at + 2 * stride, y2);
      v128.store(at + 3 * stride, y3);
    } else {
      Simd.storePartial(at, y0, left);
      Simd.storePartial(at + stride, y1, left);
      Simd.storePartial(at + 2 * stride, y2, left);
      Simd.storePartial(at + 3 * stride, y3, left);
    }
  }
}

/** y = softmax(x), row by row. x, y: [rows, n]; y may be x. */
export function softmax(x: usize, y: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const stride = (<usize>n) << 2;
  const end = Share.start(rows, 1, thread + 1, threads);
  let i = Share.start(rows, 1, thread, threads);
  // not in the kernels of lanegrad/predict, which are to be small: see elementwise.ts
  if (ASC_FEATURE_THREADS) {
    const fours = n < FEW_COLUMNS ? end - 3 : 0;
    for (; i < fours; i += 4) {
      const from = x + <usize>i * stride;
      const to = y + <usize>i * stride;
      const sums = SoftmaxRows.exponentials(from, to, n, SoftmaxRows.max(from, n));
      SoftmaxRows.scale(to, n, f32x4.div(f32x4.splat(1), sums));
    }
  }
  for (; i < end; i++) {
    const from = x + <usize>i * stride;
    const to = y + <usize>i * stride;
    const sum = SoftmaxRow.exponentials(from, to, n, SoftmaxRow.max(from, n));
    SoftmaxRow.scale(to, n, 1 / sum);
  }
}

/** dx = y · (dy − Σ dy·y), row by row, y being softmax's output. y, dy, dx: [rows, n]; dx may be dy or y. */
export function softmaxGradient(y: usize, dy: usize, dx: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const end = Share.start(rows, 1, thread + 1, threads);
  for (let row = Share.start(rows, 1, thread, threads); row < end; row++) {
    const first = (<usize>row * <usize>n) << 2;
    let sum = f32x4.splat(0);
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      const offset = first + ((<usize>i) << 2);
      sum = f32x4.add(sum, f32x4.mul(v128.load(dy + offset), v128.load(y + offset)));
    }
    if (i < n) {
      const offset = first + ((<usize>i) << 2);
      const product = f32x4.mul(v128.load(dy + offset), v128.load(y + offset));
      sum = f32x4.add(sum, v128.and(product, Simd.mask(n - i)));
    }
    const dot = f32x4.splat(Simd.sum(sum));
    for (i = 0; i < n; i += 4) {
      const offset = first + ((<usize>i) << 2);
      const value = f32x4.mul(v128.load(y + offset), f32x4.sub(v128.load(dy + offset), dot));
      if (i + 4 <= n) v128.store(dx + offset, value);
      else Simd.storePartial(dx + offset, value, n - i);
    }
  }
}
