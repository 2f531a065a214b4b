/** Who takes part in `npm run bench:peers`, each in its best configuration. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Contestant, type Entry } from './contestant.js';
import { KERNEL_NAMES, kernelEntry } from './kernels.js';
import type { Absence } from './section.js';

/** The programs that run them. */
export interface Programs {
  readonly node: string;
  /** Another Node, for the baseline kernel under an older engine. */
  readonly otherNode: string | undefined;
  readonly python: string;
}

const COMPILED = 'bench/peers/build/peers';

/**
 * Threads of PyTorch are OpenMP's, those of its matrix products OpenBLAS's: `set_num_threads(1)` alone leaves the latter on
 * all cores. Where both have threads, those that wait must sleep, or they take the cores from each other.
 */
const threads = (count: number, blas: number) => ({
  OMP_NUM_THREADS: String(count),
  OPENBLAS_NUM_THREADS: String(blas),
  OMP_WAIT_POLICY: 'PASSIVE',
});

/** Whether a contestant is lanegrad. */
export function isOurs(name: string): boolean {
  return name.startsWith('lanegrad');
}

/** The one that all others are compared with, in what they compute. */
export const REFERENCE = 'lanegrad simd';

/** `Node 20`; a program that does not say so is named when it is started. */
function nodeName(node: string): string {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return `Node ${/^v(\d+)/.exec(stdout ?? '')?.[1] ?? node}`;
}

/** All of them, lanegrad first. */
export function entries({ node, otherNode, python }: Programs): Entry[] {
  const cores = availableParallelism();
  const both = cores > 1 ? `${cores} threads` : '1 thread';
  const js = (name: string, file: string, ...args: string[]): Entry => ({
    name,
    command: node,
    args: [`${COMPILED}/${file}.js`, ...args],
  });
  const py = (name: string, file: string, args: readonly string[], env: Entry['env']): Entry => ({
    name,
    command: python,
    args: [`bench/peers/${file}.py`, ...args],
    ...(env && { env }),
  });
  const torch = (name: string, count: number, blas: number) =>
    py(name, 'pytorch', [String(count)], threads(count, blas));
  return [
    ...KERNEL_NAMES.map((kernel) => ({ ...kernelEntry(kernel, node), name: `lanegrad ${kernel}` })),
    ...(cores > 1 ? [{ ...kernelEntry('turbo', node, cores), name: `lanegrad turbo, ${both}` }] : []),
    ...(otherNode ? [{ ...kernelEntry('simd', otherNode), name: `lanegrad simd, ${nodeName(otherNode)}` }] : []),
    torch('PyTorch, 1 thread', 1, 1),
    ...(cores > 1
      ? [torch(`PyTorch, ${both}`, cores, cores), torch(`PyTorch, ${both}, OpenBLAS on one`, cores, 1)]
      : []),
    py('scikit-learn, 1 thread', 'scikit', [], threads(1, 1)),
    js('jax-js', 'jax'),
    js('tfjs-wasm', 'tfjs', 'wasm'),
    js('tfjs-cpu', 'tfjs', 'cpu'),
    js('brain.js', 'brain'),
    js('onnxruntime-node, 1 thread', 'onnxruntime', 'node', '1'),
    ...(cores > 1 ? [js(`onnxruntime-node, ${both}`, 'onnxruntime', 'node', String(cores))] : []),
    js('onnxruntime-web, 1 thread', 'onnxruntime', 'web', '1'),
  ];
}

/** How often lanegrad's own may fail to start (bench/kernels.ts says why). */
const TRIES = 4;

/** Starts one; undefined, with a reason in `absent`, where it cannot take part. */
export async function startEntry(entry: Entry, absent: Absence[]): Promise<Contestant | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await Contestant.start(entry);
    } catch (error) {
      if (isOurs(entry.name) && tries < TRIES) continue;
      absent.push({ name: entry.name, reason: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }
}
