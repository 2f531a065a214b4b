/**
 * The wide micro-kernels: what narrow.ts computes, in tiles of 16 columns, for engines that join two neighbouring 128-bit
 * operations into one of 256 bits (V8's revectorization, docs/gemm.md). The sums have the same order, so the same bits; on
 * any other engine they are right as well, but spill registers and take twice as long as the narrow ones.
 *
 * Registers of 256 bits, of the 15 that V8 leaves of AVX2's 16: 6 rows × 2 accumulators, 2 of B and 1 of A with fused
 * multiplication and addition; without, a product needs one more, so there 4 rows must do.
 */
import { WIDE_COLUMNS } from '../abi';
import { Simd } from '../simd';
import { Count, Four, One, Six, Three, TileKernels } from './tile';

/** Bytes of one row (one p) of a packed panel of B. */
const PANEL_ROW_BYTES = WIDE_COLUMNS * 4;

class Epilogue {
  /** c = x + base for one row. V8 joins pairs only where all is loaded before anything is stored. */
  @inline static row(c: usize, x0: v128, x1: v128, x2: v128, x3: v128, base: usize): void {
    x0 = f32x4.add(x0, v128.load(base));
    x1 = f32x4.add(x1, v128.load(base, 16));
    x2 = f32x4.add(x2, v128.load(base, 32));
    x3 = f32x4.add(x3, v128.load(base, 48));
    v128.store(c, x0);
    v128.store(c, x1, 16);
    v128.store(c, x2, 32);
    v128.store(c, x3, 48);
  }
}

/** One tile of `Rows` rows. */
function tile<Rows extends Count>(
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
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c02 = f32x4.splat(0);
  let c03 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c12 = f32x4.splat(0);
  let c13 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c22 = f32x4.splat(0);
  let c23 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c32 = f32x4.splat(0);
  let c33 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c42 = f32x4.splat(0);
  let c43 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  let c52 = f32x4.splat(0);
  let c53 = f32x4.splat(0);
  let a1 = a + aStride;
  let a2 = a1 + aStride;
  let a3 = a2 + aStride;
  let a4 = a3 + aStride;
  let a5 = a4 + aStride;
  while (depth > 0) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const x0 = v128.load32_splat(a);
    c00 = Simd.multiplyAdd(x0, b0, c00);
    c01 = Simd.multiplyAdd(x0, b1, c01);
    c02 = Simd.multiplyAdd(x0, b2, c02);
    c03 = Simd.multiplyAdd(x0, b3, c03);
    a += 4;
    if (rows.count() > 1) {
      const x = v128.load32_splat(a1);
      c10 = Simd.multiplyAdd(x, b0, c10);
      c11 = Simd.multiplyAdd(x, b1, c11);
      c12 = Simd.multiplyAdd(x, b2, c12);
      c13 = Simd.multiplyAdd(x, b3, c13);
      a1 += 4;
    }
    if (rows.count() > 2) {
      const x = v128.load32_splat(a2);
      c20 = Simd.multiplyAdd(x, b0, c20);
      c21 = Simd.multiplyAdd(x, b1, c21);
      c22 = Simd.multiplyAdd(x, b2, c22);
      c23 = Simd.multiplyAdd(x, b3, c23);
      a2 += 4;
    }
    if (rows.count() > 3) {
      const x = v128.load32_splat(a3);
      c30 = Simd.multiplyAdd(x, b0, c30);
      c31 = Simd.multiplyAdd(x, b1, c31);
      c32 = Simd.multiplyAdd(x, b2, c32);
      c33 = Simd.multiplyAdd(x, b3, c33);
      a3 += 4;
    }
    if (rows.count() > 4) {
      const x = v128.load32_splat(a4);
      c40 = Simd.multiplyAdd(x, b0, c40);
      c41 = Simd.multiplyAdd(x, b1, c41);
      c42 = Simd.multiplyAdd(x, b2, c42);
      c43 = Simd.multiplyAdd(x, b3, c43);
      a4 += 4;
    }
    if (rows.count() > 5) {
      const x = v128.load32_splat(a5);
      c50 = Simd.multiplyAdd(x, b0, c50);
      c51 = Simd.multiplyAdd(x, b1, c51);
      c52 = Simd.multiplyAdd(x, b2, c52);
      c53 = Simd.multiplyAdd(x, b3, c53);
      a5 += 4;
    }
    b += PANEL_ROW_BYTES;
    depth--;
  }
  Epilogue.row(c, c00, c01, c02, c03, base);
  if (rows.count() > 1) Epilogue.row(c + cStride, c10, c11, c12, c13, base + baseStride);
  if (rows.count() > 2) Epilogue.row(c + 2 * cStride, c20, c21, c22, c23, base + 2 * baseStride);
  if (rows.count() > 3) Epilogue.row(c + 3 * cStride, c30, c31, c32, c33, base + 3 * baseStride);
  if (rows.count() > 4) Epilogue.row(c + 4 * cStride, c40, c41, c42, c43, base + 4 * baseStride);
  if (rows.count() > 5) Epilogue.row(c + 5 * cStride, c50, c51, c52, c53, base + 5 * baseStride);
}

