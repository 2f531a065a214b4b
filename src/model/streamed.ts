import type { Random } from '../random.js';
import type { Runtime } from '../runtime/runtime.js';
import { Blocks } from './blocks.js';
import { type Examples, ResidentExamples } from './resident.js';
import type { RowForm, Stretch, Supply } from './supply.js';

/**
 * Rows of the caller's arrays that do not fit into the arena as a whole: each block is a run of the same order that resident
 * rows would have, cut between batches, so that all results are the same bits.
 */
export class StreamedSupply implements Supply<never> {
  readonly rows: number;
  readonly form: RowForm;
  readonly #examples: Examples;
  readonly #chosen: Uint32Array | undefined;
  readonly #order: Uint32Array;
  readonly #size: number;
  readonly #unit: number;
  readonly #here: ResidentExamples;
  #blocks: Blocks | undefined;
  #next = 0;

  /**
   * @param chosen the rows of an epoch; undefined: all
   * @param size rows in a block, a multiple of `unit`, the rows of a batch
   * @throws MemoryLimitError if not even a block fits
   */
  constructor(
    runtime: Runtime,
    label: string,
    examples: Examples,
    chosen: Uint32Array | undefined,
    size: number,
    unit: number,
  ) {
    this.rows = chosen?.length ?? examples.x.rows;
    this.#examples = examples;
    this.#chosen = chosen;
    this.#size = size;
    this.#unit = unit;
    this.#here = new ResidentExamples(runtime, label, examples, new Blocks(this.rows, size, unit).largest);
    this.#order = new Uint32Array(this.rows);
    const { bytes, dense, weighted } = this.#here;
    this.form = { bytes, dense, weighted };
  }

  begin(random: Random | undefined, most: number): void {
    if (this.#chosen) this.#order.set(this.#chosen);
    else for (let i = 0; i < this.rows; i++) this.#order[i] = i;
    random?.shuffle(this.#order);
    // an epoch that is cut short has its last batch where a resident one has it
    this.#blocks = new Blocks(Math.min(this.rows, most), this.#size, this.#unit);
    this.#next = 0;
  }

  next(): Stretch | undefined {
    if (!this.#blocks || this.#next === this.#blocks.count) return undefined;
    const { first, rows } = this.#blocks.at(this.#next++);
    this.#here.write(this.#examples, this.#order.subarray(first, first + rows));
    return { rows, bind: (program) => this.#here.bind(program, 0) };
  }

  release(): void {
    this.#here.release();
  }
}
