/**
 * Threads that trap, fall silent or are killed, machines that are busy, and processes that end: a model always stands at a
 * completed step, and the runtime goes on.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Sync } from '../../assembly/abi.js';
import { createRuntime, load, type Runtime, ThreadError } from '../../src/index.js';
import { Domain, Random } from '../../src/random.js';
import {
  assembled,
  dissolved,
  everything,
  images,
  offsetOf,
  small,
  spoilOptimizer,
  spoilScratch,
  turn,
  watchWorkers,
} from '../support/threads.js';
import { clusters, hashOf, sha256 } from './support.js';

const { x, y } = images;
const options = { batchSize: 24, sliceMs: 0 } as const;
const alone = () => createRuntime({ kernel: 'simd', threads: 1 });
const checkpoint = (model: ReturnType<typeof everything>) => sha256(model.save({ optimizer: true }));

/** Checkpoints of a fit of twelve epochs by one thread, before it and after each of its steps. */
const completedSteps = Array.from({ length: 49 }, (_, steps) => {
  const model = everything(alone());
  if (steps > 0) model.fitSync(x, y, { batchSize: 24, epochs: 12, maxSamples: 24 * steps });
  return checkpoint(model);
});

async function failureOf(work: Promise<unknown>): Promise<ThreadError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ThreadError);
  return error as ThreadError;
}

/** Checks that a model goes on from where it stands as one thread does; returns which step of that fit it stands at. */
async function goesOn(model: ReturnType<typeof everything>): Promise<number> {
  // before the first one it knows the mean and scale of its inputs already
  const untrained = hashOf(model) === hashOf(everything(alone()));
  const step = untrained ? 0 : completedSteps.indexOf(checkpoint(model));
  const twin = load<'crossEntropy', 'accuracy'>(model.save({ optimizer: true }), { runtime: alone() });
  await model.fit(x, y, { ...options, epochs: 2 });
  twin.fitSync(x, y, { batchSize: 24, epochs: 2 });
  expect(checkpoint(model)).toBe(checkpoint(twin));
  expect(model.predict(x)).toEqual(twin.predict(x));
  return step;
}

describe('a thread that traps', () => {
  it('in the middle of a step: the fit rejects with what it said, the model stands at a completed step', async () => {
    const fitUntilTrap = async () => {
      // on a busy machine it may take several fits until a worker comes in time
      for (;;) {
        const runtime = assembled(3);
        const model = everything(runtime);
        const spoil = ({ epoch }: { epoch: number }) => {
          if (epoch === 10) spoilScratch(runtime);
        };
        try {
          await model.fit(x, y, { ...options, epochs: 12, onEpochEnd: spoil });
        } catch (error) {
          expect(error).toBeInstanceOf(ThreadError);
          return { error: error as ThreadError, model, runtime };
        }
      }
    };
    const { error, model, runtime } = await fitUntilTrap();
    expect(error.thread).toBeGreaterThan(0);
    expect(error.message).toMatch(/^thread [12] failed: RuntimeError: memory access out of bounds\. The model stands/);
    expect(model.history?.metrics.loss.length).toBeGreaterThanOrEqual(10);
    expect(model.runtime).toMatchObject({ threads: 3, reason: expect.stringMatching(/once: thread [12] failed/) });
    // the step before, or where the update was in the same slice, that of the snapshot
    expect(await goesOn(model)).toBeGreaterThanOrEqual(32);
    expect(runtime.team.assemble(3, 20_000)).toBe(true);
  });

  it('is noticed by a caller that may not sleep, as that of a page: the same bits before, the same error then', async () => {
    const refused = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    });
    try {
      const runtime = createRuntime({ kernel: 'simd', threads: 2 });
      const model = everything(runtime);
      // workers come up while nobody looks
      const end = performance.now() + 20_000;
      while (!runtime.team.assemble(2, 1) && performance.now() < end) await turn();
      // on a busy machine, until both have met
      do model.fitSync(x, y, { batchSize: 24, epochs: 1 });
      while (runtime.team.largest < 2);
      expect(completedSteps).toContain(checkpoint(model));
      spoilScratch(runtime);
      await failureOf(model.fit(x, y, { ...options, epochs: 1000, maxSamples: 1e9 }));
    } finally {
      refused.mockRestore();
    }
  });

  it.each(['a worker', "the caller's thread"])(
    'in the middle of the update, %s: the model goes back to the last snapshot',
    async (who) => {
      const runtime = assembled(2);
      const model = everything(runtime);
      let undo = () => {};
      const spoil = ({ epoch }: { epoch: number }) => {
        if (epoch === 10) undo = spoilOptimizer(runtime, who === 'a worker' ? 1 : 0);
      };
      const error = await failureOf(model.fit(x, y, { ...options, epochs: 12, onEpochEnd: spoil }));
      // where a worker does not come in time, its share is the caller's
      expect(who === 'a worker' ? [0, 1] : [0]).toContain(error.thread);
      undo();
      expect(await goesOn(model)).toBe(32);
    },
  );

  it('in trainOnBatch: nothing was updated', async () => {
    const runtime = assembled(2);
    const model = everything(runtime);
    const twin = everything(alone());
    for (const one of [model, twin]) one.fitSync(x, y, { batchSize: 24, epochs: 1 });
    spoilScratch(runtime);
    // until the worker comes to a job in time
    const update = () => {
      for (;;) {
        model.trainOnBatch(x, y);
        twin.trainOnBatch(x, y);
      }
    };
    expect(update).toThrow(ThreadError);
    expect(checkpoint(model)).toBe(checkpoint(twin));
  });

  it('again and again: the runtime goes on with one, and says so', async () => {
    const runtime = assembled(2);
    const model = everything(runtime);
    for (let time = 0; time < 3; time++) {
      if (time > 0) await dissolved(runtime);
      expect(runtime.team.assemble(2, 20_000)).toBe(true);
      spoilScratch(runtime);
      // until the worker comes to a job in time
      await failureOf(model.fit(x, y, { ...options, epochs: 1000, maxSamples: 1e9 }));
    }
    expect(model.runtime).toMatchObject({
      threads: 1,
      reason: expect.stringMatching(/one thread from now on: thread 1/),
    });
    const { metrics } = await model.fit(x, y, options);
    expect(metrics.loss).toHaveLength(1);
  });
});

