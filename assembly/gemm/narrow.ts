/**
 * The narrow micro-kernels, for 128-bit registers. Each computes one register tile
 *
 *     C[i, j] = Σₚ A[i, p] · B[p, j] + base[i, j]        up to 3 × 12, p = 0 … depth − 1 in this order
 *
 * with one accumulator per output, which starts at +0 and takes one multiplication and one addition per p, whatever the
 * tile. `base` is what the sum is added to: C itself, a row of biases, or zeros (which change no bit, because a sum that
 * started at +0 is never −0). Nothing is shared between threads here.
 *
 *     a: the first element of the first row; rows lie aStride bytes apart, each contiguous (as stored, or turned: pack.ts)
 *     b: one packed panel, 12 floats per p                            c, base: rows lie cStride and baseStride bytes apart
 *
 * Registers: 9 accumulators, 3 rows of A, 1 vector of B and 1 product are 14 of the 15 that V8 leaves of x86-64's 16.
 * Two things decide whether Node 20 and 22 (V8 11 and 12) keep it so, or load all six operands of a step first, spill an
 * accumulator and fall to less than half the speed (docs/gemm.md):
 *  - the loop is `while`, and one step of p each: not `do … while`, not unrolled;
 *  - the epilogue stores from the last accumulator to the first and without branches, because V8 orders the arithmetic
 *    in the loop by the uses of its results behind the loop.
 * And each kernel is a function that is called often, so that V8 replaces it by optimized code after a few calls.
 */
import { NARROW_COLUMNS } from '../abi';
import { Simd } from '../simd';
import { Count, One, Three, TileKernels, Two } from './tile';

/** Rows of a tile. */
const ROWS = 3;
/** Bytes of one row (one p) of a packed panel of B. */
const PANEL_ROW_BYTES = NARROW_COLUMNS * 4;

/** How finished sums leave their registers. */
class Epilogue {
  /** c = x + base for one row of a tile. Everything is loaded before anything is stored. */
  @inline static row<Vectors extends Count>(c: usize, x0: v128, x1: v128, x2: v128, base: usize): void {
    const vectors = changetype<Vectors>(0);
    x0 = f32x4.add(x0, v128.load(base));
    if (vectors.count() > 1) x1 = f32x4.add(x1, v128.load(base, 16));
    if (vectors.count() > 2) x2 = f32x4.add(x2, v128.load(base, 32));
    if (vectors.count() > 2) v128.store(c, x2, 32);
    if (vectors.count() > 1) v128.store(c, x1, 16);
    v128.store(c, x0);
  }
}

/** One tile of `Rows` rows by `Vectors` vectors: `Three, Three` for the inside, the others for the edges. */
function tile<Rows extends Count, Vectors extends Count>(
  a: usize,
  aStride: usize,
  b: usize,
  depth: i32,
  c: usize,
  cStride: usize,
  base: usize,
  baseStride: usize,
): void {
  const rows = changetype<Rows>(0);
  const vectors = changetype<Vectors>(0);
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c02 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c12 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c22 = f32x4.splat(0);
  let a1 = a + aStride;
  let a2 = a1 + aStride;
  while (depth > 0) {
    const x0 = v128.load32_splat(a);
    const x1 = rows.count() > 1 ? v128.load32_splat(a1) : x0;
    const x2 = rows.count() > 2 ? v128.load32_splat(a2) : x0;
    const b0 = v128.load(b);
    c00 = Simd.multiplyAdd(x0, b0, c00);
    if (rows.count() > 1) c10 = Simd.multiplyAdd(x1, b0, c10);
    if (rows.count() > 2) c20 = Simd.multiplyAdd(x2, b0, c20);
    if (vectors.count() > 1) {
      const b1 = v128.load(b, 16);
      c01 = Simd.multiplyAdd(x0, b1, c01);
      if (rows.count() > 1) c11 = Simd.multiplyAdd(x1, b1, c11);
      if (rows.count() > 2) c21 = Simd.multiplyAdd(x2, b1, c21);
    }
    if (vectors.count() > 2) {
      const b2 = v128.load(b, 32);
      c02 = Simd.multiplyAdd(x0, b2, c02);
      if (rows.count() > 1) c12 = Simd.multiplyAdd(x1, b2, c12);
      if (rows.count() > 2) c22 = Simd.multiplyAdd(x2, b2, c22);
    }
    a += 4;
    if (rows.count() > 1) a1 += 4;
    if (rows.count() > 2) a2 += 4;
    b += PANEL_ROW_BYTES;
    depth--;
  }
  if (rows.count() > 2) Epilogue.row<Vectors>(c + 2 * cStride, c20, c21, c22, base + 2 * baseStride);
  if (rows.count() > 1) Epilogue.row<Vectors>(c + cStride, c10, c11, c12, base + baseStride);
  Epilogue.row<Vectors>(c, c00, c01, c02, base);
}

