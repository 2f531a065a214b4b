/**
 * What every runtime does with the package: trains, predicts, saves, loads, and goes on. It uses the public API, what any
 * engine has, and nothing else, so that the same text runs everywhere.
 */
import { adam, batchNorm, cosineDecay, createRuntime, dense, dropout, load, sequential } from 'lanegrad';
import { digits } from 'lanegrad/data';

/** Milliseconds that workers have to come up: on a busy machine that takes long, and without them nothing would be tested. */
const PATIENCE = 20_000;

async function hashOf(...arrays) {
  const bytes = arrays.flatMap(({ buffer, byteOffset, byteLength }) => [
    ...new Uint8Array(buffer, byteOffset, byteLength),
  ]);
  const hash = await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Waits for all threads; a page's workers come up only while its own thread does nothing. */
async function assemble(team, threads) {
  const end = performance.now() + PATIENCE;
  // where none can be started it gives up, and says why
  while (threads > 1 && team.threads > 1 && !team.assemble(threads, 10)) {
    if (performance.now() > end) throw new Error(`only ${team.ready + 1} threads came`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A runtime with the reproducible kernels. Where the engine compiles code at start-up alone, this must happen there. */
export const prepare = (threads = 1, workerUrl = undefined) =>
  createRuntime({ kernel: 'simd', threads, ...(workerUrl && { workerUrl }) });

/**
 * What is trained where: in one go by the caller's thread, or by a worker, in slices that the caller's thread knows nothing of.
 * `workerUrl` is where a page finds the script of that.
 */
const trainers = {
  sync: (model, x, y, options) => model.fitSync(x, y, options),
  background: (model, x, y, options, workerUrl) =>
    model.fit(x, y, { ...options, background: true, ...(workerUrl && { workerUrl }) }),
};

/**
 * 200 updates of Adam on a network with dropout and batch normalization, half of them before and half after the model was
 * saved and loaded again.
 * @returns hashes of parameters and predictions; what the model ran on; how many threads took part; milliseconds
 */
export async function run(runtime, how = 'sync', workerUrl = undefined) {
  const train = (model, x, y) => trainers[how](model, x, y, { epochs: 4, batchSize: 32 }, workerUrl);
  const start = performance.now();
  const { x, y } = digits({ rows: 800, seed: 1 });
  const layers = [
    dense(96, { activation: 'relu' }),
    batchNorm(),
    dropout({ rate: 0.2 }),
    dense(32, { activation: 'gelu' }),
    dense(10, { activation: 'softmax' }),
  ];
  const first = sequential({ input: [16, 16], standardize: true, seed: 42, layers }, { runtime }).compile({
    optimizer: adam({ learningRate: cosineDecay(0.003, { steps: 200, warmup: 10 }) }),
    loss: 'crossEntropy',
    metrics: ['accuracy'],
  });
  // @internal: without it the work would be done before workers are up
  const asked = first.runtime.threads;
  if (how === 'sync') await assemble(runtime.team, asked);
  await train(first, x, y);
  const model = load(first.save({ optimizer: true }), { runtime });
  first.dispose();
  await train(model, x, y);
  const predictions = model.predict(x);
  const reloaded = load(model.save(), { runtime });
  const again = reloaded.predict(x);
  if (again.some((value, i) => value !== predictions[i])) throw new Error('the saved model predicts something else');
  const { accuracy } = model.evaluateSync(x, y);
  if (!(accuracy > 0.9)) throw new Error(`the model learned nothing: its accuracy is ${accuracy}`);
  const { kernel, reproducible, threads, reason } = model.runtime;
  return {
    parameters: await hashOf(...Object.values(model.parameters()).map(({ data }) => data)),
    predictions: await hashOf(predictions),
    kernel,
    reproducible,
    threads,
    // @internal: those that did something together; what a worker's threads did is not known here
    together: how === 'sync' ? runtime.team.largest : threads,
    how,
    reason,
    milliseconds: performance.now() - start,
  };
}

/**
 * The times in which the caller's thread could do nothing else while it trained: the longest, the 95th of a hundred, and how long
 * it trained, in milliseconds.
 */
export async function longestGap(background) {
  const { x, y } = digits({ rows: 4000, seed: 1 });
  const layers = [dense(512, { activation: 'relu' }), dense(10, { activation: 'softmax' })];
  const model = sequential({ input: [16, 16], layers }, { runtime: prepare() }).compile({ loss: 'crossEntropy' });
  // compiled, started, and what is loaded then is loaded
  await model.fit(x, y, { background, maxSamples: 320 });
  const gaps = [];
  const start = performance.now();
  let last = start;
  const look = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  await model.fit(x, y, { epochs: 6, background });
  look();
  clearInterval(timer);
  gaps.sort((a, b) => a - b);
  return { longest: gaps.at(-1), usual: gaps[Math.floor(0.95 * gaps.length)], total: performance.now() - start };
}
