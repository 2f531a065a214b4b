/**
 * The loops of the elementwise families. A family is a class WITHOUT fields whose @inline methods work on four lanes;
 * `changetype<F>(0).f(x, p)` compiles to the bare arithmetic. Parameters arrive splatted once, as a vector.
 *
 * Elements are shared over the threads in chunks of a cache line. Output = input is allowed. Two vectors are computed
 * before any is stored, and pointers move: their instructions interleave, and V8's revectorization joins the two. Four gain
 * little more, and make the module larger. The constants of F stand in front of the loops (scripts/constants.mjs).
 */
import { Simd } from './simd';
import { Share } from './thread';

/** Elements of a chunk: a cache line, which two threads had better not both write to. */
const CHUNK = 16;
/** Elements that one turn of the loops computes. */
const TURN = 8;

/** A function y = f(x) whose derivative can be told from y, or else from x: each family says which. */
export abstract class Unary {
  /** f(x), with the family's parameter in every lane of p. */
  abstract f(x: v128, p: v128): v128;
  /** f′(x), from the output y = f(x) or the input x. */
  abstract df(source: v128, p: v128): v128;
}

/** y = f(x), elementwise. x, y: [n]. */
export function map<F extends Unary>(x: usize, y: usize, n: i32, p: f32, thread: i32, threads: i32): void {
  const family = changetype<F>(0);
  const q = f32x4.splat(p);
  const first = Share.start(n, CHUNK, thread, threads);
  let left = Share.start(n, CHUNK, thread + 1, threads) - first;
  x += (<usize>first) << 2;
  y += (<usize>first) << 2;
  // the kernels of lanegrad/predict are to be small: they are those without threads, and have one copy of F
  if (ASC_FEATURE_THREADS) {
    for (; left >= TURN; left -= TURN) {
      const y0 = family.f(v128.load(x), q);
      const y1 = family.f(v128.load(x, 16), q);
      v128.store(y, y0);
      v128.store(y, y1, 16);
      x += TURN * 4;
      y += TURN * 4;
    }
  }
  for (; left > 0; left -= 4) {
    const value = family.f(v128.load(x), q);
    if (left >= 4) v128.store(y, value);
    else Simd.storePartial(y, value, left);
    x += 16;
    y += 16;
  }
}

/** dx = dy · f′, f′ from `source`: y or x, as the family has it. source, dy, dx: [n]; dx may be source or dy. */
export function mapGradient<F extends Unary>(
  source: usize,
  dy: usize,
  dx: usize,
  n: i32,
  p: f32,
  thread: i32,
  threads: i32,
): void {
  const family = changetype<F>(0);
  const q = f32x4.splat(p);
  const first = Share.start(n, CHUNK, thread, threads);
  let left = Share.start(n, CHUNK, thread + 1, threads) - first;
  source += (<usize>first) << 2;
  dy += (<usize>first) << 2;
  dx += (<usize>first) << 2;
  for (; left >= TURN; left -= TURN) {
    const f0 = family.df(v128.load(source), q);
    const f1 = family.df(v128.load(source, 16), q);
    const dx0 = f32x4.mul(v128.load(dy), f0);
    const dx1 = f32x4.mul(v128.load(dy, 16), f1);
    v128.store(dx, dx0);
    v128.store(dx, dx1, 16);
    source += TURN * 4;
    dy += TURN * 4;
    dx += TURN * 4;
  }
  for (; left > 0; left -= 4) {
    const value = f32x4.mul(v128.load(dy), family.df(v128.load(source), q));
    if (left >= 4) v128.store(dx, value);
    else Simd.storePartial(dx, value, left);
    source += 16;
    dy += 16;
    dx += 16;
  }
}
