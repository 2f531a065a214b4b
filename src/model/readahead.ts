import type { Block } from '../data/dataset.js';
import type { BlockReader } from './blockreader.js';
import type { Range } from './blocks.js';
import type { Examples } from './resident.js';

/** A read that was begun. */
interface Reading {
  readonly range: Range;
  /** Settles, and never rejects, when `outcome` is there. */
  wait?: Promise<void>;
  outcome?: { readonly block: Block<unknown> } | { readonly error: unknown };
}

/**
 * Blocks of a data set in a given order, each one asked for while the one before it is used. Two sets of the data set's
 * arrays are in turn, so a data set that fills them again allocates nothing.
 */
export class ReadAhead {
  readonly #reader: BlockReader;
  #ranges: Iterator<Range> | undefined;
  #reading: Reading | undefined;
  /** The block that is in use, and the one before it, whose arrays may be filled again. */
  #used: Block<unknown> | undefined;
  #spare: Block<unknown> | undefined;

  constructor(reader: BlockReader) {
    this.#reader = reader;
  }

  /** Begins to read blocks; a read from before that is still under way is not waited for, and its result dropped. */
  begin(ranges: Iterable<Range>): void {
    this.#ranges = ranges[Symbol.iterator]();
    this.#start();
  }

  /**
   * The next block; a promise after which to ask again; or `undefined` where there are no more. Good until the next one is asked
   * for.
   * @throws what `read` threw or rejected with; ArgumentError for a block that cannot be used
   */
  next(): Examples | Promise<void> | undefined {
    const reading = this.#reading;
    if (!reading) return undefined;
    const { range, outcome, wait } = reading;
    if (!outcome) return wait;
    this.#reading = undefined;
    if ('error' in outcome) throw outcome.error;
    this.#spare = this.#used;
    this.#used = outcome.block;
    this.#start();
    return this.#reader.examples(outcome.block, range);
  }

  /** Forgets whatever was read or is being read. */
  end(): void {
    this.#ranges = undefined;
    this.#reading = undefined;
    this.#used = undefined;
    this.#spare = undefined;
  }

  #start(): void {
    const next = this.#ranges?.next();
    if (!next || next.done) {
      this.#reading = undefined;
      return;
    }
    const range = next.value;
    const reading: Reading = { range };
    this.#reading = reading;
    const spare = this.#spare;
    this.#spare = undefined;
    try {
      const given = this.#reader.dataset.read(range.first, range.rows, spare);
      if (!isThenable(given)) {
        reading.outcome = { block: given };
        return;
      }
      // handled here and now: a read that nobody waits for any more may fail without harm
      reading.wait = Promise.resolve(given).then(
        (block) => {
          reading.outcome = { block };
        },
        (error: unknown) => {
          reading.outcome = { error };
        },
      );
    } catch (error) {
      reading.outcome = { error };
    }
  }
}

function isThenable<T>(given: T | Promise<T>): given is Promise<T> {
  return typeof given === 'object' && given !== null && typeof (given as { then?: unknown }).then === 'function';
}
