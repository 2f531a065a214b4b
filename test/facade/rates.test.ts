/** Learning rates in training: what t counts, what ends a fit, what a plateau does, and what a file keeps of it all. */
import { describe, expect, it } from 'vitest';
import {
  ArgumentError,
  adam,
  cosineDecay,
  dense,
  exponentialDecay,
  inverseTimeDecay,
  load,
  oneCycle,
  type Rate,
  reduceOnPlateau,
  type Schedule,
  sequential,
  sgd,
  stepDecay,
} from '../../src/index.js';
import { expectMessage, untyped } from './refusals.js';
import { clusters, hashOf, sha256 } from './support.js';

const { x, y } = clusters(96);

function classifierAt(learningRate: Rate, optimizer = sgd) {
  const layers = [dense(8, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
  return sequential({ input: 4, seed: 3, layers }).compile({
    loss: 'crossEntropy',
    optimizer: optimizer({ learningRate }),
    metrics: ['accuracy'],
  });
}

const batch = (i: number) => [x.subarray(128 * i, 128 * (i + 1)), y.slice(32 * i, 32 * (i + 1))] as const;
const OPTIONS = { batchSize: 32, shuffle: false } as const;

/** What a model becomes whose every update has a rate of its own, one constant after another. */
function byHand(rates: readonly number[]): string {
  let model = classifierAt(0);
  rates.forEach((rate, i) => {
    const next = classifierAt(rate);
    next.setParameters(model.parameters());
    next.trainOnBatch(...batch(i % 3));
    model = next;
  });
  return hashOf(model);
}

describe('a schedule', () => {
  const rate = (t: number) => 0.5 / (1 + t);
  const schedules: Readonly<Record<string, Rate>> = {
    'that is a function': rate,
    'that is built in': inverseTimeDecay(0.5, { rate: 1 }),
    'out of JSON': JSON.parse(JSON.stringify(inverseTimeDecay(0.5, { rate: 1 }))),
  };

  it.each(Object.entries(schedules))('%s counts updates from 0, over one fit after another', (_, schedule) => {
    const model = classifierAt(schedule);
    model.fitSync(x, y, OPTIONS);
    model.fitSync(x, y, OPTIONS);
    model.trainOnBatch(...batch(0));
    expect(hashOf(model)).toBe(byHand([0, 1, 2, 3, 4, 5, 6].map(rate)));
  });

  it('counts epochs on request: the rate stays for all of an epoch', () => {
    const model = classifierAt(inverseTimeDecay(0.5, { rate: 1, per: 'epoch' }));
    model.fitSync(x, y, { ...OPTIONS, epochs: 2 });
    model.fitSync(x, y, OPTIONS);
    expect(hashOf(model)).toBe(byHand([0, 0, 0, 1, 1, 1, 2, 2, 2].map(rate)));
  });

  it('is asked once per update, and not by gradients, evaluations and predictions', () => {
    const asked: number[] = [];
    const model = classifierAt((t) => {
      asked.push(t);
      return 0.1;
    });
    model.fitSync(x, y, { ...OPTIONS, epochs: 2 });
    model.gradients(...batch(0));
    model.evaluateSync(x, y);
    model.predict(x);
    model.profile(x, y, { repetitions: 2 });
    model.program('train');
    model.summary();
    expect(asked).toEqual([0, 1, 2, 3, 4, 5]);
    model.trainOnBatch(...batch(0));
    expect(asked.at(-1)).toBe(6);
  });

  it('is told by summary, and the rate of the step by a divergence', () => {
    expect(classifierAt(stepDecay(0.1, { drop: 0.5, every: 2 })).summary()).toContain(
      'learning rate stepDecay from 0.1',
    );
    expect(classifierAt(() => 0.1).summary()).toContain('learning rate by a function');
    const model = sequential({ input: 4, layers: [dense(1)] }).compile({
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: (t) => 1000 + t }),
    });
    expect(() => model.fitSync(x, y, { epochs: 400, batchSize: 96 })).toThrow(/too high \(it is 10\d\d\)/);
  });
});

