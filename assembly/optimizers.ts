/**
 * The update of a range of the parameter slab. One class per rule, without fields: what it makes of the gradient, of its own
 * states and of θ, as functions of four numbers; the driver below loads, stores and gives each thread its share. Moments below
 * 1e-30 become zero: subnormal arithmetic is slow and wasm cannot flush it.
 * Slabs are padded to whole cache lines whose tail is zero, so there is no tail loop. Parallel over elements.
 */
import { Optimizer, Step } from './abi';
import { Share } from './thread';

/**
 * A rule. Splatted once per call: the learning rate ε of the range, the bias corrections c1 and c2, the immediates p, q, e of
 * the record, 1 − p and 1 − q, and max(1 − ελ, 0), which decoupled weight decay leaves of θ (`kept`).
 */
abstract class Rule {
  /** How many states there are: 0, 1 or 2. */
  abstract states(): i32;

  /** The first state after the step, from what it was and the gradient. */
  first(s: v128, g: v128, p: v128, q: v128, restP: v128): v128 {
    return s;
  }

  /** The second state. */
  second(r: v128, g: v128, q: v128, restQ: v128): v128 {
    return r;
  }

  /** The parameters after the step, from what they were, the gradient and the states after it. */
  abstract theta(
    x: v128,
    g: v128,
    s: v128,
    r: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    e: v128,
    kept: v128,
  ): v128;
}

/** Moments that are too small become zero. */
class Moment {
  /** x, or zero where |x| < 1e-30. */
  @inline static signed(x: v128): v128 {
    return v128.and(x, f32x4.ge(f32x4.abs(x), f32x4.splat(1e-30)));
  }

  /** The same of a sum or average of squares. */
  @inline static square(x: v128): v128 {
    return v128.and(x, f32x4.ge(x, f32x4.splat(1e-30)));
  }
}

/** θ ← θ − ε g (Goodfellow, Bengio, Courville, Deep Learning, algorithm 8.1). */
class Sgd extends Rule {
  @inline states(): i32 {
    return 0;
  }

  @inline theta(
    x: v128,
    g: v128,
    s: v128,
    r: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    e: v128,
    kept: v128,
  ): v128 {
    return f32x4.sub(x, f32x4.mul(rate, g));
  }
}

/**
 * v ← p v + q g,  θ ← θ − ε v. With q = 1 the heavy ball (Polyak 1964) as PyTorch's SGD writes it (Sutskever, Martens, Dahl,
 * Hinton 2013, but for the place of ε); with q = 1 − p the exponentially weighted average of the gradients. s = v.
 */
class Momentum extends Rule {
  @inline states(): i32 {
    return 1;
  }

  @inline first(s: v128, g: v128, p: v128, q: v128, restP: v128): v128 {
    return Moment.signed(f32x4.add(f32x4.mul(p, s), f32x4.mul(q, g)));
  }

  @inline theta(
    x: v128,
    g: v128,
    s: v128,
    r: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    e: v128,
    kept: v128,
  ): v128 {
    return f32x4.sub(x, f32x4.mul(rate, s));
  }
}

/**
 * v ← p v + g,  θ ← θ − ε (g + p v): Nesterov's momentum as PyTorch's SGD writes it, with the gradient taken where the
 * parameters are (Sutskever, Martens, Dahl, Hinton 2013; Bengio, Boulanger-Lewandowski, Pascanu 2013, 3.5). s = v.
 */
class Nesterov extends Rule {
  @inline states(): i32 {
    return 1;
  }

  @inline first(s: v128, g: v128, p: v128, q: v128, restP: v128): v128 {
    return Moment.signed(f32x4.add(f32x4.mul(p, s), g));
  }

  @inline theta(
    x: v128,
    g: v128,
    s: v128,
    r: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    e: v128,
    kept: v128,
  ): v128 {
    return f32x4.sub(x, f32x4.mul(rate, f32x4.add(g, f32x4.mul(p, s))));
  }
}

/**
 * r ← r + g²,  θ ← θ − ε g / (δ + √r) (Duchi, Hazan, Singer 2011; Goodfellow algorithm 8.4). e = δ; s holds r, which stays
 * at the largest float32 rather than become infinite.
 */
class Adagrad extends Rule {
  @inline states(): i32 {
    return 1;
  }

  @inline first(s: v128, g: v128, p: v128, q: v128, restP: v128): v128 {
    return Moment.square(f32x4.min(f32x4.add(s, f32x4.mul(g, g)), f32x4.splat(f32.MAX_VALUE)));
  }

  @inline theta(
    x: v128,
    g: v128,
    s: v128,
    r: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    e: v128,
    kept: v128,
  ): v128 {
    return f32x4.sub(x, f32x4.div(f32x4.mul(rate, g), f32x4.add(e, f32x4.sqrt(s))));
  }
}

/** r ← ρ r + (1−ρ) g²,  θ ← θ − ε g / √(δ + r) (Hinton 2012; Goodfellow algorithm 8.5). p = ρ, e = δ; s holds r. */
class Rmsprop extends Rule {
  @inline states(): i32 {
    return 1;
  }

  @inline first(s: v128, g: v128, p: v128, q: v128, restP: v128): v128 {
    return Moment.square(f32x4.add(f32x4.mul(p, s), f32x4.mul(restP, f32x4.mul(g, g))));
  }

