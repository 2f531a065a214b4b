/** `#background`: a fit that a worker does, as seen by who asked for it. Loaded when the first one is. */
import {
  ArgumentError,
  DisposedError,
  DivergenceError,
  FormatError,
  InternalError,
  MemoryLimitError,
  ThreadError,
  UnsupportedError,
} from '../../errors.js';
import { type HostThread, noThreads, startThread } from '../../runtime/hostthread.js';
import { VERSION } from '../../runtime/version.generated.js';
import type { Detached } from '../fit.js';
import type { EpochLogs, History } from '../history.js';
import type { FitOptions } from '../options.js';
import type { Examples } from '../resident.js';
import type { ModelState } from '../state.js';
import type { Progress } from '../training.js';
import { type Assignment, buffersOf, type Failure, type Order, type Report } from './messages.js';
import { SCRIPT } from './script.js';

/** What is told of a background fit: an epoch, after which it waits for an order, or its end. */
type Told<M extends string> =
  | { readonly kind: 'epoch'; readonly history: History<M>; readonly logs: EpochLogs<M> }
  | { readonly kind: 'end'; readonly history: History<M> | undefined; readonly error: Error | undefined };

/** Milliseconds that a script of an address of its own has to be fetched and to begin. */
const SILENCE_MS = 30_000;

/** Values for another thread: the same where they are shared, else a copy that is given away. */
function handOver<T extends Float32Array | Uint8Array | Int32Array | Uint32Array>(
  values: T,
  transfer: Transferable[],
): T {
  if (typeof SharedArrayBuffer !== 'undefined' && values.buffer instanceof SharedArrayBuffer) return values;
  const copy = values.slice() as T;
  transfer.push(copy.buffer as ArrayBuffer);
  return copy;
}

function handOverExamples({ x, t, weights }: Examples, transfer: Transferable[]): Examples {
  return {
    x: { ...x, data: handOver(x.data, transfer) },
    t: t.kind === 'values' ? { ...t, data: handOver(t.data, transfer) } : { ...t, data: handOver(t.data, transfer) },
    weights: weights && handOver(weights, transfer),
  };
}

/** Errors that a fit may end with, beside those of JavaScript. */
const ERRORS: Readonly<Record<string, { readonly prototype: Error }>> = {
  ArgumentError,
  DivergenceError,
  FormatError,
  InternalError,
  MemoryLimitError,
  ThreadError,
  UnsupportedError,
};

/** The error that a worker met, of its class again. */
function revived({ name, message, facts }: Failure): Error {
  const error = new Error(message);
  Object.setPrototypeOf(error, (ERRORS[name] ?? Error).prototype);
  return Object.assign(error, facts, { name });
}

/**
 * A worker that trains a model's twin: it is given parameters, optimizer states and counters, and the rows; what it tells of
 * its epochs is written into the model.
 */
