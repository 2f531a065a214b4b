/** `#wasm` where bytes can be compiled: the kernels inside the library, so that no file has to be found, fetched or read. */
import type { Arithmetic, Binary } from './binary.js';
import { PACKED } from './kernels.generated.js';
import { patched, unpack } from './unpack.js';

/** Whether the kernels come compiled: for one thread, then. */
export const precompiled = false;

/** The kernels; unpacked at each call, so that an engine which needs one of the two pays for one. */
export function binaryOf(arithmetic: Arithmetic): Binary {
  const { frequent, simd, patch, relaxed } = PACKED;
  const bytes = unpack(simd, frequent);
  return arithmetic === 'simd' ? bytes : patched(bytes, unpack(patch, frequent), relaxed);
}
