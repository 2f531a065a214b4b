import { instantiateSync } from '@assemblyscript/loader';
import { UnsupportedError } from '../errors.js';
import { simd } from './simd.generated.js';

/** What the kernel module exports: one function (assembly/index.ts). */
export interface Kernels {
  /** Runs the records first ≤ i < last of the program at byte offset `program` as thread `thread` of `threads`. */
  run(program: number, first: number, last: number, thread: number, threads: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** The baseline kernels, compiled once for all runtimes of this process. */
function kernelModule(): WebAssembly.Module {
  if (compiled) return compiled;
  if (typeof WebAssembly === 'undefined') {
    throw new UnsupportedError(
      'This JavaScript engine has no WebAssembly. Help: lanegrad needs it, with fixed-width SIMD.',
    );
  }
  const text = atob(simd);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  if (!WebAssembly.validate(bytes)) {
    throw new UnsupportedError(
      'This JavaScript engine has no WebAssembly SIMD. Help: use Node 20.11 or later, a current browser, Deno or Bun.',
    );
  }
  compiled = new WebAssembly.Module(bytes);
  return compiled;
}

/** Instantiates the kernels over `memory`. */
export function instantiateKernels(memory: WebAssembly.Memory): Kernels {
  const { exports } = instantiateSync<{ run: Kernels['run'] }>(kernelModule(), { env: { memory } });
  return { run: exports.run };
}

/** (module (func (param v128 v128 v128) …)) with f32x4.relaxed_madd: valid only where relaxed SIMD is on. */
const RELAXED_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2,
  253, 133, 2, 11,
];

/** What this engine's WebAssembly can do, for `lanegrad doctor` and `model.runtime`. */
export function engineFeatures(): { simd: boolean; relaxedSimd: boolean; sharedMemory: boolean } {
  const present = typeof WebAssembly !== 'undefined';
  return {
    simd: present && WebAssembly.validate(Uint8Array.from(atob(simd), (c) => c.charCodeAt(0))),
    relaxedSimd: present && WebAssembly.validate(new Uint8Array(RELAXED_PROBE)),
    sharedMemory: typeof SharedArrayBuffer !== 'undefined',
  };
}
