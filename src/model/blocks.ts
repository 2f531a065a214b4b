/** How rows are cut into blocks that are in memory one at a time. */

/** A run of rows. */
export interface Range {
  readonly first: number;
  readonly rows: number;
}

/** Bytes of a block, as float32: what a disk reads at full speed, and caches hold while it is copied, checked and trained on. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/** Rows in a block: whole batches of `unit` rows, at least one. @param wanted default: as many as have BLOCK_BYTES */
export function blockRows(unit: number, rowValues: number, wanted = Math.floor(BLOCK_BYTES / (4 * rowValues))): number {
  return Math.max(unit, wanted - (wanted % unit));
}

/**
 * Rows in blocks of `size` rows, a multiple of `unit`. What is left over is a block too, unless it is shorter than `unit`: then
 * it joins the last one, so that batches of `unit` rows fall as in one piece, and no block is shorter than one.
 */
export class Blocks {
  readonly rows: number;
  readonly count: number;
  /** Rows in the largest block. */
  readonly largest: number;
  readonly #first: number;
  readonly #size: number;

  /** @param first number of the first row */
  constructor(rows: number, size: number, unit: number, first = 0) {
    const whole = Math.floor(rows / size);
    const rest = rows - whole * size;
    this.rows = rows;
    this.count = Math.max(1, rest >= unit ? whole + 1 : whole);
    this.#first = first;
    this.#size = size;
    this.largest = Math.max(this.at(0).rows, this.at(this.count - 1).rows);
  }

  /** The block with that number, from 0. */
  at(block: number): Range {
    const begin = block * this.#size;
    const end = block === this.count - 1 ? this.rows : begin + this.#size;
    return { first: this.#first + begin, rows: end - begin };
  }
}
