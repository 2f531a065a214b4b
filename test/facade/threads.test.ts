/** Any number of threads gives the same bits, in all that a model does, and what it hands out is nobody else's. */
import { describe, expect, it, vi } from 'vitest';
import { createRuntime, dense, sequential } from '../../src/index.js';
import { assembled, everything, images, small, turn, watchWorkers } from '../support/threads.js';
import { clusters, hashOf, sha256 } from './support.js';

const { x, y } = images;

/** All that a model does, in numbers. */
async function life(runtime = createRuntime({ threads: 1 })) {
  const model = everything(runtime);
  const options = { batchSize: 31, validationSplit: 0.25, earlyStopping: { patience: 2 }, classWeight: { 1: 2 } };
  const first = model.fitSync(x, y, { ...options, epochs: 3 });
  const second = await model.fit(x, y, { ...options, epochs: 3, sliceMs: 0 });
  const batch = model.trainOnBatch(x.subarray(0, 144 * 9), y.slice(0, 9));
  return {
    metrics: [first.metrics, second.metrics, batch],
    saved: sha256(model.save({ optimizer: true })),
    evaluated: await model.evaluate(x, y),
    predicted: sha256(new Uint8Array(model.predict(x).buffer)),
    one: [...model.predict(x.subarray(0, 144))],
    gradients: hashOf({ parameters: () => model.gradients(x, y) }),
  };
}

describe.each(['simd', 'auto'] as const)('with kernel %s', (kernel) => {
  it.each([2, 3, 4])('%i threads do all that one does, with the same bits', async (threads) => {
    const alone = await life(createRuntime({ kernel, threads: 1 }));
    const runtime = assembled(threads, kernel);
    // on a busy machine, until all of them have met
    do expect(await life(runtime)).toEqual(alone);
    while (runtime.team.largest < threads);
  });
});

it('records that are cut into slices have the same bits, however many threads come to a slice', async () => {
  const wide = clusters(128, { width: 1030, noise: 3 });
  const hashes = [];
  for (const threads of [1, 2]) {
    const runtime = threads === 1 ? createRuntime({ kernel: 'simd', threads }) : assembled(threads);
    const layers = [dense(1100, { activation: 'relu' }), dense(3, { activation: 'softmax' })];
    const model = sequential({ input: 1030, seed: 1, layers }, { runtime }).compile({ loss: 'crossEntropy' });
    await model.fit(wide.x, wide.y, { batchSize: 128, epochs: 2, sliceMs: 0 });
    hashes.push(hashOf(model));
    model.dispose();
  }
  expect(hashes[1]).toBe(hashes[0]);
});

it('workers that left for want of work are replaced in a program that never gives the event loop back', () => {
  const runtime = assembled(2);
  const model = everything(runtime);
  model.fitSync(x, y, { batchSize: 32 });
  const within = (seconds: number, ready: number, meanwhile: () => void) => {
    const end = performance.now() + 1000 * seconds;
    while (runtime.team.ready !== ready && performance.now() < end) meanwhile();
    expect(runtime.team.ready).toBe(ready);
  };
  // this thread sleeps, so no event tells of the worker's end
  within(20, 0, () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100));
  // the next job finds that it has left, and starts another
  within(20, 1, () => model.fitSync(x, y, { batchSize: 32 }));
  model.dispose();
});

describe('what leaves a shared memory', () => {
  it('is a copy in memory of its own', async () => {
    const runtime = assembled(2);
    const model = everything(runtime);
    model.fitSync(x, y, { batchSize: 32 });
    expect(runtime.buffer).toBeInstanceOf(SharedArrayBuffer);
    const arrays = [
      model.predict(x),
      model.predictClasses(x),
      model.save(),
      ...Object.values(model.parameters()).map(({ data }) => data),
      ...Object.values(model.gradients(x, y)).map(({ data }) => data),
    ];
    for (const { buffer } of arrays) expect(buffer).toBeInstanceOf(ArrayBuffer);
    // which refuse views of shared memory
    const bytes = model.save();
    expect(new TextDecoder().decode(bytes.subarray(8, 9))).toBe('{');
    expect(new Uint8Array(await new Response(bytes).arrayBuffer())).toEqual(bytes);
    await crypto.subtle.digest('SHA-256', bytes);
    model.setParameters(model.parameters());
    expect(model.save()).toEqual(bytes);
    expect(model.predict(x, { out: new Float32Array(96 * 3) })).toEqual(arrays[0]);
  });

  it('grows while threads are there, and they see it', () => {
    const runtime = assembled(2);
    const first = small(runtime);
    const { x: few, y: labels } = clusters(60);
    first.fitSync(few, labels, { epochs: 2 });
    const before = runtime.buffer.byteLength;
    const grown = everything(runtime);
    grown.fitSync(x, y, { batchSize: 32, epochs: 2 });
    expect(runtime.buffer.byteLength).toBeGreaterThan(before);
    first.fitSync(few, labels, { epochs: 2 });
    const alone = createRuntime({ kernel: 'simd', threads: 1 });
    const [a, b] = [small(alone), everything(alone)];
    a.fitSync(few, labels, { epochs: 2 });
    b.fitSync(x, y, { batchSize: 32, epochs: 2 });
    a.fitSync(few, labels, { epochs: 2 });
    expect([hashOf(first), hashOf(grown)]).toEqual([hashOf(a), hashOf(b)]);
  });
});

