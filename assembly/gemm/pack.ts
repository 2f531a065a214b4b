/**
 * Packing: an operand is copied once into the order in which the micro-kernel reads it, and a transposed one is turned on
 * the way by 4 × 4 blocks. So one kernel serves A·B, A·Bᵀ and Aᵀ·B, and knows neither edges nor long strides.
 *
 * B [k, n] becomes panels of as many columns as the tile has (12 in the drawing), row by row (BLIS: k-major), in blocks of
 * BLOCK_DEPTH rows:
 *
 *                 12 columns
 *               ┌───────────▶┐┌───────────▶┐┌────────▶ 0 0┐
 *     256 rows  │┌──────────▶││┌──────────▶││┌───────▶ 0 0│    block 0: panel 0, panel 1, panel 2
 *      of B     │└ …  panel 0││└ …  panel 1││└ …   panel 2│    each of depth · 12 consecutive floats
 *               └────────────┘└────────────┘└─────────────┘
 *     the other │┌──────────▶││┌──────────▶││┌───────▶ 0 0│    block 1 follows: panel 0, panel 1, panel 2
 *      rows     └────────────┘└────────────┘└─────────────┘
 *
 * Columns from n on are zero, so the whole takes k · ⌈n / columns⌉ · columns floats.
 *
 * A is read by rows. Where it is stored like that it is read in place, which measured as fast as packed panels and costs
 * nothing; where it is stored transposed, a block of it is turned into rows in the scratch of the thread.
 */
import { BLOCK_DEPTH, BLOCK_STRIDE, NARROW_COLUMNS, TALL_COLUMNS, Tile, WIDE_COLUMNS } from '../abi';
import { Simd } from '../simd';
import { Share } from '../thread';

/**
 * Packs B [k, n], stored as it is or (`transposed`) as [n, k], into panels for `tile` at `packed`, laid out as drawn above.
 * Parallel over panels.
 */
export function packB(
  tile: i32,
  b: usize,
  transposed: bool,
  packed: usize,
  k: i32,
  n: i32,
  thread: i32,
  threads: i32,
): void {
  switch (tile) {
    case Tile.Narrow:
    case Tile.NarrowUnrolled:
      packPanels(NARROW_COLUMNS, b, transposed, packed, k, n, thread, threads);
      break;
    case Tile.Tall:
      packPanels(TALL_COLUMNS, b, transposed, packed, k, n, thread, threads);
      break;
    case Tile.Wide:
      packPanels(WIDE_COLUMNS, b, transposed, packed, k, n, thread, threads);
      break;
    default:
      unreachable();
  }
}

export function packPanels(
  columns: i32,
  b: usize,
  transposed: bool,
  packed: usize,
  k: i32,
  n: i32,
  thread: i32,
  threads: i32,
): void {
  const panelRow = <usize>(columns << 2);
  const panels = (n + columns - 1) / columns;
  const first = Share.start(panels, 1, thread, threads);
  const last = Share.start(panels, 1, thread + 1, threads);
  for (let p = 0; p < k; p += BLOCK_DEPTH) {
    const depth = min(BLOCK_DEPTH, k - p);
    const block = packed + <usize>p * <usize>panels * panelRow;
    for (let panel = first; panel < last; panel++) {
      const j = panel * columns;
      const target = block + <usize>panel * <usize>depth * panelRow;
      if (transposed) turnPanel(b + ((<usize>p) << 2), (<usize>k) << 2, j, columns, n, target, depth);
      else copyPanel(b + ((<usize>p * <usize>n) << 2), j, columns, n, target, depth);
    }
  }
}

/** Columns j … j + columns − 1 of the first `depth` rows of b [·, n]; columns from n on become zero. */
function copyPanel(b: usize, j: i32, columns: i32, n: i32, target: usize, depth: i32): void {
  const stride = (<usize>n) << 2;
  const panelRow = (<usize>columns) << 2;
  const whole = (<usize>(min(columns, n - j) & ~3)) << 2;
  const mask = Simd.mask((n - j) & 3);
  const part: bool = whole < panelRow && ((n - j) & 3) !== 0;
  let source = b + ((<usize>j) << 2);
  while (depth > 0) {
    let at: usize = 0;
    for (; at < whole; at += 16) v128.store(target + at, v128.load(source + at));
    if (part) {
      v128.store(target + at, v128.and(v128.load(source + at), mask));
      at += 16;
    }
    for (; at < panelRow; at += 16) v128.store(target + at, i32x4.splat(0));
    source += stride;
    target += panelRow;
    depth--;
  }
}

/** The first `depth` elements of rows j … j + columns − 1 of b [n, ·], `stride` bytes apart; rows from n on become zero. */
function turnPanel(b: usize, stride: usize, j: i32, columns: i32, n: i32, target: usize, depth: i32): void {
  for (let four = 0; four < columns; four += 4) {
    const row = j + four;
    turn(
      b + <usize>min(row, n - 1) * stride,
      b + <usize>min(row + 1, n - 1) * stride,
      b + <usize>min(row + 2, n - 1) * stride,
      b + <usize>min(row + 3, n - 1) * stride,
      depth,
      target + ((<usize>four) << 2),
      (<usize>columns) << 2,
      Simd.mask(n - row),
    );
  }
}

/**
 * Turns a block of A, stored transposed: element [i, p] is `stride` · p + 4 · i bytes behind `a`. Writes `rows` rows of
 * `depth` floats, BLOCK_STRIDE floats apart, and up to three floats of anything behind each row.
 */
export function turnA(a: usize, stride: usize, target: usize, rows: i32, depth: i32): void {
  const all = i32x4.splat(-1);
  for (let p = 0; p < depth; p += 4) {
    turn(
      a + <usize>p * stride,
      a + <usize>min(p + 1, depth - 1) * stride,
      a + <usize>min(p + 2, depth - 1) * stride,
      a + <usize>min(p + 3, depth - 1) * stride,
      rows,
      target + ((<usize>p) << 2),
      BLOCK_STRIDE * 4,
      all,
    );
  }
}

/** Four rows of `length` floats become four columns of a target whose rows lie `stride` bytes apart. */
function turn(
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  length: i32,
  target: usize,
  stride: usize,
  mask: v128,
): void {
  while (length > 0) {
    const x0 = v128.load(row0);
    const x1 = v128.load(row1);
    const x2 = v128.load(row2);
    const x3 = v128.load(row3);
    const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
    const low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
    const high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
    v128.store(target, v128.and(v128.shuffle<i64>(low01, low23, 0, 2), mask));
    if (length > 1) v128.store(target + stride, v128.and(v128.shuffle<i64>(low01, low23, 1, 3), mask));
    if (length > 2) v128.store(target + 2 * stride, v128.and(v128.shuffle<i64>(high01, high23, 0, 2), mask));
    if (length > 3) v128.store(target + 3 * stride, v128.and(v128.shuffle<i64>(high01, high23, 1, 3), mask));
    row0 += 16;
    row1 += 16;
    row2 += 16;
    row3 += 16;
    target += 4 * stride;
    length -= 4;
  }
}
