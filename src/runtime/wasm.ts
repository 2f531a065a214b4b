import { binaryOf } from '#wasm';
import { Tile } from '../../assembly/abi.js';
import type { Arithmetic } from './binary.js';
import { compile, demand, supports } from './engine.js';
import { damaged } from './probe.js';

export { supports } from './engine.js';

/** What the kernel module exports for the caller's thread (assembly/index.ts); `serve` is for the others (worker.ts). */
export interface Kernels {
  /** Runs the records first ≤ i < last of the program at byte offset `program` as thread `thread` of `threads`. */
  run(program: number, first: number, last: number, thread: number, threads: number): void;
  /**
   * Runs them with a team of at most `wanted` threads, whole (`pieces` 0) or the pieces from ≤ p < to of each. Returns how
   * many came; 0 where one of them failed. Shared memory only.
   */
  lead(
    sync: number,
    program: number,
    first: number,
    last: number,
    from: number,
    to: number,
    pieces: number,
    wanted: number,
    patience: number,
  ): number;
}

/** The tiles that a module has (assembly/gemm/gemm.ts): those that some engine is fastest with. */
export const TILES = {
  simd: [Tile.Narrow, Tile.NarrowUnrolled, Tile.Wide],
  relaxed: [Tile.Tall, Tile.Wide],
} as const satisfies Readonly<Record<Arithmetic, readonly Tile[]>>;

const compiled = new Map<string, WebAssembly.Module>();

/** How the modules begin to import their memory; the next byte says what limits it has. */
const MEMORY_IMPORT = [3, ...[...'env'].map(code), 6, ...[...'memory'].map(code), 2];
/** Limits of a memory with a maximum, without and with sharing (WebAssembly threads proposal, limits). */
const [UNSHARED, SHARED] = [1, 3];

function code(letter: string): number {
  return letter.charCodeAt(0);
}

/** Makes bytes that are for shared memory into those for memory of one thread: one bit in the import of the memory. */
function unshare(bytes: Uint8Array): void {
  const at = bytes.findIndex((_, i) => MEMORY_IMPORT.every((byte, j) => bytes[i + j] === byte));
  const limits = at + MEMORY_IMPORT.length;
  if (bytes[limits] !== SHARED) damaged();
  bytes[limits] = UNSHARED;
}

/** The kernels of the package. @throws FormatError where they are not what it was published with. */
function unpacked(arithmetic: Arithmetic): ReturnType<typeof binaryOf> {
  try {
    return binaryOf(arithmetic);
  } catch {
    return damaged();
  }
}

/**
 * The kernels, compiled once for all runtimes of this process.
 * @param mark makes a module of its own: engines share the code of modules with the same bytes, and what was compiled
 * before an engine flag was set would be used again after it
 * @param shared for a memory that threads share
 * @throws UnsupportedError where the engine cannot run them, or may not compile them.
 */
export function kernelModule(arithmetic: Arithmetic, mark = '', shared = false): WebAssembly.Module {
  const key = [arithmetic, mark, shared].join();
  const known = compiled.get(key);
  if (known) return known;
  demand(arithmetic);
  const binary = unpacked(arithmetic);
  if (!(binary instanceof Uint8Array)) return binary;
  if (!shared) unshare(binary);
  const module = compile(mark ? marked(binary, mark) : binary, 'createRuntime');
  compiled.set(key, module);
  return module;
}

/** The module with a custom section of that name (at most 100 ASCII characters) and nothing in it. */
function marked(bytes: Uint8Array, mark: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(mark);
  const section = Uint8Array.of(0, name.length + 1, name.length, ...name);
  const all = new Uint8Array(bytes.length + section.length);
  all.set(bytes);
  all.set(section, bytes.length);
  return all;
}

/** Instantiates kernels over `memory`. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}

/** What this engine's WebAssembly can do, for `lanegrad doctor`. */
export function engineFeatures(): { simd: boolean; relaxedSimd: boolean; sharedMemory: boolean } {
  return {
    simd: supports('simd'),
    relaxedSimd: supports('relaxed'),
    sharedMemory: typeof SharedArrayBuffer !== 'undefined',
  };
}
