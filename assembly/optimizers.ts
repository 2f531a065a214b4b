/**
 * The update of a range of the parameter slab. One class per rule, without fields: `apply` updates the four parameters at
 * `theta` and the rule's own states at `s` and `r`; the driver below gives each its share. Moments below 1e-30 become
 * zero: subnormal arithmetic is slow and wasm cannot flush it.
 * Slabs are padded to whole cache lines whose tail is zero, so there is no tail loop. Parallel over elements.
 */
import { Optimizer, Step } from './abi';
import { Share } from './thread';

/**
 * What a rule is given beside the places: the gradient g, and splatted once per call the learning rate ε of the range, the
 * bias corrections, the immediates p, q, e of the record, 1 − p and 1 − q, max(1 − ελ, 0), which decoupled weight decay
 * leaves of θ, and the least size of a moment.
 */
abstract class Rule {
  abstract apply(
    theta: usize,
    s: usize,
    r: usize,
    g: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
    restP: v128,
    restQ: v128,
    kept: v128,
    least: v128,
  ): void;
}

/** Moments that are too small become zero. */
class Moment {
  /** x, or zero where |x| < least. */
  @inline static signed(x: v128, least: v128): v128 {
    return v128.and(x, f32x4.ge(f32x4.abs(x), least));
  }

  /** The same of a sum or average of squares. */
  @inline static square(x: v128, least: v128): v128 {
    return v128.and(x, f32x4.ge(x, least));
  }
}

/** θ ← θ − ε g (Goodfellow, Bengio, Courville, Deep Learning, algorithm 8.1). */
class Sgd extends Rule {
  @inline apply(
    theta: usize,
    s: usize,
    r: usize,
    g: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
    restP: v128,
    restQ: v128,
    kept: v128,
    least: v128,
  ): void {
    v128.store(theta, f32x4.sub(v128.load(theta), f32x4.mul(rate, g)));
  }
}

/**
 * v ← p v + q g,  θ ← θ − ε v. With q = 1 the heavy ball (Polyak 1964) as PyTorch's SGD writes it (Sutskever, Martens, Dahl,
 * Hinton 2013, but for the place of ε); with q = 1 − p the exponentially weighted average of the gradients. s = v.
 */
class Momentum extends Rule {
  @inline apply(
    theta: usize,
    s: usize,
    r: usize,
    g: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
    restP: v128,
    restQ: v128,
    kept: v128,
    least: v128,
  ): void {
    const velocity = Moment.signed(f32x4.add(f32x4.mul(p, v128.load(s)), f32x4.mul(q, g)), least);
    v128.store(s, velocity);
    v128.store(theta, f32x4.sub(v128.load(theta), f32x4.mul(rate, velocity)));
  }
}

/**
 * v ← p v + g,  θ ← θ − ε (g + p v): Nesterov's momentum as PyTorch's SGD writes it, with the gradient taken where the
 * parameters are (Sutskever, Martens, Dahl, Hinton 2013; Bengio, Boulanger-Lewandowski, Pascanu 2013, 3.5). s = v.
 */
class Nesterov extends Rule {
  @inline apply(
    theta: usize,
    s: usize,
    r: usize,
    g: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
    restP: v128,
    restQ: v128,
    kept: v128,
    least: v128,
  ): void {
    const velocity = Moment.signed(f32x4.add(f32x4.mul(p, v128.load(s)), g), least);
    v128.store(s, velocity);
    const change = f32x4.mul(rate, f32x4.add(g, f32x4.mul(p, velocity)));
    v128.store(theta, f32x4.sub(v128.load(theta), change));
  }
}

/**
 * r ← r + g²,  θ ← θ − ε g / (δ + √r) (Duchi, Hazan, Singer 2011; Goodfellow algorithm 8.4). e = δ; s holds r, which stays
 * at the largest float32 rather than become infinite.
 */
class Adagrad extends Rule {
  @inline apply(
    theta: usize,
    s: usize,
    r: usize,
    g: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
    restP: v128,
    restQ: v128,
    kept: v128,
    least: v128,
  ): void {
    const sum = f32x4.min(f32x4.add(v128.load(s), f32x4.mul(g, g)), f32x4.splat(f32.MAX_VALUE));
    const second = Moment.square(sum, least);
    v128.store(s, second);
    const change = f32x4.div(f32x4.mul(rate, g), f32x4.add(e, f32x4.sqrt(second)));
    v128.store(theta, f32x4.sub(v128.load(theta), change));
  }
}

/** r ← ρ r + (1−ρ) g²,  θ ← θ − ε g / √(δ + r) (Hinton 2012; Goodfellow algorithm 8.5). p = ρ, e = δ; s holds r. */
class Rmsprop extends Rule {
  @inline apply(
    theta: usize,
    s: usize,
    r: usize,
    g: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
    restP: v128,
    restQ: v128,
    kept: v128,
    least: v128,
  ): void {
    const average = f32x4.add(f32x4.mul(p, v128.load(s)), f32x4.mul(restP, f32x4.mul(g, g)));
    const second = Moment.square(average, least);
    v128.store(s, second);
    const change = f32x4.div(f32x4.mul(rate, g), f32x4.sqrt(f32x4.add(e, second)));
    v128.store(theta, f32x4.sub(v128.load(theta), change));
  }
}

