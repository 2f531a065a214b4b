/** `#wasm` on Vercel's edge, which compiles no bytes: an import of a `.wasm` file with `?module` is a module there. */

import type { Arithmetic, Binary } from './binary.js';
import relaxed from './relaxed.wasm?module';
import simd from './simd.wasm?module';

/** Whether the kernels come compiled: for one thread, then. */
export const precompiled = true;

/** The kernels. */
export function binaryOf(arithmetic: Arithmetic): Binary {
  return { simd, relaxed }[arithmetic];
}
