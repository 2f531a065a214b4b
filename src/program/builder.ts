import {
  Activation,
  type Distribution,
  type Element,
  Flag,
  type Loss,
  type Metric,
  Op,
  type Optimizer,
  Side,
  Step,
  type Tile,
} from '../../assembly/abi.js';
import { InternalError } from '../errors.js';
import { accumulators, packedElements } from './ops.js';
import type { Parameter, Size, Tensor } from './tensor.js';

/** One operation before it has addresses: operands A, B, C … as tensors, sizes that may follow the batch. */
export interface Instruction {
  readonly op: Op;
  readonly kind: number;
  readonly flags: number;
  readonly operands: readonly (Tensor | undefined)[];
  readonly m: Size;
  readonly n: Size;
  readonly k: Size;
  readonly p: number;
  readonly q: number;
  readonly r: number;
  /** The fourth and fifth immediate, which stand in the words of the operands F and G. */
  readonly s?: number;
  readonly t?: number;
  /** A sixth one, in the word of the operand E. */
  readonly u?: number;
  /** The layer that emitted it (`dense0`), or `''` for the program's own. */
  readonly layer: string;
}

/** Where a bound array is found: the words of the step block that Gather can read. */
export type Source = Step.Inputs | Step.Targets | Step.Weights;

/**
 * What layers, losses and optimizers see of a program: each method emits operations and returns the tensor they write.
 * Matrices are row-major; a batch is `[rows, features]`.
 */
export interface Builder {
  /** The parameter `name` of the layer being built, declared by the layer with that shape. */
  parameter(name: string): Parameter;
  /** a · b (+ bias), each side transposed on request; into a given tensor (a gradient) or a new one. */
  multiply(a: Tensor, b: Tensor, options?: MultiplyOptions): Tensor;
  /** Σ over rows, into a given tensor. */
  columnSum(x: Tensor, into: Tensor): Tensor;
  /** f(x) elementwise; `parameter` is the slope or α of those that have one. */
  activation(kind: Activation, x: Tensor, parameter: number): Tensor;
  /** dy · f′, from the output of `activation` or from its input, as the kind has it (assembly/activations.ts). */
  activationGradient(kind: Activation, source: Tensor, dy: Tensor, parameter: number): Tensor;
  /** Softmax over each row. */
  softmax(x: Tensor): Tensor;
  /** The gradient of `softmax`, from its output y. */
  softmaxGradient(y: Tensor, dy: Tensor): Tensor;
  /** a + b elementwise. */
  add(a: Tensor, b: Tensor): Tensor;
  /** mask · x / keep with the mask of the layer being built, and of the step: forward and backward alike. */
  dropout(x: Tensor, keep: number): Tensor;
  /** Mean and variance of every column of x. */
  moments(x: Tensor): Moments;
  /** (x − mean) · γ / √(variance + ε) + β per column. */
  normalize(x: Tensor, statistics: Statistics, affine: Scaling, epsilon: number): Tensor;
  /** The gradient of `normalize` with the moments of x itself; the gradients of γ and β go where theirs belong. */
  normalizeGradient(x: Tensor, dy: Tensor, moments: Moments, affine: Normalization, epsilon: number): Tensor;
  /** average ← momentum · average + (1 − momentum) · batch, unless the verdict forbids the step. */
  runningAverage(average: Tensor, batch: Tensor, momentum: number): void;
  /** The affine map of each column that `normalize` with fixed statistics is. */
  normalizationScale(statistics: Statistics, affine: Scaling, epsilon: number): ColumnMap;
  /** The weights and biases of a dense layer with a map of each of its outputs (or inputs) folded in. */
  fold(side: Side, dense: Affine, map: ColumnMap): Affine;
  /** γ (x − mean) / √(variance + ε) + β per row; what the gradient needs comes with it. */
  layerNorm(x: Tensor, affine: Scaling, epsilon: number): RowNormalization;
  /** The gradient of `layerNorm`; those of γ and β go where theirs belong. */
  layerNormGradient(x: Tensor, dy: Tensor, rows: RowNormalization, affine: Normalization): Tensor;
  /** Emits as the layer of that name; `number` tells it from all other layers of the model. */
  within<T>(layer: string, number: number, emit: () => T): T;
}

/** Mean and variance of every column, each [1, n]. */
export interface Statistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** The statistics of a batch; `both` holds them together. */
export interface Moments extends Statistics {
  readonly both: Tensor;
}

