import { SCRATCH_BYTES, type Tile } from '../../assembly/abi.js';
import { checkNumber, checkOneOf, checkOptions, MemoryLimitError, refuse } from '../errors.js';
import { Arena, align, type Region } from './arena.js';
import { chooseGiven, chooseKernels, KERNEL_NAMES, type KernelChoice, type KernelName } from './choice.js';
import { isEdgeWorker } from './host.js';
import type { Job } from './team.js';
import { chooseThreads, type Foundation, type Threading, Threads } from './threads.js';
import { instantiateKernels, type Kernels } from './wasm.js';

const PAGE = 65536;
/** Pages that 32-bit addresses reach. */
const MOST_PAGES = 65536;
/** Address 0 stays unused, so that 0 can mean "no operand" in a record; kernels may read 15 bytes past an operand. */
const GUARD = 64;
/** Half a page less than 4 GiB: what 32-bit offsets can reach. */
const ADDRESSABLE = 65536 * PAGE - PAGE / 2;
/** Options of createRuntime. */
export interface RuntimeOptions {
  /**
   * Which kernels. `'simd'`: the same bits on every engine and machine. `'relaxed'`: fused multiply-add, faster; its bits
   * depend on the machine. `'auto'` (the default): relaxed where the engine has it. `'turbo'`: 256-bit arithmetic by V8's
   * experimental revectorization, a flag that is set for the whole process; where it brings nothing, as `'auto'`.
   */
  readonly kernel?: KernelName;
  /** Asks for the arithmetic of `'simd'`, with `'turbo'` too: the same bits, faster. Default false. */
  readonly reproducible?: boolean;
  /**
   * Threads, the caller's included: 1; as many as that (at most 30) for all work; or `'auto'`, the default: as many as there
   * are cores, at most 8, and only for work that is large enough. Where there can be no threads, one does it all, and
   * `reason` says why. Any number of threads gives the same bits.
   */
  readonly threads?: number | 'auto';
  /**
   * The kernels, compiled by you, where lanegrad may not compile them itself: `lanegrad/simd.wasm` or `lanegrad/relaxed.wasm`
   * of this version. For one thread. Default: those that the package brings.
   */
  readonly module?: WebAssembly.Module;
  /**
   * Where a page finds a copy of `lanegrad/worker.js`, for a Content-Security-Policy whose `worker-src` has no `blob:`.
   * Default: workers are made from text. Of no effect where there is `node:worker_threads`.
   */
  readonly workerUrl?: string | URL;
  /**
   * Most bytes that models and data of this runtime may take together. Default 1 GiB, in a Cloudflare Worker 64 MiB: it has
   * 128 MB, which must hold requests and the script too. At least 149 KiB, which the kernels themselves need; just under 4 GiB
   * can be had, whatever more is asked for. What needs more is refused with an estimate, before anything is reserved.
   */
  readonly memoryLimit?: number;
}

/** What a runtime runs on, and why. */
export interface RuntimeFacts {
  /** The kernels in use. */
  readonly kernel: KernelChoice['kernel'];
  /** Whether the same seed gives the same bits on every engine and machine. */
  readonly reproducible: boolean;
  /** Threads in use: the most that any work so far was large enough for. */
  readonly threads: number;
  /** Why these kernels and not more threads, in words. */
  readonly reason: string;
}

/** What a runtime like this one is made from, in another thread: plain data and compiled modules. */
export interface RuntimeParcel {
  readonly choice: Omit<KernelChoice, 'module'>;
  readonly module: WebAssembly.Module;
  /** The kernels for shared memory, where there may be several threads. */
  readonly sharedModule: WebAssembly.Module | undefined;
  readonly threading: Threading;
  readonly memoryLimit: number;
  readonly workerUrl: string | undefined;
}

/** Views of a runtime's memory, which threads may share: whatever is handed out must be a copy. */
type Buffer = ArrayBufferLike;

