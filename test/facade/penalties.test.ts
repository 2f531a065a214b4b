/** Penalties and constraints in training: L1, L2 and both, the proximal step, the max-norm constraint. */
import { describe, expect, it } from 'vitest';
import {
  adam,
  type DenseOptions,
  DivergenceError,
  dense,
  l1,
  l1l2,
  l2,
  load,
  maxNorm,
  type Optimizer,
  type Regularizer,
  sequential,
  sgd,
} from '../../src/index.js';
import { Domain, Random } from '../../src/random.js';
import { expectMessage, untyped } from './refusals.js';
import { hashOf, largestDifference, valuesOf } from './support.js';

/** Twenty columns, of which the target needs the first three. */
const COLUMNS = 20;
const ROWS = 100;
const random = new Random(9, Domain.spirals);
const x = Float32Array.from({ length: ROWS * COLUMNS }, () => random.normal());
const y = Array.from({ length: ROWS }, (_, row) => {
  const [a = 0, b = 0, c = 0] = x.subarray(row * COLUMNS);
  return Math.fround(2 * a - b + 0.5 * c);
});

function linear(options: DenseOptions, optimizer: Optimizer = sgd({ learningRate: 0.05 })) {
  const layers = [dense(1, options)];
  return sequential({ input: COLUMNS, seed: 4, layers }).compile({ loss: 'meanSquaredError', optimizer });
}

const weights = (model: ReturnType<typeof linear>) => valuesOf(model.parameters(), 'dense0.weight');
const sum = (values: Float32Array, f: (value: number) => number) => values.reduce((total, v) => total + f(v), 0);

describe('a penalty', () => {
  const kinds: Readonly<Record<string, readonly [Regularizer, (w: number) => number, (w: number) => number]>> = {
    l1: [l1(0.3), (w) => 0.3 * Math.abs(w), (w) => 0.3 * Math.sign(w)],
    l2: [l2(0.2), (w) => 0.1 * w * w, (w) => 0.2 * w],
    'both, l1l2': [
      l1l2({ l1: 0.3, l2: 0.2 }),
      (w) => 0.3 * Math.abs(w) + 0.1 * w * w,
      (w) => 0.3 * Math.sign(w) + 0.2 * w,
    ],
    'l1, proximal': [l1(0.3, { proximal: true }), (w) => 0.3 * Math.abs(w), (w) => 0.3 * Math.sign(w)],
  };

  it.each(Object.entries(kinds))(
    '%s is in J and in its gradient, on weights and on biases',
    (_, [kind, omega, slope]) => {
      const plain = linear({});
      const penalized = linear({ weightRegularizer: kind, biasRegularizer: kind });
      const values = { 'dense0.bias': { data: [-0.7] } };
      for (const model of [plain, penalized]) model.setParameters(values);
      const { loss, dataLoss } = penalized.evaluateSync(x, y);
      expect(dataLoss).toBe(plain.evaluateSync(x, y).loss);
      expect(loss - dataLoss).toBeCloseTo(sum(weights(plain), omega) + omega(-0.7), 5);
      const [g, h] = [plain.gradients(x, y), penalized.gradients(x, y)];
      for (const name of ['dense0.weight', 'dense0.bias']) {
        const theta = valuesOf(plain.parameters(), name);
        const wanted = valuesOf(g, name).map((value, i) => value + slope(theta[i] as number));
        expect(largestDifference(valuesOf(h, name), wanted)).toBeLessThan(1e-6);
      }
    },
  );

  it('is part of `loss` and `val_loss` in the history, of what is monitored, and of evaluate', () => {
    const model = linear({ weightRegularizer: l2(0.2) });
    const { metrics, best } = model.fitSync(x, y, { epochs: 3, validationData: [x, y] });
    const { loss, dataLoss } = model.evaluateSync(x, y);
    expect(metrics.val_loss?.[best.epoch - 1]).toBe(best.value);
    expect(metrics.val_loss?.at(-1)).toBe(loss);
    expect(loss - dataLoss).toBeGreaterThan(1e-3);
    // all rows in one batch: the loss of an epoch is J before its update, which is that behind the epoch before
    const whole = linear({ weightRegularizer: l2(0.2) });
    const before = whole.evaluateSync(x, y).loss;
    const { metrics: curves } = whole.fitSync(x, y, { epochs: 2, batchSize: y.length, validationData: [x, y] });
    expect(curves.loss[0]).toBeCloseTo(before, 5);
    expect(curves.loss[1]).toBeCloseTo(curves.val_loss?.[0] as number, 5);
  });

  it('of l1 has no slope at 0', () => {
    const model = linear({ weightRegularizer: l1(5) });
    model.setParameters({ 'dense0.weight': { data: new Float32Array(COLUMNS) } });
    const plain = linear({});
    plain.setParameters({ 'dense0.weight': { data: new Float32Array(COLUMNS) } });
    expect(model.gradients(x, y)).toEqual(plain.gradients(x, y));
  });

  it('of strength 0 is none, bit for bit', () => {
    const plain = linear({});
    plain.fitSync(x, y, { epochs: 3 });
    for (const none of [l1(0), l2(0), l1l2({ l1: 0, l2: 0 }), l1(0, { proximal: true })]) {
      const model = linear({ weightRegularizer: none, biasRegularizer: none });
      model.fitSync(x, y, { epochs: 3 });
      expect(hashOf(model)).toBe(hashOf(plain));
      expect(model.program('train')).toBe(plain.program('train'));
    }
  });
});

