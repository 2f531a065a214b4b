/** Which of the two arithmetics the engine has. */
import type { Arithmetic } from './binary.js';
import { has, need, type Probe, RELAXED, SIMD } from './probe.js';

export { compile } from './probe.js';

const PROBES: Readonly<Record<Arithmetic, Probe>> = { simd: SIMD, relaxed: RELAXED };

/** Whether this engine can run the kernels with that arithmetic. */
export function supports(arithmetic: Arithmetic): boolean {
  return has(PROBES[arithmetic]);
}

/** Refuses an engine that cannot run the kernels with that arithmetic. @throws UnsupportedError. */
export function demand(arithmetic: Arithmetic): void {
  // whoever lacks SIMD lacks relaxed SIMD too, and is not helped by another kernel
  need(SIMD);
  need(PROBES[arithmetic]);
}
