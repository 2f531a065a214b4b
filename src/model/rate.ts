import { checkOneOf, refuse, short } from '../errors.js';
import { LARGEST_RATE, type Rate, type Schedule, scheduleOf } from '../nn/schedules.js';
import { higherIsBetter } from './history.js';

/** How far `reduceOnPlateau` has come: the best figure, epochs since, and reductions so far. Part of a checkpoint. */
export interface PlateauState {
  readonly best: number | null;
  readonly since: number;
  readonly reductions: number;
}

/** Refuses a plateau schedule that watches a figure which the model does not have. */
export function checkMonitor(where: string, rate: Rate, metrics: readonly string[]): void {
  if (typeof rate !== 'object' || rate.kind !== 'reduceOnPlateau' || rate.monitor === undefined) return;
  const keys = ['loss', ...metrics];
  checkOneOf(`${where}, learningRate`, 'monitor', rate.monitor, [...keys.map((key) => `val_${key}`), ...keys]);
}

/** The learning rate of a model: a constant, a schedule at its counter, or a function of the user's. */
export class LearningRate {
  readonly #rate: number | Schedule | ((t: number) => number);
  #plateau: PlateauState = { best: null, since: 0, reductions: 0 };
  #t: number | undefined;
  #latest: number | undefined;

  constructor(rate: Rate) {
    this.#rate = typeof rate === 'object' ? scheduleOf('optimizer', rate) : rate;
  }

  /**
   * The rate of an update. `update` and `epoch` count from 0 over the model's whole life.
   * @throws ArgumentError if a schedule gives something that is no rate.
   */
  at(update: number, epoch: number): number {
    const rate = this.#rate;
    if (typeof rate === 'number') return rate;
    const t = typeof rate === 'function' ? update : this.#counter(rate, update, epoch);
    // most of the time for schedules by epoch
    if (t === this.#t) return this.#latest as number;
    const value = this.#checked(rate, t, update);
    this.#t = t;
    this.#latest = value;
    return value;
  }

  /** The same for an update that is only thought of: nothing is remembered of it. @throws ArgumentError as `at`. */
  preview(update: number, epoch: number): number {
    const rate = this.#rate;
    if (typeof rate === 'number') return rate;
    return this.#checked(rate, typeof rate === 'function' ? update : this.#counter(rate, update, epoch), update);
  }

  #checked(rate: Schedule | ((t: number) => number), t: number, update: number): number {
    const value: unknown = typeof rate === 'function' ? rate(t) : rate.at(t);
    if (typeof value !== 'number' || !(value >= 0 && value <= LARGEST_RATE)) {
      const rule = `the schedule must give a number from 0 to ${short(LARGEST_RATE)}, also at step ${update + 1} (t = ${t})`;
      const help = 'mend the function; the model stands at the step before, from where `fit` goes on.';
      refuse('learningRate', rule, value, help);
    }
    return value;
  }

  #counter({ per }: Schedule, update: number, epoch: number): number {
    if (per === 'plateau') return this.#plateau.reductions;
    return per === 'epoch' ? epoch : update;
  }

  /** The rate of the last update, for messages; before the first one that of t = 0. */
  get latest(): number {
    return typeof this.#rate === 'number' ? this.#rate : (this.#latest ?? this.at(0, 0));
  }

  /** Whether it is a function of the user's, which neither a file nor another thread can be given. */
  get isFunction(): boolean {
    return typeof this.#rate === 'function';
  }

  /** The figure that `reduceOnPlateau` watches; undefined for all other rates. */
  monitor(validated: boolean): string | undefined {
    if (typeof this.#rate !== 'object' || this.#rate.kind !== 'reduceOnPlateau') return undefined;
    return this.#rate.monitor ?? (validated ? 'val_loss' : 'loss');
  }

  /** Takes the figures of an epoch: after `patience` epochs without a better one, the rate is reduced. */
  observe(logs: Readonly<Record<string, number>>): void {
    const rate = this.#rate;
    const key = this.monitor('val_loss' in logs);
    if (key === undefined || typeof rate !== 'object' || rate.kind !== 'reduceOnPlateau') return;
    const value = logs[key] as number;
    const { best, since, reductions } = this.#plateau;
    if (best === null ? Number.isFinite(value) : higherIsBetter(key) ? value > best : value < best) {
      this.#plateau = { best: value, since: 0, reductions };
    } else if (since + 1 < rate.patience) this.#plateau = { best, since: since + 1, reductions };
    else this.#plateau = { best, since: 0, reductions: reductions + 1 };
  }

  /** What a checkpoint keeps of it beside the update and epoch counters. */
  get plateau(): PlateauState | undefined {
    return this.monitor(false) === undefined ? undefined : this.#plateau;
  }

  set plateau(state: PlateauState | undefined) {
    if (state) this.#plateau = state;
  }

  /**
   * The rate as a file holds it. A function cannot be stored: a plain save stores the rate of the last update in its place,
   * as a constant.
   * @throws ArgumentError for a function where the file is to be an exact checkpoint.
   */
  saved(exact: boolean): Rate {
    const rate = this.#rate;
    if (typeof rate !== 'function') return rate;
    if (exact) {
      const help = 'use a built-in schedule, or save without `optimizer`: the last rate is then stored as a constant.';
      refuse('save', 'an exact checkpoint needs a learning rate that can be stored', rate, help);
    }
    return this.latest;
  }
}