describe('l1', () => {
  const zeros = (model: ReturnType<typeof linear>) => weights(model).filter((w) => w === 0).length;
  const train = (options: DenseOptions, optimizer?: Optimizer) => {
    const model = linear(options, optimizer);
    model.fitSync(x, y, { epochs: 200, batchSize: ROWS });
    return model;
  };

  it('hovers around zero by its subgradient, and reaches it by the proximal step', () => {
    const rate = 0.05;
    const strength = 0.2;
    const hovering = train({ weightRegularizer: l1(strength) });
    const exact = train({ weightRegularizer: l1(strength, { proximal: true }) });
    expect(zeros(hovering)).toBe(0);
    expect(zeros(exact)).toBe(COLUMNS - 3);
    const small = weights(hovering).filter((w) => Math.abs(w) <= 2 * rate * strength);
    expect(small).toHaveLength(COLUMNS - 3);
    // L2 shrinks, and that is all
    expect(zeros(train({ weightRegularizer: l2(strength) }))).toBe(0);
  });

  it('by the proximal step finds where the subgradient is 0: |g| = λ beside w ≠ 0, |g| ≤ λ at w = 0', () => {
    const model = train({ weightRegularizer: l1(0.2, { proximal: true }) });
    const plain = linear({});
    plain.setParameters(model.parameters());
    const g = valuesOf(plain.gradients(x, y), 'dense0.weight');
    weights(model).forEach((w, i) => {
      if (w === 0) expect(Math.abs(g[i] as number)).toBeLessThanOrEqual(0.2);
      else expect(g[i]).toBeCloseTo(-0.2 * Math.sign(w), 4);
    });
  });

  it('by the proximal step shrinks every weight by ελ after the update, biases too on request', () => {
    const penalty = l1(2, { proximal: true });
    const [plain, proximal] = [linear({}), linear({ weightRegularizer: penalty, biasRegularizer: penalty })];
    for (const model of [plain, proximal]) model.trainOnBatch(x, y);
    for (const name of ['dense0.weight', 'dense0.bias']) {
      const wanted = valuesOf(plain.parameters(), name).map((w) => Math.sign(w) * Math.max(Math.abs(w) - 0.1, 0));
      expect(largestDifference(valuesOf(proximal.parameters(), name), wanted)).toBeLessThan(1e-7);
    }
  });

  it('by the proximal step goes with the schedule and the rate of its layer, and with any optimizer', () => {
    const options = { weightRegularizer: l1(2, { proximal: true }), learningRateMultiplier: 0.5 };
    const schedule = (t: number) => (t === 0 ? 0.05 : 0);
    const [once, twice] = [linear(options, sgd({ learningRate: schedule })), linear(options)];
    once.trainOnBatch(x, y);
    const after = weights(once);
    once.trainOnBatch(x, y);
    expect(weights(once)).toEqual(after);
    twice.trainOnBatch(x, y);
    expect(weights(twice)).toEqual(after);
    const plain = linear({ learningRateMultiplier: 0.5 });
    plain.trainOnBatch(x, y);
    const wanted = weights(plain).map((w) => Math.sign(w) * Math.max(Math.abs(w) - 0.05, 0));
    expect(largestDifference(after, wanted)).toBeLessThan(1e-7);
    // Adam's momentum carries weights across 0, so fewer of them rest there
    expect(
      zeros(train({ weightRegularizer: l1(0.2, { proximal: true }) }, adam({ learningRate: 0.05 }))),
    ).toBeGreaterThan(3);
    expect(zeros(train({ weightRegularizer: l1(0.2) }, adam({ learningRate: 0.05 })))).toBe(0);
  });

  it('by the proximal step does nothing to a frozen layer', () => {
    const model = linear({ weightRegularizer: l1(2, { proximal: true }), trainable: false });
    const before = hashOf(model);
    model.fitSync(x, y, { epochs: 2 });
    expect(hashOf(model)).toBe(before);
  });
});

