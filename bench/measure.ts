import { Bench } from 'tinybench';

/** Times of one task: seconds. */
export interface Timing {
  readonly name: string;
  readonly median: number;
  /** Median absolute deviation, as a share of the median. */
  readonly spread: number;
  readonly fastest: number;
  readonly samples: number;
}

/**
 * Times functions in turn, round by round (A B A B …), so that a machine whose speed drifts slows all of them alike; each
 * task is one sample per round. Medians and spread over all rounds.
 */
export async function measure(tasks: Readonly<Record<string, () => void>>, rounds: number): Promise<Timing[]> {
  const names = Object.keys(tasks);
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  // every task gets its tier-up before anything counts
  for (const task of Object.values(tasks)) for (let i = 0; i < 10; i++) task();
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({ time: 0, iterations: 3, warmup: false, retainSamples: true });
    for (const [name, task] of Object.entries(tasks)) bench.add(name, task);
    bench.runSync();
    for (const { name, result } of bench.tasks) {
      if (result.state !== 'completed') throw new Error(`${name} did not complete`);
      times.get(name)?.push(result.latency.p50 / 1000);
    }
  }
  return names.map((name) => {
    const sorted = (times.get(name) ?? []).sort((a, b) => a - b);
    const median = middle(sorted);
    const deviations = sorted.map((time) => Math.abs(time - median)).sort((a, b) => a - b);
    return {
      name,
      median,
      spread: middle(deviations) / median,
      fastest: sorted[0] ?? Number.NaN,
      samples: sorted.length,
    };
  });
}

function middle(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
}
