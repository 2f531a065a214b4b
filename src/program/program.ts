import { Op, STEP_BYTES, Step } from '../../assembly/abi.js';
import type { Region } from '../runtime/arena.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Job } from '../runtime/team.js';
import { operation, operationName } from './ops.js';
import { Pace } from './pace.js';
import { addressOf, type Bases, encode, type Plan, sizesOf, written } from './plan.js';
import { StepBlock } from './step.js';
import { type Space, type Tensor, tensorBytes } from './tensor.js';
import { type Stretch, setBarriers, verify } from './verify.js';

/** The slabs of a model: where each stands in the runtime's memory. */
export type Slabs = Readonly<Partial<Record<Exclude<Space, 'transient'>, Region>>>;

/** The first value that is not finite, found by `Program.replay`. */
export interface Culprit {
  readonly record: number;
  readonly operation: string;
  readonly layer: string;
  readonly operand: string;
  readonly row: number;
  readonly column: number;
  readonly value: number;
}

/**
 * A piece of a step: the records first ≤ i < last, or share `thread` out of `threads` of a single record, cut further into
 * a piece for each thread there may be: what is whose then does not depend on how many threads come to this slice.
 */
export interface Slice extends Job {
  readonly thread: number;
  readonly threads: number;
}

/** About this many floating-point operations of each thread run between two looks at the clock: some 2 ms of one core. */
const SLICE_WORK = 60e6;
/** Less than this in front of the verdict is no slice of its own. */
const LEAST_WORK = 1e6;
/** A record is cut into at most so many shares, for each thread: each may have to arrange its operands anew. */
const MOST_SHARES = 64;

/**
 * A verified program in a runtime's memory. Immutable: what differs from step to step stands in its step block.
 */
export class Program {
  readonly name: string;
  readonly plan: Plan;
  readonly step: StepBlock;
  /** Records, and those of them (at the front) that need to run again only when the parameters have changed. */
  readonly length: number;
  readonly prologue: number;
  /**
   * The slices of a step (without the prologue): `fit` may give the event loop back after each. The records from the verdict on
   * (the optimizer's pass) are one slice, so the parameters always stand at a completed step.
   */
  readonly slices: readonly Slice[];
  readonly #runtime: Runtime;
  readonly #region: Region;
  readonly #bases: Bases;
  readonly #prologue: Job;
  /** The clock has a say in how many threads run the step. */
  readonly #paced: boolean;
  readonly #pace = new Pace();

  constructor(runtime: Runtime, name: string, planned: Plan, slabs: Slabs) {
    this.#runtime = runtime;
    this.name = name;
    this.plan = planned;
    this.length = planned.instructions.length;
    this.prologue = planned.prologue;
    this.#region = runtime.reserve(planned.bytes, `${name} program, up to ${planned.rows} rows`);
    const { offset } = this.#region;
    this.#bases = {
      parameters: slabs.parameters?.offset ?? 0,
      gradients: slabs.gradients?.offset ?? 0,
      state0: slabs.state0?.offset ?? 0,
      state1: slabs.state1?.offset ?? 0,
      constants: slabs.constants?.offset ?? 0,
      transient: offset,
    };
    // no record leaves anything in scratch, so the shares of one thread may use the same
    const words = encode(planned, this.#bases, offset, runtime.scratch, 0);
    setBarriers(words);
    verify(words, this.#stretches(slabs));
    runtime.words(offset, words.length).set(words);
    this.step = new StepBlock(runtime, offset + planned.stepOffset);
    this.slices = cutSlices(planned, runtime.team.threading.most);
    this.#prologue = wholeRecords(planned, 0, planned.prologue);
    this.#paced = runtime.team.threading.grain > 0 && this.slices.some(({ work }) => runtime.team.worth(work) > 1);
  }

  #stretches(slabs: Slabs): Stretch[] {
    const { offset, bytes } = this.#region;
    const lasting = Object.entries(slabs).map(([label, region]) => ({
      label,
      start: region.offset,
      end: region.offset + region.bytes,
      initialised: label !== 'gradients',
    }));
    return [
      ...lasting,
      {
        label: 'transient',
        start: offset + this.plan.stepOffset + STEP_BYTES,
        end: offset + bytes,
        initialised: false,
      },
    ];
  }

  /** Runs the records first ≤ i < last as one thread out of `threads`. */
  run(first: number, last: number, thread = 0, threads = 1): void {
    this.#runtime.run(this.#region.offset, first, last, thread, threads);
  }

  /** Threads that a slice is worth in the batch at hand. */
  threadsFor({ work }: Slice): number {
    const { most } = this.#runtime.team.threading;
    return most === 1 ? 1 : this.#runtime.team.worth((work * this.step.word(Step.Rows)) / this.plan.rows);
  }

