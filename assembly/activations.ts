/**
 * Activations y = f(x), elementwise over [n], and their gradients dx = dy · f′(x). Where the output y tells f′, x need
 * not be kept; silu and the gelus are not monotonic, and their f′ is told from the input. Which of the two it is stands at
 * each class, and for the planner in src/nn/activations.ts. NaN gives NaN, so that a divergence is seen.
 *
 * Definitions: Goodfellow, Bengio, Courville, Deep Learning, sections 6.2 and 6.3; elu: Clevert, Unterthiner, Hochreiter,
 * ICLR 2016; softplus: Dugas, Bengio, Bélisle, Nadeau, Garcia, NIPS 2001; gelu, also in the form with tanh, and silu:
 * Hendrycks, Gimpel, Gaussian error linear units, 2016.
 *
 * One class per activation (families of elementwise.ts: no fields). Parallel over elements.
 */
import { Activation } from './abi';
import { map, mapGradient, Unary } from './elementwise';
import { SimdMath } from './math';
import { Simd } from './simd';

/** Beyond ±this, silu and the gelus are 0 or x to the last bit. */
const GATE_END: f32 = 100;
/** 1/√(2π) */
const INVERSE_ROOT_2PI: f32 = 0.398942292;
/** 2√(2/π), and 0.044715 times that */
const GELU_LINEAR: f32 = 1.59576917;
const GELU_CUBIC: f32 = 0.0713548139;

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

/** f(x) = x for x > 0, p·x elsewhere (slope p ≥ 0), f′(0) = p */
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

/** f(x) = ln(1 + eˣ) = max(0, x) + ln(1 + e^(−|x|)), f′ = σ(x) = 1 − e^(−y) */
class Softplus extends Unary {
  @inline f(x: v128, _p: v128): v128 {
    const e = SimdMath.expNegative(f32x4.neg(f32x4.abs(x)));
    return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), SimdMath.log1p(e));
  }
  @inline df(y: v128, _p: v128): v128 {
    return f32x4.neg(SimdMath.expm1(f32x4.neg(y)));
  }
}

/** f(x) = x·Φ(x) = ½x(1 + erf(x/√2)), f′ = Φ(x) + x·φ(x) from the INPUT, φ(x) = e^(−x²/2)/√(2π) */
class Gelu extends Unary {
  @inline f(x: v128, _p: v128): v128 {
    // where Φ is 0, x may be −∞
    return f32x4.mul(f32x4.pmax(x, f32x4.splat(-GATE_END)), SimdMath.normalCdf(x, SimdMath.gaussian(x)));
  }
  @inline df(x: v128, _p: v128): v128 {
    const z = Simd.clamp(x, GATE_END);
    const g = SimdMath.gaussian(z);
    const slope = f32x4.mul(f32x4.mul(z, g), f32x4.splat(INVERSE_ROOT_2PI));
    return f32x4.add(SimdMath.normalCdf(z, g), slope);
  }
}

/** What silu and geluTanh have in common: f(x) = x·σ(v) with v a function of x. */
class Gate {
  @inline static f(x: v128, v: v128): v128 {
    // where σ is 0, x may be −∞
    return f32x4.mul(f32x4.pmax(x, f32x4.splat(-GATE_END)), SimdMath.sigmoid(v));
  }
  /** f′ = σ(v) + x·v′·σ(v)σ(−v), for finite x and slope = v′ */
  @inline static df(x: v128, v: v128, slope: v128): v128 {
    const one = f32x4.splat(1);
    const e = SimdMath.expNegative(f32x4.neg(f32x4.abs(v)));
    const larger = f32x4.div(one, f32x4.add(one, e));
    const smaller = f32x4.mul(e, larger);
    const sigmoid = v128.bitselect(larger, smaller, f32x4.ge(v, f32x4.splat(0)));
    return f32x4.add(sigmoid, f32x4.mul(f32x4.mul(x, slope), f32x4.mul(larger, smaller)));
  }
}

/** f(x) = ½x(1 + tanh(√(2/π)(x + 0.044715x³))) = x·σ(v), v = 2√(2/π)(x + 0.044715x³), f′ from the INPUT */
class GeluTanh extends Unary {
  @inline f(x: v128, _p: v128): v128 {
    const cubic = f32x4.mul(f32x4.mul(x, x), f32x4.splat(GELU_CUBIC));
    return Gate.f(x, f32x4.mul(x, f32x4.add(f32x4.splat(GELU_LINEAR), cubic)));
  }
  @inline df(x: v128, _p: v128): v128 {
    const z = Simd.clamp(x, GATE_END);
    const linear = f32x4.splat(GELU_LINEAR);
    const cubic = f32x4.mul(f32x4.mul(z, z), f32x4.splat(GELU_CUBIC));
    const slope = f32x4.add(linear, f32x4.mul(cubic, f32x4.splat(3)));
    return Gate.df(z, f32x4.mul(z, f32x4.add(linear, cubic)), slope);
  }
}

/** f(x) = x·σ(x), f′ = σ(x) + x·σ(x)σ(−x) from the INPUT */
class Silu extends Unary {
  @inline f(x: v128, _p: v128): v128 {
    return Gate.f(x, x);
  }
  @inline df(x: v128, _p: v128): v128 {
    const z = Simd.clamp(x, GATE_END);
    return Gate.df(z, z, f32x4.splat(1));
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
    case Activation.Softplus:
      map<Softplus>(x, y, n, p, thread, threads);
      break;
    case Activation.Gelu:
      map<Gelu>(x, y, n, p, thread, threads);
      break;
    case Activation.GeluTanh:
      map<GeluTanh>(x, y, n, p, thread, threads);
      break;
    case Activation.Silu:
      map<Silu>(x, y, n, p, thread, threads);
      break;
    default:
      unreachable();
  }
}

/** dx = dy · f′ for the activation `kind`; source is the output or the input, as its class says. source, dy, dx: [n]; dx may be dy or source. */
export function activationGradient(
  kind: i32,
  source: usize,
  dy: usize,
  dx: usize,
  n: i32,
  p: f32,
  thread: i32,
  threads: i32,
): void {
  switch (kind) {
    case Activation.Linear:
      mapGradient<Linear>(source, dy, dx, n, p, thread, threads);
      break;
    case Activation.Sigmoid:
      mapGradient<Sigmoid>(source, dy, dx, n, p, thread, threads);
      break;
    case Activation.Tanh:
      mapGradient<Tanh>(source, dy, dx, n, p, thread, threads);
      break;
    case Activation.Relu:
      mapGradient<Relu>(source, dy, dx, n, p, thread, threads);
      break;
    case Activation.LeakyRelu:
      mapGradient<LeakyRelu>(source, dy, dx, n, p, thread, threads);
      break;
    case Activation.Elu:
      mapGradient<Elu>(source, dy, dx, n, p, thread, threads);
      break;
    case Activation.Softplus:
      mapGradient<Softplus>(source, dy, dx, n, p, thread, threads);
      break;
    case Activation.Gelu:
      mapGradient<Gelu>(source, dy, dx, n, p, thread, threads);
      break;
    case Activation.GeluTanh:
      mapGradient<GeluTanh>(source, dy, dx, n, p, thread, threads);
      break;
    case Activation.Silu:
      mapGradient<Silu>(source, dy, dx, n, p, thread, threads);
      break;
    default:
      unreachable();
  }
}
