/** The references themselves: derivatives against differences, and random words against their authors' own test. */
import { describe, expect, it } from 'vitest';
import { ACTIVATIONS } from './oracle/activations.js';
import { LOSSES, softmax, softmaxGradient } from './oracle/losses.js';
import { generator } from './oracle/operation.js';
import { KNOWN_ANSWERS, philox } from './oracle/random.js';

/** Central differences are off by h²/6 of the third derivative, and by 1e-16/h of the values. */
const H = 1e-5;
const close = (value: number) => 1e-8 * (1 + Math.abs(value));

const slope = (f: (h: number) => number): number => (f(H) - f(-H)) / (2 * H);

const some = (label: string, count: number, low: number, high: number): number[] => {
  const next = generator(label);
  return Array.from({ length: count }, () => low + (high - low) * next());
};

describe('the references', () => {
  it.each(Object.entries(ACTIVATIONS))('of %s: f′ is the slope of f', (name, { f, df, parameter }) => {
    for (const p of [parameter, parameter / 2]) {
      for (const x of some(name, 100, -5, 5)) {
        const wanted = slope((h) => f(x + h, p));
        expect(Math.abs(df(x, p) - wanted), `at ${x}`).toBeLessThanOrEqual(close(wanted));
      }
    }
  });

  it.each(Object.entries(LOSSES))(
    'of %s: the gradient is the slope of the loss',
    (name, { loss, gradient, targets }) => {
      const z = some(name, 7, -5, 5);
      // for cross-entropy any row of numbers from 0 to 1 will do, whatever it sums to
      const t = some(`${name} targets`, 7, targets === 'any' ? -5 : 0, targets === 'any' ? 5 : 1);
      gradient(z, t).forEach((value, j) => {
        const wanted = slope((h) => loss(z.with(j, (z[j] as number) + h), t));
        expect(Math.abs(value - wanted), `at ${j}`).toBeLessThanOrEqual(close(wanted));
      });
    },
  );

  it('of softmax: the gradient is the slope of Σ dy·softmax', () => {
    const x = some('softmax', 7, -3, 3);
    const dy = some('dy', 7, -1, 1);
    softmaxGradient(softmax(x), dy).forEach((value, j) => {
      const total = (h: number) => {
        const y = softmax(x.with(j, (x[j] as number) + h));
        return y.reduce((sum, y_k, k) => sum + y_k * (dy[k] as number), 0);
      };
      expect(Math.abs(value - slope(total))).toBeLessThanOrEqual(close(value));
    });
  });

  it.each(KNOWN_ANSWERS)('of Philox gives the known answer %#', (counter, key, words) => {
    expect(philox(counter, key)).toEqual(words);
  });
});
