import { describe, expect, it } from 'vitest';
import { ArgumentError, dense, type FitOptions, l2, sequential } from '../../src/index.js';
import { classifier, clusters, curve, regressor, sha256 } from './support.js';

const { x, y } = clusters(90);
type Options = FitOptions<readonly [Float32Array, number[]], 'accuracy'>;

describe('fit, fitSync and train', () => {
  const variants: Readonly<Record<string, Options>> = {
    'by default': {},
    'with a validation part and early stopping': { validationSplit: 0.2, earlyStopping: { patience: 2 }, epochs: 30 },
    'with validation data and a last small batch': { epochs: 3, batchSize: 40, validationData: [x, y] },
    'in stored order': { epochs: 3, shuffle: false },
    'with weights': { epochs: 3, classWeight: 'balanced', sampleWeight: Float32Array.from(y, (c) => c + 0.5) },
  };

  it.each(Object.entries(variants))('%s give the same bits and the same history', async (_, options) => {
    const sync = classifier();
    const history = sync.fitSync(x, y, options);
    const wanted = sha256(sync.save({ optimizer: true }));
    expect(sync.history).toEqual(history);

    const async = classifier();
    expect(await async.fit(x, y, { ...options, sliceMs: 0 })).toEqual(history);
    expect(sha256(async.save({ optimizer: true }))).toBe(wanted);

    const iterated = classifier();
    const epochs: number[] = [];
    for await (const { epoch, loss } of iterated.train(x, y, options)) {
      epochs.push(epoch);
      expect(loss).toBe(history.metrics.loss[epoch - 1]);
    }
    expect(epochs).toEqual(history.metrics.loss.map((_, i) => i + 1));
    expect(iterated.history).toEqual(history);
    expect(sha256(iterated.save({ optimizer: true }))).toBe(wanted);
  });

  it('one epoch by hand: batches of trainOnBatch in stored order', () => {
    const fitted = classifier();
    const { metrics } = fitted.fitSync(x, y, { batchSize: 30, shuffle: false });
    const stepped = classifier();
    const losses = [0, 30, 60].map(
      (first) => stepped.trainOnBatch(x.subarray(4 * first, 4 * first + 120), y.slice(first, first + 30)).loss,
    );
    expect(stepped.parameters()).toEqual(fitted.parameters());
    expect(metrics.loss[0]).toBeCloseTo(losses.reduce((a, b) => a + b, 0) / 3, 12);
  });

  it('shuffle draws a new order in every epoch', () => {
    const run = (options: Options) => {
      const model = classifier();
      model.fitSync(x, y, { batchSize: 9, ...options });
      return sha256(model.save());
    };
    expect(run({ epochs: 2 })).not.toBe(run({ epochs: 2, shuffle: false }));
    const twice = classifier();
    twice.fitSync(x, y, { batchSize: 9 });
    twice.fitSync(x, y, { batchSize: 9 });
    expect(sha256(twice.save())).toBe(run({ epochs: 2 }));
  });

  it('learns: the figures of the last epoch are those of a good model', () => {
    const model = classifier({ learningRate: 0.02 });
    const { metrics } = model.fitSync(x, y, { epochs: 60 });
    expect(metrics.accuracy.at(-1)).toBeGreaterThan(0.97);
    expect(model.evaluateSync(x, y).accuracy).toBeGreaterThan(0.97);
    const numbers = regressor({ learningRate: 0.1 });
    const data = curve(300);
    const { metrics: curves } = numbers.fitSync(data.x, data.y, { epochs: 200 });
    expect(curves.r2.at(-1)).toBeGreaterThan(0.8);
  });
});

describe('history', () => {
  it('has one value per epoch and key, named as in Keras', () => {
    const { metrics, best, stopReason } = classifier().fitSync(x, y, { epochs: 4, validationSplit: 0.1 });
    expect(Object.keys(metrics).sort()).toEqual(['accuracy', 'loss', 'val_accuracy', 'val_loss']);
    for (const curve of Object.values(metrics)) expect(curve).toHaveLength(4);
    expect(stopReason).toBe('completed');
    const lowest = Math.min(...(metrics.val_loss ?? []));
    expect(best).toEqual({ epoch: (metrics.val_loss?.indexOf(lowest) ?? Number.NaN) + 1, value: lowest });
  });

  it('without validation has no val_ keys, and is best by loss', () => {
    const { metrics, best } = classifier().fitSync(x, y, { epochs: 4 });
    expect(Object.keys(metrics).sort()).toEqual(['accuracy', 'loss']);
    expect(best).toEqual({ epoch: 4, value: metrics.loss[3] });
  });

  it('val_ figures are those of evaluate, penalties included, whether rows are held out or given', () => {
    const layers = [dense(3, { activation: 'softmax', weightRegularizer: l2(0.1) })];
    const make = () => sequential({ input: 4, layers }).compile({ loss: 'crossEntropy', metrics: ['accuracy'] });
    const held = clusters(40, { seed: 2 });
    const given = make();
    const { metrics } = given.fitSync(x, y, { epochs: 2, validationData: [held.x, held.y] });
    const { loss, accuracy } = given.evaluateSync(held.x, held.y);
    expect(metrics.val_loss?.at(-1)).toBe(loss);
    expect(metrics.val_accuracy?.at(-1)).toBe(accuracy);

    const tail = make();
    const { metrics: curves } = tail.fitSync(x, y, { epochs: 2, validationSplit: { tail: 0.2 } });
    const last = tail.evaluateSync(x.subarray(4 * 72), y.slice(72));
    expect(curves.val_loss?.at(-1)).toBe(last.loss);
    expect(curves.val_accuracy?.at(-1)).toBe(last.accuracy);
  });

  it('an epoch hands its figures to onEpochEnd, counted from 1; a later fit leaves the history alone', () => {
    const seen: unknown[] = [];
    const model = classifier();
    const history = model.fitSync(x, y, {
      epochs: 3,
      validationSplit: 0.1,
      onEpochEnd: (logs) => void seen.push(logs),
    });
    expect(seen).toHaveLength(3);
    expect(seen[1]).toMatchObject({
      epoch: 2,
      loss: history.metrics.loss[1],
      accuracy: history.metrics.accuracy[1],
      val_loss: history.metrics.val_loss?.[1],
      val_accuracy: history.metrics.val_accuracy?.[1],
    });
    const before = structuredClone(history);
    expect(model.fitSync(x, y, { epochs: 2 }).metrics.loss).toHaveLength(2);
    expect(history).toEqual(before);
  });
});

