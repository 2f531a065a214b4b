/** What the verifier refuses: encoded programs, each with one word changed. */
import { describe, expect, it } from 'vitest';
import { Flag, Op, STEP_BYTES, Word } from '../../assembly/abi.js';
import { InternalError } from '../../src/index.js';
import { operation } from '../../src/program/ops.js';
import { type Bases, encode, type Plan } from '../../src/program/plan.js';
import { type Tensor, tensorBytes } from '../../src/program/tensor.js';
import { type Stretch, setBarriers, verify } from '../../src/program/verify.js';
import { blueprintOf } from '../support/rig.js';
import { THREE_LAYERS, training } from '../support/setups.js';

/** Addresses that are far apart, and the stretches of memory that belong to them. */
function encoded(plan: Plan): { words: Uint32Array; stretches: Stretch[] } {
  const slab = 1 << 20;
  const at = (n: number) => 1024 + n * slab;
  const bases: Bases = {
    parameters: at(0),
    gradients: at(1),
    state0: at(2),
    state1: at(3),
    constants: at(4),
    transient: at(5),
  };
  const words = encode(plan, bases, at(5), at(6), 0);
  setBarriers(words);
  const slabBytes = blueprintOf(THREE_LAYERS).network.slabBytes;
  const stretches = (['parameters', 'gradients', 'state0', 'state1'] as const).map((label): Stretch => {
    return { label, start: bases[label], end: bases[label] + slabBytes, initialised: label !== 'gradients' };
  });
  const start = at(5) + plan.stepOffset + STEP_BYTES;
  stretches.push({ label: 'transient', start, end: at(5) + plan.bytes, initialised: false });
  return { words, stretches };
}

describe('the verifier', () => {
  const plan = training();
  const { words, stretches } = encoded(plan);
  const find = (op: Op) => plan.instructions.findIndex((instruction) => instruction.op === op);
  const changed = (record: number, word: Word, value: number | ((old: number) => number)): Uint32Array => {
    const copy = words.slice();
    const at = (record + 1) * 16 + word;
    copy[at] = typeof value === 'number' ? value : value(copy[at] as number);
    return copy;
  };
  const refuses = (bad: Uint32Array, message: RegExp) => {
    expect(() => verify(bad, stretches)).toThrow(InternalError);
    expect(() => verify(bad, stretches)).toThrow(message);
  };

  it('accepts what the planner makes', () => {
    expect(() => verify(words, stretches)).not.toThrow();
  });

  it('refuses an operation that does not exist', () => {
    refuses(changed(3, Word.Op, 999), /record 3 has no operation 999/);
  });

  it('refuses every operand that begins or ends outside of its memory', () => {
    plan.instructions.forEach(({ op, operands }, i) => {
      operands.forEach((tensor, j) => {
        if (!tensor) return;
        const refusal = new RegExp(`record ${i} \\(${Op[op]}\\): ${operation(op).operands[j]?.name} .* outside`);
        const address = words[(i + 1) * 16 + Word.A + j] as number;
        const home = stretches.find(({ start, end }) => address >= start && address < end) as Stretch;
        refuses(changed(i, Word.A + j, home.start - 4), refusal);
        refuses(changed(i, Word.A + j, home.end - tensorBytes(tensor, plan.rows) + 4), refusal);
      });
    });
  });

  it('refuses an operation larger than its memory', () => {
    refuses(changed(find(Op.Gemm), Word.N, 1e6), /outside/);
  });

  it('refuses an operand that is not aligned', () => {
    refuses(
      changed(find(Op.Activation), Word.A, (old) => old + 2),
      /x at \d+ is not aligned/,
    );
  });

  it('refuses a tensor that is read before it is written', () => {
    // the record that writes it is made to write elsewhere, or comes too late
    const gemm = find(Op.Gemm);
    const swapped = words.slice();
    swapped.copyWithin((gemm + 1) * 16, gemm * 16, (gemm + 1) * 16);
    swapped.set(words.subarray((gemm + 1) * 16, (gemm + 2) * 16), gemm * 16);
    refuses(swapped, /Gemm\): panels is read before it is written/);
  });

  it('refuses a gradient that nobody has computed', () => {
    const gemm = plan.instructions.findIndex(
      ({ op, operands }) => op === Op.Gemm && operands[2]?.space === 'gradients',
    );
    const elsewhere = plan.instructions[gemm]?.operands[2] as Tensor;
    const bad = changed(gemm, Word.C, (stretches[1] as Stretch).start + (elsewhere.offset === 0 ? 64 : 0));
    refuses(bad, /SquareSum\): g is read before it is written|outside/);
  });

  // known gaps of the verifier: remove `.fails` when they are closed
  it('refuses an operation that writes over what it reads, unless it may work in place', () => {
    const gemm = plan.instructions.findIndex(({ op, layer }) => op === Op.Gemm && layer === 'dense1');
    const bad = changed(gemm, Word.C, words[(gemm + 1) * 16 + Word.A] as number);
    // the activation that follows reads the product at its new place
    bad[(gemm + 2) * 16 + Word.A] = words[(gemm + 1) * 16 + Word.A] as number;
    setBarriers(bad);
    refuses(bad, /Gemm\): c .* a/);
  });

  it('refuses float64 operands that are not aligned to eight bytes', () => {
    refuses(
      changed(find(Op.Metric), Word.C, (old) => old + 4),
      /accumulators at \d+ is not aligned/,
    );
  });

  it('refuses a program that lacks any one of its barriers', () => {
    const barriers = plan.instructions.map((_, i) => i).filter((i) => barrierAfter(words, i));
    expect(barriers.length).toBeGreaterThan(10);
    for (const i of barriers)
      refuses(
        changed(i, Word.Flags, (old) => old & ~Flag.Barrier),
        /needs a barrier before it/,
      );
  });
});

function barrierAfter(words: Uint32Array, record: number): boolean {
  return ((words[(record + 1) * 16 + Word.Flags] as number) & Flag.Barrier) !== 0;
}
