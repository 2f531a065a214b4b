/**
 * The ladder: C [m, n] = A [m, k] · B [k, n], float32, row-major, from three loops to the design of the product's own kernels
 * (docs/performance.md). Each file adds one idea to the one before. No part of the package; `npm run bench -- ladder` compiles
 * this file twice, with and without relaxed SIMD, checks every rung against plain JavaScript and times it.
 *
 * Matrices are addresses. Contract: up to 64 bytes behind A and B, and `k` rows, may be read past their ends; nothing but C and
 * `scratch` is written.
 */
export { naive } from './1-naive';
export { ordered } from './2-order';
export { vectors } from './3-vectors';
export { tiled } from './4-tile';
export { panels } from './5-panels';
export { blocks } from './6-blocks';
export { wide } from './8-wide';
