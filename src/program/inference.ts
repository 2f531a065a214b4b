import { Activation, type Element, Flag, Op, Side, Step, type Tile } from '../../assembly/abi.js';
import { InternalError } from '../errors.js';
import type { Access } from './operation.js';
import { packedElements } from './panels.js';
import type { Parameter, Size, Tensor } from './tensor.js';

/** One operation before it has addresses: operands A, B, C … as tensors, sizes that may follow the batch. */
export interface Instruction {
  readonly op: Op;
  /** What it does with its operands. */
  readonly row: Access;
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

/** Mean and variance of every column, each [1, n]. */
export interface Statistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** What a normalization multiplies by and adds, each [1, n]. */
export interface Scaling {
  readonly gamma: Tensor;
  readonly beta: Tensor;
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

/** Where a bound array is found: the words of the step block that Gather can read. */
export type Source = Step.Inputs | Step.Targets | Step.Weights;

/**
 * What layers see of a program that predicts: each method emits operations and returns the tensor they write. Matrices are
 * row-major; a batch is `[rows, features]`.
 */
export interface InferenceBuilder {
  /** The parameter `name` of the layer being built, declared by the layer with that shape. */
  parameter(name: string): Parameter;
  /** a · b (+ bias), each side transposed on request; into a given tensor (a gradient) or a new one. */
  multiply(a: Tensor, b: Tensor, options?: MultiplyOptions): Tensor;
  /** f(x) elementwise; `parameter` is the slope or α of those that have one. */
  activation(kind: Activation, x: Tensor, parameter: number): Tensor;
  /** Softmax over each row. */
  softmax(x: Tensor): Tensor;
  /** a + b elementwise. */
  add(a: Tensor, b: Tensor): Tensor;
  /** (x − mean) · γ / √(variance + ε) + β per column. */
  normalize(x: Tensor, statistics: Statistics, affine: Scaling, epsilon: number): Tensor;
  /** The affine map of each column that `normalize` with fixed statistics is. */
  normalizationScale(statistics: Statistics, affine: Scaling, epsilon: number): ColumnMap;
  /** The weights and biases of a dense layer with a map of each of its outputs (or inputs) folded in. */
  fold(side: Side, dense: Affine, map: ColumnMap): Affine;
  /** γ (x − mean) / √(variance + ε) + β per row; what the gradient needs comes with it. */
  layerNorm(x: Tensor, affine: Scaling, epsilon: number): RowNormalization;
  /** Emits as the layer of that name; `number` tells it from all other layers of the model. */
  within<T>(layer: string, number: number, emit: () => T): T;
}

/** Collects the operations of one program in order: those of which predictions consist. */
export abstract class InferenceProgramBuilder implements InferenceBuilder {
  readonly instructions: Instruction[] = [];
  /** The layer that is being built; names what it emits. */
  layer = '';
  protected number = 0;
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
    this.emit(Op.PackB, [b, panels], { kind: this.#tile, n, k, flags: transposeB ? Flag.TransposeB : 0 });
    const c = into ?? this.transient(name, m, n);
    this.emit(Op.Gemm, [a, panels, c, bias], { kind: this.#tile, m, n, k, flags: transposeA ? Flag.TransposeA : 0 });
    return c;
  }

  activation(kind: Activation, x: Tensor, parameter: number): Tensor {
    if (kind === Activation.Linear) return x;
    const y = this.transient('output', x.rows, x.columns);
    this.emit(Op.Activation, [x, y], { kind, m: x.rows, n: x.columns, p: parameter });
    return y;
  }

  softmax(x: Tensor): Tensor {
    const y = this.transient('softmax', x.rows, x.columns);
    this.emit(Op.Softmax, [x, y], { m: x.rows, n: x.columns });
    return y;
  }

  add(a: Tensor, b: Tensor): Tensor {
    const c = this.transient('sum', a.rows, a.columns);
    this.emit(Op.Add, [a, b, c], { m: a.rows, n: a.columns });
    return c;
  }

  normalize(x: Tensor, { mean, variance }: Statistics, { gamma, beta }: Scaling, epsilon: number): Tensor {
    const y = this.transient('normalized', x.rows, x.columns);
    this.emit(Op.Normalize, [x, mean, variance, gamma, beta, y], { m: x.rows, n: x.columns, p: epsilon });
    return y;
  }

  normalizationScale({ mean, variance }: Statistics, { gamma, beta }: Scaling, epsilon: number): ColumnMap {
    const scale = this.transient('scale', 1, mean.columns);
    const shift = this.transient('shift', 1, mean.columns);
    const operands = [mean, variance, gamma, beta, scale, shift];
    this.emit(Op.NormalizationScale, operands, { n: mean.columns, p: epsilon });
    return { scale, shift };
  }

  fold(side: Side, { weight, bias }: Affine, { scale, shift }: ColumnMap): Affine {
    if (weight.rows === 'rows' || scale.columns !== (side === Side.Inputs ? weight.columns : weight.rows)) {
      throw new InternalError(`${this.layer}: cannot fold ${scale.name} into ${weight.name}: their sizes do not fit.`);
    }
    const folded = {
      weight: this.transient('foldedWeight', weight.rows, weight.columns),
      bias: this.transient('foldedBias', 1, bias.columns),
    };
    const operands = [weight, bias, scale, shift, folded.weight, folded.bias];
    this.emit(Op.Fold, operands, { kind: side, m: weight.rows, n: weight.columns });
    return folded;
  }

  layerNorm(x: Tensor, { gamma, beta }: Scaling, epsilon: number): RowNormalization {
    const output = this.transient('normalized', x.rows, x.columns);
    const mean = this.transient('rowMean', x.rows, 1);
    const scale = this.transient('rowScale', x.rows, 1);
    this.emit(Op.LayerNorm, [x, gamma, beta, output, mean, scale], { m: x.rows, n: x.columns, p: epsilon });
    return { output, mean, scale };
  }

  within<T>(layer: string, number: number, emit: () => T): T {
    const outside = [this.layer, this.number] as const;
    [this.layer, this.number] = [layer, number];
    try {
      return emit();
    } finally {
      [this.layer, this.number] = outside;
    }
  }

  /** The batch's rows of one bound array, as float32 (inputs, dense targets, weights) or class indices. */
  gather(source: Source, columns: number, element: Element, indices = false): Tensor {
    const name = source === Step.Inputs ? 'inputs' : source === Step.Targets ? 'targets' : 'weights';
    const y: Tensor = { name, rows: 'rows', columns, type: indices ? 'i32' : 'f32', space: 'transient' };
    this.emit(Op.Gather, [y], { kind: element, m: 'rows', n: columns, k: source });
    return y;
  }

  /** (x − mean) · scale per column. */
  standardize(x: Tensor, mean: Tensor, scale: Tensor): Tensor {
    const y = this.transient('standardized', x.rows, x.columns);
    this.emit(Op.Standardize, [x, mean, scale, y], { m: x.rows, n: x.columns });
    return y;
  }

  /** A new tensor of float32, named after the layer that is being built. */
  protected transient(name: string, rows: Size, columns: number): Tensor {
    return { name: this.name(name), rows, columns, type: 'f32', space: 'transient' };
  }

  protected name(name: string): string {
    return this.layer ? `${this.layer}.${name}` : name;
  }

  /** What an operation does with its operands; it must be one that this builder has. */
  protected abstract rowOf(op: Op): Access;

  protected emit(
    op: Op,
    operands: (Tensor | undefined)[],
    rest: Partial<Pick<Instruction, 'kind' | 'flags' | 'm' | 'n' | 'k' | 'p' | 'q' | 'r' | 's' | 't' | 'u'>>,
  ): void {
    const sizes = { kind: 0, flags: 0, m: 0, n: 0, k: 0, p: 0, q: 0, r: 0, ...rest };
    this.instructions.push({ op, row: this.rowOf(op), operands, layer: this.layer, ...sizes });
  }
}
