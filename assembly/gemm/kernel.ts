/**
 * The micro-kernels: the only place where the matrix product multiplies. Each computes one register tile
 *
 *     C[i, j] (+)= Σₚ A[i, p] · B[p, j] (+ bias[j])     rows × 4·vectors of C, p = 0 … depth − 1 in this order
 *
 * with one accumulator per output vector that starts at zero and takes one multiplication and one addition per p: the sum
 * of a depth block, whatever the tile. Nothing is split over threads here.
 *
 *     A: any two strides in bytes. Rows as stored have depthStride 4; a packed panel has rowStride 4, depthStride 12.
 *     B: packed panels of pack.ts, TILE_COLUMNS floats for each p.       C: row-major, stride cStride bytes.
 *
 * Registers (16 in x86-64, one of them V8's): 9 accumulators, 3 rows of A, 1 vector of B, 1 product = 14.
 * Each kernel is a function of its own and not part of a loop that runs for long, so that V8 replaces it by optimized
 * code after a few calls. The shape of the loop matters there: as `do … while`, or with two steps of p in it, Node 20
 * loads everything first, runs out of registers and is half as fast.
 */
import { TILE_COLUMNS } from '../abi';

/** A size that is known at compile time: a family of classes without fields, so that what is beyond it vanishes. */
export interface Count {
  count(): i32;
}

export class One implements Count {
  @inline count(): i32 {
    return 1;
  }
}

export class Two implements Count {
  @inline count(): i32 {
    return 2;
  }
}

export class Three implements Count {
  @inline count(): i32 {
    return 3;
  }
}

/** How a finished sum reaches C. */
class Epilogue {
  /** One row of a tile: c = x + base, where everything is loaded before anything is stored. */
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

/**
 * The tile of `Rows` (up to TILE_ROWS) by `Vectors` (up to TILE_COLUMNS / 4) vectors of four columns.
 */
export function tile<Rows extends Count, Vectors extends Count>(
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
    c00 = f32x4.add(c00, f32x4.mul(x0, b0));
    if (rows.count() > 1) c10 = f32x4.add(c10, f32x4.mul(x1, b0));
    if (rows.count() > 2) c20 = f32x4.add(c20, f32x4.mul(x2, b0));
    if (vectors.count() > 1) {
      const b1 = v128.load(b, 16);
      c01 = f32x4.add(c01, f32x4.mul(x0, b1));
      if (rows.count() > 1) c11 = f32x4.add(c11, f32x4.mul(x1, b1));
      if (rows.count() > 2) c21 = f32x4.add(c21, f32x4.mul(x2, b1));
    }
    if (vectors.count() > 2) {
      const b2 = v128.load(b, 32);
      c02 = f32x4.add(c02, f32x4.mul(x0, b2));
      if (rows.count() > 1) c12 = f32x4.add(c12, f32x4.mul(x1, b2));
      if (rows.count() > 2) c22 = f32x4.add(c22, f32x4.mul(x2, b2));
    }
    a += 4;
    if (rows.count() > 1) a1 += 4;
    if (rows.count() > 2) a2 += 4;
    b += TILE_COLUMNS * 4;
    depth--;
  }
  if (rows.count() > 2) Epilogue.row<Vectors>(c + 2 * cStride, c20, c21, c22, base + 2 * baseStride);
  if (rows.count() > 1) Epilogue.row<Vectors>(c + cStride, c10, c11, c12, base + baseStride);
  Epilogue.row<Vectors>(c, c00, c01, c02, base);
}

/**
 * One row times three neighbouring whole panels, `panelStride` bytes apart: 1 × 36 of C. A product of a single row has no
 * neighbours to keep the adders busy with, so nine chains come from the columns; each output is summed as in `tile`.
 */
export function rowOfThree(a: usize, b: usize, panelStride: usize, depth: i32, c: usize, base: usize): void {
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
    c0 = f32x4.add(c0, f32x4.mul(x, v128.load(b)));
    c1 = f32x4.add(c1, f32x4.mul(x, v128.load(b, 16)));
    c2 = f32x4.add(c2, f32x4.mul(x, v128.load(b, 32)));
    c3 = f32x4.add(c3, f32x4.mul(x, v128.load(b1)));
    c4 = f32x4.add(c4, f32x4.mul(x, v128.load(b1, 16)));
    c5 = f32x4.add(c5, f32x4.mul(x, v128.load(b1, 32)));
    c6 = f32x4.add(c6, f32x4.mul(x, v128.load(b2)));
    c7 = f32x4.add(c7, f32x4.mul(x, v128.load(b2, 16)));
    c8 = f32x4.add(c8, f32x4.mul(x, v128.load(b2, 32)));
    a += 4;
    b += TILE_COLUMNS * 4;
    b1 += TILE_COLUMNS * 4;
    b2 += TILE_COLUMNS * 4;
    depth--;
  }
  Epilogue.row<Three>(c + 96, c6, c7, c8, base + 96);
  Epilogue.row<Three>(c + 48, c3, c4, c5, base + 48);
  Epilogue.row<Three>(c, c0, c1, c2, base);
}
