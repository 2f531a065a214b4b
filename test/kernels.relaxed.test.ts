import { setFlagsFromString } from 'node:v8';
import { tryKernels } from './support/trial.js';

// Node 20 has relaxed SIMD behind a flag, which may be set before the module is compiled
setFlagsFromString('--experimental-wasm-relaxed-simd');
// all other operations are the same code in both modules
tryKernels('relaxed', ['Gemm']);
