/** Schedules as plain data: their curves, their ends, what JSON makes of them, and what is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  reduceOnPlateau,
  type Schedule,
  stepDecay,
} from '../../src/index.js';
import { SCHEDULE_NAMES, scheduleOf } from '../../src/nn/schedules.js';
import { expectMessage, untyped } from '../facade/refusals.js';

/** Every schedule at any settings, by name. */
const rate = fc.double({ min: 0, max: 1, noNaN: true });
const steps = fc.integer({ min: 1, max: 1000 });
const per = fc.constantFrom('step' as const, 'epoch' as const);
const ANY: Readonly<Record<Schedule['kind'], fc.Arbitrary<Schedule>>> = {
  stepDecay: fc.tuple(rate, rate, steps, per).map(([a, drop, every, p]) => stepDecay(a, { drop, every, per: p })),
  exponentialDecay: fc.tuple(rate, rate, per).map(([a, k, p]) => exponentialDecay(a, { rate: k, per: p })),
  inverseTimeDecay: fc.tuple(rate, rate, per).map(([a, k, p]) => inverseTimeDecay(a, { rate: k, per: p })),
  cosineDecay: fc
    .tuple(rate, rate, steps, rate, per)
    .map(([a, low, n, warm, p]) =>
      cosineDecay(a, { steps: n, warmup: Math.floor(warm * (n - 1)), minimum: low * a, per: p }),
    ),
  oneCycle: fc
    .tuple(rate, rate, steps, rate, per)
    .map(([a, low, n, rise, p]) => oneCycle(a, { steps: n, rise, initial: low * a, per: p })),
  reduceOnPlateau: fc
    .tuple(rate, fc.double({ min: 0, max: 0.9, noNaN: true }), rate, steps)
    .map(([a, factor, low, patience]) => reduceOnPlateau(a, { factor, minimum: low * a, patience })),
};

describe('every schedule', () => {
  it('is tried here', () => {
    expect(Object.keys(ANY).sort()).toEqual([...SCHEDULE_NAMES].sort());
  });

  it.each(Object.entries(ANY))('%s stays between 0 and α0 at every t', (_, any) => {
    const t = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(any, t, (schedule, at) => {
        const value = schedule.at(at);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(schedule.learningRate * (1 + 1e-15));
      }),
      { seed: 1 },
    );
  });

  it.each(Object.entries(ANY))('%s is the same after JSON and a structured clone', (_, any) => {
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 2000 }), (schedule, t) => {
        for (const copy of [JSON.parse(JSON.stringify(schedule)), structuredClone(schedule)]) {
          expect(scheduleOf('test', copy).at(t)).toBe(schedule.at(t));
          expect(JSON.stringify(scheduleOf('test', copy))).toBe(JSON.stringify(schedule));
        }
        expect(Object.isFrozen(schedule)).toBe(true);
      }),
      { numRuns: 30, seed: 1 },
    );
  });
});

const values = (schedule: Schedule, ...ts: number[]): number[] => ts.map((t) => schedule.at(t));

