/** jax-js on its WebAssembly backend: the whole step, Adam included, as one `jit`. */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { type Job, type Spec, serve } from '../lines.js';
import { type NetFiles, readNet, unit } from '../nets.js';
import { RATE, TIMED_RATE, transpose, versionOf } from './common.js';

type Array = np.Array;

/** Logits. Weights are [in, out]: jax-js is slower with a transposed product. Consumes x, not the parameters. */
function forward(parameters: readonly Array[], x: Array): Array {
  let h = x;
  for (let i = 0; i < parameters.length; i += 2) {
    h = np.matmul(h, (parameters[i] as Array).ref).add((parameters[i + 1] as Array).ref);
    if (i + 2 < parameters.length) h = nn.relu(h);
  }
  return h;
}

/** Mean cross entropy; consumes x and y. */
function lossOf(parameters: readonly Array[], x: Array, y: Array): Array {
  return np.mean(np.sum(nn.logSoftmax(forward(parameters, x)).mul(y), -1)).mul(-1);
}

/** Adam with bias correction: Kingma and Ba (2015), δ outside the root. c1 and c2 are 1 / (1 − ρᵗ). */
function makeStep(rate: number) {
  return jit((p: Array[], m: Array[], v: Array[], c1: Array, c2: Array, x: Array, y: Array) => {
    const [loss, gradients] = valueAndGrad((q: Array[], a: Array, b: Array) => lossOf(q, a, b))(
      p.map((one) => one.ref),
      x,
      y,
    );
    const next = p.map((theta, i) => {
      const g = gradients[i] as Array;
      const first = (m[i] as Array).mul(0.9).add(g.ref.mul(0.1));
      const second = (v[i] as Array).mul(0.999).add(np.square(g).mul(0.001));
      const step = first.ref.mul(c1.ref).div(np.sqrt(second.ref.mul(c2.ref)).add(1e-8));
      return [theta.sub(step.mul(rate)), first, second] as const;
    });
    loss.dispose();
    return [next.map((one) => one[0]), next.map((one) => one[1]), next.map((one) => one[2])];
  });
}

/** A net in training, with its batches resident. */
function trainer(files: NetFiles, rate: number) {
  const { x, y, layers } = readNet(files);
  const { batch, rows } = files;
  const [inputs, outputs] = [files.sizes[0] as number, files.sizes.at(-1) as number];
  let p = layers.flatMap(({ weight, bias, inputs: from, outputs: to }) => [
    np.array(transpose(weight, to, from)).reshape([from, to]),
    np.array(bias),
  ]);
  let m = p.map((one) => np.zeros(one.shape));
  let v = p.map((one) => np.zeros(one.shape));
  const batches = Array.from({ length: rows / batch }, (_, i) => {
    const part = np.array(x.slice(i * batch * inputs, (i + 1) * batch * inputs)).reshape([batch, inputs]);
    const labels = np.array(Int32Array.from(y.subarray(i * batch, (i + 1) * batch)));
    return [part, nn.oneHot(labels, outputs)] as const;
  });
  const run = makeStep(rate);
  let t = 0;
  const steps = async (count: number) => {
    for (let i = 0; i < count; i++) {
      t++;
      const [a, b] = batches[(t - 1) % batches.length] as (typeof batches)[number];
      const [c1, c2] = [np.array(1 / (1 - 0.9 ** t)), np.array(1 / (1 - 0.999 ** t))];
      [p, m, v] = run(p, m, v, c1, c2, a.ref, b.ref) as [Array[], Array[], Array[]];
      // what is pending is searched through at every operation: without this, steps become slower and slower
      await blockUntilReady([...p, ...m, ...v]);
    }
  };
  const loss = async (count: number) => {
    let sum = 0;
    for (const [a, b] of batches.slice(0, count)) sum += Number((await lossOf(p, a.ref, b.ref).data())[0]);
    return sum / count;
  };
  return { steps, loss };
}

async function train(files: NetFiles): Promise<Job> {
  const first = trainer(files, RATE);
  await first.steps(files.checkSteps);
  const check = [await first.loss(files.checkSteps)];
  const timed = trainer(files, TIMED_RATE);
  const count = files.rows / files.batch;
  return { units: files.rows, waits: true, check, call: () => timed.steps(count) };
}

async function predict(files: NetFiles, rows: number): Promise<Job> {
  const { x, layers } = readNet(files);
  const inputs = files.sizes[0] as number;
  const p = layers.flatMap(({ weight, bias, inputs: from, outputs: to }) => [
    np.array(transpose(weight, to, from)).reshape([from, to]),
    np.array(bias),
  ]);
  const run = jit((q: Array[], a: Array) => nn.softmax(forward(q, a)));
  const input = x.slice(0, rows * inputs);
  const once = () =>
    run(
      p.map((one) => one.ref),
      np.array(input).reshape([rows, inputs]),
    ).data();
  const calls = rows === 1 ? 20 : 1;
  return {
    units: calls * rows,
    waits: true,
    check: [...(await once())],
    async call() {
      for (let i = 0; i < calls; i++) await once();
    },
  };
}

async function product({ m, n, k, transposed }: Spec & { kind: 'product' }): Promise<Job> {
  const values = (count: number, from: number) =>
    np.array(Float32Array.from({ length: count }, (_, i) => unit(i + from) - 0.5));
  const [ta, tb] = [transposed === 'A', transposed === 'B'];
  const a = values(m * k, 0).reshape(ta ? [k, m] : [m, k]);
  const b = values(k * n, 5e6).reshape(tb ? [n, k] : [k, n]);
  const run = jit((one: Array, other: Array) =>
    np.matmul(ta ? np.transpose(one) : one, tb ? np.transpose(other) : other),
  );
  const once = async () => await run(a.ref, b.ref).blockUntilReady();
  const first = await once();
  return {
    units: 1,
    waits: true,
    check: [...(await first.data()).subarray(0, 8)],
    call: async () => (await once()).dispose(),
  };
}

await serve(async () => {
  const devices = await init('wasm');
  if (!devices.includes('wasm')) throw new Error(`the wasm backend is not available, only ${devices.join(', ')}`);
  defaultDevice('wasm');
  return {
    facts: { version: versionOf('@jax-js/jax'), node: process.version },
    prepare(spec: Spec) {
      if (spec.kind === 'train') return train(spec.net);
      if (spec.kind === 'predict') return predict(spec.net, spec.rows);
      if (spec.kind === 'product') return product(spec);
      throw new Error(`${spec.kind} is not measured here`);
    },
  };
});
