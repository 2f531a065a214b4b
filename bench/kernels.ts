/** The kernels as contestants. */
import { Contestant, type Entry } from './contestant.js';

/** By the names that tables have. */
export const KERNELS = {
  simd: ['simd'],
  relaxed: ['relaxed'],
  'turbo reproducible': ['turbo', 'reproducible'],
  turbo: ['turbo'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** How often a kernel may fail to start: turbo's self-test compares speeds, and a busy machine can disturb it. */
const TRIES = 4;

/** How a kernel's process is started, with one thread or more. */
export function kernelEntry(name: keyof typeof KERNELS, node: string, threads = 1): Entry {
  return { name, command: node, args: ['--expose-gc', 'build/bench/worker.js', ...KERNELS[name], String(threads)] };
}

/** Starts every one that this engine has; the others are named with the reason. */
export async function startKernels(node: string, names: readonly (keyof typeof KERNELS)[] = KERNEL_NAMES) {
  const kernels: Contestant[] = [];
  const absent: Record<string, string> = {};
  for (const name of names) {
    for (let tries = 1; ; tries++) {
      try {
        kernels.push(await Contestant.start(kernelEntry(name, node)));
        break;
      } catch (error) {
        if (tries < TRIES) continue;
        absent[name] = error instanceof Error ? error.message : String(error);
        break;
      }
    }
  }
  return { kernels, absent };
}

/** All names, in the order of tables. */
export const KERNEL_NAMES = Object.keys(KERNELS) as (keyof typeof KERNELS)[];
