/**
 * The arithmetic of a module: `simd` rounds every multiplication and addition, with the same bits on every machine;
 * `relaxed` fuses them where the machine can.
 */
export type Arithmetic = 'simd' | 'relaxed';

/**
 * Kernels as the place has them that the library is bundled for (`#wasm` in package.json): bytes, to be compiled here, or a
 * module that came compiled, for one thread. Places that compile no bytes (Cloudflare Workers, Vercel's edge) have modules.
 */
export type Binary = Uint8Array<ArrayBuffer> | WebAssembly.Module;