class Twin<M extends string> {
  readonly #state: ModelState;
  readonly #where: string;
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  readonly #thread: HostThread;
  /** Nothing was heard of it yet: it may be that it cannot start, or that its script is another one. */
  #silent = true;
  readonly #url: string | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  readonly #told: Told<M>[] = [];
  /** The caller has had his word: no more of how far an epoch has come. */
  #parting = false;
  /** What a callback of the caller's threw. */
  #thrown: { readonly error: unknown } | undefined;
  /** Why nothing more will be told. */
  #lost: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** @throws UnsupportedError where there can be no worker. */
  constructor(
    state: ModelState,
    where: string,
    checked: Detached,
    attended: boolean,
    onProgress: ((progress: Progress) => void) | undefined,
  ) {
    this.#state = state;
    this.#where = where;
    this.#onProgress = onProgress;
    const transfer: Transferable[] = [];
    const assignment = assignmentOf(state, where, checked, { attended, progress: onProgress !== undefined }, transfer);
    const url = checked.options.workerUrl ?? state.core.runtime.workerUrl;
    this.#url = url;
    if (url !== undefined) this.#silence = setTimeout(() => this.#refuse('says nothing'), SILENCE_MS);
    try {
      this.#thread = startThread({ text: SCRIPT, name: 'lanegrad fit', url }, assignment, transfer, {
        onMessage: (report) => this.#hear(report as Report<M>),
        onError: (text) => this.lose(this.#loss(text)),
        onExit: () => this.lose(this.#loss('the worker of a background fit was ended from outside')),
      });
    } catch (error) {
      clearTimeout(this.#silence);
      throw this.#loss(String(error));
    }
  }

  /** Gives up a script that is not the one of this version. */
  #refuse(what: string): void {
    const help = `serve a copy of lanegrad/worker.js of version ${VERSION} there`;
    this.lose(this.#loss(`it ${what}: ${help}`));
  }

  /** Whether the worker's first word is that of this version. */
  #greeted(report: Report<M>): boolean {
    clearTimeout(this.#silence);
    if (report?.kind !== 'begun') this.#refuse('is another script');
    else if (report.version !== VERSION) this.#refuse(`is of version ${report.version}`);
    else return true;
    return false;
  }

  #loss(text: string): Error {
    if (!this.#silent) return new ThreadError(0, text);
    const from = this.#url === undefined ? '' : ` from ${this.#url}`;
    return new UnsupportedError(`${this.#where}: no worker could be started${from} for a background fit (${text}).`);
  }

  #hear(report: Report<M>): void {
    if (this.#lost) return;
    if (this.#silent) {
      if (this.#greeted(report)) this.#silent = false;
      return;
    }
    if (report.kind === 'begun') return;
    if (report.kind === 'progress') {
      try {
        if (!this.#parting) this.#onProgress?.(report.progress);
      } catch (error) {
        this.#parting = true;
        this.#thrown = { error };
        this.#wake?.();
      }
      return;
    }
    if (report.saved) this.#state.restore(report.saved);
    const { history } = report;
    if (report.kind === 'epoch') this.#told.push({ kind: 'epoch', history: report.history, logs: report.logs });
    else this.#told.push({ kind: 'end', history, error: report.failure && revived(report.failure) });
    this.#wake?.();
  }

  /** Gives up: nothing more is heard. */
  lose(error: unknown): void {
    this.#lost ??= { error };
    this.#wake?.();
  }

  /**
   * What is told next.
   * @throws what `onProgress` threw; UnsupportedError and ThreadError where the worker does not start or dies.
   */
  async next(): Promise<Told<M>> {
    for (;;) {
      if (this.#thrown) {
        const { error } = this.#thrown;
        this.#thrown = undefined;
        throw error;
      }
      const told = this.#told.shift();
      if (told) {
        // it waits for the caller, who may have lost interest
        this.#thread.unref();
        return told;
      }
      if (this.#lost) throw this.#lost.error;
      this.#thread.ref();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Answers an epoch, or aborts. */
  order(order: Order): void {
    if (order !== 'go') this.#parting = true;
    this.#thread.post(order);
  }

  /** Aborts; a worker that has not begun, and may never do so, is not waited for: the model is as it was. */
  abort(reason: unknown): void {
    if (this.#silent) this.lose(reason);
    else this.order('abort');
  }

  /** Ends the worker, wherever it is. */
  close(): void {
    clearTimeout(this.#silence);
    this.#thread.terminate();
  }
}

/** What the worker is told, with copies of all arrays that are not shared. */
function assignmentOf(
  state: ModelState,
  where: string,
  { rows, validation, ...rest }: Detached,
  wanted: Pick<Assignment, 'attended' | 'progress'>,
  transfer: Transferable[],
): Assignment {
  const saved = state.saved(true);
  const { examples, split, classes } = rows;
  transfer.push(...buffersOf(saved));
  if (split) transfer.push(split.kept.buffer as ArrayBuffer, split.heldOut.buffer as ArrayBuffer);
  return {
    runtime: state.core.runtime.parcel,
    saved,
    version: VERSION,
    where,
    rows: { examples: handOverExamples(examples, transfer), split, classes },
    validation: validation && handOverExamples(validation, transfer),
    ...rest,
    ...wanted,
  };
}

/** What the caller has to say and to hear. */
export interface Caller<M extends string> {
  /** Every epoch is awaited. */
  readonly attended: boolean;
  readonly options: Pick<FitOptions<unknown, M>, 'signal' | 'onEpochEnd' | 'onProgress'>;
  /** Aborts when the model is disposed. */
  readonly disposal: AbortSignal;
  keep(history: History<M>): void;
}

/**
 * Trains in a worker, and gives its epochs as they are told. However it ends, the model stands where the worker stood at its
 * last completed step; where that died, at what it told last.
 * @throws what the fit itself would throw; UnsupportedError and ThreadError where the worker does not start or dies.
 */
export async function* trainAfar<M extends string>(
  state: ModelState,
  where: string,
  checked: Detached,
  { attended, options, disposal, keep }: Caller<M>,
): AsyncGenerator<EpochLogs<M>, void> {
  const { signal } = options;
  signal?.throwIfAborted();
  const missing = noThreads();
  if (missing !== undefined) {
    throw new UnsupportedError(`${where}: \`background\` is not for here: ${missing}. Help: leave it out.`);
  }
  const twin = new Twin<M>(state, where, checked, attended, options.onProgress?.bind(options));
  const abort = (): void => twin.abort(signal?.reason);
  const forget = (): void => twin.lose(new DisposedError(`${where}: the model was disposed while it was training.`));
  signal?.addEventListener('abort', abort);
  disposal.addEventListener('abort', forget);
  if (disposal.aborted) forget();
  let parting: Order | undefined = 'abort';
  try {
    for (;;) {
      const told = await twin.next();
      if (told.kind === 'end') {
        parting = undefined;
        if (told.history) keep(told.history);
        if (told.error) throw told.error;
        if (told.history?.stopReason === 'aborted') signal?.throwIfAborted();
        return;
      }
      const order = options.onEpochEnd?.(told.logs) === 'stop' ? 'stop' : 'go';
      signal?.throwIfAborted();
      keep(told.history);
      // who leaves here has heard enough
      parting = 'stop';
      yield told.logs;
      parting = 'abort';
      signal?.throwIfAborted();
      twin.order(order);
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    disposal.removeEventListener('abort', forget);
    if (parting) await partFrom(twin, parting, keep);
    twin.close();
  }
}

/** Has a worker end, and hears what it has to say; nothing of one that is lost, of which another error tells. */
async function partFrom<M extends string>(
  twin: Twin<M>,
  order: Order,
  keep: (history: History<M>) => void,
): Promise<void> {
  twin.order(order);
  try {
    for (;;) {
      const told = await twin.next();
      if (told.history) keep(told.history);
      if (told.kind === 'end') return;
    }
  } catch {
    // it is gone
  }
}
