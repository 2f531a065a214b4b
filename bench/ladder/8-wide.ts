/**
 * Rung 8: a tile of 6 × 16 for registers of 256 bits. V8 (--experimental-wasm-revectorize) joins neighbouring operations on 128
 * bits in pairs: 12 sums of eight columns, and eight loads for 24 multiplications and additions of 128 bits each. Without that
 * flag there are 24 sums for 16 registers, and the ones that find no place wait in memory.
 */
import { Kernel, product } from './6-blocks';
import { Edges } from './edges';
import { Multiply } from './multiply';

/** C [6, 16] = base + A [6, k] · B [k, 16], B a packed panel. */
function tile(
  k: i32,
  a: usize,
  aStride: usize,
  b: usize,
  c: usize,
  cStride: usize,
  base: usize,
  baseStride: usize,
): void {
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
  while (k > 0) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const x0 = v128.load32_splat(a);
    c00 = Multiply.add(x0, b0, c00);
    c01 = Multiply.add(x0, b1, c01);
    c02 = Multiply.add(x0, b2, c02);
    c03 = Multiply.add(x0, b3, c03);
    a += 4;
    const x1 = v128.load32_splat(a1);
    c10 = Multiply.add(x1, b0, c10);
    c11 = Multiply.add(x1, b1, c11);
    c12 = Multiply.add(x1, b2, c12);
    c13 = Multiply.add(x1, b3, c13);
    a1 += 4;
    const x2 = v128.load32_splat(a2);
    c20 = Multiply.add(x2, b0, c20);
    c21 = Multiply.add(x2, b1, c21);
    c22 = Multiply.add(x2, b2, c22);
    c23 = Multiply.add(x2, b3, c23);
    a2 += 4;
    const x3 = v128.load32_splat(a3);
    c30 = Multiply.add(x3, b0, c30);
    c31 = Multiply.add(x3, b1, c31);
    c32 = Multiply.add(x3, b2, c32);
    c33 = Multiply.add(x3, b3, c33);
    a3 += 4;
    const x4 = v128.load32_splat(a4);
    c40 = Multiply.add(x4, b0, c40);
    c41 = Multiply.add(x4, b1, c41);
    c42 = Multiply.add(x4, b2, c42);
    c43 = Multiply.add(x4, b3, c43);
    a4 += 4;
    const x5 = v128.load32_splat(a5);
    c50 = Multiply.add(x5, b0, c50);
    c51 = Multiply.add(x5, b1, c51);
    c52 = Multiply.add(x5, b2, c52);
    c53 = Multiply.add(x5, b3, c53);
    a5 += 4;
    b += 64;
    k--;
  }
  Edges.add4(c, c00, c01, c02, c03, base);
  Edges.add4(c + cStride, c10, c11, c12, c13, base + baseStride);
  Edges.add4(c + 2 * cStride, c20, c21, c22, c23, base + 2 * baseStride);
  Edges.add4(c + 3 * cStride, c30, c31, c32, c33, base + 3 * baseStride);
  Edges.add4(c + 4 * cStride, c40, c41, c42, c43, base + 4 * baseStride);
  Edges.add4(c + 5 * cStride, c50, c51, c52, c53, base + 5 * baseStride);
}

class Wide extends Kernel {
  @inline rows(): i32 {
    return 6;
  }

  @inline columns(): i32 {
    return 16;
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
    tile(k, a, aStride, b, c, cStride, base, baseStride);
  }
}

export function wide(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize, scratch: usize): void {
  product<Wide>(m, n, k, a, b, c, scratch);
}
