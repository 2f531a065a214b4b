/**
 * Programs that import a library, make the net 784-128-10 and predict one row, each in a fresh process; they print the
 * milliseconds since before the import. Reading the files with the weights is done before: it is the same for all.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { dense, sequential } from 'lanegrad';
import { unit } from './nets.js';
import type { Row } from './section.js';
import { estimate } from './statistics.js';

/** A program, and what it measures. */
interface Start {
  readonly what: string;
  readonly who: string;
  /** Where it stands: what it imports is looked for from there. */
  readonly path: string;
  readonly text: string;
}

const [INPUTS, HIDDEN, OUTPUTS] = [784, 128, 10];
const NEW = 'new 784-128-10, import to first prediction';
const SAVED = 'saved 784-128-10, import to first prediction';
/** The kernels with the same bits everywhere, on one thread: what starts with least to decide. */
const RUNTIME = "createRuntime({ kernel: 'simd', threads: 1 })";
const LAYERS = `[dense(${HIDDEN}, { activation: 'relu' }), dense(${OUTPUTS}, { activation: 'softmax' })]`;

const timed = (before: string, after: string) => `import { readFileSync } from 'node:fs';
${before}
const row = new Float32Array(${INPUTS}).fill(0.5);
const start = performance.now();
${after}
console.log(performance.now() - start);
`;

/** Writes the saved model, and the same weights for others: `[in, out]` of each layer, then its biases. */
function writeWeights(): { readonly model: string; readonly weights: string } {
  const [model, weights] = [resolve('build/bench/start.safetensors'), resolve('build/bench/start.f32')];
  const layers = [dense(HIDDEN, { activation: 'relu' }), dense(OUTPUTS, { activation: 'softmax' })];
  const made = sequential({ input: INPUTS, layers, seed: 1 }).compile({ loss: 'crossEntropy' });
  writeFileSync(model, made.save());
  const count = (INPUTS + 1) * HIDDEN + (HIDDEN + 1) * OUTPUTS;
  writeFileSync(
    weights,
    Float32Array.from({ length: count }, (_, i) => 0.1 * unit(i) - 0.05),
  );
  return { model, weights };
}

/** lanegrad's own programs, and with `peers` those of TensorFlow.js. */
function starts(peers: boolean): Start[] {
  const { model, weights } = writeWeights();
  const bytes = `const bytes = readFileSync(${JSON.stringify(model)});`;
  const ours = (what: string, who: string, name: string, text: string): Start => {
    return { what, who, path: resolve('build/bench', `start-${name}.mjs`), text };
  };
  const list = [
    ours(
      NEW,
      'lanegrad',
      'new',
      timed(
        '',
        `const { createRuntime, dense, sequential } = await import('lanegrad');
const architecture = sequential({ input: ${INPUTS}, layers: ${LAYERS}, seed: 1 }, { runtime: ${RUNTIME} });
architecture.compile({ loss: 'crossEntropy' }).predict(row);`,
      ),
    ),
    ours(
      SAVED,
      'lanegrad',
      'saved',
      timed(
        bytes,
        `const { createRuntime, load } = await import('lanegrad');
load(bytes, { runtime: ${RUNTIME} }).predict(row);`,
      ),
    ),
    ours(
      SAVED,
      'lanegrad/predict',
      'predict',
      timed(bytes, "const { load } = await import('lanegrad/predict');\nload(bytes).predict(row);"),
    ),
  ];
  if (!peers) return list;
  const make = `const tf = await import('@tensorflow/tfjs');
const { setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
setThreadsCount(1);
await tf.setBackend('wasm');
await tf.ready();
if (tf.getBackend() !== 'wasm') throw new Error('the backend wasm is not available');
const model = tf.sequential();
model.add(tf.layers.dense({ units: ${HIDDEN}, activation: 'relu', inputShape: [${INPUTS}] }));
model.add(tf.layers.dense({ units: ${OUTPUTS}, activation: 'softmax' }));`;
  const predict = `model.predict(tf.tensor2d(row, [1, ${INPUTS}])).dataSync();`;
  const at = (name: string) => resolve('bench/peers/build', `start-${name}.mjs`);
  const values = `const file = readFileSync(${JSON.stringify(weights)});
const values = new Float32Array(new Uint8Array(file).buffer);`;
  const set = `let at = 0;
model.setWeights(${JSON.stringify([[INPUTS, HIDDEN], [HIDDEN], [HIDDEN, OUTPUTS], [OUTPUTS]])}.map((shape) => {
  const count = shape.reduce((a, b) => a * b);
  return tf.tensor(values.subarray(at, (at += count)), shape);
}));`;
  return [
    ...list,
    { what: NEW, who: 'tfjs-wasm', path: at('tfjs-new'), text: timed('', `${make}\n${predict}`) },
    { what: SAVED, who: 'tfjs-wasm', path: at('tfjs-saved'), text: timed(values, `${make}\n${set}\n${predict}`) },
  ];
}

/** TensorFlow.js, where `npm run bench:peers` has installed it. */
const PEER = 'bench/peers/node_modules/@tensorflow/tfjs-backend-wasm';

/**
 * Runs all of them in turn, so that whatever slows the machine slows all alike.
 * @throws Error with what a program printed where it failed.
 */
export function measureImports(node: string, rounds: number): Row[] {
  const list = starts(existsSync(PEER));
  const times = new Map<Start, number[]>();
  for (const { path, text } of list) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  for (let round = 0; round < rounds; round++) {
    for (const one of list) {
      const { status, stdout, stderr } = spawnSync(node, [one.path], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${one.path} ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
      // some libraries greet first: the figure is the last line
      const time = Number(stdout.trim().split('\n').at(-1));
      times.set(one, [...(times.get(one) ?? []), time]);
    }
  }
  return [...times].map(([{ what, who }, samples]) => {
    const { median, spread, samples: count } = estimate(samples);
    return { what, who, value: median, unit: 'ms', spread, samples: count };
  });
}
