import { checkPositiveInteger, refuse } from '../errors.js';
import type { Inputs } from './inputs.js';

/** Some rows of a data set, with their targets `Y`. */
export interface Block<Y> {
  /** The inputs, as `fit` takes them. Every block of a data set must hold the same type. */
  readonly x: Inputs;
  /** The targets, one for each row, as `fit` takes them. */
  readonly y: Y;
  /** Weight of each row in the loss, at least 0; in every block, or in none. Default: 1 for all. */
  readonly sampleWeight?: Float32Array;
}

/**
 * Rows that are somewhere else: in a file (`openRows` of `lanegrad/node`), a database, an object store, or made by a
 * program. `fit`, `train`, `fitSync`, `evaluate` and `validationData` take one in place of arrays, and ask it for one block
 * of rows after another, so that it may hold more than memory does.
 *
 * @example
 * const dataset: Dataset<Uint8Array> = {
 *   rows: 1e8,
 *   read: async (first, count) => decode(await fetch(`${address}?first=${first}&count=${count}`)),
 * };
 */
export interface Dataset<Y> {
  /** How many rows there are. */
  readonly rows: number;
  /**
   * How many rows to ask for at a time; `fit` rounds it down to whole batches (one at least). Blocks are shuffled, and rows
   * within a block, so larger ones mix better. Default: about 4 MiB of float32.
   */
  readonly blockRows?: number;
  /**
   * Rows `first` (from 0) to `first + count − 1`, the same ones every time; as a promise where they must be waited for,
   * which `fitSync` and `evaluateSync` do not do. The next block is asked for while this one trains. An error that this
   * throws, or a promise that rejects, ends the fit with that error.
   * @param spare a block that this data set gave earlier and that nobody reads any more: its arrays may be filled again.
   * Until then, arrays that were handed out must stay as they are.
   */
  read(first: number, count: number, spare?: Block<Y>): Block<Y> | Promise<Block<Y>>;
}

/** Whether something given as data is a data set. */
export function isDataset(given: unknown): given is Dataset<unknown> {
  return typeof given === 'object' && given !== null && typeof (given as { read?: unknown }).read === 'function';
}

/** Checks what can be checked of a data set before anything of it is read. @throws ArgumentError */
export function checkDataset(where: string, { rows, blockRows }: Dataset<unknown>): void {
  checkPositiveInteger(where, 'rows', rows);
  if (blockRows !== undefined) checkPositiveInteger(where, 'blockRows', blockRows);
}

/** Checks that what `read` gave is a block. @throws ArgumentError */
export function checkBlock(where: string, given: unknown): asserts given is Block<unknown> {
  if (typeof given !== 'object' || given === null || !('x' in given) || !('y' in given)) {
    refuse(where, '`read` of the data set must give { x, y }', given);
  }
}
