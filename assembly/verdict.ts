/**
 * The sums of a step, and whether its update may happen.
 *
 *     L = Σ w l / Σ w      J = L + Ω      ‖g‖ = √Σ g²
 *
 * rowLoss [m] and weights [m] (0: all ones) are float32; the partial sums of penalties and of the squared gradient are
 * float64 and were left by Penalty and SquareSum. Written to the step block: the figures of this batch, the running
 * totals, and Status. The optimizer does nothing while Status is not 0, so a step whose loss or gradient is not finite
 * leaves the parameters as they were. GradientScale is min(1, c/‖g‖), with which the optimizer clips the gradient to the
 * norm c (Pascanu, Mikolov, Bengio 2013, algorithm 1), and 1 without a c. Thread 0 does all of it, in one fixed order.
 */
import { Step } from './abi';

export function verdict(
  rowLoss: usize,
  weights: usize,
  m: i32,
  penalties: usize,
  penaltyCount: i32,
  squares: usize,
  squareCount: i32,
  clipNorm: f32,
  step: usize,
  thread: i32,
): void {
  if (thread !== 0) return;
  let weightSum: f64 = 0;
  let lossSum: f64 = 0;
  for (let i = 0; i < m; i++) {
    const weight: f64 = weights ? <f64>load<f32>(weights + ((<usize>i) << 2)) : 1;
    weightSum += weight;
    // a row of weight 0 does not count, not even when its loss is not finite
    if (weight !== 0) lossSum += weight * <f64>load<f32>(rowLoss + ((<usize>i) << 2));
  }
  const data: f64 = weightSum > 0 ? lossSum / weightSum : 0;
  const omega = total(penalties, penaltyCount);
  const norm = sqrt<f64>(total(squares, squareCount));
  const objective = data + omega;
  put(step, Step.Loss, objective);
  put(step, Step.DataLoss, data);
  put(step, Step.Penalty, omega);
  put(step, Step.GradientNorm, norm);
  put(step, Step.WeightSum, weightSum);
  const clipped = clipNorm > 0 && norm > <f64>clipNorm;
  store<f32>(step + (Step.GradientScale << 2), clipped ? <f32>(<f64>clipNorm / norm) : 1);
  const finite = isFinite<f64>(objective) && isFinite<f64>(norm);
  store<u32>(step + (Step.Status << 2), finite ? 0 : 1);
  if (finite) {
    add(step, Step.TotalLoss, objective * weightSum);
    add(step, Step.TotalDataLoss, data * weightSum);
    add(step, Step.TotalWeight, weightSum);
  }
}

/** Σ of `count` float64 partial sums, in ascending order. */
function total(partial: usize, count: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) sum += load<f64>(partial + ((<usize>i) << 3));
  return sum;
}

function put(step: usize, word: i32, value: f64): void {
  store<f64>(step + ((<usize>word) << 2), value);
}

function add(step: usize, word: i32, value: f64): void {
  put(step, word, load<f64>(step + ((<usize>word) << 2)) + value);
}
