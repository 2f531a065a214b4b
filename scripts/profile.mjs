// Where the time of a training step goes, operation by operation: `node scripts/profile.mjs [S M L XL] [--kernel turbo]`, after
// `npm run build`. The nets are those of the benchmarks (bench/nets.ts); times are the least of 200 runs of each operation.
import { parseArgs } from 'node:util';
import { adam, createRuntime, dense, sequential } from '../dist/src/index.js';

const NETS = {
  S: { sizes: [64, 32, 10], batch: 32 },
  M: { sizes: [784, 128, 10], batch: 64 },
  L: { sizes: [784, 512, 256, 10], batch: 128 },
  XL: { sizes: [1024, 1024, 1024, 1024, 10], batch: 256 },
};

const { values, positionals } = parseArgs({ options: { kernel: { type: 'string' } }, allowPositionals: true });
const runtime = createRuntime({ kernel: values.kernel ?? 'turbo', threads: 1 });
console.log(`kernel ${runtime.kernel}: ${runtime.reason}`);
for (const name of positionals.length > 0 ? positionals : Object.keys(NETS)) {
  const { sizes, batch } = NETS[name];
  const [input, ...widths] = sizes;
  const x = Float32Array.from(
    { length: batch * input },
    (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24 - 0.5,
  );
  const y = Uint8Array.from({ length: batch }, (_, i) => i % 10);
  const layers = widths.map((units, i) => dense(units, { activation: i === widths.length - 1 ? 'softmax' : 'relu' }));
  const model = sequential({ input, layers, seed: 1 }, { runtime }).compile({
    loss: 'crossEntropy',
    optimizer: adam(),
  });
  model.fitSync(x, y, { epochs: 50, batchSize: batch });
  console.log(`\n${name}\n${model.profile(x, y, { batchSize: batch, repetitions: 200 })}`);
  model.dispose();
}
