/**
 * Every operation against its reference, and against everything that may not change its result: being run in place, in
 * shares, over other memory, with a size from the step block, again after hundreds of calls. The harness knows no
 * operation by name; what it tries is listed in test/oracle/operations.ts.
 */
import { describe, expect, it } from 'vitest';
import { Op, Tile } from '../../assembly/abi.js';
import { operation } from '../../src/program/ops.js';
import type { Arithmetic } from '../../src/runtime/binary.js';
import { TILES } from '../../src/runtime/wasm.js';
import type { OperationCase, OperationOracle, Outcome } from '../oracle/operation.js';
import { generator, UNIT } from '../oracle/operation.js';
import { OPERATION_ORACLES } from '../oracle/operations.js';
import { type Arrangement, MANY_PAGES, MOST_THREADS, PATTERNS, PlacedRecord, RecordMemory, sizesOf } from './record.js';

/** Calls after which V8 has replaced its first translation of a kernel by an optimized one. */
const WARM_UP = 200;

type Results = Map<string, Uint8Array>;

/** The first result that is not what the reference says, in words. */
function deviation(results: Results, { operands, step }: Outcome, doubles: ReadonlySet<string>): string | undefined {
  for (const [name, wanted] of Object.entries(operands)) {
    const { buffer } = results.get(name) as Uint8Array;
    const words = wanted instanceof Int32Array;
    const got = words
      ? new Int32Array(buffer)
      : doubles.has(name)
        ? new Float64Array(buffer)
        : new Float32Array(buffer);
    const values = words ? wanted : wanted.values;
    const at = got.findIndex(
      (value, i) => !agrees(value, values[i] as number, words ? 0 : (wanted.bounds[i] as number)),
    );
    if (at >= 0) {
      const bound = words ? 0 : wanted.bounds[at];
      return `${name}[${at}]: got ${got[at]}, expected ${values[at]} ± ${bound}`;
    }
  }
  for (const [name, value] of Object.entries(step?.words ?? {})) {
    const got = new Uint32Array((results.get(name) as Uint8Array).buffer)[0];
    if (got !== value) return `step ${name}: got ${got}, expected ${value}`;
  }
  for (const [name, value] of Object.entries(step?.floats ?? {})) {
    const got = new Float32Array((results.get(name) as Uint8Array).buffer)[0] as number;
    if (!agrees(got, value, UNIT * Math.abs(value))) return `step ${name}: got ${got}, expected ${value}`;
  }
  for (const [name, value] of Object.entries(step?.doubles ?? {})) {
    const got = new Float64Array((results.get(name) as Uint8Array).buffer)[0] as number;
    // float64 sums of at most some hundred numbers
    if (!agrees(got, value, 1e-13 * Math.abs(value))) return `step ${name}: got ${got}, expected ${value}`;
  }
  return undefined;
}

function agrees(got: number, wanted: number, bound: number): boolean {
  if (Number.isNaN(wanted)) return Number.isNaN(got);
  return got === wanted || Math.abs(got - wanted) <= bound;
}

/** The first result whose bits differ, in words. */
function difference(results: Results, first: Results): string | undefined {
  for (const [name, bytes] of first) {
    const other = results.get(name) as Uint8Array;
    const at = other.findIndex((byte, i) => byte !== bytes[i]);
    if (at >= 0) return `byte ${at} of ${name}`;
  }
  return undefined;
}

/** Ascending, descending, and shuffled. */
function orders(threads: number): number[][] {
  const ascending = Array.from({ length: threads }, (_, thread) => thread);
  const next = generator(`order ${threads}`);
  const shuffled = ascending.map((thread) => ({ thread, key: next() })).sort((a, b) => a.key - b.key);
  return [ascending, [...ascending].reverse(), shuffled.map(({ thread }) => thread)];
}

/** A case with everything that was found out about it. */
class Trial {
  readonly #memory: RecordMemory;
  readonly #large: RecordMemory;
  readonly #op: Op;
  readonly #one: OperationCase;
  readonly #outcome: Outcome;
  readonly #first: Results;
  readonly #placed: PlacedRecord;

