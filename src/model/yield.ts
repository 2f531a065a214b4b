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
