/**
 * A training program with its slabs, data and step block, without the facade: so that tests can run its records in any
 * pieces, shares and orders, and look at every byte afterwards.
 */
import { Flag, Header, SCRATCH_BYTES, Step, Word } from '../../assembly/abi.js';
import { type Layer, sequential } from '../../src/index.js';
import { type BatchForm, type Blueprint, type PlannedProgram, planTraining } from '../../src/model/programs.js';
import type { LossName } from '../../src/nn/losses.js';
import type { MetricName } from '../../src/nn/metrics.js';
import { type Optimizer, updateOf } from '../../src/nn/optimizers.js';
import { Program, type Slabs } from '../../src/program/program.js';
import type { Tensor } from '../../src/program/tensor.js';
import { align, type Region } from '../../src/runtime/arena.js';
import { createRuntime, type Runtime } from '../../src/runtime/runtime.js';
import { generator, integers, reals } from '../oracle/operation.js';

/** A network, the form of its batches, and how many rows a batch has. */
export interface Setup {
  readonly input: number;
  readonly layers: readonly Layer[];
  readonly loss: LossName;
  readonly metrics: readonly MetricName[];
  readonly optimizer: Optimizer;
  readonly clipNorm?: number | undefined;
  readonly clipValue?: number | undefined;
  readonly standardized: boolean;
  readonly form: BatchForm;
  /** Rows in a batch, at most form.rows. */
  readonly rows: number;
}

/** The facts that a setup's programs follow from. */
export function blueprintOf({ input, layers, ...facts }: Setup): Blueprint {
  const { loss, metrics, optimizer, clipNorm, clipValue, standardized } = facts;
  const { network } = sequential({ input, layers });
  return { network, loss, metrics, optimizer, clipNorm, clipValue, standardized, tile: runtime.tile };
}

const MOST_THREADS = 7;
/** Rows of the data that batches are taken from. */
const STORED_ROWS = 40;
const RATE = 0.05;

/** The memory of all rigs. */
const runtime: Runtime = createRuntime();

/** A setup in memory. Two rigs of one setup hold the same bytes. */
export class Rig {
  readonly planned: PlannedProgram;
  readonly program: Program;
  readonly #setup: Setup;
  readonly #slabs: Slabs;
  /** Where the program begins. */
  readonly #header: number;
  readonly #regions: Region[] = [];
  #powers: number[];

  /** @param rearrange changes the plan before it is loaded: other places, say */
  constructor(setup: Setup, rearrange: (planned: PlannedProgram) => PlannedProgram = (planned) => planned) {
    this.#setup = setup;
    const blueprint = blueprintOf(setup);
    const { slabBytes, inputs } = blueprint.network;
    const slab = (label: string): Region => this.#reserve(slabBytes, label);
    this.#slabs = {
      parameters: slab('parameters'),
      gradients: slab('gradients'),
      state0: slab('state0'),
      state1: slab('state1'),
      constants: this.#reserve(2 * align(inputs * 4), 'constants'),
    };
    this.#powers = updateOf(setup.optimizer).decays.map(() => 1);
    this.planned = rearrange(planTraining(blueprint, setup.form, true));
    this.program = new Program(runtime, 'train', this.planned.plan, this.#slabs);
    const [tensor, offset] = [...this.planned.plan.places][0] as [Tensor, number];
    this.#header = this.program.address(tensor) - offset;
    this.#fill(blueprint);
    this.#giveScratch();
  }

