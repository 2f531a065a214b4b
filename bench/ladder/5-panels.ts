/**
 * Rung 5: B in reading order. Down a strip of 12 columns, each row of B lies n floats behind the one before: another cache line,
 * and where n is large another page. Copied once into panels of 12 columns, B is read from front to back.
 */
import { tile } from './4-tile';
import { Edges } from './edges';

/** Copies B [k, n] into panels of `width` columns, k rows each; missing columns of the last one are zero. */
export function pack(k: i32, n: i32, b: usize, packed: usize, width: i32): void {
  const row = <usize>width * 4;
  for (let j = 0; j < n; j += width) {
    const columns = min(width, n - j);
    if (columns < width) memory.fill(packed, 0, row * k);
    Edges.copy(b + <usize>j * 4, <usize>n * 4, packed, row, k, columns);
    packed += row * k;
  }
}

export function panels(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize, scratch: usize): void {
  const aStride = <usize>k * 4;
  const stride = <usize>n * 4;
  let panel = scratch + 256;
  pack(k, n, b, panel, 12);
  for (let j = 0; j < n; j += 12) {
    for (let i = 0; i < m; i += 3) {
      const to = c + stride * i + <usize>j * 4;
      const whole = i + 3 <= m && j + 12 <= n;
      tile(k, a + aStride * i, aStride, panel, 48, whole ? to : scratch, whole ? stride : <usize>48, Edges.ZEROS, 0);
      if (!whole) Edges.copy(scratch, 48, to, stride, min(3, m - i), min(12, n - j));
    }
    panel += 48 * <usize>k;
  }
}