  @inline theta(
    x: v128,
    g: v128,
    s: v128,
    r: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    e: v128,
    kept: v128,
  ): v128 {
    return f32x4.sub(x, f32x4.div(f32x4.mul(rate, g), f32x4.sqrt(f32x4.add(e, s))));
  }
}

/** What Adam and AdamW share. */
class AdamMoments {
  @inline static first(s: v128, g: v128, p: v128, restP: v128): v128 {
    return Moment.signed(f32x4.add(f32x4.mul(p, s), f32x4.mul(restP, g)));
  }

  @inline static second(r: v128, g: v128, q: v128, restQ: v128): v128 {
    return Moment.square(f32x4.add(f32x4.mul(q, r), f32x4.mul(restQ, f32x4.mul(g, g))));
  }

  /** What is taken off θ. */
  @inline static change(s: v128, r: v128, rate: v128, c1: v128, c2: v128, e: v128): v128 {
    const root = f32x4.sqrt(f32x4.mul(r, c2));
    return f32x4.div(f32x4.mul(rate, f32x4.mul(s, c1)), f32x4.add(root, e));
  }
}

/**
 * Adam (Kingma and Ba 2015; Goodfellow algorithm 8.7): s ← ρ1 s + (1−ρ1) g,  r ← ρ2 r + (1−ρ2) g²,
 * θ ← θ − ε ŝ / (√r̂ + δ) with ŝ = s · c1 = s/(1−ρ1ᵗ), r̂ = r · c2. p = ρ1, q = ρ2, e = δ.
 */
class Adam extends Rule {
  @inline states(): i32 {
    return 2;
  }

  @inline first(s: v128, g: v128, p: v128, q: v128, restP: v128): v128 {
    return AdamMoments.first(s, g, p, restP);
  }

  @inline second(r: v128, g: v128, q: v128, restQ: v128): v128 {
    return AdamMoments.second(r, g, q, restQ);
  }

  @inline theta(
    x: v128,
    g: v128,
    s: v128,
    r: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    e: v128,
    kept: v128,
  ): v128 {
    return f32x4.sub(x, AdamMoments.change(s, r, rate, c1, c2, e));
  }
}

/** θ ← (1 − ελ) θ − Adam's step: decoupled weight decay (Loshchilov and Hutter 2019), scaled by ε as in PyTorch. */
class AdamW extends Rule {
  @inline states(): i32 {
    return 2;
  }

  @inline first(s: v128, g: v128, p: v128, q: v128, restP: v128): v128 {
    return AdamMoments.first(s, g, p, restP);
  }

  @inline second(r: v128, g: v128, q: v128, restQ: v128): v128 {
    return AdamMoments.second(r, g, q, restQ);
  }

  @inline theta(
    x: v128,
    g: v128,
    s: v128,
    r: v128,
    rate: v128,
    c1: v128,
    c2: v128,
    p: v128,
    e: v128,
    kept: v128,
  ): v128 {
    return f32x4.sub(f32x4.mul(kept, x), AdamMoments.change(s, r, rate, c1, c2, e));
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
  const rule = changetype<R>(0);
  const scale = f32x4.splat(load<f32>(step + (Step.GradientScale << 2)));
  const rate = f32x4.splat(load<f32>(step + (Step.LearningRate << 2)) * multiplier);
  const c1 = f32x4.splat(load<f32>(step + (Step.Correction1 << 2)));
  const c2 = f32x4.splat(load<f32>(step + (Step.Correction2 << 2)));
  const pv = f32x4.splat(p);
  const qv = f32x4.splat(q);
  const ev = f32x4.splat(e);
  const restP = f32x4.sub(f32x4.splat(1), pv);
  const restQ = f32x4.sub(f32x4.splat(1), qv);
  const kept = f32x4.splat(max<f32>(0, 1 - f32x4.extract_lane(rate, 0) * decay));
  const first = (<usize>Share.start(n, 16, thread, threads)) << 2;
  const last = theta + ((<usize>Share.start(n, 16, thread + 1, threads)) << 2);
  theta += first;
  g += first;
  s += first;
  r += first;
  // Two vectors at a time: their divisions and roots overlap. All loads come before all stores, and pointers move, so that V8's
  // revectorization sees neighbours.
  while (theta < last) {
    const g0 = f32x4.mul(scale, v128.load(g));
    const g1 = f32x4.mul(scale, v128.load(g, 16));
    let x0 = v128.load(theta);
    let x1 = v128.load(theta, 16);
    let s0 = g0;
    let s1 = g1;
    let r0 = g0;
    let r1 = g1;
    if (rule.states() > 0) {
      s0 = rule.first(v128.load(s), g0, pv, qv, restP);
      s1 = rule.first(v128.load(s, 16), g1, pv, qv, restP);
    }
    if (rule.states() > 1) {
      r0 = rule.second(v128.load(r), g0, qv, restQ);
      r1 = rule.second(v128.load(r, 16), g1, qv, restQ);
    }
    x0 = rule.theta(x0, g0, s0, r0, rate, c1, c2, pv, ev, kept);
    x1 = rule.theta(x1, g1, s1, r1, rate, c1, c2, pv, ev, kept);
    if (rule.states() > 0) {
      v128.store(s, s0);
      v128.store(s, s1, 16);
    }
    if (rule.states() > 1) {
      v128.store(r, r0);
      v128.store(r, r1, 16);
    }
    v128.store(theta, x0);
    v128.store(theta, x1, 16);
    theta += 32;
    g += 32;
    if (rule.states() > 0) s += 32;
    if (rule.states() > 1) r += 32;
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
