import { MOST_THREADS, SCRATCH_BYTES, SYNC_BYTES } from '../../assembly/abi.js';
import { refuse, type ThreadError } from '../errors.js';
import { align } from './arena.js';
import { availableCores, hasBuiltin } from './host.js';
import { noThreads } from './hostthread.js';
import { type Job, Team } from './team.js';
import type { Kernels } from './wasm.js';

/** Most threads that `'auto'` takes: beyond them memory is the limit, and barriers cost more. */
const AUTO_MOST = 8;
/**
 * Floating-point operations that a thread needs to be worth it: some 15 µs of one core, several times what the barriers of
 * a step cost.
 */
const GRAIN = 0.5e6;
/** Floating-point operations that take about as long as starting a thread: some 25 ms. */
const TEAM_WORK = 1e9;
/** Teams that may fail before a runtime goes on with one thread. */
const MOST_FAILURES = 3;

/** How many threads a runtime may have, and why not more. */
export interface Threading {
  readonly most: number;
  /** Work for which one more thread pays; 0: always. */
  readonly grain: number;
  readonly reason: string;
}

/** Why there can be no threads here; undefined where there can be. */
function obstacle(): string | undefined {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  // a page may have the constructor of shared memory, and still not be allowed to hand it to a worker
  if (crossOriginIsolated === false && (typeof document !== 'undefined' || !hasBuiltin('node:worker_threads'))) {
    return 'this page is not cross-origin isolated (headers Cross-Origin-Opener-Policy and -Embedder-Policy)';
  }
  if (typeof SharedArrayBuffer === 'undefined') return 'there is no shared memory here';
  return noThreads();
}

/**
 * How many threads the option asks for, and what can be had.
 * @param alone why the kernels are for one thread, if they are
 * @throws ArgumentError for anything but 'auto' and a whole number from 1 to 30.
 */
export function chooseThreads(threads: number | 'auto', alone?: string): Threading {
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    refuse('createRuntime', `\`threads\` must be 'auto' or a whole number from 1 to ${MOST_THREADS}`, threads);
  }
  if (threads === 1) return { most: 1, grain: 0, reason: 'one thread, as asked for' };
  const missing = alone ?? obstacle();
  if (missing !== undefined) return { most: 1, grain: 0, reason: `one thread: ${missing}` };
  if (threads !== 'auto') return { most: threads, grain: 0, reason: `${threads} threads, as asked for` };
  const cores = availableCores();
  if (cores === 1) return { most: 1, grain: 0, reason: 'one thread: this process has one core' };
  const most = Math.min(AUTO_MOST, cores);
  const limit = cores > AUTO_MOST ? `more than ${AUTO_MOST} are not chosen by themselves` : 'as many as cores';
  return { most, grain: GRAIN, reason: `at most ${most} threads: ${limit}` };
}

/** What a team works with: a shared memory, the kernels over it, and the offset of a region of its own. */
export interface Foundation {
  readonly kernels: Kernels;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly offset: number;
  /** Gives the region back. */
  release(): void;
}

/**
 * The threads of a runtime: whether work is large enough for several, when a team is founded and dissolved, and what is said
 * of it.
 */
export class Threads {
  /** What there may be. */
  readonly threading: Threading;
  readonly #found: (bytes: number) => Foundation | undefined;
  readonly #workerUrl: string | undefined;
  #team: { readonly team: Team; readonly release: () => void } | undefined;
  #threads: number;
  /** Floating-point operations that several threads would have been good for, since there were none. */
  #workAlone = 0;
  #failures = 0;
  /** What went wrong last. */
  #trouble: string | undefined;

  /**
   * @param found makes the memory shared and reserves so many bytes of it; undefined where that is refused
   * @param workerUrl where a page finds the script of its workers; undefined: it is made from text
   */
  constructor(
    threading: Threading,
    found: (bytes: number) => Foundation | undefined,
    workerUrl: string | undefined = undefined,
  ) {
    this.threading = threading;
    this.#workerUrl = workerUrl;
    this.#found = found;
    this.#threads = threading.grain === 0 ? threading.most : 1;
  }

