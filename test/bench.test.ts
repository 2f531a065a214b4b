/**
 * What the benchmarks rest on: medians and ratios, the ladder's products, the reading of profiles, and that a contestant's
 * failure has a name.
 */
import { setFlagsFromString } from 'node:v8';
import { beforeAll, describe, expect, it } from 'vitest';
import { curvesPicture } from '../bench/charts.js';
import { Contestant, estimateOf, type Rounds, ratio } from '../bench/contestant.js';
import { NETS, parameterCount, productFlops, unit } from '../bench/nets.js';
import { onnxModel } from '../bench/peers/onnx.js';
import { parseProfile, SETUPS } from '../bench/profiles.js';
import {
  compileLadder,
  JAVASCRIPT,
  operands,
  RUNGS,
  relativeDifference,
  type Sides,
  TOLERANCE,
  work,
} from '../bench/rungs.js';
import type { Row } from '../bench/section.js';
import { CURVES, THREADS } from '../bench/sections/curves.js';
import { worstStep } from '../bench/sections/sizes.js';
import { deviation, estimate, mean } from '../bench/statistics.js';
import { grouped } from '../bench/table.js';
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

  it('mean and deviation are those of a sample', () => {
    expect(mean([2, 4, 6])).toBe(4);
    expect(deviation([2, 4, 6])).toBe(2);
    expect(deviation([2])).toBeNaN();
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

describe('the ladder', () => {
  let folder = '';
  beforeAll(() => {
    // Node 20 has relaxed SIMD behind a flag
    setFlagsFromString('--experimental-wasm-relaxed-simd');
    folder = compileLadder();
  });
  const rungs = RUNGS.filter(({ from }) => from !== 'product');

  // edges on every side, less than a tile, one element, and more than one block of k and of rows
  const sizes: readonly Sides[] = [
    [129, 65, 173],
    [2, 11, 3],
    [1, 1, 1],
    [140, 33, 600],
  ];
  it.each(sizes)('every rung computes the product of %i×%i×%i', (...sides) => {
    const { a, b } = operands(sides);
    const expected = new Float32Array(sides[0] * sides[1]);
    JAVASCRIPT.naive(sides, a, b, expected);
    for (const rung of rungs) {
      const { run, result } = work(rung, sides, folder);
      run();
      // a second time: nothing may be left over from the first
      run();
      expect(relativeDifference(result(), expected), rung.name).toBeLessThan(TOLERANCE);
    }
  });

  it('a difference that is not a number is not a small one', () => {
    expect(relativeDifference(Float32Array.of(Number.NaN, 1), Float32Array.of(1, 1))).toBeNaN();
    expect(relativeDifference(Float32Array.of(1.5, 4), Float32Array.of(1, 4))).toBe(0.125);
  });

  it('each rung stands on one below it', () => {
    RUNGS.forEach(({ before }, i) => {
      if (before !== undefined) expect(RUNGS.slice(0, i).map(({ name }) => name)).toContain(before);
    });
    expect(RUNGS.filter(({ before }) => before === undefined).map(({ name }) => name)).toEqual(['0 JavaScript']);
  });
});

describe('curves', () => {
  const nets = CURVES.flatMap((curve) => curve.nets.map(([at, net]) => ({ group: curve.title, at, net })));

  it('have nets of whole batches, and enough of them for the check', () => {
    for (const { net } of nets) {
      expect(net.rows % net.batch).toBe(0);
      expect(net.rows).toBeGreaterThanOrEqual(net.checkSteps * net.batch);
    }
    expect(new Set(nets.map(({ net }) => net.name)).size).toBe(nets.length);
  });

  const row = (facts: Row['facts'], value: number, who: string): Row => ({
    what: '',
    who,
    value,
    unit: '',
    spread: 0,
    samples: 1,
    ...(facts && { facts }),
  });

  it('are drawn with every value that was varied, and every kernel', () => {
    const rows = [
      ...nets.map(({ group, at, net }) => row({ group, at, batch: net.batch, least: 40 }, 50 * at, 'turbo')),
      row({ group: THREADS, at: 32 }, 0.9, 'turbo, 2 threads'),
      row({ group: THREADS, at: 64 }, 1.8, 'turbo, 2 threads'),
    ];
    const svg = curvesPicture('Cost', rows);
    for (const text of ['turbo', 'turbo, at best', ...nets.map(({ at }) => String(at))])
      expect(svg).toContain(`>${text}<`);
    expect(svg).not.toContain('NaN');
  });

  it('rows are grouped in the order in which they come', () => {
    const rows = ['b', 'a', 'b'].map((group) => row({ group }, 1, 'x'));
    const groups = grouped(rows, ({ facts }) => String(facts?.group));
    expect(groups.map(([title, mine]) => [title, mine.length])).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
    expect(grouped(rows)).toEqual([['', rows]]);
  });
});
