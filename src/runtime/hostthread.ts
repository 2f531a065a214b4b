/** The threads that a host offers, by one interface: worker_threads of Node, Bun and Deno, and elsewhere Web Workers. */
import { builtin, type HostWorker, hasBuiltin } from './host.js';

/** What a thread tells of itself. */
export interface ThreadEvents {
  onMessage?(message: unknown): void;
  /** It failed; a web worker that fails ends too, and `onExit` follows. */
  onError(text: string): void;
  /** It has ended; 0: by itself. */
  onExit(code: number): void;
}

/** A thread that was started. */
export interface HostThread {
  post(message: unknown, transfer?: readonly Transferable[]): void;
  /** Keeps the process alive while this thread is there, as at the beginning. */
  ref(): void;
  /** Lets a process end while this thread is there. */
  unref(): void;
  /** Ends it, wherever it is. */
  terminate(): void;
  /** The same where `onExit` tells when it has ended; a web worker must go by itself. */
  dismiss(): void;
}

/** What a thread runs, and where the text of it is where the host may not start one from text. */
export interface ThreadSource {
  /** A script that asks for its data by `DATA_OF_WORKER`. */
  readonly text: string;
  readonly name: string;
  readonly url: string | undefined;
}

/** Last message of a web worker that goes by itself: nobody else tells of its end. */
const GONE = 'gone';

/** Help where a page cannot start a worker; there are hardly any other reasons. */
const BLOCKED =
  "in a page with a Content-Security-Policy, allow blob: in its worker-src, or `workerUrl` (a copy of lanegrad/worker.js) by 'self'";

/**
 * Begins the script of a worker: calls `begin(data, port)` with what `startThread` was given, where `port` has `onmessage`,
 * `postMessage` and `close`; in Deno the port has none, but the worker has. The function that does the work is called `begin`, and
 * stands in front of it.
 */
export const BEGIN_WORKER = `
const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
if (threads?.parentPort) {
  const { parentPort, workerData } = threads;
  begin(workerData, {
    listen: (listener) => parentPort.on('message', listener),
    post: (message, transfer) => parentPort.postMessage(message, transfer),
    close: () => (parentPort.close ? parentPort.close() : close()),
  });
} else {
  globalThis.onmessage = ({ data: first }) => begin(first, {
    listen: (listener) => { globalThis.onmessage = ({ data }) => listener(data); },
    post: (message, transfer) => postMessage(message, transfer),
    close: () => { postMessage('${GONE}'); close(); },
  });
}
`;

/** Why there can be no threads at all; undefined where there can be. */
export function noThreads(): string | undefined {
  if (hasBuiltin('node:worker_threads') || typeof Worker === 'function') return undefined;
  return 'threads need workers: node:worker_threads (Node 20.16 or later), or Web Workers';
}

/** Whether this thread may sleep until others wake it: all but that of a page may. */
export function maySleep(): boolean {
  try {
    // refused before anything is compared
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a thread with `data`.
 * @throws where the host says at once that there can be none.
 */
export function startThread(
  source: ThreadSource,
  data: unknown,
  transfer: readonly Transferable[],
  events: ThreadEvents,
): HostThread {
  const Threads = builtin('node:worker_threads')?.Worker;
  if (Threads) {
    const options = { eval: true, execArgv: [], name: source.name, workerData: data, transferList: transfer };
    return hostThread(new Threads(source.text, options), events);
  }
  if (typeof Worker !== 'function') throw new Error('node:worker_threads has no Worker here');
  const worker = new Worker(source.url ?? urlOf(source.text), { name: source.name });
  worker.onmessage = ({ data: message }) => {
    if (message === GONE) events.onExit(0);
    else events.onMessage?.(message);
  };
  worker.onerror = ({ message }) => {
    worker.terminate();
    events.onError(message || `a Web Worker did not start: ${BLOCKED}`);
    events.onExit(1);
  };
  worker.postMessage(data, [...transfer]);
  return {
    post: (message, more = []) => worker.postMessage(message, [...more]),
    ref: () => {},
    unref: () => {},
    terminate: () => worker.terminate(),
    dismiss: () => {},
  };
}

function hostThread(worker: HostWorker, events: ThreadEvents): HostThread {
  worker.on('message', (message) => events.onMessage?.(message));
  worker.on('error', (error) => events.onError(String(error)));
  worker.on('exit', (code) => events.onExit(code));
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    terminate: () => void worker.terminate(),
    dismiss: () => void worker.terminate(),
  };
}

/** Addresses of scripts from text, one for each: they are few, and a page keeps them as long as it lives. */
const urls = new Map<string, string>();

function urlOf(text: string): string {
  const known = urls.get(text);
  if (known !== undefined) return known;
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  urls.set(text, url);
  return url;
}
