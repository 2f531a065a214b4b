/** The synthetic sets moons, circles, xor and friedman: bytes, shapes, noise, and what can be learned from them. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { circles, friedman, moons, xor } from '../../src/data/index.js';
import { ArgumentError } from '../../src/errors.js';
import { adam, dense, sequential } from '../../src/index.js';

const PLANE = { moons, circles, xor };
const SETS = { ...PLANE, friedman };

/** SHA-256 of numbers as little-endian float32, and of the bytes behind them. */
function sha256(values: Float32Array, y: Uint8Array | Float32Array): string {
  const hash = createHash('sha256');
  for (const part of [values, y]) {
    const view = new DataView(new ArrayBuffer(part.length * 4));
    for (const [i, value] of part.entries()) view.setFloat32(4 * i, value, true);
    hash.update(view);
  }
  return hash.digest('hex');
}

/** x and y of a point. */
const at = (data: Float32Array, row: number) => [data[2 * row] as number, data[2 * row + 1] as number] as const;

describe.each(Object.entries(SETS))('%s', (name, make) => {
  it('is 2000 rows with seed 1 by default, others for another seed', () => {
    const { x, y } = make();
    expect(x.shape).toEqual([2000, name === 'friedman' ? 10 : 2]);
    expect(x.data.length).toBe(2000 * (x.shape[1] as number));
    expect(y.length).toBe(2000);
    expect(make({ rows: 2000, seed: 1 })).toEqual({ x, y });
    expect(make({ seed: 2 }).x.data).not.toEqual(x.data);
  });

  it('refuses bad options', () => {
    expect(() => make({ rows: 0 })).toThrow(`${name}: \`rows\` must be a positive integer. Received: 0.`);
    expect(() => make({ rows: 1e8 })).toThrow(ArgumentError);
    expect(() => make({ noise: -0.1 })).toThrow(`${name}: \`noise\` must be a number from 0 to 100. Received: -0.1.`);
    expect(() => make({ seed: 0.5 })).toThrow(`${name}: \`seed\` must be`);
    // @ts-expect-error not an option
    expect(() => make({ noize: 5 })).toThrow('did you mean `noise`?');
  });
});

it.each([
  ['moons', '3047a798d03ee52fb5b9bee54c40a7491f95eee6eae4acad5a5b9e21faa721f4'],
  ['circles', '65421be4847c212d543360064d069ad5bd1bc7b25879914b17c4bf3fdc1f428c'],
  ['xor', '78ec36301592ee362608ee9b026aac78c1494ebdfd4cbcc73d765a1bb5a755b6'],
  ['friedman', 'b8a340cac9edeef94de918dadc8cd25e63a6334e871166d0ac0286ccc107fa9d'],
] as const)('%s gives these bytes for a seed, on every engine', (name, expected) => {
  const { x, y } = SETS[name]({ rows: 200 });
  expect(sha256(x.data, y)).toBe(expected);
});

describe.each(Object.entries(PLANE))('%s', (_, make) => {
  it('has its classes equally often, in mixed order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.maxSafeNat(), (rows, seed) => {
        const ones = make({ rows, seed }).y.reduce((sum, c) => sum + c, 0);
        expect(Math.abs(rows - 2 * ones)).toBeLessThanOrEqual(2);
      }),
      { numRuns: 30 },
    );
    const { y } = make({ rows: 1000 });
    const repeats = y.filter((c, row) => row > 0 && c === y[row - 1]).length;
    expect(repeats).toBeGreaterThan(400);
    expect(repeats).toBeLessThan(600);
  });

  it('with noise, points stray each way by that standard deviation', () => {
    // the same seed draws the same places
    const calm = make({ rows: 20_000, noise: 0 }).x.data;
    const noisy = make({ rows: 20_000, noise: 0.3 }).x.data;
    const square = noisy.reduce((sum, value, i) => sum + (value - (calm[i] as number)) ** 2, 0) / calm.length;
    expect(Math.sqrt(square)).toBeCloseTo(0.3, 2);
  });
});

