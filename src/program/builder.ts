import { Activation, type Distribution, Flag, type Loss, type Metric, Op, type Optimizer } from '../../assembly/abi.js';
import { InternalError } from '../errors.js';
import { type InferenceBuilder, InferenceProgramBuilder, type RowNormalization, type Statistics } from './inference.js';
import { accumulators, type Operation, operation } from './ops.js';
import type { Parameter, Tensor } from './tensor.js';

export type { Affine, ColumnMap, Instruction, MultiplyOptions, Scaling } from './inference.js';

/**
 * What layers, losses and optimizers see of a program: each method emits operations and returns the tensor they write.
 * Matrices are row-major; a batch is `[rows, features]`.
 */
export interface Builder extends InferenceBuilder {
  /** Σ over rows, into a given tensor. */
  columnSum(x: Tensor, into: Tensor): Tensor;
  /** dy · f′, from the output of `activation` or from its input, as the kind has it (assembly/activations.ts). */
  activationGradient(kind: Activation, source: Tensor, dy: Tensor, parameter: number): Tensor;
  /** The gradient of `softmax`, from its output y. */
  softmaxGradient(y: Tensor, dy: Tensor): Tensor;
  /** mask · x / keep with the mask of the layer being built, and of the step: forward and backward alike. */
  dropout(x: Tensor, keep: number): Tensor;
  /** Mean and variance of every column of x. */
  moments(x: Tensor): Moments;
  /** The gradient of `normalize` with the moments of x itself; the gradients of γ and β go where theirs belong. */
  normalizeGradient(x: Tensor, dy: Tensor, moments: Moments, affine: Normalization, epsilon: number): Tensor;
  /** average ← momentum · average + (1 − momentum) · batch, unless the verdict forbids the step. */
  runningAverage(average: Tensor, batch: Tensor, momentum: number): void;
  /** The gradient of `layerNorm`; those of γ and β go where theirs belong. */
  layerNormGradient(x: Tensor, dy: Tensor, rows: RowNormalization, affine: Normalization): Tensor;
}

/** The statistics of a batch; `both` holds them together. */
export interface Moments extends Statistics {
  readonly both: Tensor;
}

/** The same with gradients. */
export interface Normalization {
  readonly gamma: Parameter;
  readonly beta: Parameter;
}

/** What a loss leaves behind: the loss of each row, and its gradient where one was asked for. */
export interface LossTensors {
  readonly rowLoss: Tensor;
  readonly gradient: Tensor | undefined;
}

/** λ₁ and λ₂ of the penalty λ₂/2 Σ w² + λ₁ Σ |w|. */
export interface PenaltyStrengths {
  readonly l1: number;
  readonly l2: number;
}

/** What random affine maps of images are drawn from. */
export interface MapRanges {
  readonly flipHorizontal: boolean;
  readonly flipVertical: boolean;
  /** Least and largest angle, in turns from −1 to 1. */
  readonly rotate: readonly [number, number];
  /** Largest share by which images grow or shrink. */
  readonly stretch: { readonly x: number; readonly y: number };
  /** Largest way in pixels, either way. */
  readonly shift: { readonly x: number; readonly y: number };
}

/** How a range of parameters is updated (assembly/optimizers.ts). */
export interface UpdateRule {
  readonly kind: Optimizer;
  /** The rule's immediates p, q and r. */
  readonly hyper: readonly [number, number, number];
  /** What the learning rate is multiplied by in this range. */
  readonly multiplier: number;
  /** λ of decoupled weight decay. */
  readonly decay: number;
}

/** Collects the operations of one program in order. */
export class ProgramBuilder extends InferenceProgramBuilder implements Builder {
  protected override rowOf(op: Op): Operation {
    return operation(op);
  }

  columnSum(x: Tensor, into: Tensor): Tensor {
    this.emit(Op.ColumnSum, [x, into], { m: x.rows, n: x.columns });
    return into;
  }

