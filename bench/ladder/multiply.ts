/** Arithmetic of all rungs with vectors. */
export class Multiply {
  /** x · y + z, in two operations, each rounded; with relaxed SIMD in one that is rounded once. */
  @inline static add(x: v128, y: v128, z: v128): v128 {
    return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, z) : f32x4.add(f32x4.mul(x, y), z);
  }
}