describe('a schedule that gives no rate', () => {
  const bad: Readonly<Record<string, readonly [unknown, string]>> = {
    NaN: [Number.NaN, 'NaN'],
    infinity: [Number.POSITIVE_INFINITY, 'Infinity'],
    'minus infinity': [Number.NEGATIVE_INFINITY, '-Infinity'],
    'a negative number': [-1e-9, '-1e-9'],
    'a number too large': [1e10, '10000000000'],
    nothing: [undefined, 'undefined'],
    text: ['0.1', '"0.1"'],
  };

  it.each(Object.entries(bad))('%s ends the fit at that step, with all before it intact', (_, [value, shown]) => {
    const model = classifierAt((t) => (t === 4 ? untyped(value) : 0.1));
    const twin = classifierAt(0.1);
    const epochs: number[] = [];
    expectMessage(
      () => model.fitSync(x, y, { ...OPTIONS, epochs: 3, onEpochEnd: ({ epoch }) => void epochs.push(epoch) }),
      [
        'learningRate: the schedule must give a number from 0 to 1e9, also at step 5 (t = 4)',
        `Received: ${shown}. Help: mend`,
      ],
    );
    expect(epochs).toEqual([1]);
    expect(model.history?.metrics.loss).toHaveLength(1);
    twin.fitSync(x, y, OPTIONS);
    twin.trainOnBatch(...batch(0));
    expect(hashOf(model)).toBe(hashOf(twin));
    // nor can the update be had in another way
    const before = model.save();
    expectMessage(() => model.trainOnBatch(...batch(1)), ['at step 5 (t = 4)']);
    expect(model.save()).toEqual(before);
    expect(model.predict(x)).toHaveLength(96 * 3);
  });

  it('rejects fit and train likewise, and what a function throws comes through', async () => {
    const [a, b] = [classifierAt((t) => (t === 4 ? Number.NaN : 0.1)), classifierAt(() => untyped(explode()))];
    await expect(a.fit(x, y, { ...OPTIONS, epochs: 3 })).rejects.toThrow(ArgumentError);
    await expect(b.fit(x, y, OPTIONS)).rejects.toThrow('no rate today');
    expect(hashOf(b)).toBe(hashOf(classifierAt(0.1)));
  });

  function explode(): never {
    throw new Error('no rate today');
  }
});

const SCHEDULES: Readonly<Record<string, Schedule>> = {
  stepDecay: stepDecay(0.3, { drop: 0.5, every: 7 }),
  'stepDecay by epochs': stepDecay(0.3, { drop: 0.5, every: 3, per: 'epoch' }),
  exponentialDecay: exponentialDecay(0.3, { rate: 0.01 }),
  'inverseTimeDecay by epochs': inverseTimeDecay(0.3, { rate: 0.5, per: 'epoch' }),
  cosineDecay: cosineDecay(0.3, { steps: 25, warmup: 6 }),
  oneCycle: oneCycle(0.3, { steps: 30 }),
  reduceOnPlateau: reduceOnPlateau(3, { factor: 0.5, patience: 1, monitor: 'val_accuracy' }),
};

describe('five epochs and five more are ten, bit for bit', () => {
  it.each(Object.entries(SCHEDULES))('%s', (_, learningRate) => {
    for (const optimizer of [sgd, adam]) {
      const options = { batchSize: 32, validationSplit: 0.25 };
      const whole = classifierAt(learningRate, optimizer);
      whole.fitSync(x, y, { ...options, epochs: 10 });
      const first = classifierAt(learningRate, optimizer);
      first.fitSync(x, y, { ...options, epochs: 5 });
      const second = load<'crossEntropy', 'accuracy'>(first.save({ optimizer: true }));
      for (const model of [first, second]) {
        model.fitSync(x, y, { ...options, epochs: 5 });
        expect(sha256(model.save({ optimizer: true }))).toBe(sha256(whole.save({ optimizer: true })));
      }
      const constant = classifierAt(learningRate.learningRate, optimizer);
      constant.fitSync(x, y, { ...options, epochs: 10 });
      expect(hashOf(constant), 'the schedule matters').not.toBe(hashOf(whole));
    }
  });
});

