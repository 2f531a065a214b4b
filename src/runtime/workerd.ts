/** `#wasm` on Cloudflare Workers, which compile no bytes: an import of a `.wasm` file is a module there. */

import type { Arithmetic, Binary } from './binary.js';
import relaxed from './relaxed.wasm';
import simd from './simd.wasm';

/** Whether the kernels come compiled: for one thread, then. */
export const precompiled = true;

/** The kernels. */
export function binaryOf(arithmetic: Arithmetic): Binary {
  return { simd, relaxed }[arithmetic];
}
