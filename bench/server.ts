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

async function train(milliseconds: number): Promise<Spell> {
  let longest = 0;
  let last = performance.now();
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  // each comes behind the turn that the fit gave back; a training that has begun finds the loop waiting for the first
  const ends: number[] = [];
  await model.fit(x, y, {
    epochs: 1e9,
    batchSize: batch,
    timeLimit: milliseconds,
    onProgress: turn,
    onEpochEnd: () => void ends.push(performance.now()),
  });
  const seconds = ((ends.at(-1) as number) - (ends[0] as number)) / 1000;
  return { samplesPerSecond: (rows * (ends.length - 1)) / seconds, longest };
}

const server = createServer((_, response) => response.end());
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await train(Number(line))));
}
process.exit(0);