  activationGradient(kind: Activation, source: Tensor, dy: Tensor, parameter: number): Tensor {
    if (kind === Activation.Linear) return dy;
    const { rows, columns } = source;
    const dx = this.transient('gradient', rows, columns);
    this.emit(Op.ActivationGradient, [source, dy, dx], { kind, m: rows, n: columns, p: parameter });
    return dx;
  }

  softmaxGradient(y: Tensor, dy: Tensor): Tensor {
    const dx = this.transient('gradient', y.rows, y.columns);
    this.emit(Op.SoftmaxGradient, [y, dy, dx], { m: y.rows, n: y.columns });
    return dx;
  }

  dropout(x: Tensor, keep: number): Tensor {
    const y = this.transient('dropped', x.rows, x.columns);
    this.emit(Op.Dropout, [x, y], { m: x.rows, n: x.columns, k: this.number, p: keep });
    return y;
  }

  moments(x: Tensor): Moments {
    const both = this.transient('moments', 2, x.columns);
    this.emit(Op.Moments, [x, both], { m: x.rows, n: x.columns });
    const row = (name: string, offset: number): Tensor => {
      return { ...both, name: this.name(name), rows: 1, part: { of: both, offset } };
    };
    return { both, mean: row('batchMean', 0), variance: row('batchVariance', x.columns * 4) };
  }

  normalizeGradient(x: Tensor, dy: Tensor, moments: Moments, { gamma, beta }: Normalization, epsilon: number): Tensor {
    const dx = this.transient('gradient', x.rows, x.columns);
    const operands = [x, dy, moments.both, gamma.value, dx, gamma.gradient, beta.gradient];
    this.emit(Op.NormalizeGradient, operands, { m: x.rows, n: x.columns, p: epsilon });
    return dx;
  }

  runningAverage(average: Tensor, batch: Tensor, momentum: number): void {
    this.emit(Op.RunningAverage, [average, batch], { n: average.columns, p: momentum });
  }

  layerNormGradient(x: Tensor, dy: Tensor, { mean, scale }: RowNormalization, { gamma, beta }: Normalization): Tensor {
    const sizes = { m: x.rows, n: x.columns };
    this.emit(Op.LayerNormParameterGradient, [x, dy, mean, scale, gamma.gradient, beta.gradient], sizes);
    const dx = this.transient('gradient', x.rows, x.columns);
    this.emit(Op.LayerNormGradient, [x, dy, mean, scale, gamma.value, dx], sizes);
    return dx;
  }

  /** A random affine map for each of the batch's images (assembly/augment.ts); angles in turns, shifts in pixels. */
  randomMap(ranges: MapRanges): Tensor {
    const { flipHorizontal, flipVertical, rotate, stretch, shift } = ranges;
    const maps = this.transient('maps', 'rows', 6);
    this.emit(Op.RandomMap, [maps], {
      flags: (flipHorizontal ? Flag.FlipHorizontal : 0) | (flipVertical ? Flag.FlipVertical : 0),
      m: 'rows',
      p: rotate[0],
      q: rotate[1],
      r: stretch.x,
      s: stretch.y,
      t: shift.x,
      u: shift.y,
    });
    return maps;
  }

  /** Images [height, width, channels] through their maps: bilinear, 0 outside. */
  warp(x: Tensor, maps: Tensor, width: number, channels: number): Tensor {
    const y = this.transient('warped', x.rows, x.columns);
    this.emit(Op.Warp, [x, maps, y], { kind: channels, m: x.rows, n: x.columns, k: width });
    return y;
  }

  /** x + normal numbers of that deviation. */
  noise(x: Tensor, deviation: number): Tensor {
    const y = this.transient('noisy', x.rows, x.columns);
    this.emit(Op.Noise, [x, y], { m: x.rows, n: x.columns, p: deviation });
    return y;
  }

