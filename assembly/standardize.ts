/**
 * y[i, j] = (x[i, j] − mean[j]) · scale[j]
 *
 * x, y [m, n] (y may be x), mean and scale [n]; scale is 1 / standard deviation. Parallel over rows.
 */
import { Simd } from './simd';
import { Share } from './thread';

export function standardize(
  x: usize,
  mean: usize,
  scale: usize,
  y: usize,
  m: i32,
  n: i32,
  thread: i32,
  threads: i32,
): void {
  const end = Share.start(m, 1, thread + 1, threads);
  for (let i = Share.start(m, 1, thread, threads); i < end; i++) {
    const offset = (<usize>i * n) << 2;
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const at = (<usize>j) << 2;
      const centred = f32x4.sub(v128.load(x + offset + at), v128.load(mean + at));
      v128.store(y + offset + at, f32x4.mul(centred, v128.load(scale + at)));
    }
    if (j < n) {
      const at = (<usize>j) << 2;
      const centred = f32x4.sub(v128.load(x + offset + at), v128.load(mean + at));
      Simd.storePartial(y + offset + at, f32x4.mul(centred, v128.load(scale + at)), n - j);
    }
  }
}