describe('the max-norm constraint', () => {
  function network(limit: number | undefined, seed = 1) {
    const options = limit === undefined ? {} : { weightConstraint: maxNorm(limit) };
    const layers = [dense(7, { activation: 'relu', ...options }), dense(1)];
    return sequential({ input: COLUMNS, seed, layers }).compile({
      loss: 'meanSquaredError',
      optimizer: adam({ learningRate: 0.05 }),
    });
  }
  const norms = (model: ReturnType<typeof network>) => {
    const w = valuesOf(model.parameters(), 'dense0.weight');
    return Array.from({ length: 7 }, (_, unit) => Math.hypot(...w.subarray(unit * COLUMNS, (unit + 1) * COLUMNS)));
  };

  it('keeps every unit’s incoming weights within the limit after every update', () => {
    const model = network(0.8);
    expect(Math.max(...norms(model))).toBeGreaterThan(0.8);
    for (let step = 0; step < 20; step++) {
      model.trainOnBatch(x, y);
      expect(Math.max(...norms(model))).toBeLessThanOrEqual(0.8 * (1 + 1e-6));
    }
    model.fitSync(x, y, { epochs: 5 });
    expect(norms(model).filter((norm) => norm > 0.8 * (1 - 1e-6)).length).toBeGreaterThan(0);
    expect(model.evaluateSync(x, y).loss).toBeLessThan(5);
  });

  it('scales a unit that is too long, direction kept, and leaves the others and the biases as they are', () => {
    const [free, held] = [network(undefined), network(1.4)];
    for (const model of [free, held]) model.trainOnBatch(x, y);
    const long = norms(free);
    expect(new Set(long.map((norm) => norm > 1.4)).size, 'some units are too long, and some are not').toBe(2);
    const [was, is] = [free, held].map((model) => valuesOf(model.parameters(), 'dense0.weight'));
    const wanted = (was as Float32Array).map(
      (w, i) => w * Math.min(1, 1.4 / (long[Math.floor(i / COLUMNS)] as number)),
    );
    expect(largestDifference(is as Float32Array, wanted)).toBeLessThan(2e-7);
    long.forEach((norm, unit) => {
      const rows = [was, is].map((w) => w?.slice(unit * COLUMNS, (unit + 1) * COLUMNS));
      if (norm <= 1.4) expect(rows[1]).toEqual(rows[0]);
    });
    expect(valuesOf(held.parameters(), 'dense0.bias')).toEqual(valuesOf(free.parameters(), 'dense0.bias'));
  });

  it('that nothing reaches changes nothing, bit for bit', () => {
    const [free, held] = [network(undefined), network(1000)];
    for (const model of [free, held]) model.fitSync(x, y, { epochs: 3 });
    expect(hashOf(held)).toBe(hashOf(free));
  });

  it('does nothing where a step is forbidden', () => {
    const model = network(0.1);
    const before = hashOf(model);
    expect(() => model.trainOnBatch(new Float32Array(COLUMNS).fill(3e38), [0])).toThrow(DivergenceError);
    expect(hashOf(model)).toBe(before);
    model.trainOnBatch(x, y);
    expect(Math.max(...norms(model))).toBeLessThan(0.1001);
  });

  it('goes on after a load', () => {
    const model = network(0.5);
    model.fitSync(x, y, { epochs: 2 });
    const copy = load<'meanSquaredError'>(model.save({ optimizer: true }));
    for (const one of [model, copy]) one.fitSync(x, y, { epochs: 2 });
    expect(hashOf(copy)).toBe(hashOf(model));
  });
});

describe('is refused:', () => {
  const refused: Readonly<Record<string, readonly [() => unknown, ...string[]]>> = {
    'a negative l1': [() => l1(-1), 'l1: `strength` must be a number from 0 to 1e18. Received: -1.'],
    'an l1 that is NaN': [() => l1(Number.NaN), 'l1: `strength` must be'],
    'an option l1 does not have': [
      () => l1(1, untyped({ prox: true })),
      '`prox` is not an option',
      'known are `proximal`.',
    ],
    'proximal as a number': [() => l1(1, { proximal: untyped(1) }), 'l1: `proximal` must be true or false'],
    'half of l1l2': [() => l1l2(untyped({ l1: 1 })), 'l1l2: `l2` must be', 'undefined.'],
    'l1l2 as numbers': [() => l1l2(untyped(1)), 'l1l2: options must be an object', 'Received: 1.'],
    'plain data of an unknown kind': [
      () => dense(1, { weightRegularizer: untyped({ kind: 'l3', strength: 1 }) }),
      'dense, weightRegularizer: `kind` is not one',
    ],
    'plain data without a strength': [
      () => dense(1, { biasRegularizer: untyped({ kind: 'l1' }) }),
      '`biasRegularizer` needs a `strength`',
    ],
    'plain data with proximal as text': [
      () => dense(1, { weightRegularizer: untyped({ kind: 'l1', strength: 1, proximal: 'yes' }) }),
      '`proximal` to be true or false',
    ],
    'a limit of 0': [() => maxNorm(0), 'maxNorm: `limit` must be', 'Received: 0.'],
    'a limit as a constraint': [() => dense(1, { weightConstraint: untyped(3) }), 'such as maxNorm(3)', 'Received: 3.'],
    'a constraint of an unknown kind': [
      () => dense(1, { weightConstraint: untyped({ kind: 'minNorm', limit: 1 }) }),
      '`kind` is not one',
      '`maxNorm`?',
    ],
  };
  it.each(Object.entries(refused))('%s', (_, [call, ...parts]) => expectMessage(call, parts));
});
