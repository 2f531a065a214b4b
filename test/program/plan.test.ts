/** What the planner drops, moves and shares, how a listing reads, and where a step may be cut. */
import { describe, expect, it } from 'vitest';
import { Distribution, Op, Optimizer, Tile } from '../../assembly/abi.js';
import { createRuntime, dense } from '../../src/index.js';
import { planEvaluation, planPrediction } from '../../src/model/programs.js';
import { ProgramBuilder } from '../../src/program/builder.js';
import { operation } from '../../src/program/ops.js';
import { type Plan, plan } from '../../src/program/plan.js';
import { listing } from '../../src/program/print.js';
import { Program } from '../../src/program/program.js';
import { type Tensor, tensorBytes } from '../../src/program/tensor.js';
import { blueprintOf, Rig, type Setup } from '../support/rig.js';
import { THREE_LAYERS, training } from '../support/setups.js';

/** `layer operation` of every record. */
function records({ instructions }: Plan): string[] {
  return instructions.map(({ op, layer }) => `${layer} ${Op[op]}`.trim());
}

function count(names: readonly string[], name: string): number {
  return names.filter((one) => one === name).length;
}

describe('the plan of a net of three layers', () => {
  it('reads like the textbook: batch, forward, loss, backward, penalty, verdict, update', () => {
    expect(records(training())).toEqual([
      'Gather',
      'Gather',
      ...['dense0 PackB', 'dense0 Gemm', 'dense0 Activation'],
      ...['dense1 PackB', 'dense1 Gemm', 'dense1 Activation'],
      ...['dense2 PackB', 'dense2 Gemm'],
      ...['dense2 Metric', 'dense2 Loss'],
      ...['dense2 PackB', 'dense2 Gemm', 'dense2 ColumnSum', 'dense2 PackB', 'dense2 Gemm'],
      ...[
        'dense1 ActivationGradient',
        'dense1 PackB',
        'dense1 Gemm',
        'dense1 ColumnSum',
        'dense1 PackB',
        'dense1 Gemm',
      ],
      ...['dense0 ActivationGradient', 'dense0 PackB', 'dense0 Gemm', 'dense0 ColumnSum'],
      'dense0 Penalty',
      'SquareSum',
      'Verdict',
      'Optimizer',
    ]);
  });

  it('does not compute the gradient of the input, nor pack for it', () => {
    const names = records(training());
    expect(count(names, 'dense0 Gemm')).toBe(2);
    expect(count(names, 'dense1 Gemm')).toBe(3);
    expect(count(names, 'dense0 PackB')).toBe(2);
  });

  it('lets elementwise results take the place of their operands', () => {
    const { instructions, places } = training();
    const placeOf = (tensor: Tensor | undefined) => tensor && places.get(tensor);
    const activations = instructions.filter(({ op }) => op === Op.Activation || op === Op.Loss);
    expect(activations.length).toBe(3);
    for (const { op, operands } of activations) {
      const [result, source] = operation(op).inPlace as readonly [number, number];
      expect(placeOf(operands[result])).toBe(placeOf(operands[source]));
    }
  });

  it('takes less memory than all tensors side by side', () => {
    const { places, bytes, stepOffset, rows } = training();
    const all = [...places.keys()].reduce((sum, tensor) => sum + tensorBytes(tensor, rows), 0);
    expect(bytes - stepOffset).toBeLessThan(0.8 * all);
  });

  it('prepares what depends on parameters alone once, in evaluate and predict', () => {
    const { form } = THREE_LAYERS;
    const blueprint = blueprintOf(THREE_LAYERS);
    const prologue = (plan: Plan) => records(plan).slice(0, plan.prologue);
    const packed = ['dense0 PackB', 'dense1 PackB', 'dense2 PackB'];
    expect(prologue(planPrediction(blueprint, 8, false).plan)).toEqual(packed);
    expect(prologue(planEvaluation(blueprint, form).plan)).toEqual([...packed, 'dense0 Penalty']);
    expect(prologue(training())).toEqual([]);
  });
});

