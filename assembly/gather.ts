/**
 * Builds a batch from the rows of a data set.
 *
 *     y[i, :] = x[row(i), :],   row(i) = indices[first + i], or first + i where there are no indices
 *
 * x [*, n] in its stored type, y [m, n]. Parallel over rows of the batch.
 */
import { Element } from './abi';
import { Simd } from './simd';
import { Share } from './thread';

export function gather(
  kind: i32,
  x: usize,
  indices: usize,
  first: usize,
  y: usize,
  m: i32,
  n: i32,
  scale: f32,
  thread: i32,
  threads: i32,
): void {
  const end = Share.start(m, 1, thread + 1, threads);
  for (let i = Share.start(m, 1, thread, threads); i < end; i++) {
    const position = first + <usize>i;
    const row = indices === 0 ? position : <usize>load<u32>(indices + (position << 2));
    const target = y + ((<usize>i * n) << 2);
    switch (kind) {
      case Element.Word:
        copyRow(x + ((row * n) << 2), target, n);
        break;
      case Element.Uint8:
        convertRow(x + row * n, target, n, scale);
        break;
      default:
        unreachable();
    }
  }
}

/** y = x for one row of n words. memory.copy is a call into the engine, which costs more than a short row. */
function copyRow(x: usize, y: usize, n: i32): void {
  for (; n >= 16; n -= 16) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    v128.store(y, x0);
    v128.store(y, x1, 16);
    v128.store(y, x2, 32);
    v128.store(y, x3, 48);
    x += 64;
    y += 64;
  }
  for (; n > 0; n--) {
    store<u32>(y, load<u32>(x));
    x += 4;
    y += 4;
  }
}

/** y[j] = float32(x[j]) · scale for one row of n bytes. Reads up to 3 bytes past the row. */
function convertRow(x: usize, y: usize, n: i32, scale: f32): void {
  const factor = f32x4.splat(scale);
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    const wide = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(x + j)));
    v128.store(y + ((<usize>j) << 2), f32x4.mul(f32x4.convert_i32x4_u(wide), factor));
  }
  if (j < n) {
    const wide = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(x + j)));
    Simd.storePartial(y + ((<usize>j) << 2), f32x4.mul(f32x4.convert_i32x4_u(wide), factor), n - j);
  }
}
