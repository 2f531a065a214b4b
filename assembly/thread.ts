/**
 * How one thread's share of a kernel is cut: n items (rows, panels, blocks, elements) in chunks of `grain`, contiguous,
 * as even as whole chunks allow. Kernels split only over independent outputs, so a share never changes a result.
 */
export class Share {
  /** First item of the share of `thread` out of `threads`. `Share.start(n, g, t + 1, threads)` is its end. */
  static start(items: i32, grain: i32, thread: i32, threads: i32): i32 {
    if (threads === 1) return thread === 0 ? 0 : items;
    const chunks = (items + grain - 1) / grain;
    const chunk = <i32>((<i64>chunks * thread) / threads);
    return <i32>min<i64>(<i64>chunk * grain, items);
  }
}