/** Tiles of `Rows` rows, as many as there are; returns the rows that are left. */
function tiles<Rows extends Count>(
  a: usize,
  aStride: usize,
  b: usize,
  depth: i32,
  c: usize,
  cStride: usize,
  base: usize,
  baseStride: usize,
  rows: i32,
): i32 {
  const height = changetype<Rows>(0).count();
  for (; rows >= height; rows -= height) {
    tile<Rows>(a, aStride, b, depth, c, cStride, base, baseStride);
    a += aStride * height;
    c += cStride * height;
    base += baseStride * height;
  }
  return rows;
}

/** IR: strip by strip; what is left goes in threes, then one by one. */
function stripProducts<Rows extends Count>(
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
  let left = tiles<Rows>(a, aStride, b, depth, c, cStride, base, baseStride, rows);
  let done = <usize>(rows - left);
  if (left === 0) return;
  left = tiles<Three>(
    a + aStride * done,
    aStride,
    b,
    depth,
    c + cStride * done,
    cStride,
    base + baseStride * done,
    baseStride,
    left,
  );
  done = <usize>(rows - left);
  tiles<One>(
    a + aStride * done,
    aStride,
    b,
    depth,
    c + cStride * done,
    cStride,
    base + baseStride * done,
    baseStride,
    left,
  );
}

/** One row times three neighbouring panels: twelve sums that do not wait for each other, each as in `tile`. */
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
  let c9 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let b1 = b + panelStride;
  let b2 = b1 + panelStride;
  while (depth > 0) {
    const x = v128.load32_splat(a);
    c0 = Simd.multiplyAdd(x, v128.load(b), c0);
    c1 = Simd.multiplyAdd(x, v128.load(b, 16), c1);
    c2 = Simd.multiplyAdd(x, v128.load(b, 32), c2);
    c3 = Simd.multiplyAdd(x, v128.load(b, 48), c3);
    c4 = Simd.multiplyAdd(x, v128.load(b1), c4);
    c5 = Simd.multiplyAdd(x, v128.load(b1, 16), c5);
    c6 = Simd.multiplyAdd(x, v128.load(b1, 32), c6);
    c7 = Simd.multiplyAdd(x, v128.load(b1, 48), c7);
    c8 = Simd.multiplyAdd(x, v128.load(b2), c8);
    c9 = Simd.multiplyAdd(x, v128.load(b2, 16), c9);
    c10 = Simd.multiplyAdd(x, v128.load(b2, 32), c10);
    c11 = Simd.multiplyAdd(x, v128.load(b2, 48), c11);
    a += 4;
    b += PANEL_ROW_BYTES;
    b1 += PANEL_ROW_BYTES;
    b2 += PANEL_ROW_BYTES;
    depth--;
  }
  Epilogue.row(c, c0, c1, c2, c3, base);
  Epilogue.row(c + PANEL_ROW_BYTES, c4, c5, c6, c7, base + PANEL_ROW_BYTES);
  Epilogue.row(c + 2 * PANEL_ROW_BYTES, c8, c9, c10, c11, base + 2 * PANEL_ROW_BYTES);
}

/** The tile of 6 × 16 with fused multiplication and addition, of 4 × 16 without. */
export class Wide extends TileKernels {
  @inline rows(): i32 {
    return ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
  }

  @inline columns(): i32 {
    return WIDE_COLUMNS;
  }

  @inline exact(columns: i32): bool {
    return columns === WIDE_COLUMNS;
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
    if (ASC_FEATURE_RELAXED_SIMD) stripProducts<Six>(a, aStride, b, depth, c, cStride, base, baseStride, rows);
    else stripProducts<Four>(a, aStride, b, depth, c, cStride, base, baseStride, rows);
  }

  @inline rowOfPanels(a: usize, b: usize, panelStride: usize, depth: i32, c: usize, base: usize): void {
    rowOfPanels(a, b, panelStride, depth, c, base);
  }
}
