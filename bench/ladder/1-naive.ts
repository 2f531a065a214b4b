/**
 * Rung 1: the definition, C[i, j] = Σₚ A[i, p] · B[p, j], in three loops. Each sum waits for its own last addition, and walks down
 * a column of B: every element from another cache line.
 */
export function naive(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize, _scratch: usize): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum: f32 = 0;
      for (let p = 0; p < k; p++) {
        sum += load<f32>(a + <usize>(i * k + p) * 4) * load<f32>(b + <usize>(p * n + j) * 4);
      }
      store<f32>(c + <usize>(i * n + j) * 4, sum);
    }
  }
}
