import { MOST_THREADS } from '../../assembly/abi.js';
import { refuse } from '../errors.js';
import { availableCores, builtin } from './host.js';

/** Most threads that `'auto'` takes: beyond them memory is the limit, and barriers cost more. */
const AUTO_MOST = 8;
/**
 * Floating-point operations that a thread needs to be worth it: some 15 µs of one core, several times what the barriers of
 * a step cost.
 */
const GRAIN = 0.5e6;

/** How many threads a runtime may have, and why not more. */
export interface Threading {
  readonly most: number;
  /** Work for which one more thread pays; 0: always. */
  readonly grain: number;
  readonly reason: string;
}

/** Why there can be no threads here; undefined where there can be. */
function obstacle(): string | undefined {
  if (typeof SharedArrayBuffer === 'undefined') return 'there is no shared memory here';
  if (!builtin('node:worker_threads')?.Worker) return 'threads need node:worker_threads, Node 20.16 or later';
  return undefined;
}

/**
 * How many threads the option asks for, and what can be had.
 * @throws ArgumentError for anything but 'auto' and a whole number from 1 to 30.
 */
export function chooseThreads(threads: number | 'auto'): Threading {
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    refuse('createRuntime', `\`threads\` must be 'auto' or a whole number from 1 to ${MOST_THREADS}`, threads);
  }
  if (threads === 1) return { most: 1, grain: 0, reason: 'one thread, as asked for' };
  const missing = obstacle();
  if (missing !== undefined) return { most: 1, grain: 0, reason: `one thread: ${missing}` };
  if (threads !== 'auto') return { most: threads, grain: 0, reason: `${threads} threads, as asked for` };
  const cores = availableCores();
  if (cores === 1) return { most: 1, grain: 0, reason: 'one thread: this process has one core' };
  const most = Math.min(AUTO_MOST, cores);
  const limit = cores > AUTO_MOST ? `more than ${AUTO_MOST} are not chosen by themselves` : 'as many as cores';
  return { most, grain: GRAIN, reason: `at most ${most} threads: ${limit}` };
}
