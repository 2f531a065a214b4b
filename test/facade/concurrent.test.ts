import { describe, expect, it } from 'vitest';
import { BusyError, createRuntime, DisposedError, dense, load, sequential } from '../../src/index.js';
import { classifier, clusters, sha256 } from './support.js';

/** A network whose step is cut into several slices: a batch of 256 rows takes some 200 million operations. */
function large(runtime = createRuntime()) {
  const layers = [
    dense(256, { activation: 'relu' }),
    dense(256, { activation: 'relu' }),
    dense(3, { activation: 'softmax' }),
  ];
  return sequential({ input: 256, seed: 4, layers }, { runtime }).compile({ loss: 'crossEntropy' });
}

const { x, y } = clusters(512, { width: 256, noise: 3 });
const probe = x.subarray(0, 256 * 3);

/** Calls `look` in every turn of the event loop that `work` leaves free; returns what it saw. */
async function meanwhile<T>(work: Promise<unknown>, look: () => T): Promise<T[]> {
  const seen: T[] = [];
  let done = false;
  const finished = work.finally(() => {
    done = true;
  });
  while (!done) {
    seen.push(look());
    await new Promise((resolve) => setImmediate(resolve));
  }
  await finished;
  return seen;
}

describe('during a fit', () => {
  it('timers fire', async () => {
    const model = large();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await model.fit(x, y, { epochs: 10, batchSize: 256 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });

  it('timers fire within a step too: one epoch of one step gives the event loop back', async () => {
    let turns = 0;
    const work = large().fit(x, y, { batchSize: 256, sliceMs: 0 });
    await meanwhile(work, () => turns++);
    expect(turns).toBeGreaterThan(3);
  });

  it('onProgress tells how far it has come', async () => {
    const small = clusters(100);
    const seen: { epoch: number; epochs: number; rows: number; totalRows: number }[] = [];
    await classifier().fit(small.x, small.y, {
      epochs: 2,
      batchSize: 32,
      validationSplit: 0.2,
      sliceMs: 0,
      onProgress: (progress) => void seen.push(progress),
    });
    for (const { epochs, totalRows } of seen) expect({ epochs, totalRows }).toEqual({ epochs: 2, totalRows: 80 });
    const steps = seen.map(({ epoch, rows }) => `${epoch}: ${rows}`);
    expect([...new Set(steps)]).toEqual(['1: 32', '1: 64', '1: 80', '2: 32', '2: 64', '2: 80']);
  });

  it('save and predict see one and the same completed step, bit for bit', async () => {
    const model = large();
    const seen = await meanwhile(model.fit(x, y, { epochs: 2, batchSize: 256, sliceMs: 0 }), () => ({
      predicted: model.predict(probe),
      saved: model.save(),
    }));
    expect(new Set(seen.map(({ saved }) => sha256(saved))).size).toBeGreaterThan(3);
    for (const { predicted, saved } of seen) expect(load(saved).predict(probe)).toEqual(predicted);
  });

  it('a checkpoint is that of a fit that ended with the same step', async () => {
    const options = { epochs: 2, batchSize: 256, sliceMs: 0 };
    const ended = [1, 2, 3, 4].map((steps) => {
      const reference = large();
      reference.fitSync(x, y, { ...options, maxSamples: 256 * steps });
      return sha256(reference.save({ optimizer: true }));
    });
    const model = large();
    const seen = await meanwhile(model.fit(x, y, options), () => sha256(model.save({ optimizer: true })));
    const distinct = new Set(seen);
    const begun = sha256(large().save({ optimizer: true }));
    for (const checkpoint of distinct) expect([begun, ...ended]).toContain(checkpoint);
    expect(distinct.size).toBeGreaterThan(3);
  });

  it('predict in between does not change what is learned, however inputs come', async () => {
    const quiet = large();
    quiet.fitSync(x, y, { epochs: 2, batchSize: 256 });
    const model = large();
    const bytes = Uint8Array.from({ length: 256 * 20 }, (_, i) => i % 256);
    await meanwhile(model.fit(x, y, { epochs: 2, batchSize: 256, sliceMs: 0 }), () => {
      model.predict(bytes);
      model.predict(probe);
    });
    expect(sha256(model.save())).toBe(sha256(quiet.save()));
  });

  it('a second fit, an evaluation, an update … are refused and disturb nothing', async () => {
    const quiet = classifier();
    const small = clusters(60);
    quiet.fitSync(small.x, small.y, { epochs: 20 });
    const model = classifier();
    const first = model.fit(small.x, small.y, { epochs: 20, sliceMs: 0 });
    const refused = (fails: Promise<unknown>, where: string) => {
      const message = new RegExp(`^${where}: the model is at work \\(fit\\)\\. Help: await that first`);
      return Promise.all([expect(fails).rejects.toThrow(BusyError), expect(fails).rejects.toThrow(message)]);
    };
    await refused(model.fit(small.x, small.y), 'fit');
    await refused(model.evaluate(small.x, small.y), 'evaluate');
    await refused(model.train(small.x, small.y)[Symbol.asyncIterator]().next(), 'train');
    const calls: Record<string, () => unknown> = {
      fitSync: () => model.fitSync(small.x, small.y),
      evaluateSync: () => model.evaluateSync(small.x, small.y),
      trainOnBatch: () => model.trainOnBatch(small.x, small.y),
      gradients: () => model.gradients(small.x, small.y),
      diagnose: () => model.diagnose(small.x, small.y),
      profile: () => model.profile(small.x, small.y),
      setParameters: () => model.setParameters({}),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(call, name).toThrow(BusyError);
      expect(call, name).toThrow(`${name}: the model is at work (fit)`);
    }
    await first;
    expect(model.save()).toEqual(quiet.save());
    model.fitSync(small.x, small.y);
  });

  it('of one model, another one in the same runtime can learn and be made', async () => {
    const small = clusters(200);
    const runtime = createRuntime();
    const [a, b] = [load(classifier().save(), { runtime }), load(classifier().save(), { runtime })];
    const makeMore = meanwhile(b.fit(small.x, small.y, { epochs: 3, sliceMs: 0 }), () => {
      load(a.save(), { runtime }).dispose();
    });
    await Promise.all([a.fit(small.x, small.y, { epochs: 3, sliceMs: 0 }), makeMore]);
    const alone = classifier();
    alone.fitSync(small.x, small.y, { epochs: 3 });
    expect(a.save()).toEqual(alone.save());
    expect(b.save()).toEqual(alone.save());
  });

  it('dispose ends it, and frees the memory', async () => {
    const runtime = createRuntime();
    const start = runtime.used;
    const model = large(runtime);
    const fit = model.fit(x, y, {
      epochs: 1000,
      batchSize: 256,
      sliceMs: 0,
      earlyStopping: { patience: 9, monitor: 'loss' },
    });
    setTimeout(() => model.dispose(), 5);
    await expect(fit).rejects.toThrow(DisposedError);
    await expect(fit).rejects.toThrow(/^fit: the model was disposed while it was training\./);
    expect(runtime.used).toBe(start);
    expect(() => model.predict(probe)).toThrow(DisposedError);
  });

  it('dispose from onEpochEnd ends it too', async () => {
    const runtime = createRuntime();
    const start = runtime.used;
    const small = clusters(60);
    for (const way of ['fit', 'fitSync'] as const) {
      const model = load<'crossEntropy', 'accuracy'>(classifier().save(), { runtime });
      const epochs: number[] = [];
      const run = async () =>
        model[way](small.x, small.y, {
          epochs: 5,
          onEpochEnd: ({ epoch }) => {
            epochs.push(epoch);
            model.dispose();
          },
        });
      await expect(run(), way).rejects.toThrow(DisposedError);
      expect(epochs, way).toEqual([1]);
      expect(runtime.used).toBe(start);
    }
  });
});

describe('during an evaluation', () => {
  it('predict and save work, a fit is refused, and dispose ends it', async () => {
    const runtime = createRuntime();
    const start = runtime.used;
    const model = large(runtime);
    const many = clusters(4000, { width: 256 });
    const wanted = model.evaluateSync(many.x, many.y);
    const predicted = model.predict(probe);
    const evaluation = model.evaluate(many.x, many.y);
    await expect(model.fit(x, y)).rejects.toThrow(/^fit: the model is at work \(evaluate\)/);
    const seen = await meanwhile(evaluation, () => model.predict(probe));
    for (const during of seen) expect(during).toEqual(predicted);
    expect(await evaluation).toEqual(wanted);

    const ended = model.evaluate(many.x, many.y);
    model.dispose();
    await expect(ended).rejects.toThrow(DisposedError);
    expect(runtime.used).toBe(start);
  });
});
