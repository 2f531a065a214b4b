/** How the command reads `--schedule`. */
import { describe, expect, it } from 'vitest';
import { readSchedule, SCHEDULE_HELP } from '../../src/cli/schedule.js';
import {
  ArgumentError,
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  reduceOnPlateau,
  stepDecay,
} from '../../src/index.js';

const RUN = { updates: 600, epochs: 20 };

describe('--schedule', () => {
  it.each([
    ['constant', 0.1],
    ['step:drop=0.5,every=100', stepDecay(0.1, { drop: 0.5, every: 100 })],
    ['step:every=5,drop=.5,per=epoch', stepDecay(0.1, { drop: 0.5, every: 5, per: 'epoch' })],
    ['exponential:k=1e-3', exponentialDecay(0.1, { rate: 1e-3 })],
    ['inverse:k=1e-3', inverseTimeDecay(0.1, { rate: 1e-3 })],
    ['cosine', cosineDecay(0.1, { steps: 600 })],
    ['cosine:warmup=50,minimum=1e-4', cosineDecay(0.1, { steps: 600, warmup: 50, minimum: 1e-4 })],
    ['cosine:per=epoch', cosineDecay(0.1, { steps: 20, per: 'epoch' })],
    ['one-cycle:rise=0.2', oneCycle(0.1, { steps: 600, rise: 0.2 })],
    ['one-cycle:steps=50,initial=0.01', oneCycle(0.1, { steps: 50, initial: 0.01 })],
    ['plateau', reduceOnPlateau(0.1)],
    [
      'plateau:factor=0.5,patience=3,monitor=val_accuracy',
      reduceOnPlateau(0.1, { factor: 0.5, patience: 3, monitor: 'val_accuracy' }),
    ],
  ])('reads %s; what spans the run ends with it', (text, rate) => {
    expect(readSchedule('train', text)(0.1, RUN)).toEqual(rate);
  });

  it.each([
    ['invers:k=1', /unknown `--schedule invers`: did you mean `inverse`\?/],
    ['', /unknown `--schedule `: known are `constant`/],
    ['toString', /unknown `--schedule toString`/],
    ['inverse:rate=1', /unknown key `rate` of `--schedule inverse`: .*`per`/],
    ['constant:k=1', /unknown key `k` of `--schedule constant`: none is known/],
    ['inverse:k', /`--schedule inverse` needs a value for `k`, as in `k=1e-3`/],
    ['inverse:k=', /needs a value for `k`/],
    ['inverse:k=fast', /`--schedule inverse:k=fast` cannot be used: inverseTimeDecay: `rate` must be .* Received: NaN/],
    ['inverse', /cannot be used: inverseTimeDecay: `rate` must be/],
    ['step:drop=2,every=3', /cannot be used: stepDecay: `drop` must be a number from 0 to 1\. Received: 2/],
    ['cosine:per=batch', /cannot be used: cosineDecay: `per` is not one that exists/],
    ['inverse:k=1,,', /unknown key `` of/],
    ['inverse:k=1,k=2', /`--schedule inverse` has the key `k` twice/],
    ['inverse:k= ', /needs a value for `k`/],
    ['plateau:monitor', /`--schedule plateau` needs a value for `monitor`, as in `monitor=…`/],
  ])('refuses %j', (text, message) => {
    expect(() => readSchedule('train', text)).toThrow(ArgumentError);
    expect(() => readSchedule('train', text)).toThrow(message);
  });

  it('refuses a warm-up that is longer than the run, once that is known', () => {
    const rate = readSchedule('train', 'cosine:warmup=700');
    expect(() => rate(0.1, RUN)).toThrow(
      /`--schedule cosine:warmup=700` cannot be used: cosineDecay: `warmup` must be/,
    );
  });

  it('is told with all names and keys by the help', () => {
    expect(SCHEDULE_HELP).toContain('constant, step (drop, every, per), exponential (k, per), inverse (k, per)');
  });
});
