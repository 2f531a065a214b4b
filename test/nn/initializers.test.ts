/** Initial weights: variances and means within their confidence intervals, orthogonality, and reproducible streams. */
import { describe, expect, it } from 'vitest';
import {
  constant,
  dense,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  lecunNormal,
  lecunUniform,
  load,
  normal,
  orthogonal,
  sequential,
  uniform,
} from '../../src/index.js';
import type { ActivationName } from '../../src/nn/activations.js';
import { orthogonalMatrix } from '../../src/nn/orthogonal.js';
import { Domain, Random } from '../../src/random.js';
import { expectMessage, untyped } from '../facade/refusals.js';
import { hashOf, valuesOf } from '../facade/support.js';

function weightsOf(units: number, inputs: number, weightInitializer: Initializer, seed = 1): Float32Array {
  const { parameters } = sequential({ input: inputs, seed, layers: [dense(units, { weightInitializer })] }).network;
  expect(parameters[0]?.shape).toEqual([units, inputs]);
  const model = sequential({ input: inputs, seed, layers: [dense(units, { weightInitializer })] }).compile({
    loss: 'meanSquaredError',
  });
  const weights = valuesOf(model.parameters(), 'dense0.weight').slice();
  model.dispose();
  return weights;
}

/** Means of the values, of their squares and of their fourth powers. */
function moments(values: Float32Array): readonly [number, number, number] {
  const power = (p: number) => values.reduce((sum, value) => sum + value ** p, 0) / values.length;
  return [power(1), power(2), power(4)];
}

/** Deviations within which a mean is to be; beyond it once in 16,000 times, and the seeds here are fixed. */
const SIGMAS = 4;

describe('a random initializer', () => {
  const [units, inputs] = [300, 50];
  const count = units * inputs;

  /** Mean and variance by their formulas; a normal's fourth moment is 3σ⁴, a uniform's 1.8σ⁴. */
  const CASES: readonly (readonly [string, Initializer, number, number, 'normal' | 'uniform'])[] = [
    ['he normal', heNormal(), 0, 2 / inputs, 'normal'],
    ['he uniform', heUniform(), 0, 2 / inputs, 'uniform'],
    ['glorot normal', glorotNormal(), 0, 2 / (inputs + units), 'normal'],
    ['glorot uniform', glorotUniform(), 0, 2 / (inputs + units), 'uniform'],
    ['lecun normal', lecunNormal(), 0, 1 / inputs, 'normal'],
    ['lecun uniform', lecunUniform(), 0, 1 / inputs, 'uniform'],
    ['normal', normal(0.3, 0.2), 0.3, 0.04, 'normal'],
    ['uniform', uniform(-0.1, 0.5), 0.2, 0.36 / 12, 'uniform'],
  ];

  it.each(CASES)('%s has the mean, variance and kurtosis of its formula', (_, initializer, center, variance, kind) => {
    const kurtosis = kind === 'normal' ? 3 : 1.8;
    for (const seed of [1, 2, 3]) {
      const weights = weightsOf(units, inputs, initializer, seed);
      const [mean, square, fourth] = moments(weights.map((value) => value - center));
      // Var of a mean: σ²/n; of a mean of squares: (E x⁴ − σ⁴)/n; fourth powers: a normal's E x⁸ = 105σ⁸ is the larger
      expect(Math.abs(mean)).toBeLessThan(SIGMAS * Math.sqrt(variance / count));
      expect(Math.abs(square - variance)).toBeLessThan(SIGMAS * variance * Math.sqrt((kurtosis - 1) / count));
      expect(Math.abs(fourth / variance ** 2 - kurtosis)).toBeLessThan(SIGMAS * Math.sqrt((105 - 9) / count));
    }
  });

  it.each(CASES.filter((one) => one[4] === 'uniform'))('%s stays within its bounds', (_, initializer, center, v) => {
    const limit = Math.sqrt(3 * v);
    const weights = weightsOf(units, inputs, initializer).map((value) => value - center);
    // float32 rounds the bound and what is drawn
    expect(Math.max(...weights.map(Math.abs))).toBeLessThanOrEqual(limit + 2 ** -23);
    expect(Math.max(...weights)).toBeGreaterThan(0.99 * limit);
    expect(Math.min(...weights)).toBeLessThan(-0.99 * limit);
  });
});

describe('the default', () => {
  /** The rule of the course: he in front of relu and its kin, glorot elsewhere. */
  const HE: readonly ActivationName[] = ['relu', 'leakyRelu', 'elu', 'softplus', 'gelu', 'geluTanh', 'silu'];
  const GLOROT: readonly ActivationName[] = ['linear', 'sigmoid', 'tanh'];

  it.each([...HE, ...GLOROT])('with %s is he normal for the relu family, else glorot uniform; biases are 0', (name) => {
    const made = (options: object) => {
      const layers = [dense(5, { activation: name, ...options }), dense(2)];
      return sequential({ input: 3, seed: 4, layers }).compile({ loss: 'meanSquaredError' });
    };
    const standard = made({});
    const [he, glorot] = [heNormal(), glorotUniform()].map((weightInitializer) => hashOf(made({ weightInitializer })));
    expect(he).not.toBe(glorot);
    expect(hashOf(standard)).toBe(HE.includes(name) ? he : glorot);
    expect([...valuesOf(standard.parameters(), 'dense0.bias')]).toEqual([0, 0, 0, 0, 0]);
  });
});

/** Largest |entry| of V Vᵀ − g² I, V the rows of the matrix, or its columns if they are fewer. */
function skewness(matrix: ArrayLike<number>, rows: number, columns: number, gain: number): number {
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const at = (k: number, i: number) => matrix[rows <= columns ? k * columns + i : i * columns + k] as number;
  let largest = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let dot = a === b ? -(gain ** 2) : 0;
      for (let i = 0; i < length; i++) dot += at(a, i) * at(b, i);
      largest = Math.max(largest, Math.abs(dot));
    }
  }
  return largest;
}

