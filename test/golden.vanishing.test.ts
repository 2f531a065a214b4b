/**
 * The golden fixtures of chains of one-unit layers, y = s(wₙ s(… s(w₂ s(w₁ x)))): how gradients vanish with depth.
 * Everything goes through the public facade, row by row, as every row has weights of its own.
 */
import { describe, expect, it } from 'vitest';
import { createRuntime, dense, type Layer, sequential } from '../src/index.js';
import type { ActivationOption } from '../src/nn/activations.js';
import { type GoldenCase, goldenCases } from './support/golden.js';
import { check, hiddenActivation } from './support/goldenNetwork.js';

/** One-unit layers with one activation, of which the last may have another. */
function chain(depth: number, inside: ActivationOption, last: ActivationOption = inside): Layer[] {
  return Array.from({ length: depth }, (_, i) =>
    dense(1, { name: `w${i + 1}`, activation: i === depth - 1 ? last : inside }),
  );
}

/** Parameters of the first layers of a chain: the given weights, and no biases. */
const weights = (w: ArrayLike<number>) =>
  Object.fromEntries(
    Array.from(w).flatMap((value, i) => [
      [`w${i + 1}.weight`, { data: [value] }],
      [`w${i + 1}.bias`, { data: [0] }],
    ]),
  );

/** In front of a chain, what adds 0: the gradient by its bias is dy/dx. */
const FRONT = dense(1, { name: 'x' });
const IDENTITY = { 'x.weight': { data: [1] }, 'x.bias': { data: [0] } };

function runChain(one: GoldenCase): void {
  const depth = one.config.depth as number;
  const s = hiddenActivation(one);
  const [w, x, targets] = [one.floats('w'), one.floats('x'), one.floats('target')];
  const runtime = createRuntime();
  const rows = Array.from(x, (value, i) => ({
    input: [[value]],
    target: [targets[i] as number],
    weights: w.subarray(i * depth, (i + 1) * depth),
  }));

  // aₙ and hₙ are what a chain of n layers predicts, without its last activation and with it
  const prefixes = (last?: ActivationOption): number[] => {
    const byDepth = Array.from({ length: depth }, (_, i) => {
      const model = sequential({ input: 1, layers: chain(i + 1, s, last) }, { runtime }).compile({
        loss: 'meanSquaredError',
      });
      return rows.map((row) => {
        model.setParameters(weights(row.weights.subarray(0, i + 1)));
        return model.predict(row.input)[0] as number;
      });
    });
    return rows.flatMap((_, i) => byDepth.map((values) => values[i] as number));
  };

  const whole = { input: 1, layers: [FRONT, ...chain(depth, s)] };
  // the slope of |y − t| is 1 where t lies below every y: what the chain rule gives is then dy/dw itself
  const far = sequential(whole, { runtime }).compile({ loss: 'meanAbsoluteError' });
  const near = sequential(whole, { runtime }).compile({ loss: 'meanSquaredError' });
  const below = [-10];
  const judged = rows.map((row) => {
    for (const model of [far, near]) model.setParameters({ ...weights(row.weights), ...IDENTITY });
    const slopes = far.gradients(row.input, below);
    const errors = near.gradients(row.input, row.target);
    const byWeight = (gradients: typeof slopes) =>
      Array.from(row.weights, (_, i) => gradients[`w${i + 1}.weight`]?.data[0] as number);
    return {
      dy_dw: byWeight(slopes),
      dy_dx: slopes['x.bias']?.data[0] as number,
      // our squared error has no ½; halving changes no digit
      dJ_dw: byWeight(errors).map((value) => value / 2),
      J: near.evaluateSync(row.input, row.target).loss / 2,
    };
  });
  const h = prefixes();
  check(one, {
    a: prefixes('linear'),
    h,
    y: rows.map((_, i) => h[i * depth + depth - 1] as number),
    dy_dw: judged.flatMap((row) => row.dy_dw),
    dy_dx: judged.map((row) => row.dy_dx),
    J: judged.map((row) => row.J),
    dJ_dw: judged.flatMap((row) => row.dJ_dw),
  });
}

describe('golden vanishing', () => {
  const cases = goldenCases('vanishing');

  it('holds cases of one kind', () => {
    expect(cases.length).toBeGreaterThan(0);
    expect(new Set(cases.map(({ kind }) => kind))).toEqual(new Set(['chain']));
  });

  it.each(cases.map((one) => [one.id, one] as const))('%s', (_, one) => runChain(one));
});
