/** Ctrl-C during a training: once ends it cleanly, twice ends the process. */

/** Listens for SIGINT from `start` on. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #onFirst: () => void;

  /** @param onFirst is called at the first Ctrl-C, before the training knows */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
  }

  /** For `fit`: aborted at the first Ctrl-C, with this object as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether there was one. */
  get happened(): boolean {
    return this.signal.aborted;
  }

  readonly #listen = (): void => {
    // 130 is what shells report for SIGINT: 128 + 2
    if (this.happened) process.exit(130);
    this.#onFirst();
    this.#controller.abort(this);
  };

  start(): void {
    process.on('SIGINT', this.#listen);
  }

  stop(): void {
    process.off('SIGINT', this.#listen);
  }
}
