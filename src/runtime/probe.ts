/** What the engine's WebAssembly can do, and what is to be said where it cannot. */
import { FormatError, UnsupportedError } from '../errors.js';

/** An arithmetic, and what tells whether an engine has it. */
export interface Probe {
  /**
   * A module of one function that is valid only where the instruction in it is known. Much smaller than the kernels, so that
   * asking costs nothing.
   */
  readonly module: readonly number[];
  /** What is to be said where it is not. */
  readonly missing: string;
}

/** f32x4.add (0xe4) of two vectors. */
export const SIMD: Probe = {
  module: [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 123, 123, 1, 123, 3, 2, 1, 0, 10, 11, 1, 9, 0, 32, 0, 32, 1, 253, 228,
    1, 11,
  ],
  missing: 'no WebAssembly SIMD. Help: use Node 20.11 or later, a current browser, Deno or Bun; on x86, SSE4.1.',
};

/** f32x4.relaxed_madd (0x105) of three vectors. */
export const RELAXED: Probe = {
  module: [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32,
    2, 253, 133, 2, 11,
  ],
  missing: "no relaxed WebAssembly SIMD. Help: use kernel 'auto', or Node 22 or later.",
};

/** Whether this engine can run kernels with that arithmetic. */
export function has({ module }: Probe): boolean {
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(Uint8Array.from(module));
}

/** Refuses an engine that cannot run kernels with that arithmetic. @throws UnsupportedError. */
export function need(probe: Probe): void {
  const none = 'no WebAssembly. Help: lanegrad needs it, with SIMD.';
  if (has(probe)) return;
  const lacks = typeof WebAssembly === 'undefined' ? none : probe.missing;
  throw new UnsupportedError(`This JavaScript engine has ${lacks}`);
}

/** Kernels that are not what the library was published with. */
export function damaged(): never {
  throw new FormatError('The kernels in this copy of lanegrad are damaged. Help: install the package again.');
}

/**
 * Compiles the library's own kernels.
 * @param where what takes compiled kernels instead
 * @throws UnsupportedError where that is forbidden; FormatError where they are damaged.
 */
export function compile(bytes: Uint8Array<ArrayBuffer>, where: string): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    need(SIMD);
    // a policy forbids to compile, never to look
    if (!WebAssembly.validate(bytes)) damaged();
    throw new UnsupportedError(
      `WebAssembly may not be compiled here (${String(error)}). Help: in a page, allow it by 'wasm-unsafe-eval' in the ` +
        `script-src of its Content-Security-Policy; elsewhere, give compiled kernels as \`module\` to ${where}.`,
    );
  }
}
