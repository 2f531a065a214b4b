/**
 * A million training steps of a small network, and the memory that the process holds meanwhile: it must stay flat. By
 * hand: `node --expose-gc test/soak/steps.mjs [steps]`; some minutes. Needs a build.
 */
import { adam, dense, sequential } from 'lanegrad';

const steps = Number(process.argv[2] ?? 1_000_000);
const batchSize = 32;
const rows = 3200;
const x = Float32Array.from({ length: rows * 64 }, (_, i) => ((i * 37) % 101) / 50 - 1);
const y = Uint8Array.from({ length: rows }, (_, i) => (i * 7) % 10);
const layers = [dense(32, { activation: 'relu' }), dense(10, { activation: 'softmax' })];
const model = sequential({ input: 64, seed: 1, layers }).compile({ loss: 'crossEntropy', optimizer: adam() });

const start = performance.now();
const seen = [];
const print = (done) => {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const seconds = (performance.now() - start) / 1000;
  const row = { steps: done, rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20, seconds };
  seen.push(row);
  console.log(
    `${String(done).padStart(8)} steps  rss ${row.rss.toFixed(1)} MiB  heap ${row.heap.toFixed(2)} MiB  ` +
      `${((seconds * 1e6) / Math.max(1, done)).toFixed(1)} µs/step`,
  );
};

const perEpoch = rows / batchSize;
const parts = 20;
for (let part = 0; part < parts; part++) {
  print((part * steps) / parts);
  await model.fit(x, y, { epochs: Math.round(steps / parts / perEpoch), batchSize });
}
print(steps);
const late = seen.slice(seen.length >> 1).map(({ rss }) => rss);
console.log(JSON.stringify({ steps, megabytesMoreInSecondHalf: Number((late.at(-1) - late[0]).toFixed(1)) }));
