/** The runtime of the command: its process is its own, so flags of the engine may be set. */
import { createRuntime, type Runtime, type RuntimeOptions } from '../index.js';
import { setEngineFlag } from '../runtime/turbo.js';
import { supports } from '../runtime/wasm.js';

/** What the flags and the record of a run say of it. */
export type RuntimeChoice = Pick<RuntimeOptions, 'kernel' | 'reproducible' | 'threads'>;

/** A runtime, with relaxed SIMD behind a flag (Node 20) where it was asked for. */
export function commandRuntime(options: RuntimeChoice): Runtime {
  if (options.kernel === 'relaxed' && !supports('relaxed')) setEngineFlag('--experimental-wasm-relaxed-simd');
  return createRuntime(options);
}
