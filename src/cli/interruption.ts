/** Ctrl-C, or an order to end (SIGTERM), during a training: once ends it cleanly, twice ends the process. */

/** What ends a training, with what shells report for it: 128 + its number. SIGHUP is not among them: `nohup` is to be obeyed. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Listens for signals from `start` on. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #onFirst: () => void;

  /** @param onFirst is called at the first signal, before the training knows */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
  }

  /** For `fit`: aborted at the first signal, with this object as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether there was one. */
  get happened(): boolean {
    return this.signal.aborted;
  }

  readonly #listen = (signal: NodeJS.Signals): void => {
    if (this.happened) process.exit(SIGNALS[signal as keyof typeof SIGNALS]);
    this.#onFirst();
    this.#controller.abort(this);
  };

  start(): void {
    for (const signal of Object.keys(SIGNALS)) process.on(signal, this.#listen);
  }

  stop(): void {
    for (const signal of Object.keys(SIGNALS)) process.off(signal, this.#listen);
  }
}
