import { MESSAGE_BYTES, Sync } from '../../assembly/abi.js';
import { ThreadError } from '../errors.js';
import { type HostThread, maySleep, startThread } from './hostthread.js';
import type { Kernels } from './wasm.js';
import { WORKER_SOURCE, type WorkerData } from './worker.js';

/** Looks that thread 0 takes before it begins without who is not there yet: some 200 µs, enough to wake a sleeper. */
const PATIENCE = 150_000;
/** The same while someone keeps missing jobs (a busy machine); now and then it is as patient as ever. */
const SHORT_PATIENCE = 2000;
const PATIENT_EVERY = 4;
/** Workers that may end unexpectedly before no more are started. */
const MOST_LOSSES = 3;
/** Milliseconds that a team has to leave a job that failed. */
const LEAVE_MS = 2000;

/** Records that a team is to run: see `lead` in assembly/index.ts. */
export interface Job {
  readonly first: number;
  readonly last: number;
  readonly from: number;
  readonly to: number;
  readonly pieces: number;
  /** Floating-point operations. */
  readonly work: number;
}

/**
 * The threads of a runtime, the caller's being thread 0. Workers are started when they are first wanted and go when they
 * have nothing to do; until one is up, and when one is gone, the others do its work: the bits are the same.
 */
export class Team {
  readonly #kernels: Kernels;
  readonly #data: Omit<WorkerData, 'id'>;
  readonly #words: Int32Array;
  readonly #workerUrl: string | undefined;
  /** Whether the caller's thread may sleep: that of a page may not, and looks again instead. */
  readonly #sleeps: boolean;
  readonly #workers = new Map<number, HostThread>();
  /** Workers that have left for want of work, and whose end has not been told yet: that takes a turn of the event loop. */
  readonly #leaving = new Set<HostThread>();
  #losses = 0;
  #missed = 0;
  #gone: (() => void) | undefined;
  /** Why a worker ended that should not have; undefined while none did. */
  trouble: string | undefined;

  constructor(
    kernels: Kernels,
    data: Omit<WorkerData, 'id'>,
    scratch: number,
    stride: number,
    workerUrl: string | undefined,
  ) {
    this.#kernels = kernels;
    this.#data = data;
    this.#workerUrl = workerUrl;
    this.#sleeps = maySleep();
    this.#words = new Int32Array(data.memory.buffer, data.sync);
    this.#words[Sync.Scratch] = scratch;
    this.#words[Sync.ScratchStride] = stride;
    this.#words[Sync.Awake] = this.#sleeps ? 0 : 1;
  }

  /** The most threads that have done a job together. */
  largest = 1;

  /** Workers that were started and have not ended. */
  get size(): number {
    return this.#workers.size;
  }

