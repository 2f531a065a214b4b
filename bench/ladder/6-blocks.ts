/**
 * Rung 6: blocks for the caches. Of k 256 at a time, so that a panel of B has 12 KB and stays in the first-level cache while strips
 * of A pass by; of A 132 rows at a time, 132 KB, which stay in the second level while all panels pass. Sums of a further block
 * are added to C. Compiled with relaxed SIMD the same source is rung 7: multiplication and addition are one operation.
 */
import { tile } from './4-tile';
import { pack } from './5-panels';
import { Edges } from './edges';

/** Depth and rows of a block. */
const DEPTH = 256;
const ROWS = 132;

/** A tile's size and its function, so that the loops serve rung 8 too. */
export abstract class Kernel {
  abstract rows(): i32;
  abstract columns(): i32;
  abstract tile(
    k: i32,
    a: usize,
    aStride: usize,
    b: usize,
    c: usize,
    cStride: usize,
    base: usize,
    baseStride: usize,
  ): void;
}

class Narrow extends Kernel {
  @inline rows(): i32 {
    return 3;
  }

  @inline columns(): i32 {
    return 12;
  }

  @inline tile(
    k: i32,
    a: usize,
    aStride: usize,
    b: usize,
    c: usize,
    cStride: usize,
    base: usize,
    baseStride: usize,
  ): void {
    tile(k, a, aStride, b, 48, c, cStride, base, baseStride);
  }
}

/** Block by block: of k, then of the rows of A. */
export function product<K extends Kernel>(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize, scratch: usize): void {
  const panels = scratch + 512;
  for (let p = 0; p < k; p += DEPTH) {
    const depth = min(DEPTH, k - p);
    pack(depth, n, b + <usize>(p * n) * 4, panels, changetype<K>(0).columns());
    for (let i = 0; i < m; i += ROWS) {
      const from = a + <usize>(i * k + p) * 4;
      block<K>(min(ROWS, m - i), n, depth, from, <usize>k * 4, panels, c + <usize>(i * n) * 4, p > 0, scratch);
    }
  }
}

/** C [m, n] = A · B, and += where `further`: a block of A times all panels of a block of B. */
function block<K extends Kernel>(
  m: i32,
  n: i32,
  depth: i32,
  a: usize,
  aStride: usize,
  panel: usize,
  c: usize,
  further: bool,
  scratch: usize,
): void {
  const kernel = changetype<K>(0);
  const rows = kernel.rows();
  const columns = kernel.columns();
  const stride = <usize>n * 4;
  for (let j = 0; j < n; j += columns) {
    for (let i = 0; i < m; i += rows) {
      const place = c + stride * i + <usize>j * 4;
      const whole = i + rows <= m && j + columns <= n;
      const to = whole ? place : scratch;
      const toStride = whole ? stride : <usize>columns * 4;
      if (!whole && further) Edges.copy(place, stride, to, toStride, min(rows, m - i), min(columns, n - j));
      const base = further ? to : Edges.ZEROS;
      kernel.tile(depth, a + aStride * i, aStride, panel, to, toStride, base, further ? toStride : <usize>0);
      if (!whole) Edges.copy(to, toStride, place, stride, min(rows, m - i), min(columns, n - j));
    }
    panel += <usize>(columns * depth) * 4;
  }
}

export function blocks(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize, scratch: usize): void {
  product<Narrow>(m, n, k, a, b, c, scratch);
}