/** Bytes as a person reads them: 512 B, 3.4 KiB, 47.0 MiB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < 2) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/**
 * Owns one linear memory and one instance of the kernels; programs, models and data sets are regions in it.
 * Memory grows when regions are reserved, before the first step, and never during one.
 */
export class Runtime implements RuntimeFacts {
  /** The kernels in use. */
  readonly kernel: KernelChoice['kernel'];
  /** Whether the same seed gives the same bits on every engine and machine. */
  readonly reproducible: boolean;
  /** The tile that matrix products are made of. @internal */
  readonly tile: Tile;
  /** The threads of this runtime. @internal */
  readonly team: Threads;
  /** Most bytes that may be reserved. */
  readonly memoryLimit: number;
  /** Where a page finds the script of its workers; undefined: it is made from text. @internal */
  readonly workerUrl: string | undefined;
  /** Offset of the scratch of thread 0. @internal */
  readonly scratch: number;
  readonly #choice: KernelChoice;
  #memory: WebAssembly.Memory;
  /** `#memory.buffer`, kept: asking an engine for it costs as much as a small kernel. Nobody but the runtime grows it. */
  #buffer: Buffer;
  #kernels: Kernels;
  readonly #arena = new Arena(GUARD);
  #shared = false;
  /** Bytes of regions that threads have for themselves. */
  #threadBytes = 0;
  /** Memory below this offset may hold old data; above it, it is still zero. */
  #touched = 0;

