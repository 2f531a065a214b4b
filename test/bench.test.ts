/** What the benchmarks rest on: medians and ratios, the reading of profiles, and that a contestant's failure has a name. */
import { describe, expect, it } from 'vitest';
import { Contestant, estimateOf, type Rounds, ratio } from '../bench/contestant.js';
import { NETS, parameterCount, productFlops, unit } from '../bench/nets.js';
import { onnxModel } from '../bench/peers/onnx.js';
import { parseProfile, SETUPS } from '../bench/profiles.js';
import { worstStep } from '../bench/sections/sizes.js';
import { estimate } from '../bench/statistics.js';
import { createRuntime } from '../src/index.js';

describe('statistics', () => {
  it('a disturbed sample moves neither median nor spread far', () => {
    expect(estimate([1, 1.1, 0.9, 1, 50])).toMatchObject({ median: 1, least: 0.9, samples: 5 });
    expect(estimate([1, 1.1, 0.9, 1, 50]).spread).toBeCloseTo(0.1);
  });

  it('a ratio is taken within rounds, so that a slow minute slows both sides', () => {
    const rounds: Rounds = new Map([
      ['a', [1, 10, 2, 3]],
      ['b', [2, 20, 4, undefined]],
    ]);
    expect(ratio(rounds, 'a', 'b')).toBe(2);
    expect(estimateOf(rounds, 'b').samples).toBe(3);
  });

  it('the worst step is where a larger product is faster', () => {
    const seconds = [
      [1, 2, 3],
      [2, 9, 3],
    ];
    expect(worstStep(seconds)).toEqual({ ratio: 3, row: 2, column: 2 });
  });
});

describe('nets', () => {
  it('count what a step multiplies, without the first gradient of inputs', () => {
    // 784-128-10 at 64 rows: two products of the first layer, three of the second
    expect(productFlops(NETS.M)).toBe(2 * 64 * (2 * 784 * 128 + 3 * 128 * 10));
    expect(parameterCount(NETS.M)).toBe(784 * 128 + 128 + 128 * 10 + 10);
  });

  it('have data that is the same in every language (these are what bench/peers/lines.py gives)', () => {
    expect([unit(0), unit(1), unit(5_000_000)].map((value) => value * 2 ** 24)).toEqual([15894058, 16764446, 11161094]);
  });

  it('become an ONNX file that begins with its IR version', () => {
    const layer = { inputs: 2, outputs: 1, weight: Float32Array.of(1, 2), bias: Float32Array.of(3) };
    expect([...onnxModel([layer]).subarray(0, 2)]).toEqual([8, 8]);
  });
});

describe('profiles', () => {
  const runtime = createRuntime({ kernel: 'simd' });

  it.each(Object.entries(SETUPS))('%s has the operations it is there for', (_, { operations, batch, build }) => {
    const rows = parseProfile(build(runtime, 1)(), batch);
    expect(rows.map(({ operation }) => operation)).toEqual(expect.arrayContaining([...operations]));
    for (const { seconds, bytes } of rows) {
      expect(seconds).toBeGreaterThanOrEqual(0);
      expect(bytes).toBeGreaterThan(0);
    }
  });

  it('a line of another form is refused', () => {
    expect(() => parseProfile(' 0  dense0  Gemm  took a while', 1)).toThrow('was not understood');
  });
});

describe('contestants', () => {
  const node = (program: string) => ({ name: 'x', command: process.execPath, args: ['-e', program] });

  it('one that cannot start is named with its own words', async () => {
    await expect(Contestant.start(node("throw new Error('no such backend')"))).rejects.toThrow('no such backend');
    await expect(Contestant.start({ name: 'x', command: 'no-such-program', args: [] })).rejects.toThrow('ENOENT');
  });

  it('one that dies in between ends the question, not the benchmark', async () => {
    const contestant = await Contestant.start(
      node('console.log("{}"); process.stdin.once("data", () => process.exit(3))'),
    );
    await expect(contestant.time('job', 1)).rejects.toThrow('ended without a word');
  });
});