describe('orthogonal', () => {
  it.each([
    [1, 1, 1],
    [1, 9, 1],
    [9, 1, 2],
    [7, 7, 1],
    [65, 65, 0.5],
    [20, 70, Math.SQRT2],
    [70, 20, Math.SQRT2],
    [128, 129, 1],
  ])('%i × %i, gain %f: the shorter side is at right angles', (units, inputs, gain) => {
    const weights = weightsOf(units, inputs, orthogonal({ gain }));
    // each of the length's products has entries that were rounded to float32
    const bound = 2 * 2 ** -24 * gain ** 2 + 2 ** -23 * gain ** 2;
    expect(skewness(weights, units, inputs, gain)).toBeLessThan(bound);
  });

  it('keeps lengths', () => {
    const weights = weightsOf(40, 30, orthogonal());
    const x = Float64Array.from({ length: 30 }, (_, i) => Math.sin(i + 1));
    let [before, after] = [0, 0];
    for (const value of x) before += value ** 2;
    for (let row = 0; row < 40; row++) {
      let sum = 0;
      for (let i = 0; i < 30; i++) sum += (weights[row * 30 + i] as number) * (x[i] as number);
      after += sum ** 2;
    }
    expect(Math.abs(after / before - 1)).toBeLessThan(1e-6);
  });

  it('stays at right angles where the vectors given are nearly dependent', () => {
    // normal numbers that are all 1 but for the twelfth digit: one pass of Gram–Schmidt leaves four digits
    const random = new Random(1, Domain.initializers);
    const tilted = { normal: () => 1 + 1e-12 * random.normal() } as Random;
    expect(skewness(orthogonalMatrix(6, 8, 1, tilted), 6, 8, 1)).toBeLessThan(2 ** -22);
  });

  it('favours no direction: entries have mean 0 and variance 1/n, first and last vector alike', () => {
    const n = 8;
    const seeds = 400;
    const sums = new Float64Array(n * n);
    const squares = new Float64Array(n * n);
    for (let seed = 0; seed < seeds; seed++) {
      const matrix = orthogonalMatrix(n, n, 1, new Random(seed, Domain.initializers));
      matrix.forEach((value, i) => {
        sums[i] = (sums[i] as number) + value;
        squares[i] = (squares[i] as number) + value ** 2;
      });
    }
    // E q² = 1/n and E q⁴ = 3/(n(n + 2)) for an entry of a matrix that is as likely as any (Haar)
    const deviation = Math.sqrt(3 / (n * (n + 2)) - 1 / n ** 2);
    for (let i = 0; i < n * n; i++) {
      expect(Math.abs((sums[i] as number) / seeds)).toBeLessThan(SIGMAS * Math.sqrt(1 / (n * seeds)));
      expect(Math.abs((squares[i] as number) / seeds - 1 / n)).toBeLessThan((SIGMAS * deviation) / Math.sqrt(seeds));
    }
  });

  it('depends on seed and place alone', () => {
    const build = (seed: number, first: Initializer) => {
      const layers = [dense(12, { weightInitializer: first }), dense(12, { weightInitializer: orthogonal() })];
      return sequential({ input: 12, seed, layers }).compile({ loss: 'meanSquaredError' });
    };
    const model = build(4, orthogonal());
    expect(hashOf(build(4, orthogonal()))).toBe(hashOf(model));
    const [first, second] = ['dense0.weight', 'dense1.weight'].map((name) => valuesOf(model.parameters(), name));
    expect(second).not.toEqual(first);
    expect(valuesOf(build(5, orthogonal()).parameters(), 'dense1.weight')).not.toEqual(second);
    // what another layer begins with changes nothing here
    expect(valuesOf(build(4, lecunNormal()).parameters(), 'dense1.weight')).toEqual(second);
    expect(load(model.save()).summary()).toContain('orthogonal, zeros');
  });
});

describe('biases', () => {
  it('begin at a constant on request', () => {
    const layers = [dense(5, { activation: 'relu', biasInitializer: constant(0.01) }), dense(2)];
    const model = sequential({ input: 3, layers }).compile({ loss: 'meanSquaredError' });
    expect([...valuesOf(model.parameters(), 'dense0.bias')]).toEqual(new Array(5).fill(Math.fround(0.01)));
    expect([...valuesOf(model.parameters(), 'dense1.bias')]).toEqual([0, 0]);
  });
});

describe('an initializer that cannot be used is refused', () => {
  it.each([
    ['a gain of 0', () => orthogonal({ gain: 0 }), 'orthogonal: `gain` must be a finite number above 0', '0.'],
    ['a gain that is NaN', () => orthogonal({ gain: Number.NaN }), '`gain` must be', 'NaN.'],
    ['an unknown option', () => orthogonal(untyped({ scale: 1 })), '`scale` is not an option', 'gain'],
    [
      'plain data without its gain',
      () => dense(3, { weightInitializer: untyped({ kind: 'orthogonal' }) }),
      'dense, weightInitializer: `gain` must be a finite number above 0',
    ],
    [
      'a number for biases',
      () => dense(3, { biasInitializer: untyped(0.01) }),
      '`biasInitializer` must be an initializer such as constant(0.01). Received: 0.01.',
    ],
    [
      'orthogonal biases',
      () => dense(3, { biasInitializer: orthogonal() }),
      'dense: `biasInitializer` must fit a vector',
      '"orthogonal"',
    ],
  ] as [string, () => unknown, ...string[]][])('%s', (_, call, ...parts) => {
    expectMessage(call, parts);
  });
});
