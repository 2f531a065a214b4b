/**
 * lanegrad as a contestant: `node worker.js KERNEL [reproducible] [THREADS]`. One process for each kernel, since turbo is a flag of
 * the whole process.
 */
import { readFileSync } from 'node:fs';
import { adam, createRuntime, dense, type Runtime, sequential } from 'lanegrad';
import { MatrixProduct } from 'lanegrad/kernels';
import { type Job, type Spec, serve } from './lines.js';
import { type NetFiles, productFlops, readNet, unit } from './nets.js';
import { parseProfile, SETUPS } from './profiles.js';
import { JAVASCRIPT, operands, relativeDifference, type Work, work } from './rungs.js';

/** The learning rate of the updates whose losses are compared. */
const RATE = 1e-3;
/** The learning rate of the steps that are timed: the same work, and the numbers stay those of an ordinary net. */
const TIMED_RATE = 1e-6;

function build(runtime: Runtime, files: NetFiles, learningRate: number) {
  const [input, ...widths] = files.sizes as readonly [number, ...number[]];
  const layers = widths.map((units, i) => dense(units, { activation: i === widths.length - 1 ? 'softmax' : 'relu' }));
  const architecture = sequential({ input, layers, seed: 1 }, { runtime });
  const model = architecture.compile({ loss: 'crossEntropy', optimizer: adam({ learningRate }) });
  const { layers: values, ...data } = readNet(files);
  const parameters = values.flatMap(({ weight, bias }, i) => [
    [`dense${i}.weight`, { data: weight }] as const,
    [`dense${i}.bias`, { data: bias }] as const,
  ]);
  model.setParameters(Object.fromEntries(parameters));
  return { model, ...data };
}

/** Epochs over resident rows: one call is one epoch, and a fit that goes on for ever pays for its data once. */
function train(runtime: Runtime, files: NetFiles): Job {
  const { batch, rows, checkSteps } = files;
  const { model, x, y } = build(runtime, files, RATE);
  const [checkRows, inputs] = [checkSteps * batch, files.sizes[0] as number];
  const [checkX, checkY] = [x.subarray(0, checkRows * inputs), y.subarray(0, checkRows)];
  model.fitSync(checkX, checkY, { epochs: 1, batchSize: batch, shuffle: false });
  const check = [model.evaluateSync(checkX, checkY).loss];
  model.dispose();
  const timed = build(runtime, files, TIMED_RATE).model;
  const optimizer = parseProfile(timed.profile(x, y, { batchSize: batch, repetitions: 30 }), batch)
    .filter(({ operation }) => operation === 'Optimizer')
    .reduce((sum, { seconds }) => sum + seconds, 0);
  const epochs = timed
    .train(x, y, { epochs: 1e9, batchSize: batch, shuffle: false, sliceMs: 1e9 })
    [Symbol.asyncIterator]();
  return {
    units: rows,
    waits: true,
    check,
    facts: { optimizer, flops: productFlops(files) },
    call: async () => void (await epochs.next()),
    dispose: () => timed.dispose(),
  };
}

function predict(runtime: Runtime, files: NetFiles, rows: number): Job {
  const { model, x } = build(runtime, files, RATE);
  const input = x.slice(0, rows * (files.sizes[0] as number));
  const out = new Float32Array(rows * (files.sizes.at(-1) as number));
  const calls = rows === 1 ? 200 : 4;
  return {
    units: calls * rows,
    check: [...model.predict(input, { out })],
    call() {
      for (let i = 0; i < calls; i++) model.predict(input, { out });
    },
    dispose: () => model.dispose(),
  };
}

function product(runtime: Runtime, { m, n, k, transposed }: Spec & { kind: 'product' }): Job {
  const matrices = new MatrixProduct(m, n, k, {
    transposeA: transposed === 'A',
    transposeB: transposed === 'B',
    runtime,
  });
  const values = (count: number, from: number) => Float32Array.from({ length: count }, (_, i) => unit(i + from) - 0.5);
  matrices.set(values(m * k, 0), values(k * n, 5e6));
  matrices.run();
  const calls = Math.max(1, Math.floor(1e7 / (2 * m * n * k)));
  return {
    units: calls,
    check: [...matrices.result().subarray(0, 8)],
    call() {
      for (let i = 0; i < calls; i++) matrices.run();
    },
    dispose: () => matrices.dispose(),
  };
}

