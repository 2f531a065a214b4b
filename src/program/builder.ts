import {
  Activation,
  type Distribution,
  type Element,
  Flag,
  type Loss,
  type Metric,
  Op,
  type Optimizer,
  Step,
} from '../../assembly/abi.js';
import { InternalError } from '../errors.js';
import { accumulators, packedElements, partials } from './ops.js';
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
  /** dy · f′, from the output y of `activation`. */
  activationGradient(kind: Activation, y: Tensor, dy: Tensor, parameter: number): Tensor;
  /** Softmax over each row. */
  softmax(x: Tensor): Tensor;
  /** The gradient of `softmax`, from its output y. */
  softmaxGradient(y: Tensor, dy: Tensor): Tensor;
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

/** Collects the operations of one program in order. */
export class ProgramBuilder implements Builder {
  readonly instructions: Instruction[] = [];
  /** The layer that is being built; names what it emits. */
  layer = '';
  readonly #parameters: ReadonlyMap<string, Parameter>;

  constructor(parameters: ReadonlyMap<string, Parameter>) {
    this.#parameters = parameters;
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
      columns: packedElements(1, n),
      type: 'f32',
      space: 'transient',
    };
    this.#emit(Op.PackB, [b, panels], { n, k, flags: transposeB ? Flag.TransposeB : 0 });
    const c = into ?? this.#transient(name, m, n);
    this.#emit(Op.Gemm, [a, panels, c, bias], { m, n, k, flags: transposeA ? Flag.TransposeA : 0 });
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

  activationGradient(kind: Activation, y: Tensor, dy: Tensor, parameter: number): Tensor {
    if (kind === Activation.Linear) return dy;
    const dx = this.#transient('gradient', y.rows, y.columns);
    this.#emit(Op.ActivationGradient, [y, dy, dx], { kind, m: y.rows, n: y.columns, p: parameter });
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

  /** The loss of each row of z against t, with its gradient if asked for. */
  loss(kind: Loss, z: Tensor, t: Tensor, w: Tensor | undefined, withGradient: boolean): LossTensors {
    const rowLoss = this.#transient('rowLoss', z.rows, 1);
    const gradient = withGradient ? this.#transient('gradient', z.rows, z.columns) : undefined;
    this.#emit(Op.Loss, [z, t, w, gradient, rowLoss], { kind, m: z.rows, n: z.columns, flags: denseFlag(t) });
    return { rowLoss, gradient };
  }

  /** Adds this batch to the accumulators of a metric. */
  metric(kind: Metric, loss: Loss, z: Tensor, t: Tensor, into: Tensor): void {
    if (into.columns !== accumulators(kind, z.columns))
      throw new InternalError(`metric ${kind} has other accumulators.`);
    this.#emit(Op.Metric, [z, t, into], { kind, k: loss, m: z.rows, n: z.columns, flags: denseFlag(t) });
  }

  /** The partial sums of λ/2 Σ w² over a range of parameters; adds λ w to the gradient where one is given. */
  penalty(w: Tensor, g: Tensor | undefined, l2: number, into: Tensor): void {
    this.#emit(Op.Penalty, [w, g, into], { n: w.columns, p: l2 });
  }

  /** The partial sums of Σ g². */
  squareSum(g: Tensor): Tensor {
    const partial = this.doubles('squares', partials(g.columns));
    this.#emit(Op.SquareSum, [g, partial], { n: g.columns });
    return partial;
  }

  /** Loss, penalty and gradient norm of the step, and whether its update may happen. */
  verdict(rowLoss: Tensor, w: Tensor | undefined, penalties: Tensor | undefined, squares: Tensor | undefined): void {
    this.#emit(Op.Verdict, [rowLoss, w, penalties, squares], {
      m: 'rows',
      n: penalties?.columns ?? 0,
      k: squares?.columns ?? 0,
    });
  }

  /** Updates a range of parameters. `hyper` are the rule's immediates (assembly/optimizers.ts). */
  optimizer(
    kind: Optimizer,
    theta: Tensor,
    g: Tensor,
    states: readonly Tensor[],
    hyper: readonly [number, number, number],
  ): void {
    const [p, q, r] = hyper;
    this.#emit(Op.Optimizer, [theta, g, states[0], states[1]], { kind, n: theta.columns, p, q, r });
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
    rest: Partial<Pick<Instruction, 'kind' | 'flags' | 'm' | 'n' | 'k' | 'p' | 'q' | 'r'>>,
  ): void {
    const sizes = { kind: 0, flags: 0, m: 0, n: 0, k: 0, p: 0, q: 0, r: 0, ...rest };
    this.instructions.push({ op, operands, layer: this.layer, ...sizes });
  }
}

function denseFlag(t: Tensor): number {
  return t.type === 'i32' ? 0 : Flag.DenseTargets;
}