describe('a plateau', () => {
  /** How often the rate has been reduced, as a checkpoint has it. */
  function reductionsOf(model: { save(options: { optimizer: boolean }): Uint8Array }): number {
    const text = new TextDecoder().decode(model.save({ optimizer: true }));
    return Number(/\\"reductions\\":(\d+)/.exec(text)?.[1]);
  }

  it('reduces the rate after `patience` epochs without a better figure, and counts anew', () => {
    // a rate of 0 makes all epochs alike: only the first is better than none
    const model = classifierAt(reduceOnPlateau(0, { patience: 3 }));
    const seen: number[] = [];
    for (let epoch = 0; epoch < 10; epoch++) {
      model.fitSync(x, y, OPTIONS);
      seen.push(reductionsOf(model));
    }
    expect(seen).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3]);
  });

  it('changes the rate of the epochs after it', () => {
    const plain = classifierAt(2);
    const scheduled = classifierAt(reduceOnPlateau(2, { patience: 2, factor: 0.5, monitor: 'val_accuracy' }));
    // validation rows that no update can better: a class that the model never answers
    const held = [x, y.map((label) => (label + 1) % 3)] as const;
    scheduled.fitSync(x, y, { ...OPTIONS, epochs: 6, validationData: held });
    const curve = scheduled.history?.metrics.val_accuracy ?? [];
    let since = 0;
    let best = Number.NEGATIVE_INFINITY;
    let rate = 2;
    const wanted = curve.map((value) => {
      const used = rate;
      since = value > best ? 0 : since + 1;
      best = Math.max(best, value);
      if (since === 2) {
        rate /= 2;
        since = 0;
      }
      return used;
    });
    expect(new Set(wanted).size, 'the script of this test has a plateau').toBeGreaterThan(1);
    expect(hashOf(scheduled)).toBe(byHand(wanted.flatMap((value) => [value, value, value])));
    expect(hashOf(plain)).not.toBe(hashOf(scheduled));
  });

  it('keeps going down as long as the figure is better: no reduction', () => {
    const model = classifierAt(reduceOnPlateau(0.05, { patience: 1 }));
    const { metrics } = model.fitSync(x, y, { ...OPTIONS, epochs: 5 });
    expect([...metrics.loss].sort((a, b) => b - a)).toEqual(metrics.loss);
    expect(reductionsOf(model)).toBe(0);
  });

  it('is refused where its figure does not exist, before anything changes', () => {
    expectMessage(() => classifierAt(reduceOnPlateau(1, { monitor: 'val_acc' })), ['`monitor` is not one', '`val_acc']);
    const model = classifierAt(reduceOnPlateau(1, { monitor: 'val_loss' }));
    const before = model.save();
    expectMessage(() => model.fitSync(x, y), ['needs validation rows', "monitor: 'loss'"]);
    expect(model.save()).toEqual(before);
    model.fitSync(x, y, { validationSplit: 0.2 });
  });
});

describe('a file', () => {
  it('keeps a schedule with or without the optimizer', () => {
    for (const optimizer of [true, false]) {
      const model = classifierAt(cosineDecay(0.3, { steps: 9, warmup: 2 }));
      const copy = load<'crossEntropy'>(model.save({ optimizer }));
      for (const one of [model, copy]) one.fitSync(x, y, OPTIONS);
      expect(hashOf(copy)).toBe(hashOf(model));
    }
  });

  it('takes no function as an exact checkpoint; otherwise the last rate stands in for it, as a constant', () => {
    const model = classifierAt((t) => 0.5 / (1 + t));
    model.fitSync(x, y, OPTIONS);
    expectMessage(() => model.save({ optimizer: true }), ['save: an exact checkpoint needs', 'Received: a function.']);
    const copy = load<'crossEntropy'>(model.save());
    const constant = classifierAt(0.5 / 3);
    constant.setParameters(model.parameters());
    for (const one of [copy, constant]) one.fitSync(x, y, OPTIONS);
    expect(hashOf(copy)).toBe(hashOf(constant));
    expect(load(classifierAt(() => 0.25).save()).summary()).toContain('learning rate 0.25');
  });
});