  constructor(choice: KernelChoice, threading: Threading, memoryLimit: number, workerUrl?: string) {
    const { kernel, reproducible, tile } = choice;
    this.kernel = kernel;
    this.reproducible = reproducible;
    this.tile = tile;
    this.team = new Threads(threading, (bytes) => this.#found(bytes), workerUrl);
    this.workerUrl = workerUrl;
    this.memoryLimit = memoryLimit;
    this.#choice = choice;
    // first, since an engine that cannot run them is refused here
    const module = choice.module(false);
    this.#memory = firstMemory();
    this.#buffer = this.#memory.buffer;
    this.#kernels = instantiateKernels(module, this.#memory);
    this.scratch = this.reserve(SCRATCH_BYTES, 'scratch of thread 0').offset;
  }

  /** What another thread makes a runtime of the same kind from. @internal */
  get parcel(): RuntimeParcel {
    const { module, ...choice } = this.#choice;
    const { threading } = this.team;
    const sharedModule = threading.most > 1 ? module(true) : undefined;
    return {
      choice,
      module: module(false),
      sharedModule,
      threading,
      memoryLimit: this.memoryLimit,
      workerUrl: this.workerUrl,
    };
  }

  /** A runtime of the same kind as one of another thread. @internal */
  static from({ choice, module, sharedModule, threading, memoryLimit, workerUrl }: RuntimeParcel): Runtime {
    const modules = (shared: boolean) => (shared ? sharedModule : undefined) ?? module;
    return new Runtime({ ...choice, module: modules }, threading, memoryLimit, workerUrl);
  }

  /** Threads in use: the most that any work so far was large enough for. */
  get threads(): number {
    return this.team.threads;
  }

  /** Why these kernels and not more threads, in words. */
  get reason(): string {
    return `${this.#choice.reason}; ${this.team.reason}`;
  }

  /** The memory's bytes right now. A view of it dies when memory grows: make views at each use, hand out copies. @internal */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Runs a range of a program's records as one thread. @internal */
  run(program: number, first: number, last: number, thread = 0, threads = 1): void {
    this.#kernels.run(program, first, last, thread, threads);
  }

  /**
   * Runs records with at most `wanted` threads: those that come, and one where starting others would not have paid yet.
   * @throws ThreadError where one of them fails.
   * @internal
   */
  lead(program: number, job: Job, wanted: number): void {
    if (wanted > 1 && this.team.lead(program, job, wanted)) return;
    const { first, last, from, to, pieces } = job;
    if (pieces === 0) this.#kernels.run(program, first, last, 0, 1);
    else for (let piece = from; piece < to; piece++) this.#kernels.run(program, first, last, piece, pieces);
  }

  /**
   * Moves everything into a memory that threads can share, once. A runtime without work for several threads keeps one of
   * its own. Offsets stay, views of before are stale. By itself that happens when threads are first wanted; before large data
   * comes is cheaper. Without effect where the engine refuses such a memory.
   * @internal
   */
  share(): void {
    if (this.#shared) return;
    const initial = this.buffer.byteLength / PAGE;
    // holes between regions take room too
    const maximum = Math.max(initial, Math.min(MOST_PAGES, Math.ceil((2 * this.memoryLimit) / PAGE)));
    let memory: WebAssembly.Memory;
    try {
      memory = new WebAssembly.Memory({ initial, maximum, shared: true });
    } catch (error) {
      this.team.giveUp(String(error));
      return;
    }
    new Uint8Array(memory.buffer).set(new Uint8Array(this.buffer));
    this.#memory = memory;
    this.#buffer = memory.buffer;
    this.#kernels = instantiateKernels(this.#choice.module(true), memory);
    this.#shared = true;
  }

  /** What a team works with: shared memory, and a region for what its threads have for themselves. */
  #found(bytes: number): Foundation | undefined {
    this.share();
    if (!this.#shared) return undefined;
    let region: Region;
    try {
      region = this.#reserve(bytes, 'threads');
    } catch (error) {
      this.team.giveUp((error as Error).message);
      return undefined;
    }
    this.#threadBytes += region.bytes;
    const release = (): void => {
      this.#threadBytes -= region.bytes;
      this.#arena.free(region);
    };
    const module = this.#choice.module(true);
    return { kernels: this.#kernels, module, memory: this.#memory, offset: region.offset, release };
  }

  /** Bytes that are reserved now, without what threads have for themselves. */
  get used(): number {
    return this.#arena.regions().reduce((sum, region) => sum + region.bytes, 0) - this.#threadBytes;
  }

  /** Whether so many bytes more would fit. @internal */
  hasRoom(bytes: number): boolean {
    return this.used + bytes <= this.#limit;
  }

  /** What can be reserved in all. */
  get #limit(): number {
    return Math.min(this.memoryLimit, ADDRESSABLE);
  }

  /**
   * Refuses what will not fit, before anything is reserved.
   * @throws MemoryLimitError with the estimate, the limit and what is in use.
   * @internal
   */
  ensureRoom(bytes: number, what: string, help = 'use fewer units, rows or a smaller batchSize'): void {
    if (!this.hasRoom(bytes)) {
      const { used } = this;
      const limit = this.#limit;
      throw new MemoryLimitError(
        `${what} needs an estimated ${formatBytes(bytes)}, but the memory limit is ${formatBytes(limit)}` +
          `${used > SCRATCH_BYTES * 2 ? ` and ${formatBytes(used)} of it are in use` : ''}. ` +
          `Help: ${help}, or raise \`memoryLimit\`.`,
      );
    }
  }

  /** Reserves zeroed memory. @internal */
  reserve(bytes: number, label: string): Region {
    this.ensureRoom(align(bytes), label);
    return this.#reserve(bytes, label);
  }

  #reserve(bytes: number, label: string): Region {
    const region = this.#arena.allocate(bytes, label);
    const needed = this.#arena.end + GUARD - this.buffer.byteLength;
    if (needed > 0) {
      try {
        this.#memory.grow(Math.ceil(needed / PAGE));
        this.#buffer = this.#memory.buffer;
      } catch {
        this.#arena.free(region);
        throw new MemoryLimitError(
          `${label} needs ${formatBytes(bytes)}, and the engine refused to grow the memory by that much. ` +
            'Help: use a smaller model, batch or data set, or dispose models that are no longer needed.',
        );
      }
    }
    const end = region.offset + region.bytes;
    if (region.offset < this.#touched) this.bytes(region.offset, region.bytes).fill(0);
    this.#touched = Math.max(this.#touched, end);
    return region;
  }

  /** Gives a region back. @internal */
  release(region: Region): void {
    this.#arena.free(region);
    // with the last model, or data set, its threads go too: thread 0's scratch and the team's region are left
    if (this.team.hasFoundation && this.#arena.count === 2) this.team.dissolve();
  }

  /** A view of `length` bytes at `offset`. @internal */
  bytes(offset: number, length: number): Uint8Array<Buffer> {
    return new Uint8Array(this.buffer, offset, length);
  }

  /** A view of `length` float32 values at `offset`. @internal */
  floats(offset: number, length: number): Float32Array<Buffer> {
    return new Float32Array(this.buffer, offset, length);
  }

  /** A view of `length` float64 values at `offset`. @internal */
  doubles(offset: number, length: number): Float64Array<Buffer> {
    return new Float64Array(this.buffer, offset, length);
  }

  /** A view of `length` 32-bit words at `offset`. @internal */
  words(offset: number, length: number): Uint32Array<Buffer> {
    return new Uint32Array(this.buffer, offset, length);
  }

  /** The memory map: one line per region. */
  map(): string {
    const rows = this.#arena
      .regions()
      .map(
        (region) =>
          `${hex(region.offset)}–${hex(region.offset + region.bytes)}  ${formatBytes(region.bytes).padStart(10)}  ${region.label}`,
      );
    return [`memory map: ${formatBytes(this.used)} in use of ${formatBytes(this.buffer.byteLength)}`, ...rows].join(
      '\n',
    );
  }
}

function hex(offset: number): string {
  return offset.toString(16).padStart(8, '0');
}

function defaultLimit(): number {
  return (isEdgeWorker() ? 64 : 1024) * 1024 * 1024;
}

/**
 * The option `workerUrl` as text: whole in a page, since a worker that starts others has another address of its own.
 * @throws ArgumentError for anything but an address.
 */
export function checkWorkerUrl(where: string, url: unknown): string | undefined {
  if (url === undefined) return undefined;
  const rule = '`workerUrl` must be the address of a copy of lanegrad/worker.js';
  if (!(url instanceof URL) && (typeof url !== 'string' || url === '')) refuse(where, rule, url);
  const base = typeof document === 'undefined' ? globalThis.location?.href : document.baseURI;
  if (base === undefined) return String(url);
  try {
    return new URL(url, base).href;
  } catch {
    refuse(where, rule, url);
  }
}

/** Memory that can grow to all that 32 bits reach. @throws MemoryLimitError where the process may not have so many addresses. */
function firstMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
  } catch (error) {
    const help = 'Help: raise the limit of addresses of this process (`ulimit -v`): engines reserve some GiB of them.';
    throw new MemoryLimitError(`createRuntime: the engine refused memory (${String(error)}). ${help}`);
  }
}

/**
 * Creates a runtime: one linear memory with the kernels over it. Models made with `{ runtime }` share it; a model made
 * without has one of its own, which goes when the model goes.
 * @throws ArgumentError for an unknown option or value, and options that contradict each other; UnsupportedError where the engine
 * has no WebAssembly SIMD, lacks kernels asked for by name, or may not compile them; MemoryLimitError for a limit below what
 * the kernels need, and where the engine refuses memory.
 */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  checkOptions('createRuntime', options, ['kernel', 'reproducible', 'threads', 'module', 'workerUrl', 'memoryLimit']);
  const { kernel = 'auto', reproducible = false, threads = 'auto', module, memoryLimit = defaultLimit() } = options;
  const workerUrl = checkWorkerUrl('createRuntime', options.workerUrl);
  checkOneOf('createRuntime', 'kernel', kernel, KERNEL_NAMES);
  if (typeof reproducible !== 'boolean') refuse('createRuntime', '`reproducible` must be true or false', reproducible);
  checkNumber('createRuntime', 'memoryLimit', memoryLimit, PAGE);
  const given = module !== undefined;
  const choice = given ? chooseGiven(module, kernel, reproducible) : chooseKernels(kernel, reproducible);
  return new Runtime(choice, chooseThreads(threads, choice.alone), memoryLimit, workerUrl);
}