describe('the listing', () => {
  it('names every record with its layer, operands and shapes', () => {
    const planned = training();
    const lines = listing('train', planned).split('\n').slice(2);
    expect(lines.length).toBe(planned.instructions.length);
    planned.instructions.forEach((instruction, i) => {
      const line = lines[i] as string;
      expect(line).toMatch(new RegExp(`^ *${i}  ${instruction.layer} +${Op[instruction.op]} `));
      for (const tensor of instruction.operands) {
        if (tensor) expect(line).toContain(`${tensor.name} [${tensor.rows}, ${tensor.columns}]`);
      }
    });
  });

  it('marks what runs once, and adds times where there are any', () => {
    const planned = planPrediction(blueprintOf(THREE_LAYERS), 8, false).plan;
    const lines = listing(
      'predict',
      planned,
      planned.instructions.map(() => 1e-6),
    )
      .split('\n')
      .slice(2);
    expect(lines.map((line) => line.endsWith('(once)'))).toEqual(
      planned.instructions.map((_, i) => i < planned.prologue),
    );
    expect(lines.every((line) => line.includes('1.0 µs'))).toBe(true);
  });
});

describe('slices', () => {
  const large: Setup = {
    ...THREE_LAYERS,
    input: 300,
    layers: [
      dense(600, { activation: 'relu' }),
      dense(600, { activation: 'relu' }),
      dense(10, { activation: 'softmax' }),
    ],
    form: { ...THREE_LAYERS.form, rows: 128 },
    rows: 16,
  };

  it.each([
    ['a small net', THREE_LAYERS],
    ['a large net', large],
  ])('cover the program and end with it: %s', (_, setup) => {
    const rig = new Rig(setup);
    const { slices, length, plan } = rig.program;
    rig.release();
    // every record is run once, whole or in all of its shares, in order
    let next = 0;
    for (const { first, last, thread, threads } of slices) {
      expect(first).toBe(next);
      expect(last).toBeGreaterThan(first);
      if (threads > 1) expect(last).toBe(first + 1);
      if (thread === threads - 1) next = last;
    }
    expect(next).toBe(length);
    // a slice may end in front of the verdict; between it and the end of the optimizer's pass none does
    const verdict = plan.instructions.findIndex(({ op }) => op === Op.Verdict);
    expect(slices.filter(({ last }) => last > verdict && last < length)).toEqual([]);
  });

  it('are several for a large net', () => {
    const rig = new Rig(large);
    expect(rig.program.slices.length).toBeGreaterThan(2);
    rig.release();
  });

  it('are shares of one record where that is large, with the same bits', () => {
    const wide: Setup = {
      ...THREE_LAYERS,
      input: 1030,
      layers: [dense(1100, { activation: 'relu' }), dense(10, { activation: 'softmax' })],
      form: { ...THREE_LAYERS.form, rows: 128 },
      rows: 16,
    };
    const bits = [true, false].map((sliced) => {
      const rig = new Rig(wide);
      const { program } = rig;
      expect(program.slices.some(({ threads }) => threads > 1)).toBe(true);
      const bytes = rig.train(2, (whole) => {
        if (!sliced) whole.run(0, whole.length);
        else for (const { first, last, thread, threads } of whole.slices) whole.run(first, last, thread, threads);
      });
      rig.release();
      return bytes;
    });
    // not toEqual, which takes a minute for five million bytes
    expect(Buffer.compare(bits[0] as Uint8Array, bits[1] as Uint8Array)).toBe(0);
  });

  it('do not part the verdict from the update, even where a slice is full in between', () => {
    const b = new ProgramBuilder(new Map(), Tile.Narrow);
    const row = (space: Tensor['space'], columns: number): Tensor => {
      return { name: space, rows: 1, columns, type: 'f32', space, offset: 0 };
    };
    // 60 operations a number: one fewer than a slice has, and the verdict makes it full
    const count = 999_999;
    const theta = row('parameters', count);
    b.random(Distribution.Uniform, theta, count, 0, 0, 1);
    b.verdict({ ...row('constants', 1), rows: 'rows' }, undefined, undefined, undefined);
    const rule = { kind: Optimizer.Sgd, hyper: [0, 0, 0], multiplier: 1, decay: 0 } as const;
    b.optimizer(theta, row('constants', count), [], rule);
    const runtime = createRuntime();
    const slabs = { parameters: runtime.reserve(4 * count, 'θ'), constants: runtime.reserve(4 * count, 'g') };
    const { slices } = new Program(runtime, 'full', plan(b.instructions, 64, [], false), slabs);
    expect(slices.map(({ last }) => last).filter((last) => last > 1)).toEqual([3]);
  });
});