  /** The loss of each row of z against t, with its gradient if asked for; `parameter` is the δ of huber. */
  loss(kind: Loss, z: Tensor, t: Tensor, w: Tensor | undefined, withGradient: boolean, parameter: number): LossTensors {
    const rowLoss = this.transient('rowLoss', z.rows, 1);
    const gradient = withGradient ? this.transient('gradient', z.rows, z.columns) : undefined;
    const sizes = { m: z.rows, n: z.columns };
    this.emit(Op.Loss, [z, t, w, gradient, rowLoss], { kind, ...sizes, flags: denseFlag(t), p: parameter });
    return { rowLoss, gradient };
  }

  /** Adds this batch to the accumulators of a metric. */
  metric(kind: Metric, loss: Loss, z: Tensor, t: Tensor, into: Tensor): void {
    if (into.columns !== accumulators(kind, z.columns))
      throw new InternalError(`metric ${kind} has other accumulators.`);
    this.emit(Op.Metric, [z, t, into], { kind, k: loss, m: z.rows, n: z.columns, flags: denseFlag(t) });
  }

  /** The partial sums of λ₂/2 Σ w² + λ₁ Σ |w| over a range of parameters; adds its slope to the gradient, if there is one. */
  penalty(w: Tensor, g: Tensor | undefined, { l1, l2 }: PenaltyStrengths, into: Tensor): void {
    this.emit(Op.Penalty, [w, g, into], { n: w.columns, p: l2, q: l1 });
  }

  /** Cuts every element of a range of gradients to ±c. */
  clip(g: Tensor, c: number): void {
    this.emit(Op.Clip, [g], { n: g.columns, p: c });
  }

  /** The partial sums of Σ g² over a range of gradients. */
  squareSum(g: Tensor, into: Tensor): void {
    this.emit(Op.SquareSum, [g, into], { n: g.columns });
  }

  /**
   * Loss, penalty and gradient norm of the step, and whether its update may happen; `clipNorm` is the largest norm that the
   * update will see, 0 for any.
   */
  verdict(
    rowLoss: Tensor,
    w: Tensor | undefined,
    penalties: Tensor | undefined,
    squares: Tensor | undefined,
    clipNorm = 0,
  ): void {
    this.emit(Op.Verdict, [rowLoss, w, penalties, squares], {
      m: 'rows',
      n: penalties?.columns ?? 0,
      k: squares?.columns ?? 0,
      p: clipNorm,
    });
  }

  /** Updates a range of parameters. */
  optimizer(theta: Tensor, g: Tensor, states: readonly Tensor[], rule: UpdateRule): void {
    const { kind, hyper, multiplier, decay } = rule;
    const [p, q, r] = hyper;
    this.emit(Op.Optimizer, [theta, g, states[0], states[1]], {
      kind,
      n: theta.columns,
      p,
      q,
      r,
      s: multiplier,
      t: decay,
    });
  }

  /** The proximal step of an L1 penalty on a range of parameters: ελ towards 0, and not beyond. */
  softThreshold(w: Tensor, lambda: number): void {
    this.emit(Op.SoftThreshold, [w], { n: w.columns, p: lambda });
  }

  /** Scales the rows of a matrix of parameters whose norm exceeds c to norm c. */
  maxNorm(w: Tensor, c: number): void {
    this.emit(Op.MaxNorm, [w], { m: w.rows, n: w.columns, p: c });
  }

  /** Fills a range with random numbers: uniform on [p, q), or normal with mean p and deviation q. */
  random(kind: Distribution, into: Tensor, count: number, stream: number, p: number, q: number): void {
    this.emit(Op.Random, [into], { kind, n: count, k: stream, p, q });
  }

  /** A transient row of float64 partial sums. */
  doubles(name: string, count: number): Tensor {
    return { name: this.name(name), rows: 1, columns: count, type: 'f64', space: 'transient' };
  }
}

function denseFlag(t: Tensor): number {
  return t.type === 'i32' ? 0 : Flag.DenseTargets;
}
