/**
 * Packing: an operand is copied once into the order in which the micro-kernel reads it, so that the kernel streams through
 * consecutive memory and knows neither edges nor transposition. Transposed operands are turned on the way.
 */
import { BLOCK_DEPTH, TILE_COLUMNS, TILE_ROWS } from '../abi';
import { Simd } from '../simd';
import { Share } from '../thread';

/**
 * Packs B [k, n] (stored as [n, k] where `transposed`) into k · ⌈n/12⌉ · 12 floats. Parallel over panels.
 */
export function packB(
  b: usize,
  transposed: bool,
  packed: usize,
  k: i32,
  n: i32,
  thread: i32,
  threads: i32,
): void {
  const panels = (n + TILE_COLUMNS - 1) / TILE_COLUMNS;
  const first = Share.start(panels, 1, thread, threads);
  const last = Share.start(panels, 1, thread + 1, threads);
  for (let p = 0; p < k; p += BLOCK_DEPTH) {
    const depth = min(BLOCK_DEPTH, k - p);
    const block = packed + <usize>p * <usize>panels * (TILE_COLUMNS * 4);
    for (let panel = first; panel < last; panel++) {
      const target = block + <usize>panel * <usize>depth * (TILE_COLUMNS * 4);
      if (transposed) turnPanel(b + ((<usize>p) << 2), (<usize>k) << 2, panel * TILE_COLUMNS, n, target, depth);
      else copyPanel(b + ((<usize>p * <usize>n) << 2), panel * TILE_COLUMNS, n, target, depth);
    }
  }
}

/** Columns j … j + 11 of `depth` rows of B [·, n]; columns from n on are zero. */
function copyPanel(b: usize, j: i32, n: i32, target: usize, depth: i32): void {
  const stride = (<usize>n) << 2;
  const mask0 = Simd.mask(n - j);
  const mask1 = Simd.mask(n - j - 4);
  const mask2 = Simd.mask(n - j - 8);
  // a vector that is all padding is read where there is something to read
  const source0 = b + ((<usize>j) << 2);
  let at0 = source0;
  let at1 = n - j > 4 ? source0 + 16 : source0;
  let at2 = n - j > 8 ? source0 + 32 : source0;
  const end = target + <usize>depth * (TILE_COLUMNS * 4);
  while (target < end) {
    v128.store(target, v128.and(v128.load(at0), mask0));
    v128.store(target, v128.and(v128.load(at1), mask1), 16);
    v128.store(target, v128.and(v128.load(at2), mask2), 32);
    at0 += stride;
    at1 += stride;
    at2 += stride;
    target += TILE_COLUMNS * 4;
  }
}

/** Rows j … j + 11 of Bᵀ [n, ·] (`stride` bytes each) become 12 columns of `depth` rows; columns from n on are zero. */
function turnPanel(b: usize, stride: usize, j: i32, n: i32, target: usize, depth: i32): void {
  for (let group = 0; group < TILE_COLUMNS; group += 4) {
    const column = j + group;
    turn(
      b + <usize>min(column, n - 1) * stride,
      b + <usize>min(column + 1, n - 1) * stride,
      b + <usize>min(column + 2, n - 1) * stride,
      b + <usize>min(column + 3, n - 1) * stride,
      depth,
      target + ((<usize>group) << 2),
      TILE_COLUMNS * 4,
      Simd.mask(n - column),
    );
  }
}

/** Four rows of `length` floats become four columns: row i of the target, `stride` bytes each, is their ith elements. */
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

/** Turns a block of the stored Aᵀ into `rows` rows of `depth`. */
export function packA(a: usize, stride: usize, packed: usize, packedStride: usize, rows: i32, depth: i32): void {
  const all = i32x4.splat(-1);
  for (let p = 0; p < depth; p += 4) {
    turn(
      a + <usize>p * stride,
      a + <usize>min(p + 1, depth - 1) * stride,
      a + <usize>min(p + 2, depth - 1) * stride,
      a + <usize>min(p + 3, depth - 1) * stride,
      rows,
      packed + ((<usize>p) << 2),
      packedStride,
      all,
    );
  }
}