  /**
   * Runs a slice with as many threads as it is worth, or with one (`alone`).
   * @throws ThreadError where one of them fails.
   */
  runSlice(slice: Slice, alone = false): void {
    const runtime = this.#runtime;
    if (runtime.team.threading.most === 1) {
      this.run(slice.first, slice.last, slice.thread, slice.threads);
      return;
    }
    const { offset } = this.#region;
    const wanted = alone ? 1 : this.threadsFor(slice);
    if (!this.#paced || !runtime.team.areThere) {
      runtime.lead(offset, slice, wanted);
      return;
    }
    if (slice === this.slices[0]) this.#pace.next();
    const start = performance.now();
    runtime.lead(offset, slice, this.#pace.alone ? 1 : wanted);
    this.#pace.add(performance.now() - start);
  }

  /** Runs all slices of a step. @throws ThreadError as runSlice. */
  runSlices(): void {
    for (let i = 0; i < this.slices.length; i++) this.runSlice(this.slices[i] as Slice);
  }

  /** Runs what needs to run only when the parameters have changed. @throws ThreadError as runSlice. */
  runPrologue(): void {
    const { work } = this.#prologue;
    if (this.prologue > 0) this.#runtime.lead(this.#region.offset, this.#prologue, this.#runtime.team.worth(work));
  }

  /** Absolute byte address of a tensor of this program. */
  address(tensor: Tensor): number {
    return addressOf(tensor, this.plan, this.#bases);
  }

  /** Gives the memory back. */
  release(): void {
    this.#runtime.release(this.#region);
  }

  /** Seconds that each record takes, the least of `repetitions` runs of the step as it stands. */
  profile(repetitions: number): number[] {
    const seconds = new Array<number>(this.length).fill(Number.POSITIVE_INFINITY);
    for (let r = 0; r < repetitions; r++) {
      for (let i = 0; i < this.length; i++) {
        const begin = performance.now();
        this.run(i, i + 1);
        seconds[i] = Math.min(seconds[i] as number, (performance.now() - begin) / 1000);
      }
    }
    return seconds;
  }

  /**
   * Runs the step again record by record, up to the verdict (behind it things change), and names the first value beyond `limit` (or not
   * finite). After a step whose update was forbidden the parameters are as they were before it, so this computes what
   * the step computed.
   */
  replay(limit = Number.MAX_VALUE): Culprit | undefined {
    const rows = this.step.word(Step.Rows);
    for (let i = 0; i < this.length; i++) {
      const instruction = this.plan.instructions[i];
      if (!instruction || instruction.op === Op.Verdict) break;
      this.run(i, i + 1);
      // the data itself is no culprit: it was checked to be finite, and may be as large as it likes
      if (instruction.op === Op.Gather || instruction.op === Op.Standardize || instruction.op === Op.PackB) continue;
      for (const tensor of written(instruction)) {
        const length = tensorBytes(tensor, rows) / (tensor.type === 'f64' ? 8 : 4);
        const address = this.address(tensor);
        const values =
          tensor.type === 'f64' ? this.#runtime.doubles(address, length) : this.#runtime.floats(address, length);
        const at = values.findIndex((value) => !(Math.abs(value) <= limit));
        if (at < 0) continue;
        return {
          record: i,
          operation: operationName(instruction.op) as string,
          layer: instruction.layer,
          operand: tensor.name,
          row: Math.floor(at / tensor.columns),
          column: at % tensor.columns,
          value: values[at] as number,
        };
      }
    }
    return undefined;
  }
}

/**
 * Cuts a step into slices of about SLICE_WORK for each thread: several small records, or one share of a large one (shares
 * give the same bits whatever their number). Nothing is cut from the verdict on.
 */
function cutSlices(planned: Plan, mostThreads: number): Slice[] {
  const { instructions, prologue } = planned;
  const full = SLICE_WORK * mostThreads;
  const slices: Slice[] = [];
  let first = prologue;
  let work = 0;
  const close = (last: number): void => {
    if (last > first) slices.push({ ...wholeRecords(planned, first, last), thread: 0, threads: 1 });
    first = last;
    work = 0;
  };
  for (let i = prologue; i < instructions.length; i++) {
    if (instructions[i]?.op === Op.Verdict) {
      // with threads, what may fail without harm to the parameters stands alone, where it is worth a slice
      if (mostThreads > 1 && work >= LEAST_WORK) close(i);
      break;
    }
    const mine = workOf(planned, i, i + 1);
    if (mine >= 2 * full) {
      close(i);
      const threads = Math.min(MOST_SHARES, Math.ceil(mine / full));
      const pieces = threads * mostThreads;
      const share = { first: i, last: i + 1, threads, pieces, work: mine / threads };
      for (let thread = 0; thread < threads; thread++) {
        slices.push({ ...share, thread, from: thread * mostThreads, to: (thread + 1) * mostThreads });
      }
      first = i + 1;
    } else {
      work += mine;
      if (work >= full) close(i + 1);
    }
  }
  close(instructions.length);
  return slices;
}

function wholeRecords(planned: Plan, first: number, last: number): Job {
  return { first, last, from: 0, to: 0, pieces: 0, work: workOf(planned, first, last) };
}

/** Floating-point operations of records, or, where one only moves data, some four for each element. */
function workOf({ instructions, rows }: Plan, first: number, last: number): number {
  return instructions.slice(first, last).reduce((sum, instruction) => {
    const sizes = sizesOf(instruction, rows);
    const { flops, operands } = operation(instruction.op);
    return sum + (flops(sizes) || operands.reduce((moved, operand) => moved + 4 * operand.elements(sizes), 0));
  }, 0);
}

/** Floating-point operations of a whole step. */
export function stepWork(planned: Plan): number {
  return workOf(planned, planned.prologue, planned.instructions.length);
}