/**
 * Adam (Kingma and Ba 2015; Goodfellow algorithm 8.7): s ← ρ1 s + (1−ρ1) g,  r ← ρ2 r + (1−ρ2) g²,
 * θ ← θ − ε ŝ / (√r̂ + δ) with ŝ = s · c1 = s/(1−ρ1ᵗ), r̂ = r · c2. p = ρ1, q = ρ2, e = δ.
 */
class Adam extends Rule {
  /** Updates both moments; returns what is taken off θ. */
  @inline static change(
    s: usize,
    r: usize,
    g: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
    restP: v128,
    restQ: v128,
    least: v128,
  ): v128 {
    const first = Moment.signed(f32x4.add(f32x4.mul(p, v128.load(s)), f32x4.mul(restP, g)), least);
    const squares = f32x4.add(f32x4.mul(q, v128.load(r)), f32x4.mul(restQ, f32x4.mul(g, g)));
    const second = Moment.square(squares, least);
    v128.store(s, first);
    v128.store(r, second);
    const root = f32x4.sqrt(f32x4.mul(second, c2));
    return f32x4.div(f32x4.mul(rate, f32x4.mul(first, c1)), f32x4.add(root, e));
  }

  @inline apply(
    theta: usize,
    s: usize,
    r: usize,
    g: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
    restP: v128,
    restQ: v128,
    kept: v128,
    least: v128,
  ): void {
    const change = Adam.change(s, r, g, rate, c1, c2, p, q, e, restP, restQ, least);
    v128.store(theta, f32x4.sub(v128.load(theta), change));
  }
}

/** θ ← (1 − ελ) θ − Adam's step: decoupled weight decay (Loshchilov and Hutter 2019), scaled by ε as in PyTorch. */
class AdamW extends Rule {
  @inline apply(
    theta: usize,
    s: usize,
    r: usize,
    g: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    q: v128,
    e: v128,
    restP: v128,
    restQ: v128,
    kept: v128,
    least: v128,
  ): void {
    const change = Adam.change(s, r, g, rate, c1, c2, p, q, e, restP, restQ, least);
    v128.store(theta, f32x4.sub(f32x4.mul(kept, v128.load(theta)), change));
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
  multiplier: f32,
  decay: f32,
  thread: i32,
  threads: i32,
): void {
  const scale = f32x4.splat(load<f32>(step + (Step.GradientScale << 2)));
  const rate = f32x4.splat(load<f32>(step + (Step.LearningRate << 2)) * multiplier);
  const c1 = f32x4.splat(load<f32>(step + (Step.Correction1 << 2)));
  const c2 = f32x4.splat(load<f32>(step + (Step.Correction2 << 2)));
  const pv = f32x4.splat(p);
  const qv = f32x4.splat(q);
  const ev = f32x4.splat(e);
  const restP = f32x4.sub(f32x4.splat(1), pv);
  const restQ = f32x4.sub(f32x4.splat(1), qv);
  const least = f32x4.splat(1e-30);
  const kept = f32x4.splat(max<f32>(0, 1 - f32x4.extract_lane(rate, 0) * decay));
  const last = (<usize>Share.start(n, 16, thread + 1, threads)) << 2;
  // two vectors at a time: their divisions and roots overlap
  for (let at = (<usize>Share.start(n, 16, thread, threads)) << 2; at < last; at += 32) {
    const t = theta + at;
    const g0 = f32x4.mul(scale, v128.load(g + at));
    const g1 = f32x4.mul(scale, v128.load(g + at, 16));
    changetype<R>(0).apply(t, s + at, r + at, g0, rate, c1, c2, pv, qv, ev, restP, restQ, kept, least);
    changetype<R>(0).apply(t + 16, s + at + 16, r + at + 16, g1, rate, c1, c2, pv, qv, ev, restP, restQ, kept, least);
  }
}

/**
 * Updates theta [n] with gradient g [n] by the rule `kind`, unless the verdict of this step forbids it. The range's
 * learning rate is that of the step times `multiplier`; `decay` is λ of decoupled weight decay.
 */
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
  multiplier: f32,
  decay: f32,
  thread: i32,
  threads: i32,
): void {
  if (load<u32>(step + (Step.Status << 2)) !== 0) return;
  switch (kind) {
    case Optimizer.Sgd:
      update<Sgd>(theta, g, s, r, n, step, p, q, e, multiplier, decay, thread, threads);
      break;
    case Optimizer.Adam:
      update<Adam>(theta, g, s, r, n, step, p, q, e, multiplier, decay, thread, threads);
      break;
    case Optimizer.AdamW:
      update<AdamW>(theta, g, s, r, n, step, p, q, e, multiplier, decay, thread, threads);
      break;
    case Optimizer.Momentum:
      update<Momentum>(theta, g, s, r, n, step, p, q, e, multiplier, decay, thread, threads);
      break;
    case Optimizer.Nesterov:
      update<Nesterov>(theta, g, s, r, n, step, p, q, e, multiplier, decay, thread, threads);
      break;
    case Optimizer.Adagrad:
      update<Adagrad>(theta, g, s, r, n, step, p, q, e, multiplier, decay, thread, threads);
      break;
    case Optimizer.Rmsprop:
      update<Rmsprop>(theta, g, s, r, n, step, p, q, e, multiplier, decay, thread, threads);
      break;
    default:
      unreachable();
  }
}
