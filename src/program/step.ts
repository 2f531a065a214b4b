import { STEP_BYTES, Step } from '../../assembly/abi.js';

/**
 * The step block of a program: what changes from step to step (layout: assembly/abi.ts). Views are kept until memory
 * grows, so that setting a field costs one store and allocates nothing.
 */
export class StepBlock {
  readonly #memory: { readonly buffer: ArrayBufferLike };
  readonly #offset: number;
  #buffer: ArrayBufferLike | undefined;
  #words: Uint32Array = new Uint32Array(0);
  #floats: Float32Array = new Float32Array(0);
  #doubles: Float64Array = new Float64Array(0);

  constructor(memory: { readonly buffer: ArrayBufferLike }, offset: number) {
    this.#memory = memory;
    this.#offset = offset;
  }

  #refresh(): void {
    const { buffer } = this.#memory;
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.#words = new Uint32Array(buffer, this.#offset, STEP_BYTES / 4);
    this.#floats = new Float32Array(buffer, this.#offset, STEP_BYTES / 4);
    this.#doubles = new Float64Array(buffer, this.#offset, STEP_BYTES / 8);
  }

  /** Sets an integer or pointer field. */
  setWord(field: Step, value: number): void {
    this.#refresh();
    this.#words[field] = value;
  }

  /** Sets a float32 field. */
  setFloat(field: Step, value: number): void {
    this.#refresh();
    this.#floats[field] = value;
  }

  /** Reads an integer field. */
  word(field: Step): number {
    this.#refresh();
    return this.#words[field] as number;
  }

  /** Reads a float64 field. */
  double(field: Step): number {
    this.#refresh();
    return this.#doubles[field >> 1] as number;
  }

  /** Sets a float64 field. */
  setDouble(field: Step, value: number): void {
    this.#refresh();
    this.#doubles[field >> 1] = value;
  }

  /** Sets the running totals to zero. */
  clearTotals(): void {
    this.#refresh();
    for (const field of [Step.TotalLoss, Step.TotalDataLoss, Step.TotalWeight]) this.#doubles[field >> 1] = 0;
  }
}