/** What a normalization multiplies by and adds, each [1, n]. */
export interface Scaling {
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

/** The same with gradients. */
export interface Normalization {
  readonly gamma: Parameter;
  readonly beta: Parameter;
}

/** x · scale + shift of every column, each [1, n]. */
export interface ColumnMap {
  readonly scale: Tensor;
  readonly shift: Tensor;
}

/** Weights [units, inputs] and biases [1, units] of a dense layer. */
export interface Affine {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** The output of a normalization of rows, with their means and what they were multiplied by, each [rows, 1]. */
export interface RowNormalization {
  readonly output: Tensor;
  readonly mean: Tensor;
  readonly scale: Tensor;
}

/** Options of Builder.multiply. */
export interface MultiplyOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** One row that is added to each row of the product. */
  readonly bias?: Tensor;
  readonly into?: Tensor;
  /** What a new result is called in listings. Default `product`. */
  readonly name?: string;
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
export class ProgramBuilder implements Builder {
  readonly instructions: Instruction[] = [];
  /** The layer that is being built; names what it emits. */
  layer = '';
  #number = 0;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #tile: Tile;

  /**
   * @param parameters those of all layers, by full name
   * @param tile what the matrix products are made of
   */
  constructor(parameters: ReadonlyMap<string, Parameter>, tile: Tile) {
    this.#parameters = parameters;
    this.#tile = tile;
  }

  parameter(name: string): Parameter {
    const found = this.#parameters.get(`${this.layer}.${name}`);
    if (!found) throw new InternalError(`layer ${this.layer} declares no parameter ${name}.`);
    return found;
  }

