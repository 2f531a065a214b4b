/** TensorFlow.js: `node tfjs.js wasm` or `cpu`. Variables and `minimize`, without the overhead of its `fit`. */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { type Job, type Spec, serve } from '../lines.js';
import { type NetFiles, readNet, unit } from '../nets.js';
import { RATE, TIMED_RATE, transpose, versionOf } from './common.js';

function variables(files: NetFiles): tf.Variable[] {
  return readNet(files).layers.flatMap(({ weight, bias, inputs, outputs }) => [
    tf.variable(tf.tensor2d(transpose(weight, outputs, inputs), [inputs, outputs])),
    tf.variable(tf.tensor1d(bias)),
  ]);
}

function forward(parameters: readonly tf.Variable[], x: tf.Tensor2D): tf.Tensor2D {
  let h = x;
  for (let i = 0; i < parameters.length; i += 2) {
    h = tf.add(tf.matMul(h, parameters[i] as tf.Tensor2D), parameters[i + 1] as tf.Tensor1D);
    if (i + 2 < parameters.length) h = tf.relu(h);
  }
  return h;
}

function trainer(files: NetFiles, rate: number) {
  const { x, y } = readNet(files);
  const { batch, rows } = files;
  const [inputs, outputs] = [files.sizes[0] as number, files.sizes.at(-1) as number];
  const parameters = variables(files);
  const optimizer = tf.train.adam(rate, 0.9, 0.999, 1e-8);
  const batches = Array.from({ length: rows / batch }, (_, i) => {
    const part = tf.tensor2d(x.slice(i * batch * inputs, (i + 1) * batch * inputs), [batch, inputs]);
    const labels = tf.tensor1d(Int32Array.from(y.subarray(i * batch, (i + 1) * batch)), 'int32');
    return [part, tf.oneHot(labels, outputs).toFloat() as tf.Tensor2D] as const;
  });
  const lossOf = ([a, b]: (typeof batches)[number]) =>
    tf.losses.softmaxCrossEntropy(b, forward(parameters, a)) as tf.Scalar;
  let t = 0;
  const steps = (count: number) => {
    for (let i = 0; i < count; i++, t++) {
      const one = batches[t % batches.length] as (typeof batches)[number];
      tf.tidy(() => void optimizer.minimize(() => lossOf(one), false, parameters));
    }
  };
  const loss = (count: number) =>
    batches.slice(0, count).reduce((sum, one) => sum + (tf.tidy(() => lossOf(one).dataSync()[0]) as number), 0) / count;
  const dispose = () => tf.dispose([...parameters, ...batches.flat()]);
  return { steps, loss, dispose };
}

function train(files: NetFiles): Job {
  const first = trainer(files, RATE);
  first.steps(files.checkSteps);
  const check = [first.loss(files.checkSteps)];
  first.dispose();
  const timed = trainer(files, TIMED_RATE);
  // an epoch of a large net can take a minute: a step at a time
  return { units: files.batch, check, call: () => timed.steps(1), dispose: timed.dispose };
}

function predict(files: NetFiles, rows: number): Job {
  const parameters = variables(files);
  const inputs = files.sizes[0] as number;
  const input = readNet(files).x.slice(0, rows * inputs);
  const once = () =>
    tf.tidy(() => tf.softmax(forward(parameters, tf.tensor2d(input, [rows, inputs]))).dataSync()) as Float32Array;
  const calls = rows === 1 ? 20 : 1;
  return {
    units: calls * rows,
    check: [...once()],
    call() {
      for (let i = 0; i < calls; i++) once();
    },
    dispose: () => tf.dispose(parameters),
  };
}

function product({ m, n, k, transposed }: Spec & { kind: 'product' }): Job {
  const values = (count: number, from: number) => Float32Array.from({ length: count }, (_, i) => unit(i + from) - 0.5);
  const [ta, tb] = [transposed === 'A', transposed === 'B'];
  const a = tf.tensor2d(values(m * k, 0), ta ? [k, m] : [m, k]);
  const b = tf.tensor2d(values(k * n, 5e6), tb ? [n, k] : [k, n]);
  const once = () => tf.matMul(a, b, ta, tb);
  return {
    units: 1,
    check: [...tf.tidy(() => once().dataSync()).subarray(0, 8)],
    call: () => once().dispose(),
    dispose: () => tf.dispose([a, b]),
  };
}

await serve(async () => {
  const backend = process.argv[2] ?? 'wasm';
  // its threaded build does not start in Node, and then it would fall back to another backend without a word
  if (backend === 'wasm') setThreadsCount(1);
  await tf.setBackend(backend);
  await tf.ready();
  if (tf.getBackend() !== backend) throw new Error(`the backend ${backend} is not available, only ${tf.getBackend()}`);
  return {
    facts: { version: versionOf('@tensorflow/tfjs'), node: process.version },
    prepare(spec: Spec) {
      if (spec.kind === 'train') return train(spec.net);
      if (spec.kind === 'predict') return predict(spec.net, spec.rows);
      if (spec.kind === 'product') return product(spec);
      throw new Error(`${spec.kind} is not measured here`);
    },
  };
});
