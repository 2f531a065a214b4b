/** `#predict` on Cloudflare Workers: see ../workerd.ts. */

import type { Binary } from '../binary.js';
import predict from './predict.wasm';

/** The kernels. */
export function predictKernels(): Binary {
  return predict;
}