  multiply(a: Tensor, b: Tensor, options: MultiplyOptions = {}): Tensor {
    const { transposeA = false, transposeB = false, bias, into, name = 'product' } = options;
    const m: Size = transposeA ? a.columns : a.rows;
    const k: Size = transposeA ? a.rows : a.columns;
    const inner: Size = transposeB ? b.columns : b.rows;
    const n = transposeB ? b.rows : b.columns;
    if (k !== inner || n === 'rows') {
      throw new InternalError(`${this.layer}: cannot multiply ${a.name} by ${b.name}: their sizes do not fit.`);
    }
    const panels: Tensor = {
      name: `${b.name}.panels`,
      rows: k,
      columns: packedElements(this.#tile, 1, n),
      type: 'f32',
      space: 'transient',
    };
    this.#emit(Op.PackB, [b, panels], { kind: this.#tile, n, k, flags: transposeB ? Flag.TransposeB : 0 });
    const c = into ?? this.#transient(name, m, n);
    this.#emit(Op.Gemm, [a, panels, c, bias], { kind: this.#tile, m, n, k, flags: transposeA ? Flag.TransposeA : 0 });
    return c;
  }

  columnSum(x: Tensor, into: Tensor): Tensor {
    this.#emit(Op.ColumnSum, [x, into], { m: x.rows, n: x.columns });
    return into;
  }

  activation(kind: Activation, x: Tensor, parameter: number): Tensor {
    if (kind === Activation.Linear) return x;
    const y = this.#transient('output', x.rows, x.columns);
    this.#emit(Op.Activation, [x, y], { kind, m: x.rows, n: x.columns, p: parameter });
    return y;
  }

  activationGradient(kind: Activation, source: Tensor, dy: Tensor, parameter: number): Tensor {
    if (kind === Activation.Linear) return dy;
    const { rows, columns } = source;
    const dx = this.#transient('gradient', rows, columns);
    this.#emit(Op.ActivationGradient, [source, dy, dx], { kind, m: rows, n: columns, p: parameter });
    return dx;
  }

  softmax(x: Tensor): Tensor {
    const y = this.#transient('softmax', x.rows, x.columns);
    this.#emit(Op.Softmax, [x, y], { m: x.rows, n: x.columns });
    return y;
  }

  softmaxGradient(y: Tensor, dy: Tensor): Tensor {
    const dx = this.#transient('gradient', y.rows, y.columns);
    this.#emit(Op.SoftmaxGradient, [y, dy, dx], { m: y.rows, n: y.columns });
    return dx;
  }

  add(a: Tensor, b: Tensor): Tensor {
    const c = this.#transient('sum', a.rows, a.columns);
    this.#emit(Op.Add, [a, b, c], { m: a.rows, n: a.columns });
    return c;
  }

  dropout(x: Tensor, keep: number): Tensor {
    const y = this.#transient('dropped', x.rows, x.columns);
    this.#emit(Op.Dropout, [x, y], { m: x.rows, n: x.columns, k: this.#number, p: keep });
    return y;
  }

  moments(x: Tensor): Moments {
    const both = this.#transient('moments', 2, x.columns);
    this.#emit(Op.Moments, [x, both], { m: x.rows, n: x.columns });
    const row = (name: string, offset: number): Tensor => {
      return { ...both, name: this.#name(name), rows: 1, part: { of: both, offset } };
    };
    return { both, mean: row('batchMean', 0), variance: row('batchVariance', x.columns * 4) };
  }

  normalize(x: Tensor, { mean, variance }: Statistics, { gamma, beta }: Scaling, epsilon: number): Tensor {
    const y = this.#transient('normalized', x.rows, x.columns);
    this.#emit(Op.Normalize, [x, mean, variance, gamma, beta, y], { m: x.rows, n: x.columns, p: epsilon });
    return y;
  }

  normalizeGradient(x: Tensor, dy: Tensor, moments: Moments, { gamma, beta }: Normalization, epsilon: number): Tensor {
    const dx = this.#transient('gradient', x.rows, x.columns);
    const operands = [x, dy, moments.both, gamma.value, dx, gamma.gradient, beta.gradient];
    this.#emit(Op.NormalizeGradient, operands, { m: x.rows, n: x.columns, p: epsilon });
    return dx;
  }

  runningAverage(average: Tensor, batch: Tensor, momentum: number): void {
    this.#emit(Op.RunningAverage, [average, batch], { n: average.columns, p: momentum });
  }

  normalizationScale({ mean, variance }: Statistics, { gamma, beta }: Scaling, epsilon: number): ColumnMap {
    const scale = this.#transient('scale', 1, mean.columns);
    const shift = this.#transient('shift', 1, mean.columns);
    const operands = [mean, variance, gamma, beta, scale, shift];
    this.#emit(Op.NormalizationScale, operands, { n: mean.columns, p: epsilon });
    return { scale, shift };
  }

  fold(side: Side, { weight, bias }: Affine, { scale, shift }: ColumnMap): Affine {
    if (weight.rows === 'rows' || scale.columns !== (side === Side.Inputs ? weight.columns : weight.rows)) {
      throw new InternalError(`${this.layer}: cannot fold ${scale.name} into ${weight.name}: their sizes do not fit.`);
    }
    const folded = {
      weight: this.#transient('foldedWeight', weight.rows, weight.columns),
      bias: this.#transient('foldedBias', 1, bias.columns),
    };
    const operands = [weight, bias, scale, shift, folded.weight, folded.bias];
    this.#emit(Op.Fold, operands, { kind: side, m: weight.rows, n: weight.columns });
    return folded;
  }

  layerNorm(x: Tensor, { gamma, beta }: Scaling, epsilon: number): RowNormalization {
    const output = this.#transient('normalized', x.rows, x.columns);
    const mean = this.#transient('rowMean', x.rows, 1);
    const scale = this.#transient('rowScale', x.rows, 1);
    this.#emit(Op.LayerNorm, [x, gamma, beta, output, mean, scale], { m: x.rows, n: x.columns, p: epsilon });
    return { output, mean, scale };
  }

  layerNormGradient(x: Tensor, dy: Tensor, { mean, scale }: RowNormalization, { gamma, beta }: Normalization): Tensor {
    const sizes = { m: x.rows, n: x.columns };
    this.#emit(Op.LayerNormParameterGradient, [x, dy, mean, scale, gamma.gradient, beta.gradient], sizes);
    const dx = this.#transient('gradient', x.rows, x.columns);
    this.#emit(Op.LayerNormGradient, [x, dy, mean, scale, gamma.value, dx], sizes);
    return dx;
  }

  within<T>(layer: string, number: number, emit: () => T): T {
    const outside = [this.layer, this.#number] as const;
    [this.layer, this.#number] = [layer, number];
    try {
      return emit();
    } finally {
      [this.layer, this.#number] = outside;
    }
  }

  /** The batch's rows of one bound array, as float32 (inputs, dense targets, weights) or class indices. */
  gather(source: Source, columns: number, element: Element, indices = false): Tensor {
    const name = source === Step.Inputs ? 'inputs' : source === Step.Targets ? 'targets' : 'weights';
    const y: Tensor = { name, rows: 'rows', columns, type: indices ? 'i32' : 'f32', space: 'transient' };
    this.#emit(Op.Gather, [y], { kind: element, m: 'rows', n: columns, k: source });
    return y;
  }

  /** (x − mean) · scale per column. */
  standardize(x: Tensor, mean: Tensor, scale: Tensor): Tensor {
    const y = this.#transient('standardized', x.rows, x.columns);
    this.#emit(Op.Standardize, [x, mean, scale, y], { m: x.rows, n: x.columns });
    return y;
  }

  /** A random affine map for each of the batch's images (assembly/augment.ts); angles in turns, shifts in pixels. */
  randomMap(ranges: MapRanges): Tensor {
    const { flipHorizontal, flipVertical, rotate, stretch, shift } = ranges;
    const maps = this.#transient('maps', 'rows', 6);
    this.#emit(Op.RandomMap, [maps], {
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
    const y = this.#transient('warped', x.rows, x.columns);
    this.#emit(Op.Warp, [x, maps, y], { kind: channels, m: x.rows, n: x.columns, k: width });
    return y;
  }

  /** x + normal numbers of that deviation. */
  noise(x: Tensor, deviation: number): Tensor {
    const y = this.#transient('noisy', x.rows, x.columns);
    this.#emit(Op.Noise, [x, y], { m: x.rows, n: x.columns, p: deviation });
    return y;
  }

  /** The loss of each row of z against t, with its gradient if asked for; `parameter` is the δ of huber. */
  loss(kind: Loss, z: Tensor, t: Tensor, w: Tensor | undefined, withGradient: boolean, parameter: number): LossTensors {
    const rowLoss = this.#transient('rowLoss', z.rows, 1);
    const gradient = withGradient ? this.#transient('gradient', z.rows, z.columns) : undefined;
    const sizes = { m: z.rows, n: z.columns };
    this.#emit(Op.Loss, [z, t, w, gradient, rowLoss], { kind, ...sizes, flags: denseFlag(t), p: parameter });
    return { rowLoss, gradient };
  }

  /** Adds this batch to the accumulators of a metric. */
  metric(kind: Metric, loss: Loss, z: Tensor, t: Tensor, into: Tensor): void {
    if (into.columns !== accumulators(kind, z.columns))
      throw new InternalError(`metric ${kind} has other accumulators.`);
    this.#emit(Op.Metric, [z, t, into], { kind, k: loss, m: z.rows, n: z.columns, flags: denseFlag(t) });
  }

  /** The partial sums of λ₂/2 Σ w² + λ₁ Σ |w| over a range of parameters; adds its slope to the gradient, if there is one. */
  penalty(w: Tensor, g: Tensor | undefined, { l1, l2 }: PenaltyStrengths, into: Tensor): void {
    this.#emit(Op.Penalty, [w, g, into], { n: w.columns, p: l2, q: l1 });
  }

  /** Cuts every element of a range of gradients to ±c. */
  clip(g: Tensor, c: number): void {
    this.#emit(Op.Clip, [g], { n: g.columns, p: c });
  }

  /** The partial sums of Σ g² over a range of gradients. */
  squareSum(g: Tensor, into: Tensor): void {
    this.#emit(Op.SquareSum, [g, into], { n: g.columns });
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
    this.#emit(Op.Verdict, [rowLoss, w, penalties, squares], {
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
    this.#emit(Op.Optimizer, [theta, g, states[0], states[1]], {
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
    this.#emit(Op.SoftThreshold, [w], { n: w.columns, p: lambda });
  }

  /** Scales the rows of a matrix of parameters whose norm exceeds c to norm c. */
  maxNorm(w: Tensor, c: number): void {
    this.#emit(Op.MaxNorm, [w], { m: w.rows, n: w.columns, p: c });
  }

  /** Fills a range with random numbers: uniform on [p, q), or normal with mean p and deviation q. */
  random(kind: Distribution, into: Tensor, count: number, stream: number, p: number, q: number): void {
    this.#emit(Op.Random, [into], { kind, n: count, k: stream, p, q });
  }

  /** A transient row of float64 partial sums. */
  doubles(name: string, count: number): Tensor {
    return { name: this.#name(name), rows: 1, columns: count, type: 'f64', space: 'transient' };
  }

  #transient(name: string, rows: Size, columns: number): Tensor {
    return { name: this.#name(name), rows, columns, type: 'f32', space: 'transient' };
  }

  #name(name: string): string {
    return this.layer ? `${this.layer}.${name}` : name;
  }

  #emit(
    op: Op,
    operands: (Tensor | undefined)[],
    rest: Partial<Pick<Instruction, 'kind' | 'flags' | 'm' | 'n' | 'k' | 'p' | 'q' | 'r' | 's' | 't' | 'u'>>,
  ): void {
    const sizes = { kind: 0, flags: 0, m: 0, n: 0, k: 0, p: 0, q: 0, r: 0, ...rest };
    this.instructions.push({ op, operands, layer: this.layer, ...sizes });
  }
}

function denseFlag(t: Tensor): number {
  return t.type === 'i32' ? 0 : Flag.DenseTargets;
}
