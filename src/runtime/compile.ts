import { UnsupportedError } from '../errors.js';

/**
 * Compiles kernels.
 * @throws UnsupportedError where the page's or the Worker's rules forbid it, saying which rule to change.
 */
export function compileKernels(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    // kernels that the engine cannot run were refused before: what is valid and yet not compiled is not allowed
    if (!WebAssembly.validate(bytes)) throw error;
    throw new UnsupportedError(
      `WebAssembly may not be compiled here (${error instanceof Error ? error.message : error}). ` +
        "Help: on a page, add 'wasm-unsafe-eval' to `script-src` of its Content-Security-Policy; in a Worker at the edge, " +
        'call createRuntime while the Worker starts, outside of requests, with a compatibility date of 2025-06-01 or later.',
    );
  }
}