  /** Workers that are up. */
  get ready(): number {
    let count = 0;
    for (let bits = Atomics.load(this.#words, Sync.Ready); bits !== 0; bits &= bits - 1) count++;
    return count;
  }

  /** Whether no more workers are started, because too many were lost. */
  get spent(): boolean {
    return this.#losses >= MOST_LOSSES;
  }

  /**
   * Runs the records of a job with at most `wanted` threads: those that come.
   * @throws ThreadError where one of them traps or falls silent; the team is then dissolved.
   */
  lead(program: number, { first, last, from, to, pieces }: Job, wanted: number): void {
    if (Atomics.load(this.#words, Sync.Left) !== 0) this.#seeOff();
    if (this.#workers.size < wanted - 1) this.callUp(wanted);
    const patient = this.#missed % PATIENT_EVERY === 0;
    const { sync } = this.#data;
    let came = 0;
    try {
      const patience = patient ? PATIENCE : SHORT_PATIENCE;
      came = this.#kernels.lead(sync, program, first, last, from, to, pieces, wanted, patience);
    } catch (error) {
      this.#leave();
      throw new ThreadError(0, String(error));
    }
    if (came === 0) {
      const failed = Atomics.load(this.#words, Sync.Failed);
      this.#leave();
      throw new ThreadError(failed === Sync.Silent ? undefined : failed, this.#message());
    }
    if (came > this.largest) this.largest = came;
    this.#missed = came < wanted ? this.#missed + 1 : 0;
  }

  /** Makes room for others where workers have left, without waiting for the event loop to tell of it. */
  #seeOff(): void {
    const left = Atomics.exchange(this.#words, Sync.Left, 0);
    for (const [id, worker] of this.#workers) {
      if ((left & (1 << id)) === 0) continue;
      this.#workers.delete(id);
      this.#leaving.add(worker);
    }
  }

  /** Starts the workers below `wanted` that are not there. */
  callUp(wanted: number): void {
    for (let id = 1; id < wanted && !this.spent; id++) if (!this.#workers.has(id)) this.#start(id);
  }

  #start(id: number): void {
    const workerData: WorkerData = { ...this.#data, id };
    const source = { text: WORKER_SOURCE, name: `lanegrad ${id}`, url: this.#workerUrl };
    let worker: HostThread;
    const onError = (text: string): void => {
      this.trouble = text;
    };
    const onExit = (code: number): void => {
      this.#leaving.delete(worker);
      // there may be another one of that number by now
      if (this.#workers.get(id) === worker) {
        Atomics.and(this.#words, Sync.Ready, ~(1 << id));
        Atomics.and(this.#words, Sync.Left, ~(1 << id));
        this.#workers.delete(id);
      }
      if (this.#gone && this.#workers.size + this.#leaving.size === 0) this.#gone();
      if (code === 0 || this.#gone) return;
      this.#losses++;
      this.trouble ??= `a thread was ended from outside`;
    };
    try {
      worker = startThread(source, workerData, [], { onError, onExit });
    } catch (error) {
      // a process may be forbidden to have threads (Node's permissions), or be out of them
      this.#losses = MOST_LOSSES;
      this.trouble = String(error);
      return;
    }
    this.#workers.set(id, worker);
    // a process ends by itself with its workers asleep
    worker.unref();
  }

  /** Waits until `wanted` threads are up, at most so many milliseconds; returns whether they are. */
  assemble(wanted: number, milliseconds: number): boolean {
    this.callUp(wanted);
    const end = performance.now() + milliseconds;
    for (;;) {
      const bits = Atomics.load(this.#words, Sync.Ready);
      if (this.ready >= wanted - 1) return true;
      if (performance.now() >= end) return false;
      this.#await(Sync.Ready, bits);
    }
  }

  /** Sleeps for a moment, or less where a word changes; not at all where that is not allowed. */
  #await(word: Sync, value: number): void {
    if (this.#sleeps) Atomics.wait(this.#words, word, value, 10);
  }

  /** After a job that failed: waits until nobody is at work any more. */
  #leave(): void {
    const words = this.#words;
    this.#dismiss();
    const atWork = Atomics.load(words, Sync.Joined) & ~Sync.Closed;
    const end = performance.now() + LEAVE_MS;
    for (;;) {
      const left = Atomics.load(words, Sync.Left);
      if ((left & atWork) === atWork || performance.now() >= end) return;
      this.#await(Sync.Left, left);
    }
  }

  /** Tells all workers to go, wherever they wait. */
  #dismiss(): void {
    Atomics.compareExchange(this.#words, Sync.Failed, 0, Sync.Ended);
    Atomics.add(this.#words, Sync.Job, 1);
    for (const word of [Sync.Job, Sync.Joined, Sync.Phase]) Atomics.notify(this.#words, word);
  }

  /** Dissolves the team. @param gone is called when the last worker has ended: only then its memory is free. */
  end(gone: () => void): void {
    this.#dismiss();
    this.#gone = gone;
    if (this.#workers.size + this.#leaving.size === 0) gone();
    for (const worker of [...this.#workers.values(), ...this.#leaving]) worker.dismiss();
  }

  /** What the thread that trapped had to say. */
  #message(): string {
    const length = Atomics.load(this.#words, Sync.MessageBytes);
    const { memory, sync } = this.#data;
    // a copy: decoders refuse shared memory
    const bytes = new Uint8Array(memory.buffer, sync + Sync.Message * 4, MESSAGE_BYTES).slice(0, length);
    return new TextDecoder().decode(bytes);
  }
}
