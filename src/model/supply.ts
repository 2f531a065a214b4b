/** Where the rows of an epoch come from: all of them at once, or block after block. */
import type { Program } from '../program/program.js';
import type { Random } from '../random.js';
import { align, type Region } from '../runtime/arena.js';
import type { Runtime } from '../runtime/runtime.js';
import type { ResidentExamples } from './resident.js';

/** What work yields: `undefined` where it gives the event loop back, a promise where it cannot go on before that settles. */
export type Waiting = Promise<void> | undefined;

/** Rows of an epoch that are in the arena, in the order in which they are used. */
export interface Stretch {
  readonly rows: number;
  /** Points a program's step block at them: its first row is then 0. Good until the next stretch is asked for. */
  bind(program: Program): void;
}

/** What rows look like, for the programs that use them. */
export interface RowForm {
  /** Inputs are stored as uint8. */
  readonly bytes: boolean;
  /** Targets are rows of values, not class indices. */
  readonly dense: boolean;
  /** Rows have weights. */
  readonly weighted: boolean;
}

/** Rows, epoch by epoch. `Wait` is `never` where they never have to be waited for. */
export interface Supply<Wait extends Promise<void> = Promise<void>> {
  /** Rows in an epoch. */
  readonly rows: number;
  readonly form: RowForm;
  /**
   * Begins an epoch, also where the one before was left early.
   * @param random draws the order; without it rows come in their own order
   * @param most rows of it that will be used
   */
  begin(random: Random | undefined, most: number): void;
  /** The next stretch; a promise after which to ask again; or `undefined` at the end of the epoch. */
  next(): Stretch | Wait | undefined;
  /** Gives the memory back. */
  release(): void;
}

/** The next stretch, when it is there; `undefined` at the end of the epoch, or where `ended` while it was waited for. */
export function* nextStretch<Wait extends Promise<void>>(
  supply: Supply<Wait>,
  ended: () => boolean = () => false,
): Generator<Wait, Stretch | undefined> {
  for (;;) {
    const next = supply.next();
    if (!(next instanceof Promise)) return next;
    yield next;
    if (ended()) return undefined;
  }
}

/** Bytes that the row numbers of an epoch take in the arena. */
export function orderBytes(rows: number): number {
  return align(rows * 4);
}

/** Row numbers in the arena. */
export function reserveOrder(runtime: Runtime, rows: number): Region {
  return runtime.reserve(orderBytes(rows), 'order of rows');
}

/** Examples that are in the arena as a whole, and an order of some or all of their rows: one stretch. */
export class ResidentSupply implements Supply<never> {
  readonly examples: ResidentExamples;
  /** The rows of an epoch; undefined: all. */
  readonly chosen: Uint32Array | undefined;
  readonly #runtime: Runtime;
  readonly #order: Region | undefined;
  #given = false;

  /** @param order where the numbers of the chosen rows have their place; it may be missing if all rows come in their order */
  constructor(
    runtime: Runtime,
    examples: ResidentExamples,
    chosen: Uint32Array | undefined,
    order: Region | undefined,
  ) {
    this.#runtime = runtime;
    this.examples = examples;
    this.chosen = chosen;
    this.#order = order;
  }

  get rows(): number {
    return this.chosen?.length ?? this.examples.rows;
  }

  get form(): RowForm {
    const { bytes, dense, weighted } = this.examples;
    return { bytes, dense, weighted };
  }

  /** Other rows of the same examples, at most as many, with their numbers in the same place. */
  among(chosen: Uint32Array): ResidentSupply {
    return new ResidentSupply(this.#runtime, this.examples, chosen, this.#order);
  }

  begin(random: Random | undefined): void {
    this.#given = false;
    if (!this.#order) return;
    const { rows, chosen } = this;
    const indices = this.#runtime.words(this.#order.offset, rows);
    if (chosen) indices.set(chosen);
    else for (let i = 0; i < rows; i++) indices[i] = i;
    random?.shuffle(indices);
  }

  next(): Stretch | undefined {
    if (this.#given) return undefined;
    this.#given = true;
    return this;
  }

  bind(program: Program): void {
    this.examples.bind(program, this.#order?.offset ?? 0);
  }

  /** Gives the place of the order back; the examples belong to whoever put them there. */
  release(): void {
    if (this.#order) this.#runtime.release(this.#order);
  }
}
