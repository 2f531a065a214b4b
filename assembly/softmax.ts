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

/** What softmax and cross-entropy need of one row of n float32. */
export class SoftmaxRow {
  /** Largest element, in every lane; NaN is passed over (−Infinity if there is nothing else). */
  static max(row: usize, n: i32): v128 {
    const least = f32x4.splat(-Infinity);
    let largest = least;
    let i = 0;
    for (; i + 4 <= n; i += 4) largest = f32x4.pmax(largest, v128.load(row + ((<usize>i) << 2)));
    if (i < n) {
      const rest = v128.bitselect(v128.load(row + ((<usize>i) << 2)), least, Simd.mask(n - i));
      largest = f32x4.pmax(largest, rest);
    }
    largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
    return f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
  }

  /** Σ e^(x_j − m), m (all lanes) ≥ every x_j; the terms go to `out`, which may be the row itself, unless it is 0. */
  static exponentials(row: usize, out: usize, n: i32, m: v128): f32 {
    let sum = f32x4.splat(0);
    let i = 0;
    for (; i + 16 <= n; i += 16) {
      const from = row + ((<usize>i) << 2);
      const e0 = SimdMath.expNegative(f32x4.sub(v128.load(from), m));
      const e1 = SimdMath.expNegative(f32x4.sub(v128.load(from, 16), m));
      const e2 = SimdMath.expNegative(f32x4.sub(v128.load(from, 32), m));
      const e3 = SimdMath.expNegative(f32x4.sub(v128.load(from, 48), m));
      sum = f32x4.add(f32x4.add(f32x4.add(f32x4.add(sum, e0), e1), e2), e3);
      if (out) {
        const to = out + ((<usize>i) << 2);
        v128.store(to, e0);
        v128.store(to, e1, 16);
        v128.store(to, e2, 32);
        v128.store(to, e3, 48);
      }
    }
    for (; i < n; i += 4) {
      const offset = (<usize>i) << 2;
      const e = SimdMath.expNegative(f32x4.sub(v128.load(row + offset), m));
      if (i + 4 <= n) {
        sum = f32x4.add(sum, e);
        if (out) v128.store(out + offset, e);
      } else {
        sum = f32x4.add(sum, v128.and(e, Simd.mask(n - i)));
        if (out) Simd.storePartial(out + offset, e, n - i);
      }
    }
    return Simd.sum(sum);
  }

  /** row ← factor · row. */
  static scale(row: usize, n: i32, factor: f32): void {
    const f = f32x4.splat(factor);
    for (let i = 0; i < n; i += 4) {
      const at = row + ((<usize>i) << 2);
      const value = f32x4.mul(v128.load(at), f);
      if (i + 4 <= n) v128.store(at, value);
      else Simd.storePartial(at, value, n - i);
    }
  }
}

/** y = softmax(x), row by row. x, y: [rows, n]; y may be x. */
export function softmax(x: usize, y: usize, rows: i32, n: i32, thread: i32, threads: i32): void {
  const end = Share.start(rows, 1, thread + 1, threads);
  for (let i = Share.start(rows, 1, thread, threads); i < end; i++) {
    const from = x + ((<usize>i * <usize>n) << 2);
    const to = y + ((<usize>i * <usize>n) << 2);
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
