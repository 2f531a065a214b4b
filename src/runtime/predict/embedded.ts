/** `#predict` where bytes can be compiled: the kernels of lanegrad/predict inside the library. */
import type { Binary } from '../binary.js';
import { PACKED } from '../predict.generated.js';
import { unpack } from '../unpack.js';

/** The kernels. */
export function predictKernels(): Binary {
  return unpack(PACKED.kernels, PACKED.frequent);
}
