/**
 * Activations y = f(x), elementwise over [n], and their gradients dx = dy · f′(x), with f′ told from the output y, so
 * that x need not be kept. Definitions: Goodfellow, Bengio, Courville, Deep Learning, sections 6.2 and 6.3; elu:
 * Clevert, Unterthiner, Hochreiter, ICLR 2016. NaN gives NaN, so that a divergence is seen.
 *
 * One class per activation (families of elementwise.ts: no fields). Parallel over elements.
 */
import { Activation } from './abi';
import { map, mapGradient, Unary } from './elementwise';
import { SimdMath } from './math';

/** f(x) = x */
class Linear extends Unary {
  @inline f(x: v128, _p: v128): v128 {
    return x;
  }
  @inline df(_y: v128, _p: v128): v128 {
    return f32x4.splat(1);
  }
}

/** f(x) = 1/(1 + e^(−x)), f′ = y(1 − y) */
class Sigmoid extends Unary {
  @inline f(x: v128, _p: v128): v128 {
    return SimdMath.sigmoid(x);
  }
  @inline df(y: v128, _p: v128): v128 {
    return f32x4.mul(y, f32x4.sub(f32x4.splat(1), y));
  }
}

/** f(x) = tanh x, f′ = 1 − y² = (1 − y)(1 + y), the form that keeps its relative accuracy near |y| = 1 */
class Tanh extends Unary {
  @inline f(x: v128, _p: v128): v128 {
    return SimdMath.tanh(x);
  }
  @inline df(y: v128, _p: v128): v128 {
    const one = f32x4.splat(1);
    return f32x4.mul(f32x4.sub(one, y), f32x4.add(one, y));
  }
}

/** f(x) = max(0, x), f′(0) = 0 */
class Relu extends Unary {
  @inline f(x: v128, _p: v128): v128 {
    // x where x ≥ 0 or NaN: see math.ts on pmax
    return f32x4.pmax(x, f32x4.splat(0));
  }
  @inline df(y: v128, _p: v128): v128 {
    return v128.and(f32x4.splat(1), f32x4.gt(y, f32x4.splat(0)));
  }
}

/** f(x) = x for x > 0, p·x elsewhere (slope p > 0), f′(0) = p */
class LeakyRelu extends Unary {
  @inline f(x: v128, p: v128): v128 {
    return v128.bitselect(x, f32x4.mul(p, x), f32x4.gt(x, f32x4.splat(0)));
  }
  @inline df(y: v128, p: v128): v128 {
    return v128.bitselect(f32x4.splat(1), p, f32x4.gt(y, f32x4.splat(0)));
  }
}

/** f(x) = x for x > 0, p·(eˣ − 1) elsewhere (α = p > 0), f′ = y + p there, f′(0) = p */
class Elu extends Unary {
  @inline f(x: v128, p: v128): v128 {
    return v128.bitselect(x, f32x4.mul(p, SimdMath.expm1(x)), f32x4.gt(x, f32x4.splat(0)));
  }
  @inline df(y: v128, p: v128): v128 {
    return v128.bitselect(f32x4.splat(1), f32x4.add(y, p), f32x4.gt(y, f32x4.splat(0)));
  }
}

/** y = f(x) for the activation `kind` (enum Activation) with slope or α p. x, y: [n]; y may be x. */
export function activation(kind: i32, x: usize, y: usize, n: i32, p: f32, thread: i32, threads: i32): void {
  switch (kind) {
    case Activation.Linear:
      map<Linear>(x, y, n, p, thread, threads);
      break;
    case Activation.Sigmoid:
      map<Sigmoid>(x, y, n, p, thread, threads);
      break;
    case Activation.Tanh:
      map<Tanh>(x, y, n, p, thread, threads);
      break;
    case Activation.Relu:
      map<Relu>(x, y, n, p, thread, threads);
      break;
    case Activation.LeakyRelu:
      map<LeakyRelu>(x, y, n, p, thread, threads);
      break;
    case Activation.Elu:
      map<Elu>(x, y, n, p, thread, threads);
      break;
    default:
      unreachable();
  }
}

/** dx = dy · f′ for the activation `kind`, f′ from the output y. y, dy, dx: [n]; dx may be dy or y. */
export function activationGradient(
  kind: i32,
  y: usize,
  dy: usize,
  dx: usize,
  n: i32,
  p: f32,
  thread: i32,
  threads: i32,
): void {
  switch (kind) {
    case Activation.Linear:
      mapGradient<Linear>(y, dy, dx, n, p, thread, threads);
      break;
    case Activation.Sigmoid:
      mapGradient<Sigmoid>(y, dy, dx, n, p, thread, threads);
      break;
    case Activation.Tanh:
      mapGradient<Tanh>(y, dy, dx, n, p, thread, threads);
      break;
    case Activation.Relu:
      mapGradient<Relu>(y, dy, dx, n, p, thread, threads);
      break;
    case Activation.LeakyRelu:
      mapGradient<LeakyRelu>(y, dy, dx, n, p, thread, threads);
      break;
    case Activation.Elu:
      mapGradient<Elu>(y, dy, dx, n, p, thread, threads);
      break;
    default:
      unreachable();
  }
}
