/** What the engine's WebAssembly can do. */
import { FormatError, UnsupportedError } from '../errors.js';
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
  if (!supports('simd')) {
    throw new UnsupportedError(
      'This JavaScript engine has no WebAssembly SIMD. Help: use Node 20.11 or later, a current browser, Deno or Bun; on ' +
        'x86, their engines have it where the processor has SSE4.1.',
    );
  }
  if (!supports(arithmetic)) {
    throw new UnsupportedError(
      "This JavaScript engine has no relaxed WebAssembly SIMD. Help: use kernel 'auto', or Node 22 or later.",
    );
  }
}

/** The kernels that `read` unpacks. @throws FormatError where they are not what the library was published with. */
export function unpacked<Kernels>(read: () => Kernels): Kernels {
  try {
    return read();
  } catch {
    throw new FormatError('The kernels in this copy of lanegrad are damaged. Help: install the package again.');
  }
}

/**
 * Compiles bytes.
 * @param where what takes compiled kernels instead
 * @throws UnsupportedError where that is forbidden.
 */
export function compile(bytes: Uint8Array<ArrayBuffer>, where: string): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    throw new UnsupportedError(
      `WebAssembly may not be compiled here (${String(error)}). Help: in a page, allow it by 'wasm-unsafe-eval' in the ` +
        `script-src of its Content-Security-Policy; elsewhere, give compiled kernels as \`module\` to ${where}.`,
    );
  }
}
