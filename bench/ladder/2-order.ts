/**
 * Rung 2: the loops in the order i, p, j. The innermost one goes along rows of B and C, so that caches and prefetchers deliver
 * neighbours, and its additions do not wait for each other. The price: C is loaded and stored in every step.
 */
export function ordered(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize, _scratch: usize): void {
  memory.fill(c, 0, <usize>(m * n) * 4);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const x = load<f32>(a + <usize>(i * k + p) * 4);
      let from = b + <usize>(p * n) * 4;
      let to = c + <usize>(i * n) * 4;
      const end = to + <usize>n * 4;
      while (to < end) {
        store<f32>(to, load<f32>(to) + x * load<f32>(from));
        from += 4;
        to += 4;
      }
    }
  }
}
