import { Step } from '../../assembly/abi.js';
import type { Matrix } from '../data/inputs.js';
import type { TargetMatrix } from '../data/targets.js';
import type { Program } from '../program/program.js';
import { align, type Region } from '../runtime/arena.js';
import type { Runtime } from '../runtime/runtime.js';

/** Inputs with targets and row weights, checked. */
export interface Examples {
  readonly x: Matrix;
  readonly t: TargetMatrix;
  readonly weights: Float32Array | undefined;
}

/** Bytes that examples take in the arena, in the type they come in. */
export function residentBytes({ x, t, weights }: Examples): number {
  return align(x.data.byteLength) + align(t.data.byteLength) + align(weights?.byteLength ?? 0);
}

/** Examples in the arena: stored once, in their own type, and bound to programs by pointer. */
export class ResidentExamples {
  readonly rows: number;
  readonly bytes: boolean;
  readonly dense: boolean;
  readonly weighted: boolean;
  readonly #runtime: Runtime;
  readonly #region: Region;
  readonly #scale: number;
  readonly #targets: number;
  readonly #weights: number;

  /** Copies examples into the arena. @throws MemoryLimitError if they do not fit. */
  constructor(runtime: Runtime, label: string, examples: Examples) {
    const { x, t, weights } = examples;
    this.rows = x.rows;
    this.bytes = x.data instanceof Uint8Array;
    this.dense = t.kind === 'values';
    this.weighted = weights !== undefined;
    this.#runtime = runtime;
    this.#scale = x.scale;
    this.#region = runtime.reserve(residentBytes(examples), label);
    const { offset } = this.#region;
    this.#targets = offset + align(x.data.byteLength);
    this.#weights = weights ? this.#targets + align(t.data.byteLength) : 0;
    if (x.data instanceof Uint8Array) runtime.bytes(offset, x.data.length).set(x.data);
    else runtime.floats(offset, x.data.length).set(x.data);
    if (t.kind === 'values') runtime.floats(this.#targets, t.data.length).set(t.data);
    else runtime.words(this.#targets, t.data.length).set(t.data);
    if (weights) runtime.floats(this.#weights, weights.length).set(weights);
  }

  /** Points a program's step block at this data; `indices` is the address of row numbers, or 0 for stored order. */
  bind(program: Program, indices: number): void {
    const { step } = program;
    step.setWord(Step.Inputs, this.#region.offset);
    step.setWord(Step.Targets, this.#targets);
    step.setWord(Step.Weights, this.#weights);
    step.setWord(Step.Indices, indices);
    step.setFloat(Step.InputScale, this.#scale);
  }

  /** Gives the memory back. */
  release(): void {
    this.#runtime.release(this.#region);
  }
}
