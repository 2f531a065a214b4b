/**
 * Metrics of a batch, added to float64 accumulators that the facade clears and reads: the hits of a classifier, its
 * answers by class, or the sums from which rmse, r² and the mean absolute error come. z [m, n] are the outputs (logits or values), t the targets as in losses.ts.
 *
 * Thread 0 does everything, in row order: the work is a small part of a pass, and the sums need no second one.
 */
import { Loss, Metric } from './abi';

/** Column of the largest of n float32, the first of equals. */
function argmax(row: usize, n: i32): i32 {
  let best = 0;
  let largest = load<f32>(row);
  for (let j = 1; j < n; j++) {
    const value = load<f32>(row + ((<usize>j) << 2));
    if (value > largest) {
      largest = value;
      best = j;
    }
  }
  return best;
}

/** Rows whose largest logit is at their class (int32), or where the target row is largest (dense). */
function classHits(dense: bool, z: usize, t: usize, m: i32, n: i32): f64 {
  let hits = 0;
  for (let i = 0; i < m; i++) {
    const row = (<usize>i * <usize>n) << 2;
    const target = dense ? argmax(t + row, n) : load<i32>(t + ((<usize>i) << 2));
    if (argmax(z + row, n) === target) hits++;
  }
  return <f64>hits;
}

/** Elements of [count] whose logit says the same as the target: z > 0 (σ > ½) where t > ½. */
function binaryHits(z: usize, t: usize, count: usize): f64 {
  let hits: f64 = 0;
  for (let offset: usize = 0; offset < count << 2; offset += 4) {
    const said = load<f32>(z + offset) > 0;
    const meant = load<f32>(t + offset) > 0.5;
    if (said === meant) hits += 1;
  }
  return hits;
}

/** Adds `value` to the float64 at `pointer`. */
function accumulate(pointer: usize, value: f64): void {
  store<f64>(pointer, load<f64>(pointer) + value);
}

/** accumulators: [hits, count] (float64). The losses of target values have no classes. */
function accuracy(lossKind: i32, dense: bool, z: usize, t: usize, accumulators: usize, m: i32, n: i32): void {
  switch (lossKind) {
    case Loss.CrossEntropy:
      accumulate(accumulators, classHits(dense, z, t, m, n));
      accumulate(accumulators + 8, <f64>m);
      break;
    case Loss.BinaryCrossEntropy:
      accumulate(accumulators, binaryHits(z, t, <usize>m * <usize>n));
      accumulate(accumulators + 8, <f64>m * <f64>n);
      break;
    default:
      unreachable();
  }
}

/** Adds an answer to [right answers, answers, rows] of one class: whether it was said, and whether it is so. */
function countAnswer(counts: usize, said: bool, meant: bool): void {
  if (said && meant) accumulate(counts, 1);
  if (said) accumulate(counts + 8, 1);
  if (meant) accumulate(counts + 16, 1);
}

/** accumulators: [right answers, answers, rows] of each class, or of each output of a binary loss (float64). */
function classCounts(lossKind: i32, dense: bool, z: usize, t: usize, accumulators: usize, m: i32, n: i32): void {
  const binary = lossKind === Loss.BinaryCrossEntropy;
  for (let i = 0; i < m; i++) {
    const row = (<usize>i * <usize>n) << 2;
    const said = binary ? 0 : argmax(z + row, n);
    const meant = binary ? 0 : dense ? argmax(t + row, n) : load<i32>(t + ((<usize>i) << 2));
    for (let j = 0; j < n; j++) {
      const at = row + ((<usize>j) << 2);
      // σ(z) > ½ where z > 0
      if (binary) countAnswer(accumulators + <usize>j * 24, load<f32>(z + at) > 0, load<f32>(t + at) > 0.5);
      else countAnswer(accumulators + <usize>j * 24, said === j, meant === j);
    }
  }
}

/** accumulators: [count], then for each output j [Σ(z − t)², Σt, Σt²] (float64). */
function squaredError(z: usize, t: usize, accumulators: usize, m: i32, n: i32): void {
  accumulate(accumulators, <f64>m);
  for (let j = 0; j < n; j++) {
    let errors: f64 = 0;
    let sum: f64 = 0;
    let squares: f64 = 0;
    for (let i = 0; i < m; i++) {
      const offset = (<usize>i * <usize>n + <usize>j) << 2;
      const target = <f64>load<f32>(t + offset);
      const error = <f64>load<f32>(z + offset) - target;
      errors += error * error;
      sum += target;
      squares += target * target;
    }
    const sums = accumulators + 8 + <usize>j * 24;
    accumulate(sums, errors);
    accumulate(sums + 8, sum);
    accumulate(sums + 16, squares);
  }
}

/** accumulators: [count], then for each output Σ|z − t| (float64). */
function absoluteError(z: usize, t: usize, accumulators: usize, m: i32, n: i32): void {
  accumulate(accumulators, <f64>m);
  for (let j = 0; j < n; j++) {
    let errors: f64 = 0;
    for (let i = 0; i < m; i++) {
      const offset = (<usize>i * <usize>n + <usize>j) << 2;
      errors += abs<f64>(<f64>load<f32>(z + offset) - <f64>load<f32>(t + offset));
    }
    accumulate(accumulators + 8 + ((<usize>j) << 3), errors);
  }
}

/**
 * Adds the sums of one batch for the metric `kind` (enum Metric) to `accumulators`. lossKind (enum Loss) says how a row
 * names its class; dense: targets are rows of float32, not int32 classes. z: [m, n]; t: [m, n] or [m].
 */
export function metric(
  kind: i32,
  lossKind: i32,
  dense: bool,
  z: usize,
  t: usize,
  accumulators: usize,
  m: i32,
  n: i32,
  thread: i32,
): void {
  if (thread !== 0) return;
  switch (kind) {
    case Metric.Accuracy:
      accuracy(lossKind, dense, z, t, accumulators, m, n);
      break;
    case Metric.SquaredError:
      squaredError(z, t, accumulators, m, n);
      break;
    case Metric.AbsoluteError:
      absoluteError(z, t, accumulators, m, n);
      break;
    case Metric.ClassCounts:
      classCounts(lossKind, dense, z, t, accumulators, m, n);
      break;
    default:
      unreachable();
  }
}
