/** Properties that the programs of any network have: no clash in memory, and the same bits however they are run. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Op, Step } from '../../assembly/abi.js';
import { dense, sequential } from '../../src/index.js';
import {
  type PlannedProgram,
  planDiagnosis,
  planEvaluation,
  planPrediction,
  planTraining,
} from '../../src/model/programs.js';
import type { Instruction } from '../../src/program/builder.js';
import { operation } from '../../src/program/ops.js';
import { type Plan, readBy, written } from '../../src/program/plan.js';
import type { Program } from '../../src/program/program.js';
import { type Tensor, tensorBytes } from '../../src/program/tensor.js';
import { generator } from '../oracle/operation.js';
import { blueprintOf, Rig, type Setup } from '../support/rig.js';
import { setups, training } from '../support/setups.js';

/** First and last record that touches each transient tensor; what is updated, or was asked for, lives throughout. */
function lifetimes({ instructions, prologue }: Plan, asked: readonly Tensor[]): Map<Tensor, readonly [number, number]> {
  const found = new Map<Tensor, readonly [number, number]>();
  const end = instructions.length;
  instructions.forEach((instruction: Instruction, i) => {
    const updates = operation(instruction.op).operands.map(({ access }) => access === 'update');
    instruction.operands.forEach((operand, j) => {
      const tensor = operand?.part?.of ?? operand;
      if (tensor?.space !== 'transient') return;
      const [first, last] = found.get(tensor) ?? [i, i];
      const lasting = updates[j] || first < prologue;
      found.set(tensor, lasting ? [0, end] : [first, Math.max(last, i)]);
    });
  });
  for (const tensor of asked) found.set(tensor, [found.get(tensor)?.[0] ?? 0, end]);
  return found;
}

/** The tensors that share bytes although both are alive; a result in the place of its operand begins where that one ends. */
function clashes(plan: Plan, asked: Iterable<Tensor> = []): string[] {
  const inPlace = new Set(
    plan.instructions.flatMap(({ op, operands }) => {
      const pair = operation(op).inPlace;
      const names = pair?.map((j) => operands[j]?.name);
      return names ? [names.join(' in place of ')] : [];
    }),
  );
  const alive = [...lifetimes(plan, [...asked])].map(([tensor, [first, last]]) => {
    const start = plan.places.get(tensor) as number;
    return { name: tensor.name, first, last, start, end: start + tensorBytes(tensor, plan.rows) };
  });
  return alive.flatMap((a) =>
    alive.flatMap((b) => {
      const bytes = a !== b && a.start < b.end && b.start < a.end;
      const handedOver = b.last === a.first && a.start === b.start && inPlace.has(`${a.name} in place of ${b.name}`);
      const together = a.first <= b.last && b.first <= a.last && a.first >= b.first;
      return bytes && together && !handedOver ? [`${a.name} and ${b.name}`] : [];
    }),
  );
}

/** The same plan with every tensor in a place of its own. */
function spread(planned: PlannedProgram): PlannedProgram {
  const { plan } = planned;
  let { bytes } = plan;
  const places = new Map(
    [...plan.places.keys()].map((tensor) => {
      const offset = bytes;
      bytes += Math.ceil(tensorBytes(tensor, plan.rows) / 64) * 64;
      return [tensor, offset] as const;
    }),
  );
  return { ...planned, plan: { ...plan, places, bytes } };
}

const STEPS = 3;

type Way = (program: Program, segments: Rig['segments']) => void;

const inOneGo: Way = (program) => program.run(0, program.length);

/** Threads in a random order. */
function shuffled(threads: number, next: () => number): number[] {
  return Array.from({ length: threads }, (_, thread) => ({ thread, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ thread }) => thread);
}

/** Ways of running a step that must not change a bit. */
function ways(): Map<string, Way> {
  const next = generator('ways');
  const found = new Map<string, Way>([
    [
      'record by record',
      (program) => {
        for (let i = 0; i < program.length; i++) program.run(i, i + 1);
      },
    ],
  ]);
  for (const threads of [1, 2, 3, 4, 7]) {
    found.set(`${threads} shares, record by record`, (program) => {
      for (let i = 0; i < program.length; i++) {
        for (const thread of shuffled(threads, next)) program.run(i, i + 1, thread, threads);
      }
    });
    // what threads may do at worst: one is through with everything up to the barrier before another begins
    found.set(`${threads} shares, from barrier to barrier`, (program, segments) => {
      for (const [first, last] of segments) {
        for (const thread of shuffled(threads, next)) program.run(first, last, thread, threads);
      }
    });
  }
  return found;
}

function trained(setup: Setup, way: Way, rearrange?: (planned: PlannedProgram) => PlannedProgram): Buffer {
  const rig = new Rig(setup, rearrange);
  try {
    const lasting = Buffer.from(rig.train(STEPS, way));
    expect(rig.program.step.word(Step.Status), 'all steps are finite').toBe(0);
    return lasting;
  } finally {
    rig.release();
  }
}

describe('any network', () => {
  const property = (check: (setup: Setup) => void) => fc.assert(fc.property(setups, check), { numRuns: 60, seed: 1 });

  it('has no two tensors in one place at one time, in any of its programs', () => {
    property((setup) => {
      const blueprint = blueprintOf(setup);
      const { form } = setup;
      expect(clashes(planTraining(blueprint, form, true).plan)).toEqual([]);
      const { plan, taps = new Map() } = planDiagnosis(blueprint, form);
      expect(clashes(plan, taps.values())).toEqual([]);
      expect(clashes(planEvaluation(blueprint, form).plan)).toEqual([]);
      expect(clashes(planPrediction(blueprint, form.rows, form.bytes).plan)).toEqual([]);
    });
  });

  it('has no record whose results nobody reads', () => {
    property((setup) => {
      const { instructions } = training(setup);
      const read = new Set(instructions.flatMap(readBy).map((tensor) => tensor.part?.of ?? tensor));
      const idle = instructions.filter((instruction) => {
        const results = written(instruction).map((tensor) => tensor.part?.of ?? tensor);
        return results.length > 0 && results.every((tensor) => tensor.space === 'transient' && !read.has(tensor));
      });
      expect(idle.map(({ op }) => Op[op])).toEqual([]);
    });
  });

  it('ends at the same bits however its records are run', () => {
    property((setup) => {
      const first = trained(setup, inOneGo);
      for (const [name, way] of ways()) expect(trained(setup, way).equals(first), name).toBe(true);
    });
  });

  it('ends at the same bits wherever its tensors stand, and whatever batch the program is made for', () => {
    property((setup) => {
      const first = trained(setup, inOneGo);
      expect(trained(setup, inOneGo, spread).equals(first), 'without sharing memory').toBe(true);
      const larger = { ...setup, form: { ...setup.form, rows: 64 } };
      expect(trained(larger, inOneGo).equals(first), 'made for 64 rows').toBe(true);
    });
  });

  it('predicts a row to the same bits alone as among others', () => {
    property(({ input, layers }) => {
      const next = generator('rows');
      const x = Float32Array.from({ length: 29 * input }, () => 4 * next() - 2);
      const model = sequential({ input, layers: [...layers.slice(0, -1), dense(41)] }).compile({
        loss: 'meanSquaredError',
      });
      const together = model.predict(x);
      for (const row of [0, 1, 13, 28]) {
        const alone = model.predict(x.slice(row * input, (row + 1) * input));
        expect(
          Buffer.compare(Buffer.from(alone.buffer), Buffer.from(together.slice(row * 41, (row + 1) * 41).buffer)),
        ).toBe(0);
      }
    });
  });
});
