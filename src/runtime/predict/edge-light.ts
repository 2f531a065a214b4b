/** `#predict` on Vercel's edge: see ../edge-light.ts. */

import type { Binary } from '../binary.js';
import predict from './predict.wasm?module';

/** The kernels. */
export function predictKernels(): Binary {
  return predict;
}
