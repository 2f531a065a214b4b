/**
 * `lanegrad/kernels`: the matrix product on its own, for benchmarks and for the curious. Training needs none of this.
 *
 * @module lanegrad/kernels
 */
import { Step } from '../assembly/abi.js';
import { checkOptions, checkPositiveInteger, DisposedError, refuse } from './errors.js';
import { ProgramBuilder } from './program/builder.js';
import { plan } from './program/plan.js';
import { Program } from './program/program.js';
import type { Tensor } from './program/tensor.js';
import type { Region } from './runtime/arena.js';
import { createRuntime, Runtime } from './runtime/runtime.js';

export { createRuntime, type Runtime };

/** Options of a MatrixProduct. */
export interface MatrixProductOptions {
  /** A is stored as [k, m]. Default false: [m, k]. */
  readonly transposeA?: boolean;
  /** B is stored as [n, k]. Default false: [k, n]. */
  readonly transposeB?: boolean;
  /** A runtime to share. Default: one of its own, made by `createRuntime()`. */
  readonly runtime?: Runtime;
}

/**
 * C [m, n] = A [m, k] · B [k, n] in float32, through the same records as training: B is packed, then multiplied.
 * The three products of a dense layer are the three combinations of transposed sides (forward: B; gradient of the
 * weights: A; gradient of the inputs: none).
 */
export class MatrixProduct {
  /** Rows of A and C. */
  readonly m: number;
  /** Columns of B and C. */
  readonly n: number;
  /** Columns of A and rows of B: the terms of each sum. */
  readonly k: number;
  readonly #program: Program;
  readonly #runtime: Runtime;
  readonly #a: Tensor;
  readonly #b: Tensor;
  readonly #c: Tensor;
  readonly #matrices: Region;
  #disposed = false;

  /**
   * Reserves memory for the three matrices.
   * @throws ArgumentError for sizes that are not positive integers, or an unknown option; MemoryLimitError; UnsupportedError as
   * `createRuntime`.
   */
  constructor(m: number, n: number, k: number, options: MatrixProductOptions = {}) {
    for (const [name, size] of Object.entries({ m, n, k })) checkPositiveInteger('MatrixProduct', name, size);
    checkOptions('MatrixProduct', options, ['transposeA', 'transposeB', 'runtime']);
    const { transposeA = false, transposeB = false, runtime = createRuntime() } = options;
    for (const [name, value] of Object.entries({ transposeA, transposeB })) {
      if (typeof value !== 'boolean') refuse('MatrixProduct', `\`${name}\` must be true or false`, value);
    }
    if (!(runtime instanceof Runtime)) refuse('MatrixProduct', '`runtime` must come from createRuntime', runtime);
    this.m = m;
    this.n = n;
    this.k = k;
    this.#runtime = runtime;
    const [a, b, c] = [m * k, k * n, m * n].map((count) => Math.ceil(count / 16) * 16) as [number, number, number];
    const region = runtime.reserve((a + b + c) * 4, `matrices ${m} × ${n} × ${k}`);
    this.#matrices = region;
    const tensor = (name: string, rows: number, columns: number, offset: number): Tensor => ({
      name,
      rows,
      columns,
      type: 'f32',
      space: 'parameters',
      offset: offset * 4,
    });
    this.#a = transposeA ? tensor('A', k, m, 0) : tensor('A', m, k, 0);
    this.#b = transposeB ? tensor('B', n, k, a) : tensor('B', k, n, a);
    this.#c = tensor('C', m, n, a + b);
    const builder = new ProgramBuilder(new Map(), runtime.tile);
    builder.multiply(this.#a, this.#b, { transposeA, transposeB, into: this.#c });
    this.#program = new Program(runtime, 'product', plan(builder.instructions, 1, [], false), { parameters: region });
    this.#program.step.setWord(Step.Rows, 1);
  }

  /** Copies in A and B, in the layout that the options name. @throws ArgumentError for anything but float32 of their sizes. */
  set(a: Float32Array, b: Float32Array): void {
    this.#check('set');
    const { m, n, k } = this;
    for (const [name, values] of [
      ['A', a],
      ['B', b],
    ] as const) {
      if (!(values instanceof Float32Array)) refuse('MatrixProduct.set', `${name} must be a Float32Array`, values);
    }
    if (a.length !== m * k) refuse('MatrixProduct.set', `A must have ${m * k} values`, a);
    if (b.length !== k * n) refuse('MatrixProduct.set', `B must have ${k * n} values`, b);
    this.#view(this.#a).set(a);
    this.#view(this.#b).set(b);
  }

  /** Packs B and multiplies. @throws DisposedError after `dispose`, as `set` and `result`. */
  run(): void {
    this.#check('run');
    this.#program.run(0, this.#program.length);
  }

  /** A copy of C, row-major. */
  result(): Float32Array<ArrayBuffer> {
    this.#check('result');
    return this.#view(this.#c).slice();
  }

  /** Gives the memory back to the runtime; needed only where the runtime is shared. It cannot be used afterwards. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#program.release();
    this.#runtime.release(this.#matrices);
  }

  #check(method: string): void {
    if (this.#disposed) throw new DisposedError(`MatrixProduct.${method}: it was disposed. Help: make another one.`);
  }

  #view(tensor: Tensor): Float32Array {
    const count = (tensor.rows as number) * tensor.columns;
    return this.#runtime.floats(this.#program.address(tensor), count);
  }
}
