import { instantiateSync } from '@assemblyscript/loader';
import { UnsupportedError } from '../errors.js';
import { relaxed, simd } from './kernels.generated.js';

/** What the kernel module exports: one function (assembly/index.ts). */
export interface Kernels {
  /** Runs the records first ≤ i < last of the program at byte offset `program` as thread `thread` of `threads`. */
  run(program: number, first: number, last: number, thread: number, threads: number): void;
}

/**
 * The arithmetic of a module: `simd` rounds every multiplication and addition, with the same bits on every machine;
 * `relaxed` fuses them where the machine can.
 */
export type Arithmetic = 'simd' | 'relaxed';

const TEXTS: Readonly<Record<Arithmetic, string>> = { simd, relaxed };

const compiled = new Map<string, WebAssembly.Module>();

function bytesOf(arithmetic: Arithmetic): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(TEXTS[arithmetic]), (character) => character.charCodeAt(0));
}

/** Whether this engine can run the kernels with that arithmetic. */
export function supports(arithmetic: Arithmetic): boolean {
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(bytesOf(arithmetic));
}

/**
 * The kernels, compiled once for all runtimes of this process.
 * @param mark makes a module of its own: engines share the code of modules with the same bytes, and what was compiled
 * before an engine flag was set would be used again after it
 * @throws UnsupportedError where the engine cannot run them.
 */
export function kernelModule(arithmetic: Arithmetic, mark = ''): WebAssembly.Module {
  const key = arithmetic + mark;
  const known = compiled.get(key);
  if (known) return known;
  if (typeof WebAssembly === 'undefined') {
    throw new UnsupportedError(
      'This JavaScript engine has no WebAssembly. Help: lanegrad needs it, with fixed-width SIMD.',
    );
  }
  if (!supports(arithmetic)) {
    throw new UnsupportedError(
      arithmetic === 'simd'
        ? 'This JavaScript engine has no WebAssembly SIMD. Help: use Node 20.11 or later, a current browser, Deno or Bun.'
        : "This JavaScript engine has no relaxed WebAssembly SIMD. Help: use kernel 'auto', or Node 22 or later.",
    );
  }
  const bytes = bytesOf(arithmetic);
  const module = new WebAssembly.Module(mark ? marked(bytes, mark) : bytes);
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
  const { exports } = instantiateSync<{ run: Kernels['run'] }>(module, { env: { memory } });
  return { run: exports.run };
}

/** What this engine's WebAssembly can do, for `lanegrad doctor`. */
export function engineFeatures(): { simd: boolean; relaxedSimd: boolean; sharedMemory: boolean } {
  return {
    simd: supports('simd'),
    relaxedSimd: supports('relaxed'),
    sharedMemory: typeof SharedArrayBuffer !== 'undefined',
  };
}