describe('a schedule by hand', () => {
  it('step: α0 · drop^⌊t/every⌋', () => {
    expect(values(stepDecay(0.8, { drop: 0.5, every: 3 }), 0, 2, 3, 5, 6, 9)).toEqual([0.8, 0.8, 0.4, 0.4, 0.2, 0.1]);
  });

  it('exponential: falls to 1/e in 1/k, inverse: to a half', () => {
    expect(exponentialDecay(2, { rate: 0.01 }).at(100)).toBeCloseTo(2 / Math.E, 14);
    expect(inverseTimeDecay(2, { rate: 0.01 }).at(100)).toBe(1);
  });

  it('cosine: up in even steps, α0 where warm-up ends, half-way in the middle, the minimum at the end and after', () => {
    const schedule = cosineDecay(1, { steps: 104, warmup: 4, minimum: 0.2 });
    expect(values(schedule, 0, 1, 2, 3, 4)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    expect(schedule.at(54)).toBeCloseTo(0.6, 14);
    expect(values(schedule, 104, 105, 1e9)).toEqual([0.2, 0.2, 0.2]);
    expect(cosineDecay(1, { steps: 4 }).at(1)).toBeCloseTo((1 + Math.SQRT1_2) / 2, 14);
  });

  it('one cycle: a straight line to the top, and one to the bottom', () => {
    const schedule = oneCycle(1, { steps: 100, rise: 0.4, initial: 0.2, minimum: 0.1 });
    expect(values(schedule, 0, 40, 100, 1e9)).toEqual([0.2, 1, 0.1, 0.1]);
    expect(schedule.at(20)).toBeCloseTo(0.6, 14);
    expect(schedule.at(70)).toBeCloseTo(0.55, 14);
    expect(oneCycle(0.5, { steps: 10 })).toMatchObject({ rise: 0.3, initial: 0.02, minimum: 0.02 / 10_000 });
    expect(values(oneCycle(1, { steps: 10, rise: 0, minimum: 0 }), 0, 5, 10)).toEqual([1, 0.5, 0]);
    expect(oneCycle(1, { steps: 10, rise: 1, initial: 0 }).at(5)).toBe(0.5);
  });

  it('plateau: α0 · factorⁿ after n reductions, and never below the minimum', () => {
    expect(values(reduceOnPlateau(1, { factor: 0.5, minimum: 0.2 }), 0, 1, 2, 3, 4)).toEqual([1, 0.5, 0.25, 0.2, 0.2]);
  });

  it('undefined options are those that were left out', () => {
    const left = { warmup: undefined, minimum: undefined, per: undefined };
    expect(cosineDecay(1, untyped({ steps: 9, ...left }))).toEqual(cosineDecay(1, { steps: 9 }));
  });
});

const refused: Readonly<Record<string, readonly [() => unknown, ...string[]]>> = {
  'a negative α0': [() => stepDecay(-1, { drop: 0.5, every: 2 }), 'stepDecay: `learningRate` must be', 'Received: -1.'],
  'an α0 that is too large': [() => inverseTimeDecay(1e10, { rate: 1 }), '`learningRate` must be a number from 0 to'],
  'a drop above 1': [() => stepDecay(1, { drop: 2, every: 2 }), '`drop` must be a number from 0 to 1', 'Received: 2.'],
  'half a step': [() => stepDecay(1, { drop: 0.5, every: 1.5 }), '`every` must be a positive integer', '1.5.'],
  'an option that is missing': [() => stepDecay(1, untyped({ drop: 0.5 })), '`every` must be a positive integer'],
  'no options': [() => exponentialDecay(1, untyped(null)), 'exponentialDecay: options must be an object', 'null.'],
  'an unknown option': [() => exponentialDecay(1, untyped({ rat: 1 })), '`rat` is not an option', '`rate`?'],
  'a rate that grows': [() => exponentialDecay(1, { rate: -0.1 }), '`rate` must be', 'Received: -0.1.'],
  'a rate that is infinite': [() => inverseTimeDecay(1, { rate: Infinity }), '`rate` must be', 'Infinity.'],
  'an unknown counter': [() => cosineDecay(1, { steps: 3, per: untyped('batch') }), '`per` is not one', '"batch".'],
  'a warm-up without end': [() => cosineDecay(1, { steps: 3, warmup: 3 }), '`warmup` must be', 'Received: 3.'],
  'a minimum above α0': [() => cosineDecay(1, { steps: 3, minimum: 2 }), '`minimum` must be', 'Received: 2.'],
  'a rise of more than all': [() => oneCycle(1, { steps: 3, rise: 1.2 }), '`rise` must be', 'Received: 1.2.'],
  'no options of a cycle': [() => oneCycle(1, untyped(null)), 'oneCycle: options must be an object', 'null.'],
  'a factor of 1': [() => reduceOnPlateau(1, { factor: 1 }), '`factor` must be', 'Received: 1.'],
  'no patience': [() => reduceOnPlateau(1, { patience: 0 }), '`patience` must be a positive integer', '0.'],
  'a monitor that is no name': [() => reduceOnPlateau(1, { monitor: untyped(3) }), '`monitor` must be', '3.'],
  'an unknown kind': [() => scheduleOf('x', untyped({ kind: 'stepDcay' })), 'x, learningRate: ', '`stepDecay`?'],
  'data with an option of another': [
    () => scheduleOf('x', untyped({ ...exponentialDecay(1, { rate: 1 }), every: 2 })),
    '`every` is not an option',
  ],
  'a t below 0': [() => stepDecay(1, { drop: 0, every: 2 }).at(-1), 'stepDecay: `t` must be', 'at least 0', '-1.'],
  'a t that is NaN': [() => cosineDecay(1, { steps: 3 }).at(Number.NaN), 'cosineDecay: `t` must be', 'NaN.'],
  'a plateau by steps': [() => scheduleOf('x', untyped({ ...reduceOnPlateau(1), per: 'step' })), '`per` is not one'],
};

describe('is refused:', () => {
  it.each(Object.entries(refused))('%s', (_, [call, ...parts]) => expectMessage(call, parts));
});