  constructor([memory, large]: readonly [RecordMemory, RecordMemory], op: Op, one: OperationCase) {
    this.#memory = memory;
    this.#large = large;
    this.#op = op;
    this.#one = one;
    this.#outcome = one.outcome();
    this.#placed = new PlacedRecord(memory, op, one, this.#outcome);
    memory.fillScratch(PATTERNS[0]);
    this.#first = this.#run(this.#placed, [0], 1, 'as it is');
  }

  #run(placed: PlacedRecord, order: readonly number[], threads: number, how: string): Results {
    placed.restore();
    for (const thread of order) placed.run(thread, threads);
    return this.#look(placed, how);
  }

  #look(placed: PlacedRecord, how: string): Results {
    const damage = placed.damage();
    if (damage !== undefined) this.#fail(how, `wrote where it must not: ${damage}`);
    return placed.results();
  }

  #fail(how: string, what: string): never {
    expect.fail(`${Op[this.#op]} ${this.#one.label}, ${how}: ${what}.`);
  }

  #same(results: Results, how: string): void {
    const found = difference(results, this.#first);
    if (found !== undefined) this.#fail(how, `other bits than at first in ${found}`);
  }

  #rearranged(arrangement: Arrangement, where = this.#memory): PlacedRecord {
    return new PlacedRecord(where, this.#op, this.#one, this.#outcome, arrangement);
  }

  agreesWithReference(): void {
    const doubles = operation(this.#op).operands.flatMap(({ name, double }) => (double ? [name] : []));
    const found = deviation(this.#first, this.#outcome, new Set(doubles));
    if (found !== undefined) this.#fail('against the reference', found);
  }

  /** Other memory around it, and scratch with other contents. */
  ignoresTheRest(): void {
    const other = PATTERNS[1];
    this.#memory.fillScratch(other);
    this.#same(this.#run(this.#rearranged({ pattern: other }), [0], 1, 'among other bytes'), 'among other bytes');
    expect(this.#memory.scratchOverruns(other), 'threads that wrote behind their scratch').toEqual([]);
    this.#memory.fillScratch(PATTERNS[0]);
  }

  /** Each operand in turn at the end of the memory, so that reading more than 15 bytes past it traps. */
  staysInMemory(): void {
    const names = operation(this.#op).operands.map(({ name }) => name);
    const present = names.filter((name) => this.#one.inputs[name] ?? this.#outcome.operands[name]);
    for (const last of [...present, ...Object.keys(this.#one.bound ?? {})]) {
      const how = `with ${last} at the end of memory`;
      this.#same(this.#run(this.#rearranged({ last }), [0], 1, how), how);
    }
  }

  /** An offset that were taken for a signed number would be negative there. */
  worksBeyond2GiB(): void {
    const how = 'beyond 2 GiB';
    this.#same(this.#run(this.#rearranged({}, this.#large), [0], 1, how), how);
  }

  takesSizesFromTheStep(): void {
    for (const follows of sizesOf(this.#op, this.#one.record)) {
      const how = `with ${follows} from the step block`;
      this.#same(this.#run(this.#rearranged({ follows }), [0], 1, how), how);
    }
  }

  worksInShares(): void {
    for (const threads of [2, 3, 4, 7]) {
      for (const order of orders(threads)) {
        const how = `in ${threads} shares in the order ${order.join()}`;
        this.#same(this.#run(this.#placed, order, threads, how), how);
      }
    }
    expect(this.#memory.scratchOverruns(PATTERNS[0]), 'threads that wrote behind their scratch').toEqual([]);
  }

  /** No byte is written by two threads: that would be a race, even where both write the same. */
  sharesAreDisjoint(): void {
    const before = this.#placed.initial();
    for (const threads of [2, 3, MOST_THREADS]) {
      const writers = new Map([...before].map(([name, bytes]) => [name, new Uint8Array(bytes.length)]));
      for (let thread = 0; thread < threads; thread++) {
        const after = this.#run(this.#placed, [thread], threads, `thread ${thread} of ${threads} alone`);
        for (const [name, counts] of writers) {
          const [was, is] = [before.get(name), after.get(name)] as [Uint8Array, Uint8Array];
          for (let i = 0; i < counts.length; i++) if (is[i] !== was[i]) counts[i] = (counts[i] as number) + 1;
        }
      }
      for (const [name, counts] of writers) {
        const at = counts.findIndex((count) => count > 1);
        if (at >= 0) this.#fail(`in ${threads} shares`, `byte ${at} of ${name} is written by ${counts[at]} threads`);
      }
    }
  }

  worksInPlace(): void {
    const pair = operation(this.#op).inPlace;
    const written = pair && operation(this.#op).operands[pair[0]];
    if (!written || !this.#outcome.operands[written.name]) return;
    const placed = this.#rearranged({ inPlace: true });
    for (const threads of [1, 3, MOST_THREADS]) {
      for (const order of orders(threads)) {
        const how = `in place, in ${threads} shares in the order ${order.join()}`;
        this.#same(this.#run(placed, order, threads, how), how);
      }
    }
  }

  /** What is updated is updated hundreds of times, and then put back. */
  worksWhenWarm(): void {
    this.#placed.restore();
    for (let call = 0; call < WARM_UP; call++) this.#placed.run();
    this.#same(this.#run(this.#placed, [0], 1, 'warm'), 'warm');
  }
}

/** The cases of a matrix product that are for that tile. */
function ofTile(cases: readonly OperationCase[], tile: Tile): readonly OperationCase[] {
  return cases.filter(({ record }) => record.kind === tile);
}

/** Tries every case of the operations (all by default) on the kernels with that arithmetic. */
export function tryKernels(
  arithmetic: Arithmetic,
  names = Object.keys(OPERATION_ORACLES) as (keyof typeof OPERATION_ORACLES)[],
): void {
  const memories = [new RecordMemory(arithmetic), new RecordMemory(arithmetic, MANY_PAGES)] as const;
  const tiles: readonly Tile[] = TILES[arithmetic];

  describe.each(names)(`%s, ${arithmetic}`, (name) => {
    const op = Op[name];
    const { cases: all }: OperationOracle = OPERATION_ORACLES[name];
    const cases = op === Op.Gemm ? tiles.flatMap((tile) => ofTile(all, tile)) : all;

    it.each(cases.map((one) => [one.label, one] as const))('%s', (_, one) => {
      const trial = new Trial(memories, op, one);
      trial.agreesWithReference();
      trial.ignoresTheRest();
      trial.staysInMemory();
      trial.worksBeyond2GiB();
      trial.takesSizesFromTheStep();
      trial.worksInShares();
      trial.sharesAreDisjoint();
      trial.worksInPlace();
      trial.worksWhenWarm();
    });

    it('has cases whose labels differ', () => {
      expect(cases.length).toBeGreaterThan(0);
      expect(new Set(cases.map(({ label }) => label)).size).toBe(cases.length);
    });
  });

  describe(`a matrix product, ${arithmetic}`, () => {
    const { cases } = OPERATION_ORACLES.Gemm;
    const resultOf = (one: OperationCase): Results => {
      const placed = new PlacedRecord(memories[0], Op.Gemm, one, one.outcome());
      placed.restore();
      placed.run(0, 1);
      return placed.results();
    };
    const [first, ...others] = tiles.map((tile) => ({ tile, cases: ofTile(cases, tile) }));

    describe.each(others.map((other) => [Tile[other.tile], other.cases] as const))('%s', (name, theirs) => {
      const pairs = theirs.map((one, i) => [one.label, one, first?.cases[i] as OperationCase] as const);
      it.each(pairs)(`has the same bits as with ${first && Tile[first.tile]}: %s`, (label, one, other) => {
        expect(other.label).toBe(label.replace(name, Tile[first?.tile as Tile]));
        expect(difference(resultOf(one), resultOf(other))).toBeUndefined();
      });
    });
  });
}
