/** What the engine's WebAssembly can do. */
import { UnsupportedError } from '../errors.js';
import type { Arithmetic } from './binary.js';

/**
 * Modules of one function each that are valid only where the instruction in it is known: f32x4.add (0xe4) of two vectors,
 * f32x4.relaxed_madd (0x105) of three. Much smaller than the kernels, so that asking costs nothing.
 */
const PROBES: Readonly<Record<Arithmetic, readonly number[]>> = {
  simd: [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 123, 123, 1, 123, 3, 2, 1, 0, 10, 11, 1, 9, 0, 32, 0, 32, 1, 253, 228,
    1, 11,
  ],
  relaxed: [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32,
    2, 253, 133, 2, 11,
  ],
};

/** Whether this engine can run the kernels with that arithmetic. */
export function supports(arithmetic: Arithmetic): boolean {
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(Uint8Array.from(PROBES[arithmetic]));
}

/** Refuses an engine that cannot run the kernels with that arithmetic. @throws UnsupportedError. */
export function demand(arithmetic: Arithmetic): void {
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
}

/** Compiles bytes. @throws UnsupportedError where that is forbidden. */
export function compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    throw new UnsupportedError(
      `WebAssembly may not be compiled here (${String(error)}). Help: in a page, allow it by 'wasm-unsafe-eval' in the ` +
        'script-src of its Content-Security-Policy; elsewhere, give compiled kernels as `module` to createRuntime.',
    );
  }
}