describe('a thread that is killed', () => {
  it('leaves its work to the others: same bits, and another takes its place', async () => {
    const watch = watchWorkers();
    const runtime = assembled(3);
    await turn();
    const model = everything(runtime);
    const random = new Random(1, Domain.spirals);
    let kills = 0;
    const fit = model.fit(x, y, { ...options, epochs: 40 });
    const settled = fit.then(() => true);
    while (kills < 3) {
      for (let wait = random.below(40); wait > 0; wait--) await turn();
      const victim = watch.started.at(-1 - random.below(2));
      if (!victim || victim.threadId < 0) continue;
      kills++;
      // not awaited: it dies while the next step begins
      void victim.terminate();
    }
    expect(await settled).toBe(true);
    watch.stop();
    const twin = everything(alone());
    twin.fitSync(x, y, { batchSize: 24, epochs: 40 });
    expect(checkpoint(model)).toBe(checkpoint(twin));
    expect(model.runtime.reason).toContain('ended from outside');
  });

  it('is not missed by work that does not give the event loop back either', async () => {
    const watch = watchWorkers();
    const runtime = assembled(2);
    await turn();
    const model = everything(runtime);
    model.fitSync(x, y, { batchSize: 24 });
    void watch.started.at(-1)?.terminate();
    watch.stop();
    model.fitSync(x, y, { batchSize: 24, epochs: 3 });
    const twin = everything(alone());
    for (const epochs of [1, 3]) twin.fitSync(x, y, { batchSize: 24, epochs });
    expect(checkpoint(model)).toBe(checkpoint(twin));
  });
});

/** Puts its name on the list of every job, as worker 5, and does nothing: what a thread looks like that died at work. */
function phantom(runtime: Runtime): Worker {
  const source = `
    const { buffer, sync } = require('node:worker_threads').workerData;
    const words = new Int32Array(buffer, sync);
    for (;;) {
      const list = Atomics.load(words, ${Sync.Joined});
      if (list < ${Sync.Closed}) Atomics.compareExchange(words, ${Sync.Joined}, list, list | 1 << 5);
    }
  `;
  return new Worker(source, { eval: true, workerData: { buffer: runtime.buffer, sync: offsetOf(runtime, 'threads') } });
}

describe('a thread that falls silent', () => {
  it('in the middle of a step is given up after ten seconds, and the model stands at a completed step', async () => {
    const runtime = assembled(2);
    const silent = phantom(runtime);
    await new Promise((resolve) => silent.once('online', resolve));
    const fitUntilSilent = async () => {
      for (;;) {
        const model = everything(runtime);
        try {
          await model.fit(x, y, { ...options, epochs: 12 });
        } catch (error) {
          return { error, model };
        }
      }
    };
    const { error, model } = await fitUntilSilent();
    await silent.terminate();
    expect(error).toBeInstanceOf(ThreadError);
    expect(error).toMatchObject({ thread: undefined, message: expect.stringMatching(/^a thread fell silent\./) });
    expect(await goesOn(model)).toBeGreaterThanOrEqual(0);
    expect(runtime.team.assemble(2, 20_000)).toBe(true);
  });
});

describe('an abort at any moment', () => {
  it('rejects with the reason, a thousand times, and leaves a completed step', async () => {
    const { x: few, y: labels } = clusters(60);
    const runtime = assembled(2);
    const random = new Random(2, Domain.spirals);
    const seen = new Map<string, number>();
    const reference = small(alone());
    const steps = [sha256(reference.save({ optimizer: true }))];
    for (let count = 1; count <= 24; count++) {
      const model = small(alone());
      model.fitSync(few, labels, { batchSize: 10, epochs: 4, maxSamples: 10 * count });
      steps.push(sha256(model.save({ optimizer: true })));
    }
    for (let time = 0; time < 1000; time++) {
      const model = small(runtime);
      const controller = new AbortController();
      const reason = new Error(`abort ${time}`);
      const fit = model.fit(few, labels, { batchSize: 10, epochs: 1e9, sliceMs: 0, signal: controller.signal });
      const ended = expect(fit).rejects.toBe(reason);
      for (let wait = random.below(12); wait > 0; wait--) await turn();
      controller.abort(reason);
      await ended;
      const stands = sha256(model.save({ optimizer: true }));
      expect(steps).toContain(stands);
      seen.set(stands, (seen.get(stands) ?? 0) + 1);
      model.dispose();
    }
    expect(seen.size).toBeGreaterThan(3);
  });
});

