import type { Random } from '../random.js';
import type { Region } from '../runtime/arena.js';
import type { Runtime } from '../runtime/runtime.js';
import type { BlockReader } from './blockreader.js';
import type { Blocks, Range } from './blocks.js';
import { ReadAhead } from './readahead.js';
import { type Examples, ResidentExamples, residentBytes } from './resident.js';
import { orderBytes, type RowForm, reserveOrder, type Stretch, type Supply } from './supply.js';

/** Bytes that a data set takes in the arena. */
export function dataSupplyBytes(form: Examples, blocks: Blocks, ordered: boolean): number {
  return residentBytes(form, blocks.largest) + (ordered ? orderBytes(blocks.largest) : 0);
}

/**
 * Rows of a data set, of which one block is in the arena and the next one is being read. In an epoch that is shuffled,
 * `random` first draws the order of the blocks, and then, block after block, that of the rows within.
 */
export class DataSupply implements Supply {
  readonly rows: number;
  readonly form: RowForm;
  readonly #runtime: Runtime;
  readonly #blocks: Blocks;
  readonly #ahead: ReadAhead;
  readonly #here: ResidentExamples;
  readonly #order: Region | undefined;
  #random: Random | undefined;

  /**
   * @param form an example of what the rows look like
   * @param ordered whether epochs will be shuffled
   */
  constructor(runtime: Runtime, label: string, reader: BlockReader, form: Examples, blocks: Blocks, ordered: boolean) {
    this.rows = blocks.rows;
    this.#runtime = runtime;
    this.#blocks = blocks;
    this.#ahead = new ReadAhead(reader);
    this.#here = new ResidentExamples(runtime, label, form, blocks.largest);
    try {
      this.#order = ordered ? reserveOrder(runtime, blocks.largest) : undefined;
    } catch (error) {
      this.#here.release();
      throw error;
    }
    const { bytes, dense, weighted } = this.#here;
    this.form = { bytes, dense, weighted };
  }

  begin(random: Random | undefined, most: number): void {
    this.#random = random;
    const order = Uint32Array.from({ length: this.#blocks.count }, (_, i) => i);
    random?.shuffle(order);
    this.#ahead.begin(rangesOf(this.#blocks, order, most));
  }

  next(): Stretch | Promise<void> | undefined {
    const examples = this.#ahead.next();
    if (!examples || examples instanceof Promise) return examples;
    const { rows } = examples.x;
    this.#here.write(examples);
    let order = 0;
    if (this.#order && this.#random) {
      order = this.#order.offset;
      const indices = this.#runtime.words(order, rows);
      for (let i = 0; i < rows; i++) indices[i] = i;
      this.#random.shuffle(indices);
    }
    return { rows, bind: (program) => this.#here.bind(program, order) };
  }

  release(): void {
    this.#ahead.end();
    this.#here.release();
    if (this.#order) this.#runtime.release(this.#order);
  }
}

/** Blocks in an order, as long as fewer than `most` rows were in those before. */
function* rangesOf(blocks: Blocks, order: Uint32Array, most: number): Generator<Range, void> {
  let before = 0;
  for (const block of order) {
    if (before >= most) return;
    const range = blocks.at(block);
    before += range.rows;
    yield range;
  }
}
