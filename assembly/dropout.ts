/**
 * Inverted dropout: y = mask · x / keep, P(mask = 1) = keep (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov,
 * "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 2014, section 10).
 *
 * The mask is not stored: element i = row · width + column of the batch is kept where word i mod 4 of the counter
 *
 *     (⌊i/4⌋, stream, step, DROPOUT_DOMAIN)        layout and key: random.ts
 *
 * has upper 24 bits below keep · 2²⁴. The backward pass computes it again (dx = mask · dy / keep is the same operation),
 * and whoever computes an element comes to the same bits. `stream` is the number of the layer. Parallel over elements.
 */
import { DROPOUT_DOMAIN } from './abi';
import { fill, Sampler, Words } from './random';

/** Words ↦ masks of the lanes that stay, with p = keep · 2²⁴; the rest becomes 0, whatever it was. q = keep. */
class Mask extends Sampler {
  @inline common(u: v128): v128 {
    return u;
  }
  @inline first(u: v128, _v: v128, p: v128, _q: v128): v128 {
    return f32x4.lt(Words.upper24(u), p);
  }
  @inline second(_u: v128, v: v128, p: v128, _q: v128): v128 {
    return f32x4.lt(Words.upper24(v), p);
  }
  @inline finish(mask: v128, source: usize, q: v128): v128 {
    return v128.and(mask, f32x4.div(v128.load(source), q));
  }
}

/** y = mask · x / keep. x, y: [n]; y may be x. stream, seedLow, seedHigh, step: see the counter in random.ts. */
export function dropout(
  x: usize,
  y: usize,
  n: i32,
  stream: u32,
  seedLow: u32,
  seedHigh: u32,
  step: u32,
  keep: f32,
  thread: i32,
  threads: i32,
): void {
  const threshold = keep * 16777216; // 2²⁴, exact
  fill<Mask>(x, y, n, stream, seedLow, seedHigh, step, DROPOUT_DOMAIN, threshold, keep, thread, threads);
}