describe('early stopping', () => {
  const noisy = clusters(60, { noise: 4 });
  const others = { x: noisy.x.map((value, i) => value + Math.sin(i)), y: noisy.y };

  it('ends `patience` epochs after the best, and restores the weights of the best', () => {
    for (const monitor of ['val_loss', 'val_accuracy'] as const) {
      const model = classifier({ learningRate: 0.05 });
      const validationData = [others.x, others.y] as const;
      const { metrics, best, stopReason } = model.fitSync(noisy.x, noisy.y, {
        epochs: 500,
        validationData,
        earlyStopping: { patience: 5, monitor },
      });
      expect(stopReason, monitor).toBe('earlyStopping');
      const curve = metrics[monitor] as readonly number[];
      expect(curve).toHaveLength(best.epoch + 5);
      const extreme = monitor === 'val_loss' ? Math.min(...curve) : Math.max(...curve);
      expect(best).toEqual({ epoch: curve.indexOf(extreme) + 1, value: extreme });
      const { loss, accuracy } = model.evaluateSync(others.x, others.y);
      expect(monitor === 'val_loss' ? loss : accuracy).toBe(best.value);
      expect(loss, 'the whole model is that of the best epoch').toBe(metrics.val_loss?.[best.epoch - 1]);
    }
  });

  it('restores the best weights also when the epochs are over first, and when the caller ends the fit', () => {
    const ways: Options[] = [
      { epochs: 8 },
      { epochs: 99, onEpochEnd: ({ epoch }) => (epoch === 8 ? 'stop' : undefined) },
    ];
    for (const way of ways) {
      const model = classifier({ learningRate: 0.3 });
      const history = model.fitSync(noisy.x, noisy.y, {
        validationData: [others.x, others.y],
        earlyStopping: { patience: 50 },
        ...way,
      });
      expect(history.metrics.loss).toHaveLength(8);
      expect(history.best.epoch).toBeLessThan(8);
      expect(model.evaluateSync(others.x, others.y).loss).toBe(history.best.value);
    }
  });

  it('monitors a training metric without validation rows, in its right direction', () => {
    const data = curve(60);
    for (const monitor of ['r2', 'rmse', 'loss'] as const) {
      const model = regressor({ learningRate: 0.02 });
      const { metrics, best } = model.fitSync(data.x, data.y, { epochs: 20, earlyStopping: { patience: 3, monitor } });
      const curveOf = metrics[monitor];
      expect(best.value).toBe(monitor === 'r2' ? Math.max(...curveOf) : Math.min(...curveOf));
      expect(best.epoch, `${monitor} becomes better at first`).toBeGreaterThan(3);
    }
  });

  it('minDelta: what is better by less does not count', () => {
    const run = (minDelta: number) =>
      classifier({ learningRate: 0.001 }).fitSync(x, y, {
        epochs: 30,
        validationSplit: 0.2,
        earlyStopping: { patience: 3, minDelta },
      });
    expect(run(0).stopReason).toBe('completed');
    const { stopReason, best, metrics } = run(10);
    expect({ stopReason, epoch: best.epoch }).toEqual({ stopReason: 'earlyStopping', epoch: 1 });
    expect(metrics.loss).toHaveLength(4);
  });

  it.each([0, 0.002, 0.02])(
    'minDelta %d: stops where a script of the rule stops, and keeps its best epoch',
    (minDelta) => {
      const patience = 2;
      const model = classifier({ learningRate: 0.02 });
      const { metrics, best, stopReason } = model.fitSync(noisy.x, noisy.y, {
        epochs: 400,
        validationData: [others.x, others.y],
        earlyStopping: { patience, minDelta },
      });
      const curve = metrics.val_loss ?? [];
      let wanted = 0;
      for (let epoch = 1; epoch < curve.length && epoch - wanted <= patience; epoch++) {
        if ((curve[wanted] as number) - (curve[epoch] as number) > minDelta) wanted = epoch;
      }
      expect(stopReason).toBe('earlyStopping');
      expect(best).toEqual({ epoch: wanted + 1, value: curve[wanted] });
      expect(curve).toHaveLength(wanted + 1 + patience);
      expect(model.evaluateSync(others.x, others.y).loss).toBe(best.value);
    },
  );

  it('without anything to monitor is an error that says what to add', () => {
    const model = classifier();
    const fit = () => model.fitSync(x, y, { earlyStopping: { patience: 3 } });
    expect(fit).toThrow(ArgumentError);
    expect(fit).toThrow(/^fitSync: early stopping on `val_loss` needs validation rows\..*Help: add validationSplit/);
  });
});