  /** Threads in use: the most that any work so far was large enough for. */
  get threads(): number {
    return this.#broken ? 1 : this.#threads;
  }

  /** Why not more, in words. */
  get reason(): string {
    const { reason, most, grain } = this.threading;
    const trouble = this.#team?.team.trouble ?? this.#trouble;
    if (this.#broken) return `one thread from now on: ${trouble}`;
    if (trouble !== undefined) return `${reason}; once: ${trouble}`;
    const idle = most > 1 && grain > 0 && this.#threads === 1;
    return idle ? `one thread so far, at most ${most} where the work is large enough` : reason;
  }

  /** No more threads are tried. */
  get #broken(): boolean {
    const team = this.#team?.team;
    return this.#failures >= MOST_FAILURES || (team?.spent === true && team.size === 0);
  }

  /** Whether other threads are there to be asked. */
  get areThere(): boolean {
    return this.#team !== undefined && this.#team.team.size > 0;
  }

  /** Whether a region of the runtime is theirs. */
  get hasFoundation(): boolean {
    return this.#team !== undefined;
  }

  /** Workers that are up. */
  get ready(): number {
    return this.#team?.team.ready ?? 0;
  }

  /** The most that have done something together. */
  get largest(): number {
    return this.#team?.team.largest ?? 1;
  }

  /** As many threads as work of so many floating-point operations is large enough for. */
  worth(work: number): number {
    const { most, grain } = this.threading;
    return grain === 0 ? most : Math.max(1, Math.min(most, Math.floor(work / grain)));
  }

  /** Whether a team will be founded in the course of so many steps of that work. */
  expects(steps: number, work: number): boolean {
    return this.worth(work) > 1 && (this.threading.grain === 0 || steps * work >= TEAM_WORK);
  }

  /**
   * Runs records with at most `wanted` threads; false where nothing was done, because there are none and starting them would
   * not have paid yet, or because they cannot be had.
   * @throws ThreadError where one of them fails.
   */
  lead(program: number, job: Job, wanted: number): boolean {
    if (this.#broken || !this.#isTime(job.work)) return false;
    const team = this.#call();
    if (!team) return false;
    this.#threads = Math.max(this.#threads, wanted);
    try {
      team.lead(program, job, wanted);
      return true;
    } catch (error) {
      this.#failures++;
      this.#trouble = (error as ThreadError).message;
      this.dissolve();
      throw error;
    }
  }

  /** Whether so much was done by one thread that starting others would have paid. */
  #isTime(work: number): boolean {
    this.#workAlone = this.areThere ? 0 : this.#workAlone + work;
    return this.areThere || this.threading.grain === 0 || this.#workAlone >= TEAM_WORK;
  }

  /** Goes on with one thread for good. */
  giveUp(why: string): void {
    this.#failures = MOST_FAILURES;
    this.#trouble = why;
  }

  /** Waits until so many threads are up, at most so many milliseconds: for tests and benchmarks. */
  assemble(threads: number, milliseconds: number): boolean {
    return this.#call()?.assemble(threads, milliseconds) ?? false;
  }

  /** The team, with memory for what it has to say and for each worker's scratch. */
  #call(): Team | undefined {
    if (this.#team) return this.#team.team;
    const stride = align(SCRATCH_BYTES);
    const foundation = this.#found(SYNC_BYTES + (this.threading.most - 1) * stride);
    if (!foundation) return undefined;
    const { kernels, module, memory, offset, release } = foundation;
    const team = new Team(kernels, { module, memory, sync: offset }, offset + SYNC_BYTES, stride, this.#workerUrl);
    this.#team = { team, release };
    return team;
  }

  /** Ends all threads; new work starts others. */
  dissolve(): void {
    const { team, release } = this.#team ?? {};
    this.#team = undefined;
    if (team && release) team.end(release);
  }
}
