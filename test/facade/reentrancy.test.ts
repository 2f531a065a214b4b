/** Code of the caller's runs while its data are read: a getter, `read` of a data set, a learning rate. It may ask anything of the model. */
import { describe, expect, it } from 'vitest';
import { BusyError, bagging, createRuntime, DisposedError, dense, sequential, sgd } from '../../src/index.js';
import { classifier, clusters, sha256 } from './support.js';

const { x, y } = clusters(12);

/** Rows whose reading runs `call`. */
function rowsThat(call: () => void) {
  return {
    get data() {
      call();
      return x;
    },
    shape: [12, 4],
  };
}

/** A classifier whose learning rate runs `call`. */
function ratedBy(call: () => void, runtime = createRuntime()) {
  const learningRate = () => {
    call();
    return 0.1;
  };
  return sequential({ input: 4, layers: [dense(3, { activation: 'softmax' })] }, { runtime }).compile({
    loss: 'crossEntropy',
    optimizer: sgd({ learningRate }),
  });
}

describe('while its data are read, a model', () => {
  it.each(['predict', 'predictClasses'] as const)('that is disposed of ends its %s in memory of its own', (method) => {
    const runtime = createRuntime();
    const start = runtime.used;
    const model = ratedBy(() => {}, runtime);
    const wanted = model[method](x);
    const other = ratedBy(() => {}, runtime);
    const rows = rowsThat(() => {
      model.dispose();
      other.trainOnBatch(x, y); // would take memory that was given back
    });
    expect(model[method](rows)).toEqual(wanted);
    expect(() => model[method](x)).toThrow(DisposedError);
    other.dispose();
    expect(runtime.used).toBe(start);
  });

  it('that is disposed of gives its memory back once, and its fit rejects', async () => {
    const runtime = createRuntime();
    const start = runtime.used;
    for (const background of [false, true]) {
      const model = sequential({ input: 4, layers: [dense(3, { activation: 'softmax' })] }, { runtime }).compile({
        loss: 'crossEntropy',
      });
      const rows = rowsThat(() => model.dispose());
      await expect(model.fit(rows, y, { background })).rejects.toThrow(DisposedError);
      expect(runtime.used).toBe(start);
    }
    const model = ratedBy(() => {}, runtime);
    expect(() =>
      model.fitSync(
        rowsThat(() => model.dispose()),
        y,
      ),
    ).toThrow(DisposedError);
    expect(runtime.used).toBe(start);
  });

  it('refuses other work, and does its own', () => {
    const [model, alone] = [classifier(), classifier()];
    const calls = [
      () => model.fitSync(x, y),
      () => model.trainOnBatch(x, y),
      () => model.evaluateSync(x, y),
      () => model.setParameters(model.parameters()),
      () => model.gradients(x, y),
      () => model.diagnose(x, y),
      () => model.profile(x, y),
    ];
    const inside = rowsThat(() => {
      for (const call of calls) expect(call).toThrow(BusyError);
      model.predict(x);
    });
    for (const trained of [() => model.fitSync(inside, y), () => model.trainOnBatch(inside, y)]) trained();
    model.gradients(inside, y);
    model.diagnose(inside, y);
    model.profile(inside, y);
    alone.fitSync(x, y);
    alone.trainOnBatch(x, y);
    expect(sha256(model.save({ optimizer: true }))).toBe(sha256(alone.save({ optimizer: true })));
  });

  it('can be used after what was read threw', async () => {
    const model = classifier();
    const rows = rowsThat(() => {
      throw new RangeError('of the caller');
    });
    for (const method of ['fitSync', 'trainOnBatch', 'gradients', 'diagnose', 'profile', 'evaluateSync'] as const) {
      expect(() => model[method](rows, y), method).toThrow('of the caller');
    }
    expect(() => model.predict(rows)).toThrow('of the caller');
    await expect(model.fit(rows, y, { background: true })).rejects.toThrow('of the caller');
    expect(model.fitSync(x, y).stopReason).toBe('completed');
  });
});

describe('a learning rate that is a function', () => {
  it('cannot train the model whose update it is for', () => {
    const model = ratedBy(() => model.trainOnBatch(x, y));
    expect(() => model.trainOnBatch(x, y)).toThrow(BusyError);
    expect(() => model.fitSync(x, y)).toThrow(BusyError);
  });

  it('may dispose of it: the update ends in memory of its own', () => {
    const runtime = createRuntime();
    const start = runtime.used;
    const model = ratedBy(() => model.dispose(), runtime);
    expect(model.trainOnBatch(x, y).loss).toBeGreaterThan(0);
    expect(() => model.predict(x)).toThrow(DisposedError);
    expect(runtime.used).toBe(start);
  });
});

describe('an ensemble that is disposed of in a callback', () => {
  const ensemble = (runtime = createRuntime()) =>
    bagging(sequential({ input: 4, layers: [dense(3, { activation: 'softmax' })] }, { runtime }), {
      members: 2,
    }).compile({ loss: 'crossEntropy' });

  it('rejects its fit, as a model does', async () => {
    const runtime = createRuntime();
    const start = runtime.used;
    for (const fit of ['fit', 'fitSync'] as const) {
      const given = ensemble(runtime);
      let epochs = 0;
      const options = {
        epochs: 3,
        onEpochEnd() {
          epochs++;
          given.dispose();
        },
      };
      await expect((async () => given[fit](x, y, options))()).rejects.toThrow(DisposedError);
      expect(epochs).toBe(1);
      expect(runtime.used).toBe(start);
    }
  });

  it('says so where its data were being read', async () => {
    const runtime = createRuntime();
    const start = runtime.used;
    for (const method of ['fit', 'fitSync', 'evaluate', 'evaluateSync', 'predict', 'predictClasses'] as const) {
      const given = ensemble(runtime);
      const rows = rowsThat(() => given.dispose());
      const call = async () => given[method](rows, y);
      // what is judged at once comes to its end
      if (method.startsWith('evaluate')) await call().catch((error) => expect(error).toBeInstanceOf(DisposedError));
      else await expect(call(), method).rejects.toThrow(DisposedError);
      expect(runtime.used, method).toBe(start);
    }
  });
});