/**
 * One row times three neighbouring whole panels, `panelStride` bytes apart. A product of one row has no second row to
 * keep the adders busy with, so its nine independent sums come from 36 columns; each is summed exactly as in `tile`.
 */
function rowOfPanels(a: usize, b: usize, panelStride: usize, depth: i32, c: usize, base: usize): void {
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let c2 = f32x4.splat(0);
  let c3 = f32x4.splat(0);
  let c4 = f32x4.splat(0);
  let c5 = f32x4.splat(0);
  let c6 = f32x4.splat(0);
  let c7 = f32x4.splat(0);
  let c8 = f32x4.splat(0);
  let b1 = b + panelStride;
  let b2 = b1 + panelStride;
  while (depth > 0) {
    const x = v128.load32_splat(a);
    c0 = Simd.multiplyAdd(x, v128.load(b), c0);
    c1 = Simd.multiplyAdd(x, v128.load(b, 16), c1);
    c2 = Simd.multiplyAdd(x, v128.load(b, 32), c2);
    c3 = Simd.multiplyAdd(x, v128.load(b1), c3);
    c4 = Simd.multiplyAdd(x, v128.load(b1, 16), c4);
    c5 = Simd.multiplyAdd(x, v128.load(b1, 32), c5);
    c6 = Simd.multiplyAdd(x, v128.load(b2), c6);
    c7 = Simd.multiplyAdd(x, v128.load(b2, 16), c7);
    c8 = Simd.multiplyAdd(x, v128.load(b2, 32), c8);
    a += 4;
    b += PANEL_ROW_BYTES;
    b1 += PANEL_ROW_BYTES;
    b2 += PANEL_ROW_BYTES;
    depth--;
  }
  Epilogue.row<Three>(c + 2 * PANEL_ROW_BYTES, c6, c7, c8, base + 2 * PANEL_ROW_BYTES);
  Epilogue.row<Three>(c + PANEL_ROW_BYTES, c3, c4, c5, base + PANEL_ROW_BYTES);
  Epilogue.row<Three>(c, c0, c1, c2, base);
}

/** IR: strip by strip, the last one with the rows that are left. */
function stripProducts<Vectors extends Count>(
  a: usize,
  aStride: usize,
  b: usize,
  depth: i32,
  c: usize,
  cStride: usize,
  base: usize,
  baseStride: usize,
  rows: i32,
): void {
  for (; rows >= ROWS; rows -= ROWS) {
    tile<Three, Vectors>(a, aStride, b, depth, c, cStride, base, baseStride);
    a += aStride * ROWS;
    c += cStride * ROWS;
    base += baseStride * ROWS;
  }
  if (rows === 2) tile<Two, Vectors>(a, aStride, b, depth, c, cStride, base, baseStride);
  else if (rows === 1) tile<One, Vectors>(a, aStride, b, depth, c, cStride, base, baseStride);
}

/** The tile of 3 × 12. */
export class Narrow extends TileKernels {
  @inline rows(): i32 {
    return ROWS;
  }

  @inline columns(): i32 {
    return NARROW_COLUMNS;
  }

  @inline exact(columns: i32): bool {
    return columns % 4 === 0;
  }

  @inline panel(
    columns: i32,
    a: usize,
    aStride: usize,
    b: usize,
    depth: i32,
    c: usize,
    cStride: usize,
    base: usize,
    baseStride: usize,
    rows: i32,
  ): void {
    if (columns > 8) stripProducts<Three>(a, aStride, b, depth, c, cStride, base, baseStride, rows);
    else if (columns > 4) stripProducts<Two>(a, aStride, b, depth, c, cStride, base, baseStride, rows);
    else stripProducts<One>(a, aStride, b, depth, c, cStride, base, baseStride, rows);
  }

  @inline rowOfPanels(a: usize, b: usize, panelStride: usize, depth: i32, c: usize, base: usize): void {
    rowOfPanels(a, b, panelStride, depth, c, base);
  }
}