describe('threads: auto', () => {
  it('starts none for small work, and leaves the memory as it is', () => {
    const watch = watchWorkers();
    const runtime = createRuntime();
    const model = small(runtime);
    const { x: few, y: labels } = clusters(60);
    model.fitSync(few, labels, { epochs: 200 });
    watch.stop();
    expect(watch.started).toEqual([]);
    expect(runtime.buffer).toBeInstanceOf(ArrayBuffer);
    expect(model.runtime.threads).toBe(1);
    expect(model.runtime.reason).toMatch(
      /; one thread(: this process has one core| so far, at most \d where the work is large enough)$/,
    );
  });

  it('moves a model into a shared memory in the middle of its life, and no bit changes', () => {
    const restore = offerCores(2);
    try {
      const runtime = createRuntime({ kernel: 'simd' });
      const model = everything(runtime);
      const twin = everything(createRuntime({ kernel: 'simd', threads: 1 }));
      // little work at first: nothing says that there will be more
      for (const one of [model, twin]) one.fitSync(x, y, { batchSize: 96 });
      expect(runtime.buffer).toBeInstanceOf(ArrayBuffer);
      const batch = [x.subarray(0, 144 * 90), y.slice(0, 90)] as const;
      for (let step = 0; step < 300; step++) for (const one of [model, twin]) one.trainOnBatch(...batch);
      expect(runtime.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(model.runtime).toMatchObject({ threads: 2, reason: expect.stringContaining('at most 2 threads') });
      expect(sha256(model.save({ optimizer: true }))).toBe(sha256(twin.save({ optimizer: true })));
    } finally {
      restore();
    }
  });

  it('knows before large data comes that a fit will be long', () => {
    const restore = offerCores(2);
    try {
      const runtime = createRuntime({ kernel: 'simd' });
      const model = everything(runtime);
      model.fitSync(x, y, { batchSize: 96, epochs: 1000, onEpochEnd: () => 'stop' });
      expect(runtime.buffer).toBeInstanceOf(SharedArrayBuffer);
    } finally {
      restore();
    }
  });
});

/** Lets the machine have so many cores; returns what undoes it. */
function offerCores(cores: number): () => void {
  const { getBuiltinModule } = process;
  const given = (name: string): unknown =>
    name === 'node:os' ? { availableParallelism: () => cores } : getBuiltinModule(name);
  process.getBuiltinModule = given as typeof getBuiltinModule;
  return () => {
    process.getBuiltinModule = getBuiltinModule;
  };
}

describe('a runtime without threads says why', () => {
  const reasonOf = (threads: number | 'auto') => createRuntime({ threads }).reason;

  it('as asked for', () => {
    expect(reasonOf(1)).toMatch(/; one thread, as asked for$/);
    expect(createRuntime({ threads: 1 }).buffer).toBeInstanceOf(ArrayBuffer);
    expect(createRuntime({ threads: 2 })).toMatchObject({ threads: 2, reason: expect.stringMatching(/2 threads, as/) });
  });

  it('no shared memory, no worker threads, one core', () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    expect(reasonOf(2)).toMatch(/; one thread: there is no shared memory here$/);
    vi.unstubAllGlobals();
    const { getBuiltinModule } = process;
    process.getBuiltinModule = (() => undefined) as typeof getBuiltinModule;
    expect(reasonOf(2)).toMatch(/; one thread: threads need workers: node:worker_threads/);
    process.getBuiltinModule = getBuiltinModule;
    for (const [cores, most] of [
      [1, 1],
      [6, 6],
      [64, 8],
    ] as const) {
      const restore = offerCores(cores);
      const runtime = createRuntime();
      restore();
      expect(runtime.team.threading.most).toBe(most);
      if (most === 1) expect(runtime.reason).toMatch(/; one thread: this process has one core$/);
    }
  });
});

it('dispose ends the threads of a runtime that holds nothing else, and new work starts them again', async () => {
  // those of other tests have been announced by then
  await turn();
  const watch = watchWorkers();
  const runtime = assembled(3);
  await turn();
  const used = runtime.used;
  const model = small(runtime);
  const { x: few, y: labels } = clusters(60);
  model.fitSync(few, labels);
  const ended = watch.started.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
  expect(ended).toHaveLength(2);
  model.dispose();
  expect(runtime.used).toBe(used);
  await Promise.all(ended);
  expect(runtime.map()).not.toContain('threads');
  const again = small(runtime);
  again.fitSync(few, labels);
  expect(runtime.team.assemble(3, 20_000)).toBe(true);
  watch.stop();
  again.dispose();
});
