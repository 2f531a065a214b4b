/**
 * Creates, trains and drops models without disposing them, and prints how much memory the process holds: it must come
 * back by itself. By hand: `node --expose-gc test/soak/models.mjs [models]` (default 1000); a part of it runs in
 * test/facade/process.test.ts. Needs a build.
 */
import { adam, dense, sequential } from 'lanegrad';

const models = Number(process.argv[2] ?? 1000);
const megabytes = () => {
  const { rss, arrayBuffers, external } = process.memoryUsage();
  return { rss: rss / 2 ** 20, arrayBuffers: arrayBuffers / 2 ** 20, external: external / 2 ** 20 };
};
const print = (at) => {
  const numbers = Object.entries(megabytes()).map(([name, value]) => `${name} ${value.toFixed(0)} MiB`);
  console.log(`${String(at).padStart(6)}  ${numbers.join('  ')}`);
};
const turn = () => new Promise((resolve) => setImmediate(resolve));
const collect = async () => {
  // memories are freed a turn after what refers to them
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await turn();
  }
};

const rows = 256;
const x = Float32Array.from({ length: rows * 100 }, (_, i) => ((i * 37) % 101) / 50 - 1);
const y = Uint8Array.from({ length: rows }, (_, i) => i % 10);

/** 1.1 MB of parameters and states, and as much again for data and programs. */
async function useAndDrop(seed) {
  const layers = [dense(500, { activation: 'relu' }), dense(10, { activation: 'softmax' })];
  const model = sequential({ input: 100, seed, layers }).compile({ loss: 'crossEntropy', optimizer: adam() });
  await model.fit(x, y, { batchSize: 128 });
  return model.predict(x.subarray(0, 100))[0];
}

await useAndDrop(0);
await collect();
const before = megabytes();
print(0);
for (let i = 1; i <= models; i++) {
  const first = await useAndDrop(i);
  if (!Number.isFinite(first)) throw new Error(`model ${i} predicts ${first}`);
  if (i % Math.ceil(models / 10) === 0) print(i);
}
await collect();
print('end');
const growth = megabytes().rss - before.rss;
console.log(JSON.stringify({ models, megabytesMore: Math.round(growth), collected: globalThis.gc !== undefined }));
