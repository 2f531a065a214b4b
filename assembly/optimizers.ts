/**
 * The update of a range of the parameter slab. One class per rule, without fields: `apply` updates the four parameters at
 * byte offset `at` of the slabs theta, g, s and r (the rule's own states); the driver below gives each its share.
 * Slabs are padded to whole cache lines whose tail is zero, so there is no tail loop. Parallel over elements.
 */
import { Optimizer, Step } from './abi';
import { Share } from './thread';

/** What a rule is given, splatted once per call: learning rate ε, corrections and the three immediates of the record. */
abstract class Rule {
  abstract apply(
    theta: usize,
    g: usize,
    s: usize,
    r: usize,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
  ): void;
}

/** θ ← θ − ε g (Goodfellow, Bengio, Courville, Deep Learning, algorithm 8.1). */
class Sgd extends Rule {
  @inline apply(
    theta: usize,
    g: usize,
    s: usize,
    r: usize,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
  ): void {
    v128.store(theta, f32x4.sub(v128.load(theta), f32x4.mul(rate, v128.load(g))));
  }
}

/**
 * Adam (Kingma and Ba 2015; Goodfellow algorithm 8.7): s ← ρ1 s + (1−ρ1) g,  r ← ρ2 r + (1−ρ2) g²,
 * θ ← θ − ε ŝ / (√r̂ + δ) with ŝ = s · c1 = s/(1−ρ1ᵗ), r̂ = r · c2. p = ρ1, q = ρ2, e = δ.
 * Moments below 1e-30 become zero: subnormal arithmetic is slow and wasm cannot flush it.
 */
class Adam extends Rule {
  @inline apply(
    theta: usize,
    g: usize,
    s: usize,
    r: usize,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
  ): void {
    const one = f32x4.splat(1);
    const least = f32x4.splat(1e-30);
    const gradient = v128.load(g);
    let first = f32x4.add(f32x4.mul(p, v128.load(s)), f32x4.mul(f32x4.sub(one, p), gradient));
    let second = f32x4.add(f32x4.mul(q, v128.load(r)), f32x4.mul(f32x4.sub(one, q), f32x4.mul(gradient, gradient)));
    first = v128.and(first, f32x4.ge(f32x4.abs(first), least));
    second = v128.and(second, f32x4.ge(second, least));
    v128.store(s, first);
    v128.store(r, second);
    const root = f32x4.sqrt(f32x4.mul(second, c2));
    const change = f32x4.div(f32x4.mul(rate, f32x4.mul(first, c1)), f32x4.add(root, e));
    v128.store(theta, f32x4.sub(v128.load(theta), change));
  }
}

/** Runs rule R over this thread's share of the n parameters. */
function update<R extends Rule>(
  theta: usize,
  g: usize,
  s: usize,
  r: usize,
  n: i32,
  step: usize,
  p: f32,
  q: f32,
  e: f32,
  thread: i32,
  threads: i32,
): void {
  const rate = f32x4.splat(load<f32>(step + (Step.LearningRate << 2)));
  const c1 = f32x4.splat(load<f32>(step + (Step.Correction1 << 2)));
  const c2 = f32x4.splat(load<f32>(step + (Step.Correction2 << 2)));
  const pv = f32x4.splat(p);
  const qv = f32x4.splat(q);
  const ev = f32x4.splat(e);
  const last = (<usize>Share.start(n, 16, thread + 1, threads)) << 2;
  for (let at = (<usize>Share.start(n, 16, thread, threads)) << 2; at < last; at += 16) {
    changetype<R>(0).apply(theta + at, g + at, s + at, r + at, rate, c1, c2, pv, qv, ev);
  }
}

/** Updates theta [n] with gradient g [n] by the rule `kind`, unless the verdict of this step forbids it. */
export function optimizer(
  kind: i32,
  theta: usize,
  g: usize,
  s: usize,
  r: usize,
  n: i32,
  step: usize,
  p: f32,
  q: f32,
  e: f32,
  thread: i32,
  threads: i32,
): void {
  if (load<u32>(step + (Step.Status << 2)) !== 0) return;
  switch (kind) {
    case Optimizer.Sgd:
      update<Sgd>(theta, g, s, r, n, step, p, q, e, thread, threads);
      break;
    case Optimizer.Adam:
      update<Adam>(theta, g, s, r, n, step, p, q, e, thread, threads);
      break;
    default:
      unreachable();
  }
}
