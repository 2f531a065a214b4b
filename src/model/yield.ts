/** Milliseconds that timers can wait for. */
const LONGEST_TIMER = 2147483647;

/**
 * Gives the event loop one turn: setImmediate where there is one (timers and I/O run, and nothing is clamped), else a
 * message channel, which browsers do not slow down as they do nested timers.
 */
export function giveBack(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  if (typeof MessageChannel === 'function') {
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(0);
    });
  }
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Runs work to its end in one go. */
export function finish<R>(work: Generator<unknown, R>): R {
  for (let next = work.next(); ; next = work.next()) if (next.done) return next.value;
}

/**
 * Waits for work of others, but not longer than `milliseconds`, and not beyond one of the signals' abort. Whoever asked finds
 * out for himself which of them it was.
 */
export async function settled(
  work: Promise<void>,
  signals: readonly (AbortSignal | undefined)[],
  milliseconds = Number.POSITIVE_INFINITY,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners: (() => void)[] = [];
  try {
    await new Promise<void>((resolve) => {
      void work.then(resolve);
      // longer than timers reach is as good as for ever
      if (milliseconds < LONGEST_TIMER) timer = setTimeout(resolve, Math.max(0, milliseconds));
      for (const signal of signals) {
        if (!signal) continue;
        if (signal.aborted) resolve();
        const end = (): void => resolve();
        signal.addEventListener('abort', end, { once: true });
        listeners.push(() => signal.removeEventListener('abort', end));
      }
    });
  } finally {
    clearTimeout(timer);
    for (const remove of listeners) remove();
  }
}