describe('a busy machine', () => {
  const busy: ChildProcess[] = [];
  afterEach(() => {
    for (const child of busy.splice(0)) child.kill('SIGKILL');
  });

  it('with a loop on every core: training ends, with the same bits', async () => {
    for (let core = 0; core < availableParallelism(); core++) {
      busy.push(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
    }
    const twin = everything(alone());
    twin.fitSync(x, y, { batchSize: 24, epochs: 8 });
    for (const threads of [2, 4, 'auto'] as const) {
      const model = everything(threads === 'auto' ? createRuntime({ kernel: 'simd' }) : assembled(threads));
      await model.fit(x, y, { ...options, epochs: 4 });
      model.fitSync(x, y, { batchSize: 24, epochs: 4 });
      expect(checkpoint(model), `${threads} threads`).not.toBe('');
      const again = everything(alone());
      for (let part = 0; part < 2; part++) again.fitSync(x, y, { batchSize: 24, epochs: 4 });
      expect(checkpoint(model), `${threads} threads`).toBe(checkpoint(again));
    }
  });
});

describe('a machine that gives no threads', () => {
  it('trains with one, and says why', () => {
    const { getBuiltinModule } = process;
    const refused = vi.fn(function refuse(): never {
      throw new Error('Access to this API has been restricted');
    });
    const given = (name: string): unknown =>
      name === 'node:worker_threads' ? { Worker: refused } : getBuiltinModule(name);
    process.getBuiltinModule = given as typeof getBuiltinModule;
    try {
      const runtime = createRuntime({ kernel: 'simd', threads: 4 });
      const model = everything(runtime);
      const twin = everything(alone());
      for (const one of [model, twin]) one.fitSync(x, y, { batchSize: 24, epochs: 2 });
      expect(checkpoint(model)).toBe(checkpoint(twin));
      expect(refused).toHaveBeenCalledTimes(1);
      expect(model.runtime.threads).toBe(1);
      expect(model.runtime.reason).toMatch(/; one thread from now on: Error: Access to this API has been restricted/);
    } finally {
      process.getBuiltinModule = getBuiltinModule;
    }
  });
});

describe('an engine that refuses shared memory', () => {
  it('trains with one thread, and says why', () => {
    const { Memory } = WebAssembly;
    vi.stubGlobal('WebAssembly', {
      ...WebAssembly,
      Memory: function refuse(descriptor: WebAssembly.MemoryDescriptor) {
        if (descriptor.shared) throw new RangeError('could not allocate memory');
        return new Memory(descriptor);
      },
      Module: WebAssembly.Module,
      Instance: WebAssembly.Instance,
      validate: WebAssembly.validate,
    });
    try {
      const runtime = createRuntime({ kernel: 'simd', threads: 4 });
      const model = everything(runtime);
      model.fitSync(x, y, { batchSize: 24, epochs: 12, maxSamples: 24 * 5 });
      expect(checkpoint(model)).toBe(completedSteps[5]);
      expect(runtime.buffer).toBeInstanceOf(ArrayBuffer);
      const reason = expect.stringMatching(/; one thread from now on: RangeError: could not allocate memory$/);
      expect(model.runtime).toMatchObject({ threads: 1, reason });
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('a process', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));

  it.each([
    ['asleep', ''],
    ['at work a moment ago', 'setTimeout(() => model.fitSync(x, y, { batchSize: 64, epochs: 2 }), 20);'],
    ['just started', 'load(model.save(), { runtime: createRuntime({ threads: 4 }) }).fitSync(x, y);'],
  ])('ends by itself with its threads %s', (_, more) => {
    if (!existsSync(`${root}/dist/src/index.js`)) {
      console.warn('skipped: needs the built package in dist/; run `npm run build`');
      return;
    }
    const script = `
      import { createRuntime, dense, load, sequential } from 'lanegrad';
      const x = Float32Array.from({ length: 640 * 100 }, (_, i) => ((i * 37) % 101) / 50 - 1);
      const y = Uint8Array.from({ length: 640 }, (_, i) => i % 10);
      const runtime = createRuntime({ threads: 3 });
      const layers = [dense(100, { activation: 'relu' }), dense(10, { activation: 'softmax' })];
      const model = sequential({ input: 100, seed: 1, layers }, { runtime }).compile({ loss: 'crossEntropy' });
      runtime.team.assemble(3, 20_000);
      await model.fit(x, y, { batchSize: 64, epochs: 5 });
      console.log(runtime.team.largest);
      ${more}
    `;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(output.trim()).toBe('3');
  });
});
