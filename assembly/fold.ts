/**
 * At prediction, batch normalization is an affine map of each column, y = scale · x + shift, and so can be folded into the
 * weights W [m, n] and biases b [m] of a dense layer beside it, once per change of the parameters:
 *
 *     before it   (W h + b) · scale + shift = W′ h + b′     W′ᵢⱼ = scaleᵢ Wᵢⱼ     b′ᵢ = scaleᵢ bᵢ + shiftᵢ
 *     behind it   W (h · scale + shift) + b = W′ h + b′     W′ᵢⱼ = Wᵢⱼ scaleⱼ     b′ᵢ = bᵢ + Σⱼ Wᵢⱼ shiftⱼ
 */
import { Side } from './abi';
import { Columns } from './columns';
import { Simd } from './simd';
import { Share } from './thread';

/** scale = γ / √(variance + ε), shift = β − mean · scale; all [n]. Parallel over elements. */
export function normalizationScale(
  mean: usize,
  variance: usize,
  gamma: usize,
  beta: usize,
  scale: usize,
  shift: usize,
  n: i32,
  epsilon: f32,
  thread: i32,
  threads: i32,
): void {
  const e = f32x4.splat(epsilon);
  const end = Share.start(n, 16, thread + 1, threads);
  for (let i = Share.start(n, 16, thread, threads); i < end; i += 4) {
    const at = (<usize>i) << 2;
    const factor = f32x4.div(v128.load(gamma + at), f32x4.sqrt(f32x4.add(v128.load(variance + at), e)));
    Columns.put(scale + at, factor, end - i);
    Columns.put(shift + at, f32x4.sub(v128.load(beta + at), f32x4.mul(v128.load(mean + at), factor)), end - i);
  }
}

/**
 * The folded weights [m, n] and biases [m]; scale and shift are [m] on the side of the outputs, [n] on that of the inputs
 * (enum Side). Parallel over rows; Σⱼ runs lane by lane, the four lanes are added last.
 */
export function fold(
  kind: i32,
  weight: usize,
  bias: usize,
  scale: usize,
  shift: usize,
  foldedWeight: usize,
  foldedBias: usize,
  m: i32,
  n: i32,
  thread: i32,
  threads: i32,
): void {
  const end = Share.start(m, 1, thread + 1, threads);
  for (let i = Share.start(m, 1, thread, threads); i < end; i++) {
    const row = (<usize>i * <usize>n) << 2;
    const element = (<usize>i) << 2;
    let own = load<f32>(bias + element);
    switch (kind) {
      case Side.Outputs:
        own = load<f32>(scale + element) * own + load<f32>(shift + element);
        foldOutput(weight + row, scale + element, foldedWeight + row, n);
        break;
      case Side.Inputs:
        own += foldInputs(weight + row, scale, shift, foldedWeight + row, n);
        break;
      default:
        unreachable();
    }
    store<f32>(foldedBias + element, own);
  }
}

/** to = from · scale, one number for the row of n. */
function foldOutput(from: usize, scale: usize, to: usize, n: i32): void {
  const factor = v128.load32_splat(scale);
  for (let j = 0; j < n; j += 4) {
    const at = (<usize>j) << 2;
    Columns.put(to + at, f32x4.mul(v128.load(from + at), factor), n - j);
  }
}

/** to = from · scale, one number for each of the n columns; returns Σ from · shift. */
function foldInputs(from: usize, scale: usize, shift: usize, to: usize, n: i32): f32 {
  let sum = f32x4.splat(0);
  for (let j = 0; j < n; j += 4) {
    const at = (<usize>j) << 2;
    const weight = v128.load(from + at);
    sum = f32x4.add(sum, v128.and(f32x4.mul(weight, v128.load(shift + at)), Simd.mask(n - j)));
    Columns.put(to + at, f32x4.mul(weight, v128.load(scale + at)), n - j);
  }
  return Simd.sum(sum);
}