it('moons: without noise, points are on two half circles, evenly along them', () => {
  const { x, y } = moons({ rows: 4000, noise: 0 });
  let right = 0;
  y.forEach((moon, row) => {
    const [px, py] = at(x.data, row);
    const [u, v] = moon === 0 ? [px, py] : [1 - px, 0.5 - py];
    expect(Math.hypot(u, v)).toBeCloseTo(1, 6);
    expect(v).toBeGreaterThanOrEqual(-1e-6);
    if (u > 0) right++;
  });
  expect(Math.abs(right - 2000)).toBeLessThan(5 * Math.sqrt(1000));
});

it('circles: without noise, points are on circles of radius 1 and `factor`', () => {
  const { x, y } = circles({ rows: 500, noise: 0, factor: 0.3 });
  y.forEach((circle, row) => {
    expect(Math.hypot(...at(x.data, row))).toBeCloseTo(circle === 0 ? 1 : 0.3, 6);
  });
  expect(Math.hypot(...at(circles({ rows: 1, noise: 0 }).x.data, 0))).toBeCloseTo(1, 6);
  expect(() => circles({ factor: 1.5 })).toThrow('circles: `factor` must be a number from 0 to 1. Received: 1.5.');
});

it('xor: without noise, it is the truth table', () => {
  const { x, y } = xor({ rows: 4, noise: 0 });
  const rows = Array.from(y, (c, row) => [...at(x.data, row), c].join(' '));
  expect(rows.sort()).toEqual(['0 0 0', '0 1 1', '1 0 1', '1 1 0']);
});

it('friedman: the formula, of inputs that are even on 0 … 1, and normal noise', () => {
  const { x, y } = friedman({ rows: 20_000, noise: 0 });
  const noisy = friedman({ rows: 20_000, noise: 2 });
  let square = 0;
  y.forEach((target, row) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = x.data.subarray(10 * row, 10 * row + 10);
    const exact = 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e;
    expect(Math.abs(target - exact)).toBeLessThan(2e-6 * (1 + exact));
    square += ((noisy.y[row] as number) - target) ** 2 / y.length;
  });
  expect(noisy.x.data).toEqual(x.data);
  expect(Math.sqrt(square)).toBeCloseTo(2, 1);
  expect(x.data.every((value) => value >= 0 && value <= 1)).toBe(true);
  expect(x.data.reduce((sum, value) => sum + value, 0) / x.data.length).toBeCloseTo(0.5, 2);
});

describe('what they are for', () => {
  /** Share of unseen points that a classifier tells apart; without a hidden layer for 0 units. */
  const accuracyOn = async (make: typeof moons, units: number) => {
    const model = sequential({
      input: 2,
      seed: 1,
      layers: [...(units > 0 ? [dense(units, { activation: 'tanh' })] : []), dense(1, { activation: 'sigmoid' })],
    }).compile({ optimizer: adam({ learningRate: 0.02 }), loss: 'binaryCrossEntropy', metrics: ['accuracy'] });
    const { x, y } = make({ rows: 600, seed: 1 });
    await model.fit(x, y, { epochs: 60 });
    const unseen = make({ rows: 600, seed: 2 });
    return (await model.evaluate(unseen.x, unseen.y)).accuracy;
  };

  it.each([
    ['moons', 0.92, 0.985],
    ['circles', 0.7, 0.985],
    ['xor', 0.8, 0.985],
  ] as const)('%s: one hidden layer solves it, a linear model does not', async (name, most, least) => {
    expect(await accuracyOn(PLANE[name], 0)).toBeLessThan(most);
    expect(await accuracyOn(PLANE[name], 16)).toBeGreaterThan(least);
  });

  it('friedman: a hidden layer comes near the noise, a linear model does not', async () => {
    const { x, y } = friedman({ rows: 1500, seed: 1 });
    const unseen = friedman({ rows: 1000, seed: 2 });
    const r2 = async (units: number) => {
      const model = sequential({
        input: 10,
        seed: 1,
        standardize: true,
        standardizeTarget: true,
        layers: [...(units > 0 ? [dense(units, { activation: 'relu' })] : []), dense(1)],
      }).compile({ optimizer: adam({ learningRate: 3e-3 }), loss: 'meanSquaredError', metrics: ['r2'] });
      await model.fit(x, y, { epochs: 40 });
      return (await model.evaluate(unseen.x, unseen.y)).r2;
    };
    expect(await r2(0)).toBeLessThan(0.8);
    expect(await r2(32)).toBeGreaterThan(0.9);
  });
});