/** Many small products, each made, run for some 40 µs four times, and given back: the least of each. */
function products(runtime: Runtime, { shapes }: Spec & { kind: 'products' }): Job {
  const least = ([m, n, k]: (typeof shapes)[number]): number => {
    const matrices = new MatrixProduct(m, n, k, { runtime });
    const calls = Math.max(1, Math.floor(1.6e6 / (2 * m * n * k)));
    let time = Number.POSITIVE_INFINITY;
    for (let repetition = 0; repetition < 5; repetition++) {
      const begin = performance.now();
      for (let i = 0; i < calls; i++) matrices.run();
      time = Math.min(time, (performance.now() - begin) / calls);
    }
    matrices.dispose();
    return time / 1000;
  };
  const measure = () => Object.fromEntries(shapes.map((shape) => [shape.join('×'), least(shape)]));
  return { units: 1, call: () => undefined, measure };
}

/** Loops in registers; the module is compiled here, after the runtime has set what flags it sets. */
function peak({ file, export: name, iterations }: Spec & { kind: 'peak' }): Job {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {
    env: { abort: () => undefined },
  });
  const run = exports[name] as (iterations: number) => void;
  return { units: 1, call: () => run(iterations) };
}

/** The library's own product, as a rung of the ladder. */
function ownProduct(runtime: Runtime, [m, n, k]: readonly [number, number, number]): Work {
  const matrices = new MatrixProduct(m, n, k, { runtime });
  const { a, b } = operands([m, n, k]);
  matrices.set(a, b);
  return { run: () => matrices.run(), result: () => matrices.result() };
}

/** A version of the product; `difference` says how far it is from the first one. */
function rungOf(runtime: Runtime, { rung, sides, folder, check }: Spec & { kind: 'rung' }): Job {
  const { run, result } = rung.from === 'product' ? ownProduct(runtime, sides) : work(rung, sides, folder);
  let difference = Number.NaN;
  if (check) {
    const { a, b } = operands(sides);
    const expected = new Float32Array(sides[0] * sides[1]);
    JAVASCRIPT.naive(sides, a, b, expected);
    run();
    difference = relativeDifference(result(), expected);
  }
  return { units: 1, facts: { difference }, call: run };
}

/** Every operation of a model that was made to have them; the library times its own records. */
function profile(runtime: Runtime, setup: string): Job {
  const found = SETUPS[setup];
  if (!found) throw new Error(`there is no setup ${setup}`);
  const text = found.build(runtime);
  // bytes per second
  const measure = () => {
    const rows = parseProfile(text(), found.batch).filter(({ operation }) => found.operations.includes(operation));
    // of several records of one operation the largest stays
    rows.sort((a, b) => a.bytes - b.bytes);
    return Object.fromEntries(rows.map(({ operation, bytes, seconds }) => [operation, bytes / seconds]));
  };
  return { units: 1, call: () => undefined, measure };
}

await serve(async () => {
  const [kernel, ...more] = process.argv.slice(2) as ['simd' | 'relaxed' | 'turbo', ...string[]];
  const threads = Number(more.find((word) => /^\d+$/.test(word)) ?? 1);
  const runtime = createRuntime({ kernel, reproducible: more.includes('reproducible'), threads });
  // turbo's self-test compares speeds: on a busy machine it may refuse what works
  if (runtime.kernel !== kernel) throw new Error(runtime.reason);
  return {
    facts: { node: process.version, v8: process.versions.v8, kernel: runtime.kernel, reason: runtime.reason },
    prepare(spec) {
      switch (spec.kind) {
        case 'train':
          return train(runtime, spec.net);
        case 'predict':
          return predict(runtime, spec.net, spec.rows);
        case 'product':
          return product(runtime, spec);
        case 'products':
          return products(runtime, spec);
        case 'peak':
          return peak(spec);
        case 'rung':
          return rungOf(runtime, spec);
        case 'profile':
          return profile(runtime, spec.setup);
      }
    },
  };
});
