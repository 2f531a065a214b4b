/** Rung 3: SIMD. As before, with four columns in one 128-bit operation, and what is left of a row one by one. */
import { Multiply } from './multiply';

export function vectors(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize, _scratch: usize): void {
  memory.fill(c, 0, <usize>(m * n) * 4);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const x = load<f32>(a + <usize>(i * k + p) * 4);
      const xs = f32x4.splat(x);
      let from = b + <usize>(p * n) * 4;
      let to = c + <usize>(i * n) * 4;
      const end = to + <usize>n * 4;
      while (to + 16 <= end) {
        v128.store(to, Multiply.add(xs, v128.load(from), v128.load(to)));
        from += 16;
        to += 16;
      }
      while (to < end) {
        store<f32>(to, load<f32>(to) + x * load<f32>(from));
        from += 4;
        to += 4;
      }
    }
  }
}
