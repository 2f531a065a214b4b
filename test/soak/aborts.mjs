/**
 * Fits on two threads that are aborted at random moments, every tenth also losing its worker: the promise must reject with the
 * reason, the model must stand at a completed step (that of a twin on one thread, byte by byte), and threads must come back.
 * By hand: `node test/soak/aborts.mjs [times]` (default 1000, a minute or two); single cases are in
 * test/facade/threadFailures.test.ts. Needs a build.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { adam, batchNorm, createRuntime, dense, dropout, sequential } from 'lanegrad';

const times = Number(process.argv[2] ?? 1000);
const [rows, inputs, batchSize] = [1024, 256, 64];
const x = Float32Array.from({ length: rows * inputs }, (_, i) => ((i * 37) % 101) / 50 - 1);
const y = Uint8Array.from({ length: rows }, (_, i) => (i * 7) % 10);

// the workers that a runtime starts, so that they can be killed
const threads = process.getBuiltinModule('node:worker_threads');
const alive = new Set();
threads.Worker = class extends threads.Worker {
  constructor(...args) {
    super(...args);
    alive.add(this);
    this.on('exit', () => alive.delete(this));
  }
};

function make(count) {
  const layers = [
    dense(256, { activation: 'relu' }),
    batchNorm(),
    dropout({ keep: 0.8 }),
    dense(10, { activation: 'softmax' }),
  ];
  const runtime = createRuntime({ kernel: 'simd', threads: count });
  return sequential({ input: inputs, seed: 1, layers }, { runtime }).compile({
    loss: 'crossEntropy',
    optimizer: adam({ learningRate: 1e-4 }),
  });
}

/** Updates that a model has done, from the header of its checkpoint. */
function updatesOf(bytes) {
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const text = new TextDecoder().decode(bytes.slice(8, 8 + size));
  return Number(/\\?"updates\\?":\s*(\d+)/.exec(text)?.[1] ?? 0);
}

let [model, twin] = [make(2), make(1)];
const counts = { aborted: 0, killed: 0, steps: 0, most: 1 };
for (let time = 0; time < times; time++) {
  // a runtime that has lost three workers starts no more
  if (time % 20 === 0) {
    model.dispose();
    twin.dispose();
    [model, twin] = [make(2), make(1)];
  }
  const before = updatesOf(model.save({ optimizer: true }));
  const reason = new Error(`abort ${time}`);
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), Math.random() * 40);
  const fit = model.fit(x, y, { batchSize, epochs: 1e6, sliceMs: 1, signal: controller.signal });
  const ended = assert.rejects(fit, (error) => error === reason || /^Error: thread/.test(String(error)));
  if (time % 10 === 9) {
    await sleep(Math.random() * 20);
    for (const worker of alive) {
      counts.killed++;
      void worker.terminate();
    }
  }
  await ended;
  counts.aborted++;
  const done = updatesOf(model.save({ optimizer: true })) - before;
  // where no step was done, the epoch that the fit before had left in the middle is still under way
  if (done > 0) twin.fitSync(x, y, { batchSize, epochs: 1e6, maxSamples: done * batchSize });
  assert.deepEqual(
    model.save({ optimizer: true }),
    twin.save({ optimizer: true }),
    `after abort ${time}, ${done} steps`,
  );
  counts.steps += done;
  counts.most = Math.max(counts.most, model.runtime.threads);
}
console.log(JSON.stringify({ ...counts, runtime: model.runtime }));
