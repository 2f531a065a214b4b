/** A step that is not finite is undone, and replayed to the place where it began. */
import { describe, expect, it } from 'vitest';
import { Step } from '../../assembly/abi.js';
import { ArgumentError, DivergenceError, dense, sequential, sgd } from '../../src/index.js';
import type { Program } from '../../src/program/program.js';
import { blueprintOf, Rig } from '../support/rig.js';
import { THREE_LAYERS } from '../support/setups.js';

const inOneGo = (program: Program) => program.run(0, program.length);

describe('a step that is not finite', () => {
  it.each([
    ['dense1.weight', 'dense1', 'Gemm', 'dense1.product', 0, 4],
    ['dense2.bias', 'dense2', 'Gemm', 'dense2.product', 0, 2],
  ])('is replayed to the place where %s is NaN', (parameter, layer, op, operand, row, column) => {
    const rig = new Rig(THREE_LAYERS);
    rig.train(2, inOneGo);
    const { network } = blueprintOf(THREE_LAYERS);
    const place = network.parameters.find(({ fullName }) => fullName === parameter);
    const width = place?.shape[1] ?? 1;
    rig.view('parameters')[(place?.offset ?? 0) / 4 + column * width] = Number.NaN;
    const before = Buffer.from(rig.view('parameters').slice().buffer);
    const states = Buffer.from(rig.view('state0').slice().buffer);
    rig.train(1, inOneGo);
    expect(rig.program.step.word(Step.Status)).toBe(1);
    expect(rig.program.replay()).toMatchObject({ layer, operation: op, operand, row, column, value: Number.NaN });
    expect(Buffer.from(rig.view('parameters').slice().buffer).equals(before)).toBe(true);
    expect(Buffer.from(rig.view('state0').slice().buffer).equals(states)).toBe(true);
    rig.release();
  });

  it('finds nothing in a step that is finite', () => {
    const rig = new Rig(THREE_LAYERS);
    rig.train(1, inOneGo);
    expect(rig.program.step.word(Step.Status)).toBe(0);
    expect(rig.program.replay()).toBeUndefined();
    rig.release();
  });

  it('is refused by the facade with layer, operation and element, and the parameters stay', () => {
    const model = sequential({ input: 2, layers: [dense(3, { activation: 'relu' }), dense(1)] }).compile({
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 0.1 }),
    });
    const ones = (length: number) => ({ data: new Float32Array(length).fill(1) });
    model.setParameters({ 'dense0.weight': ones(6), 'dense1.weight': ones(3) });
    const before = model.save();
    const update = () => model.trainOnBatch(Float32Array.of(1, 1, 1, 1, 1, 1, 3e38, 3e38), [0, 0, 0, 0]);
    expect(update).toThrow(DivergenceError);
    expect(update).toThrow(/dense0.*Gemm.*\[3, 0\].*Infinity/s);
    expect(Buffer.compare(Buffer.from(model.save()), Buffer.from(before))).toBe(0);
    expect(() => model.setParameters({ 'dense1.weight': { data: [1, Number.NaN, 1] } })).toThrow(ArgumentError);
  });
});
