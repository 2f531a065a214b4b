import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { spirals } from '../../src/data/index.js';
import { ArgumentError } from '../../src/errors.js';

describe('spirals', () => {
  it('gives these bytes for a seed, on every engine', () => {
    const { x, y } = spirals({ rows: 200 });
    const view = new DataView(new ArrayBuffer(x.data.length * 4));
    for (const [i, value] of x.data.entries()) view.setFloat32(4 * i, value, true);
    expect(createHash('sha256').update(view).update(y).digest('hex')).toBe(
      '6ce40022f11bad7521c5a52ab10e96827b07bcd9386a643878698d8bcc083e0c',
    );
  });

  it('is 2000 points by default, half on each arm, within about ±1', () => {
    const { x, y } = spirals();
    expect(x.shape).toEqual([2000, 2]);
    expect(x.data.length).toBe(4000);
    expect(y.filter((arm) => arm === 0).length).toBe(1000);
    expect(y.filter((arm) => arm === 1).length).toBe(1000);
    for (const value of x.data) expect(Math.abs(value)).toBeLessThan(1.2);
    expect(x.data.some((value) => Math.abs(value) > 0.9)).toBe(true);
  });

  it('without noise, every point is on its arm', () => {
    const turns = 2.5;
    const { x, y } = spirals({ rows: 500, noise: 0, turns });
    for (let row = 0; row < 500; row++) {
      const [px, py] = x.data.subarray(2 * row, 2 * row + 2) as unknown as [number, number];
      const t = Math.hypot(px, py);
      const angle = 2 * Math.PI * turns * t + Math.PI * (y[row] as number);
      expect(px).toBeCloseTo(t * Math.cos(angle), 5);
      expect(py).toBeCloseTo(t * Math.sin(angle), 5);
    }
  });

  it('with noise, points stray from the arm by that share of the gap', () => {
    const calm = spirals({ rows: 4000, noise: 0, turns: 1 });
    const noisy = spirals({ rows: 4000, noise: 0.2, turns: 1 });
    const square = noisy.x.data.reduce((sum, value, i) => sum + (value - (calm.x.data[i] as number)) ** 2, 0) / 8000;
    expect(Math.sqrt(square)).toBeCloseTo(0.2 * 0.5, 2);
  });

  it('refuses bad options', () => {
    expect(() => spirals({ rows: -1 })).toThrow(ArgumentError);
    expect(() => spirals({ noise: -0.1 })).toThrow('spirals: `noise` must be a number from 0 to 100. Received: -0.1.');
    expect(() => spirals({ turns: 0 })).toThrow(ArgumentError);
    expect(() => spirals({ seed: 0.5 })).toThrow(ArgumentError);
    // @ts-expect-error not an option
    expect(() => spirals({ turn: 5 })).toThrow('did you mean `turns`?');
  });
});
