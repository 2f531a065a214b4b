import { Op, SCRATCH_BYTES, STEP_BYTES, Step } from '../../assembly/abi.js';
import { align, type Region } from '../runtime/arena.js';
import type { Runtime } from '../runtime/runtime.js';
import { operation } from './ops.js';
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

/** About this many floating-point operations run between two looks at the clock: some 2 ms of one core. */
const SLICE_FLOPS = 60e6;

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
   * Ends of the slices of a step: `fit` may give the event loop back after each. The records from the verdict on
   * (the optimizer's pass) are one slice, so the parameters always stand at a completed step.
   */
  readonly slices: readonly number[];
  readonly #runtime: Runtime;
  readonly #region: Region;
  readonly #bases: Bases;

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
    const stride = runtime.threads > 1 ? align(SCRATCH_BYTES) : 0;
    const words = encode(planned, this.#bases, offset, runtime.scratch, stride);
    setBarriers(words);
    verify(words, this.#stretches(slabs));
    runtime.words(offset, words.length).set(words);
    this.step = new StepBlock(runtime, offset + planned.stepOffset);
    this.slices = sliceEnds(planned);
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

  /** Absolute byte address of a tensor of this program. */
  address(tensor: Tensor): number {
    return addressOf(tensor, this.plan, this.#bases);
  }

  /** Gives the memory back. */
  release(): void {
    this.#runtime.release(this.#region);
  }

  /** Floating-point operations of one full step. */
  get flops(): number {
    return this.plan.instructions.reduce(
      (sum, instruction) => sum + operation(instruction.op).flops(sizesOf(instruction, this.plan.rows)),
      0,
    );
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
   * Runs the step again record by record, up to the optimizer's pass, and names the first value beyond `limit` (or not
   * finite). After a step whose update was forbidden the parameters are as they were before it, so this computes what
   * the step computed.
   */
  replay(limit = Number.MAX_VALUE): Culprit | undefined {
    const rows = this.step.word(Step.Rows);
    for (let i = 0; i < this.length; i++) {
      const instruction = this.plan.instructions[i];
      if (!instruction || instruction.op === Op.Optimizer) break;
      this.run(i, i + 1);
      for (const tensor of written(instruction)) {
        if (tensor.type === 'i32' || instruction.op === Op.PackB) continue;
        const length = tensorBytes(tensor, rows) / (tensor.type === 'f64' ? 8 : 4);
        const address = this.address(tensor);
        const values =
          tensor.type === 'f64' ? this.#runtime.doubles(address, length) : this.#runtime.floats(address, length);
        const at = values.findIndex((value) => !(Math.abs(value) <= limit));
        if (at < 0) continue;
        return {
          record: i,
          operation: Op[instruction.op] as string,
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

/** Cuts a step into slices of about SLICE_FLOPS; nothing is cut from the verdict on. */
function sliceEnds(planned: Plan): number[] {
  const { instructions, prologue, rows } = planned;
  const ends: number[] = [];
  let flops = 0;
  for (let i = prologue; i < instructions.length; i++) {
    const instruction = instructions[i];
    if (!instruction || instruction.op === Op.Verdict) break;
    flops += operation(instruction.op).flops(sizesOf(instruction, rows));
    if (flops >= SLICE_FLOPS) {
      ends.push(i + 1);
      flops = 0;
    }
  }
  if (ends.at(-1) !== instructions.length) ends.push(instructions.length);
  return ends;
}
