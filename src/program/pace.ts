/**
 * Steps of a trial of the other way, and steps between two trials. The first trials come soon, as they may have met threads
 * whose code was not optimized yet; each that confirms the choice doubles the time to the next, up to where trials cost a per
 * cent or two.
 */
const TRIAL = 8;
const [SOON, LATE] = [25, 400];
/** Steps at the beginning of either that do not count: sleepers are woken, caches filled. */
const UNCOUNTED = 2;
/** Weight of the latest step in the mean time of its way. */
const WEIGHT = 1 / 8;

/**
 * Finds out by the clock whether steps of a program are faster with several threads or with one. On a machine that has
 * cores to spare, several are; on one that is busy, a thread that is not given a core keeps all others waiting. The number
 * of threads changes no bits, so the clock may choose it.
 */
export class Pace {
  /** Whether the step at hand is to be run by one thread. */
  alone = false;
  #milliseconds = 0;
  #steps = 0;
  #trial = true;
  #steady = SOON;
  /** Mean milliseconds of a step, by the way it was run; not known at first. */
  readonly #means: [alone: number, several: number] = [Number.NaN, Number.NaN];

  /** Adds time to the step at hand. */
  add(milliseconds: number): void {
    this.#milliseconds += milliseconds;
  }

  /** Ends the step at hand, and decides how the next one is run. */
  next(): void {
    const way = this.alone ? 0 : 1;
    if (this.#steps++ >= UNCOUNTED) {
      const mean = this.#means[way];
      this.#means[way] = Number.isNaN(mean) ? this.#milliseconds : mean + WEIGHT * (this.#milliseconds - mean);
    }
    this.#milliseconds = 0;
    if (this.#steps < (this.#trial ? TRIAL : this.#steady)) return;
    this.#steps = 0;
    const [alone, several] = this.#means;
    const known = !Number.isNaN(alone) && !Number.isNaN(several);
    // after a trial the better way; after a while with it, or before both are known, a trial of the other one
    const judged = this.#trial && known;
    if (judged) {
      // the trial was of the way that had not been chosen
      const confirmed = alone < several !== this.alone;
      this.#steady = confirmed ? Math.min(LATE, 2 * this.#steady) : SOON;
    }
    this.#trial = !judged;
    this.alone = this.#trial ? !this.alone : alone < several;
  }
}
