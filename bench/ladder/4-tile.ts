/**
 * Rung 4: a tile of C in registers. Nine sums of four columns each stay in registers over the whole of p, so that nothing but A
 * and B is loaded: six loads for nine multiplications and additions, where rung 3 had two loads and a store for each.
 */
import { Edges } from './edges';
import { Multiply } from './multiply';

/** C [3, 12] = base + A [3, k] · B [k, 12]; rows of each lie aStride, bStride, cStride and baseStride bytes apart. */
export function tile(
  k: i32,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  c: usize,
  cStride: usize,
  base: usize,
  baseStride: usize,
): void {
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
  while (k > 0) {
    const x0 = v128.load32_splat(a);
    const x1 = v128.load32_splat(a1);
    const x2 = v128.load32_splat(a2);
    const b0 = v128.load(b);
    c00 = Multiply.add(x0, b0, c00);
    c10 = Multiply.add(x1, b0, c10);
    c20 = Multiply.add(x2, b0, c20);
    const b1 = v128.load(b, 16);
    c01 = Multiply.add(x0, b1, c01);
    c11 = Multiply.add(x1, b1, c11);
    c21 = Multiply.add(x2, b1, c21);
    const b2 = v128.load(b, 32);
    c02 = Multiply.add(x0, b2, c02);
    c12 = Multiply.add(x1, b2, c12);
    c22 = Multiply.add(x2, b2, c22);
    a += 4;
    a1 += 4;
    a2 += 4;
    b += bStride;
    k--;
  }
  // from the last to the first: V8 of Node 20 would keep a sum in memory otherwise (docs/gemm.md)
  Edges.add3(c + 2 * cStride, c20, c21, c22, base + 2 * baseStride);
  Edges.add3(c + cStride, c10, c11, c12, base + baseStride);
  Edges.add3(c, c00, c01, c02, base);
}

export function tiled(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize, scratch: usize): void {
  const aStride = <usize>k * 4;
  const stride = <usize>n * 4;
  for (let j = 0; j < n; j += 12) {
    for (let i = 0; i < m; i += 3) {
      const from = a + aStride * i;
      const to = c + stride * i + <usize>j * 4;
      const whole = i + 3 <= m && j + 12 <= n;
      tile(
        k,
        from,
        aStride,
        b + <usize>j * 4,
        stride,
        whole ? to : scratch,
        whole ? stride : <usize>48,
        Edges.ZEROS,
        0,
      );
      if (!whole) Edges.copy(scratch, 48, to, stride, min(3, m - i), min(12, n - j));
    }
  }
}
