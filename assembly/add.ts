/**
 * c = a + b, elementwise: the sum at the end of a residual block (He, Zhang, Ren, Sun, "Deep Residual Learning for Image
 * Recognition", 2016), and the sum of the two gradients at its beginning. a, b, c: [n]; c may be a or b. Parallel over
 * elements.
 */
import { Simd } from './simd';
import { Share } from './thread';

export function add(a: usize, b: usize, c: usize, n: i32, thread: i32, threads: i32): void {
  const end = Share.start(n, 16, thread + 1, threads);
  for (let i = Share.start(n, 16, thread, threads); i < end; i += 4) {
    const at = (<usize>i) << 2;
    const sum = f32x4.add(v128.load(a + at), v128.load(b + at));
    if (i + 4 <= end) v128.store(c + at, sum);
    else Simd.storePartial(c + at, sum, end - i);
  }
}
