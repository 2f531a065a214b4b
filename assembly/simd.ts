/**
 * The SIMD floor: the few helpers on v128 that several kernels need. Contract of every kernel: it may read up to 15
 * bytes past the end of an operand (regions are padded, so the bytes exist), and never writes past it.
 */
export class Simd {
  /** Stores the first `count` (1 to 3) lanes of `value` at `pointer`. */
  static storePartial(pointer: usize, value: v128, count: i32): void {
    v128.store32_lane(pointer, value, 0);
    if (count > 1) v128.store32_lane(pointer, value, 1, 4);
    if (count > 2) v128.store32_lane(pointer, value, 2, 8);
  }

  /** All ones in the first `count` lanes (none below 1, all four from 4 on), zeros in the others. */
  static mask(count: i32): v128 {
    return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
  }

  /**
   * x · y + z. With relaxed SIMD one fused operation, rounded once: twice as fast, and its bits depend on the machine. Else
   * two operations, each rounded: the same bits everywhere.
   */
  @inline static multiplyAdd(x: v128, y: v128, z: v128): v128 {
    return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, z) : f32x4.add(f32x4.mul(x, y), z);
  }

  /** x within ±limit; NaN stays NaN. */
  @inline static clamp(x: v128, limit: f32): v128 {
    return f32x4.pmin(f32x4.pmax(x, f32x4.splat(-limit)), f32x4.splat(limit));
  }

  /** Sum of the four lanes as ((0 + 1) + (2 + 3)): one fixed order. */
  @inline static sum(v: v128): f32 {
    return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
  }

  /** Largest of the four lanes. */
  @inline static max(v: v128): f32 {
    return max<f32>(
      max<f32>(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
      max<f32>(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
    );
  }
}
