/** Steps of a net on every kernel, beside what each could reach at most. */
import { type Contestant, estimateOf, takeTurns } from './contestant.js';
import { type Net, writeNet } from './nets.js';
import { type Context, peakOf } from './section.js';
import type { Estimate } from './statistics.js';

/** How a kernel trains a net. */
export interface Steps {
  readonly kernel: string;
  /** Seconds per row. */
  readonly times: Estimate;
  /**
   * Rows per second at most: the operations of the net's matrix products at the kernel's measured peak, and its optimizer; NaN
   * where no peak was measured.
   */
  readonly ceiling: number;
  /** Seconds of a step that the optimizer takes. */
  readonly optimizer: number;
  /** After the updates of the check. */
  readonly loss: number;
}

/** Trains a net on all kernels in turn, `seconds` in each round. */
export async function measureSteps(
  kernels: readonly Contestant[],
  net: Net,
  rounds: number,
  seconds: number,
  before: Context['rows'],
): Promise<Steps[]> {
  const job = `train ${net.name}`;
  const files = writeNet(net);
  const answers = new Map<string, Awaited<ReturnType<Contestant['prepare']>>>();
  for (const kernel of kernels) answers.set(kernel.name, await kernel.prepare(job, { kind: 'train', net: files }));
  const times = await takeTurns(kernels, job, rounds, seconds);
  for (const kernel of kernels) await kernel.ask({ ask: 'drop', job });
  return kernels.map(({ name }) => {
    const { facts, check } = answers.get(name) ?? {};
    const optimizer = Number(facts?.optimizer);
    const ceiling = net.batch / (Number(facts?.flops) / (peakOf(before, name) * 1e9) + optimizer);
    return { kernel: name, times: estimateOf(times, name), ceiling, optimizer, loss: check?.[0] ?? Number.NaN };
  });
}
