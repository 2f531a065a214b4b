/**
 * A contestant is a process of its own: engine flags, thread counts and caches of one cannot touch another. It is asked line
 * by line on its standard input, in JSON, and answers on its standard output; between two questions it sleeps. This file is
 * the side that answers, in Node; bench/peers/lines.py is the same in Python, bench/contestant.ts the side that asks.
 */
import { createInterface } from 'node:readline';
import { Bench } from 'tinybench';
import type { NetFiles } from './nets.js';
import type { Rung, Sides } from './rungs.js';

/** What a contestant is asked to prepare. */
export type Spec =
  | { readonly kind: 'train'; readonly net: NetFiles }
  | { readonly kind: 'predict'; readonly net: NetFiles; readonly rows: number }
  | {
      readonly kind: 'product';
      readonly m: number;
      readonly n: number;
      readonly k: number;
      readonly transposed?: 'A' | 'B';
    }
  | { readonly kind: 'products'; readonly shapes: readonly (readonly [m: number, n: number, k: number])[] }
  | { readonly kind: 'peak'; readonly file: string; readonly export: string; readonly iterations: number }
  | {
      readonly kind: 'rung';
      readonly rung: Rung;
      readonly sides: Sides;
      readonly folder: string;
      readonly check: boolean;
    }
  | { readonly kind: 'profile'; readonly setup: string };

/** A piece of work that is ready to be timed. */
export interface Job {
  /** Units of work (steps, rows, products) in one call: times are seconds per unit. */
  readonly units: number;
  /** Does it once. */
  call(): void | Promise<void>;
  /** `call` returns a promise: only where the library leaves no choice. Default false. */
  readonly waits?: boolean;
  /** Numbers by which all contestants are compared: what was computed, not how fast. */
  readonly check?: readonly number[];
  /** Anything worth reporting: kernels in use, the configuration. */
  readonly facts?: Readonly<Record<string, string | number>>;
  /** Instead of `call`: figures by name, measured by the library itself. */
  measure?(): Readonly<Record<string, number>>;
  /** Gives memory back. */
  dispose?(): void;
}

/** A line that is asked. */
export type Question =
  | { readonly ask: 'prepare'; readonly job: string; readonly spec: Spec }
  | { readonly ask: 'time'; readonly job: string; readonly seconds: number }
  | { readonly ask: 'drop'; readonly job: string }
  | { readonly ask: 'memory' };

/** The line in answer. */
export type Answer = {
  readonly error?: string;
  readonly check?: readonly number[];
  readonly facts?: Readonly<Record<string, string | number>>;
  /** Seconds per unit; figures by name where the job measures several things. */
  readonly seconds?: number;
  readonly parts?: Readonly<Record<string, number>>;
  /** Seconds that the sample took by the clock, and by the processor: where these differ, others had the cores. */
  readonly wall?: number;
  readonly busy?: number;
  /** Bytes of memory in RAM now, and at most so far. */
  readonly resident?: number;
  readonly peak?: number;
};

/** Answers questions until the other side hangs up. The first line says hello, with versions, or why it cannot be. */
export async function serve(
  open: () => Promise<{ readonly facts: Readonly<Record<string, string>>; prepare(spec: Spec): Job | Promise<Job> }>,
): Promise<void> {
  const say = (answer: Answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
  // whatever a library prints must not look like an answer
  console.log = console.info = console.warn = console.error;
  try {
    const { facts, prepare } = await open();
    say({ facts });
    const jobs = new Map<string, Job>();
    for await (const line of createInterface({ input: process.stdin })) {
      try {
        say(await answer(jobs, prepare, JSON.parse(line) as Question));
      } catch (error) {
        say({ error: messageOf(error) });
      }
    }
  } catch (error) {
    say({ error: messageOf(error) });
  }
  process.exit(0);
}

async function answer(
  jobs: Map<string, Job>,
  prepare: (spec: Spec) => Job | Promise<Job>,
  question: Question,
): Promise<Answer> {
  if (question.ask === 'memory') {
    // in kilobytes on every platform that Node runs on
    return { resident: process.memoryUsage().rss, peak: process.resourceUsage().maxRSS * 1024 };
  }
  if (question.ask === 'prepare') {
    const job = await prepare(question.spec);
    jobs.set(question.job, job);
    return { ...(job.check && { check: job.check }), ...(job.facts && { facts: job.facts }) };
  }
  const job = jobs.get(question.job);
  if (!job) throw new Error(`there is no job ${question.job}`);
  if (question.ask === 'drop') {
    job.dispose?.();
    jobs.delete(question.job);
    return {};
  }
  const [begin, used] = [performance.now(), process.cpuUsage()];
  const figures = job.measure ? { parts: job.measure() } : { seconds: await clock(job, question.seconds) };
  const { user, system } = process.cpuUsage(used);
  return { ...figures, wall: (performance.now() - begin) / 1000, busy: (user + system) / 1e6 };
}

/** Calls the job for about so many seconds, at least once, and returns the median of its calls, per unit. */
export async function clock(job: Job, seconds: number): Promise<number> {
  const bench = new Bench({ time: seconds * 1000, iterations: 1, warmup: false, retainSamples: true, throws: true });
  bench.add('job', () => job.call(), { async: job.waits ?? false });
  await bench.run();
  const [task] = bench.tasks;
  if (task?.result.state !== 'completed') throw new Error('the job did not complete');
  return task.result.latency.p50 / 1000 / job.units;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
