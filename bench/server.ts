/**
 * An HTTP server with an empty handler, in a process that trains XL on one thread: `node server.js KERNEL [reproducible]`. Prints
 * its port; then every line on its standard input is a number of milliseconds to train for, and is answered by a Spell as JSON.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { adam, createRuntime, dense, sequential } from 'lanegrad';
import { NETS, unit } from './nets.js';

/** What came of a training. */
export interface Spell {
  /** From the end of the first epoch, when all is compiled and copied, to that of the last. */
  readonly samplesPerSecond: number;
  /** The longest time between two turns of the event loop, in milliseconds, the beginning of the training included. */
  readonly longest: number;
  /** The same by the processor's clock, so without what other processes took: what a slice of the training costs at most. */
  readonly work: number;
  /** The share of a core that the process got: below 1, others were at work on this machine. */
  readonly core: number;
}

const [kernel, ...more] = process.argv.slice(2) as ['simd' | 'relaxed' | 'turbo', ...string[]];
const runtime = createRuntime({ kernel, reproducible: more.includes('reproducible'), threads: 1 });
// turbo's self-test compares speeds: on a busy machine it may refuse what works
if (runtime.kernel !== kernel) throw new Error(runtime.reason);
const { sizes, batch } = NETS.XL;
const [input, ...widths] = sizes as readonly [number, ...number[]];
const rows = 2 * batch;
const x = Float32Array.from({ length: rows * input }, (_, i) => unit(i) - 0.5);
const y = Uint8Array.from({ length: rows }, (_, i) => i % 10);
const layers = widths.map((units, i) => dense(units, { activation: i === widths.length - 1 ? 'softmax' : 'relu' }));
const model = sequential({ input, layers, seed: 1 }, { runtime }).compile({
  loss: 'crossEntropy',
  optimizer: adam({ learningRate: 1e-6 }),
});

/** Milliseconds that this process has had of the processor. */
function busy(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function train(milliseconds: number): Promise<Spell> {
  const begin = performance.now();
  const used = busy();
  let [longest, work, lastTurn, lastBusy] = [0, 0, begin, used];
  const turn = () => {
    const [now, worked] = [performance.now(), busy()];
    longest = Math.max(longest, now - lastTurn);
    work = Math.max(work, worked - lastBusy);
    [lastTurn, lastBusy] = [now, worked];
  };
  const ends: number[] = [];
  await model.fit(x, y, {
    epochs: 1e9,
    batchSize: batch,
    timeLimit: milliseconds,
    onProgress: turn,
    onEpochEnd: () => void ends.push(performance.now()),
  });
  const seconds = ((ends.at(-1) as number) - (ends[0] as number)) / 1000;
  const core = Math.min(1, (busy() - used) / (performance.now() - begin));
  return { samplesPerSecond: (rows * (ends.length - 1)) / seconds, longest, work, core };
}

const server = createServer((_, response) => response.end());
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await train(Number(line))));
}
process.exit(0);