  #reserve(bytes: number, label: string): Region {
    const region = runtime.reserve(bytes, label);
    this.#regions.push(region);
    return region;
  }

  /** Gives all memory back. */
  release(): void {
    this.program.release();
    for (const region of this.#regions) runtime.release(region);
  }

  /** Numbers for parameters, standardization and data. */
  #fill({ network }: Blueprint): void {
    const { form, loss } = this.#setup;
    const next = generator('rig');
    const parameters = this.view('parameters');
    for (const { offset, count } of network.parameters) parameters.set(reals(next, count), offset / 4);
    const { offset: constants } = this.#slabs.constants as Region;
    runtime.floats(constants, network.inputs).set(reals(next, network.inputs));
    const scales = constants + align(network.inputs * 4);
    runtime.floats(scales, network.inputs).set(reals(next, network.inputs, 0.5, 2));

    const x = this.#reserve(STORED_ROWS * network.inputs * 4, 'inputs');
    const t = this.#reserve(STORED_ROWS * network.outputs * 4, 'targets');
    const w = this.#reserve(STORED_ROWS * 4, 'weights');
    const indices = this.#reserve(STORED_ROWS * 4, 'indices');
    const [xs, ts] = [STORED_ROWS * network.inputs, STORED_ROWS * network.outputs];
    if (form.bytes) runtime.bytes(x.offset, xs).set(integers(next, xs, 256));
    else runtime.floats(x.offset, xs).set(reals(next, xs));
    if (form.dense) runtime.floats(t.offset, ts).set(reals(next, ts, 0, 1));
    else runtime.words(t.offset, STORED_ROWS).set(integers(next, STORED_ROWS, network.outputs));
    runtime.floats(w.offset, STORED_ROWS).set(reals(next, STORED_ROWS, 0, 2));
    runtime.words(indices.offset, STORED_ROWS).set(integers(next, STORED_ROWS, STORED_ROWS));
    const { step } = this.program;
    step.setWord(Step.Inputs, x.offset);
    step.setWord(Step.Targets, t.offset);
    step.setWord(Step.Weights, w.offset);
    step.setWord(Step.Indices, indices.offset);
    step.setFloat(Step.InputScale, 1 / 255);
    step.setFloat(Step.LearningRate, RATE);
    if (loss === 'crossEntropy' && form.dense) this.#normalizeTargets(t, network.outputs);
  }

  #normalizeTargets({ offset }: Region, outputs: number): void {
    for (let i = 0; i < STORED_ROWS; i++) {
      const row = runtime.floats(offset + i * outputs * 4, outputs);
      const total = row.reduce((sum, value) => sum + value, 0);
      row.set(row.map((value) => value / total));
    }
  }

  /** Gives every thread a scratch of its own, although the runtime has one thread. */
  #giveScratch(): void {
    const stride = align(SCRATCH_BYTES);
    const { offset } = this.#reserve(stride * MOST_THREADS, 'scratch of all threads');
    const header = runtime.words(this.#header, 16);
    header[Header.Scratch] = offset;
    header[Header.ScratchStride] = stride;
  }

  /** A slab's values. */
  view(name: 'parameters' | 'gradients' | 'state0' | 'state1'): Float32Array {
    const { offset, bytes } = this.#slabs[name] as Region;
    return runtime.floats(offset, bytes / 4);
  }

  /** The encoded program as it stands in memory, header first. */
  get words(): Uint32Array {
    return runtime.words(this.#header, (this.program.length + 1) * 16).slice();
  }

  /** [first, last) of the records between two barriers. */
  get segments(): (readonly [number, number])[] {
    const { words } = this;
    const segments: (readonly [number, number])[] = [];
    let first = 0;
    for (let i = 0; i < this.program.length; i++) {
      const barrier = ((words[(i + 1) * 16 + Word.Flags] as number) & Flag.Barrier) !== 0;
      if (!barrier && i + 1 < this.program.length) continue;
      segments.push([first, i + 1]);
      first = i + 1;
    }
    return segments;
  }

  /** Announces update t. */
  begin(t: number): void {
    const { step } = this.program;
    const { optimizer, rows } = this.#setup;
    step.setWord(Step.Rows, rows);
    step.setWord(Step.First, (t * rows) % (STORED_ROWS - rows + 1));
    step.setWord(Step.Number, t);
    const { decays } = updateOf(optimizer);
    this.#powers = this.#powers.map((power, i) => power * (decays[i] as number));
    this.#powers.forEach((power, i) => {
      step.setFloat(i === 0 ? Step.Correction1 : Step.Correction2, 1 / (1 - power));
    });
  }

  /** Runs `steps` updates, each by `run`; returns every byte that lasts: parameters, states, sums and totals. */
  train(steps: number, run: (program: Program, segments: Rig['segments']) => void): Uint8Array {
    for (let t = 0; t < steps; t++) {
      this.begin(t);
      run(this.program, this.segments);
    }
    return this.lasting();
  }

  /** Parameters, states, accumulators of metrics and what the verdict wrote, as bytes. */
  lasting(): Uint8Array {
    const slabs = (['parameters', 'state0', 'state1'] as const).map((name) => this.view(name));
    const sums = [...this.planned.metrics.values()].map((tensor) =>
      runtime.doubles(this.program.address(tensor), tensor.columns),
    );
    const step = runtime.bytes(this.#header + this.planned.plan.stepOffset + Step.Status * 4, 72);
    const parts = [...slabs, ...sums, step].map((view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength));
    return new Uint8Array(Buffer.concat(parts));
  }
}
