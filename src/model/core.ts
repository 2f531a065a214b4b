import { Step } from '../../assembly/abi.js';
import type { Matrix } from '../data/inputs.js';
import type { Standardization } from '../data/standardize.js';
import { InternalError } from '../errors.js';
import { fillOf } from '../nn/initializers.js';
import { type MetricName, metricRow } from '../nn/metrics.js';
import { type Update, updateOf } from '../nn/optimizers.js';
import { ProgramBuilder } from '../program/builder.js';
import { type Plan, plan } from '../program/plan.js';
import { Program, type Slabs, stepWork } from '../program/program.js';
import type { Tensor } from '../program/tensor.js';
import { Domain, Random, seedWords } from '../random.js';
import { align, type Region } from '../runtime/arena.js';
import type { Runtime } from '../runtime/runtime.js';
import { chunkRows, parameterTensors, predictChunks, standardizationOffset } from './prediction.js';
import {
  type BatchForm,
  type Blueprint,
  type PlannedProgram,
  planDiagnosis,
  planEvaluation,
  planPrediction,
  planTraining,
} from './programs.js';
import { LearningRate } from './rate.js';
import { standing, type UnderWay } from './underway.js';

/** A program in memory with the tensors that are read from it. */
export interface LoadedProgram {
  readonly form: BatchForm;
  readonly program: Program;
  readonly planned: PlannedProgram;
  /** Value of Core.version at which its prologue ran last. */
  prepared: number;
  /** Where rows that are to be predicted are copied to; of prediction programs only. */
  readonly staging: Region | undefined;
}

/** Programs are kept for this many different forms of batches per model; the least recently used goes first. */
const MOST_PROGRAMS = 8;
/**
 * A model's memory and programs: what is behind the public Model. Knows slabs, programs and steps; nothing of epochs,
 * files or labels.
 */
export class Core {
  readonly blueprint: Blueprint;
  readonly runtime: Runtime;
  readonly seed: number;
  /** Rows that predict and evaluate work on at a time. */
  readonly chunkRows: number;
  /** The learning rate, with how far a plateau schedule has come. */
  readonly rate: LearningRate;
  /** Updates done, from 0: the t of optimizers and schedules. */
  updates = 0;
  /** Epochs begun over the model's whole life: what shuffling is keyed by. */
  epochs = 0;
  /** ρᵗ of each decay rate of the optimizer, as running products (float64). */
  powers: number[];
  /** The fit that has not come to its end, where there is one: asked for when the model is saved or goes on. */
  underWay: () => UnderWay | undefined = standing(undefined);
  /** Goes up whenever parameters change, so that packed weights are known to be stale. */
  version = 1;
  readonly #update: Update;
  readonly #slabs: Slabs;
  /** The prediction program for float32 rows, planned when the model's memory was estimated, for the first one who asks. */
  #planned: PlannedProgram | undefined;
  /** In order of use, the least recent first. A short list, searched without making a key: one row is predicted in 5 µs. */
  readonly #programs: LoadedProgram[] = [];

  /**
   * Reserves the slabs and initializes the parameters.
   * @param draws whether parameters get initial values: not where those of a file are written over them
   * @throws MemoryLimitError before anything is reserved.
   */
  constructor(blueprint: Blueprint, runtime: Runtime, seed: number, draws = true) {
    this.blueprint = blueprint;
    this.runtime = runtime;
    this.seed = seed;
    this.chunkRows = chunkRows(blueprint.network);
    const { slabBytes, inputs } = blueprint.network;
    this.rate = new LearningRate(blueprint.optimizer.learningRate);
    this.#update = updateOf(blueprint.optimizer);
    const { states, decays } = this.#update;
    const planned = predictionOf(blueprint, this.chunkRows, false);
    this.#planned = planned;
    runtime.ensureRoom(
      coreBytes(blueprint, planned),
      'this model (parameters, gradients, optimizer states, prediction)',
    );
    const slab = (label: string): Region => runtime.reserve(slabBytes, label);
    this.#slabs = {
      parameters: slab('parameters'),
      gradients: slab('gradients'),
      ...(states > 0 && { state0: slab('optimizer state 0') }),
      ...(states > 1 && { state1: slab('optimizer state 1') }),
      ...(blueprint.standardized && {
        constants: runtime.reserve(2 * standardizationOffset(inputs), 'standardization'),
      }),
    };
    this.powers = decays.map(() => 1);
    if (blueprint.standardized) this.setStandardization(undefined);
    if (draws) this.#initialize();
  }

  /** Fills all parameters by their initializers. Parameter i draws from stream i, so layers do not share numbers. */
  #initialize(): void {
    const { network, tile } = this.blueprint;
    const tensors = parameterTensors(network);
    const builder = new ProgramBuilder(tensors, tile);
    network.parameters.forEach((parameter, stream) => {
      const { fullName, initializer, count, offset } = parameter;
      const fill = fillOf(initializer, parameter);
      const at = this.#slab('parameters').offset + offset;
      if ('value' in fill) {
        this.runtime.floats(at, count).fill(fill.value);
      } else if ('make' in fill) {
        this.runtime.floats(at, count).set(fill.make(new Random(this.seed, Domain.initializers, stream)));
      } else {
        const { value } = tensors.get(fullName) ?? {};
        if (value) builder.random(fill.distribution, value, count, stream, fill.p, fill.q);
      }
    });
    const program = new Program(this.runtime, 'initialize', plan(builder.instructions, 1, [], false), this.#slabs);
    this.#seed(program);
    program.run(0, program.length);
    program.release();
  }

  #seed(program: Program): void {
    const [low, high] = seedWords(this.seed);
    program.step.setWord(Step.SeedLow, low);
    program.step.setWord(Step.SeedHigh, high);
  }

  #slab(name: keyof Slabs): Region {
    const region = this.#slabs[name];
    if (!region) throw new InternalError(`slab ${name} does not exist.`);
    return region;
  }

  /** Sets what standardized inputs are computed from; undefined: mean 0, scale 1. */
  setStandardization(standardization: Standardization | undefined): void {
    const { inputs } = this.blueprint.network;
    const { offset } = this.#slab('constants');
    const mean = this.runtime.floats(offset, inputs);
    const scale = this.runtime.floats(offset + standardizationOffset(inputs), inputs);
    if (standardization) {
      mean.set(standardization.mean);
      scale.set(standardization.scale);
    } else {
      mean.fill(0);
      scale.fill(1);
    }
  }

  /** A view of a slab's float32 values: parameters, gradients or an optimizer state. Dies when memory grows. */
  view(name: 'parameters' | 'gradients' | 'state0' | 'state1'): Float32Array {
    return this.runtime.floats(this.#slab(name).offset, this.blueprint.network.slabBytes / 4);
  }

  /** Names of the optimizer's state slabs. */
  get states(): ('state0' | 'state1')[] {
    return (['state0', 'state1'] as const).slice(0, this.#update.states);
  }

  /** The training program for batches of that form. */
  training(form: BatchForm): LoadedProgram {
    return this.#load('train', form, () => planTraining(this.blueprint, form, true));
  }

  /** Bytes that programs for training, evaluating and diagnosing batches of those forms will reserve beyond what is there. */
  bytesOfPrograms(forms: { readonly [name in 'train' | 'evaluate' | 'diagnose']?: BatchForm | undefined }): number {
    const missing = (name: string, f: BatchForm, make: (blueprint: Blueprint, form: BatchForm) => PlannedProgram) =>
      this.#indexOf(name, f) >= 0 ? 0 : align(make(this.blueprint, f).plan.bytes);
    const { train, evaluate, diagnose } = forms;
    return (
      (train ? missing('train', train, (blueprint, form) => planTraining(blueprint, form, true)) : 0) +
      (evaluate ? missing('evaluate', evaluate, planEvaluation) : 0) +
      (diagnose ? missing('diagnose', diagnose, planDiagnosis) : 0)
    );
  }

  /** Where so many steps of that form will have more than one thread, lets the memory be shared before data is in it. */
  expectSteps(form: BatchForm, steps: number): void {
    const { team } = this.runtime;
    if (team.threading.most === 1) return;
    if (team.expects(steps, stepWork(planTraining(this.blueprint, form, true).plan))) this.runtime.share();
  }

  /** The same without the optimizer: for gradients. */
  gradient(form: BatchForm): LoadedProgram {
    return this.#load('gradient', form, () => planTraining(this.blueprint, form, false));
  }

  /** The program of a step that is looked at and not done. */
  diagnosis(form: BatchForm): LoadedProgram {
    return this.#load('diagnose', form, () => planDiagnosis(this.blueprint, form));
  }

  /** The evaluation program for batches of that form. */
  evaluation(form: BatchForm): LoadedProgram {
    return this.#load('evaluate', form, () => planEvaluation(this.blueprint, form));
  }

  /** The prediction program for float32 or uint8 rows. */
  prediction(bytes: boolean): LoadedProgram {
    const rows = this.chunkRows;
    const form = { rows, bytes, dense: false, weighted: false };
    const staging = rows * this.blueprint.network.inputs * (bytes ? 1 : 4);
    const make = () => (bytes ? undefined : this.#planned) ?? predictionOf(this.blueprint, rows, bytes);
    const loaded = this.#load('predict', form, make, staging);
    if (!bytes) this.#planned = undefined;
    return loaded;
  }

  #indexOf(name: string, { rows, bytes, dense, weighted }: BatchForm): number {
    return this.#programs.findIndex(
      ({ program, form }) =>
        program.name === name &&
        form.rows === rows &&
        form.bytes === bytes &&
        form.dense === dense &&
        form.weighted === weighted,
    );
  }

  #load(name: string, form: BatchForm, make: () => PlannedProgram, stagingBytes = 0): LoadedProgram {
    const at = this.#indexOf(name, form);
    const known = this.#programs[at];
    if (known) {
      if (at < this.#programs.length - 1) this.#programs.push(...this.#programs.splice(at, 1));
      return known;
    }
    const planned = make();
    this.runtime.ensureRoom(align(planned.plan.bytes) + align(stagingBytes), `the ${name} program`);
    const program = new Program(this.runtime, name, planned.plan, this.#slabs);
    const staging = stagingBytes > 0 ? this.runtime.reserve(stagingBytes, 'rows to predict') : undefined;
    const loaded = { form, program, planned, prepared: 0, staging };
    this.#seed(program);
    this.#programs.push(loaded);
    if (this.#programs.length > MOST_PROGRAMS) this.#unload(this.#programs.shift() as LoadedProgram);
    return loaded;
  }

  #unload({ program, staging }: LoadedProgram): void {
    program.release();
    if (staging) this.runtime.release(staging);
  }

  /** Sets the batch in the step block. Stores only; allocates nothing. */
  setBatch({ program: { step } }: LoadedProgram, first: number, rows: number): void {
    step.setWord(Step.First, first);
    step.setWord(Step.Rows, rows);
    step.setWord(Step.Number, this.updates);
  }

  /**
   * Sets the step block for the next update: batch, rate, corrections. `epoch` is that of the batch, from 0.
   * @throws ArgumentError, with nothing changed, if the schedule gives something that is no rate.
   */
  beginStep(loaded: LoadedProgram, first: number, rows: number, epoch = this.epochs): void {
    this.setUpdate(loaded, first, rows, this.rate.at(this.updates, epoch));
  }

  /** The same with a given rate. */
  setUpdate(loaded: LoadedProgram, first: number, rows: number, rate: number): void {
    const { step } = loaded.program;
    step.setFloat(Step.LearningRate, rate);
    this.setBatch(loaded, first, rows);
    const { decays } = this.#update;
    for (let i = 0; i < decays.length; i++) {
      const power = (this.powers[i] as number) * (decays[i] as number);
      step.setFloat(i === 0 ? Step.Correction1 : Step.Correction2, 1 / (1 - power));
    }
  }

  /** Counts the update that beginStep announced. */
  endStep(): void {
    const { decays } = this.#update;
    for (let i = 0; i < decays.length; i++) this.powers[i] = (this.powers[i] as number) * (decays[i] as number);
    this.updates++;
    this.version++;
  }

  /**
   * Parameters were changed from outside of a fit: one with early stopping that was left in the middle cannot be gone on with,
   * because it would take them back.
   */
  changed(): void {
    this.version++;
    if (this.underWay()?.stopping) this.underWay = standing(undefined);
  }

  /** Runs the prologue of a program where it is stale. */
  prepare(loaded: LoadedProgram): void {
    if (loaded.prepared === this.version) return;
    loaded.program.runPrologue();
    loaded.prepared = this.version;
  }

  /** Does work that updates, and then puts parameters and optimizer states back; `work` is given the parameters before. */
  undoing<T>(work: (before: Float32Array) => T): T {
    const slabs = ['parameters', ...this.states] as const;
    const before = slabs.map((name) => this.view(name).slice());
    try {
      return work(before[0] as Float32Array);
    } finally {
      slabs.forEach((name, i) => {
        this.view(name).set(before[i] as Float32Array);
      });
      this.version++;
    }
  }

  /** Runs a program that leaves the parameters alone over `rows` rows from `first`; the prologue only when stale. */
  runFixed(loaded: LoadedProgram, first: number, rows: number): void {
    const { program } = loaded;
    program.step.setWord(Step.First, first);
    program.step.setWord(Step.Rows, rows);
    this.prepare(loaded);
    program.runSlices();
  }

  /** Predicts `x` into `out` [rows, outputs], in chunks, in an area of its own. */
  predict(x: Matrix, out: Float32Array): void {
    const bytes = x.data instanceof Uint8Array;
    const { outputs } = this.blueprint.network;
    const loaded = this.prediction(bytes);
    const { program, planned, staging } = loaded;
    if (!staging) throw new InternalError('the prediction program has no staging area.');
    const place = { step: program.step, staging: staging.offset, output: program.address(planned.output as Tensor) };
    predictChunks(this.runtime, { ...place, rows: planned.plan.rows, outputs }, x, out, (rows) => {
      this.runFixed(loaded, 0, rows);
    });
  }

  /** Sets totals and metric sums of a program to zero: a new epoch, or a new evaluation. */
  clear({ program, planned }: LoadedProgram): void {
    program.step.clearTotals();
    for (const tensor of planned.metrics.values()) {
      this.runtime.doubles(program.address(tensor), tensor.columns).fill(0);
    }
  }

  /** Loss, data loss and metrics accumulated since `clear`; `unit` is what one unit of each output is in target units. */
  logs({ program, planned }: LoadedProgram, unit: Float32Array | undefined): Record<string, number> {
    const { step } = program;
    const weight = step.double(Step.TotalWeight);
    const logs: Record<string, number> = {
      // rows that weigh nothing have no loss, as in the verdict
      loss: weight > 0 ? step.double(Step.TotalLoss) / weight : 0,
      dataLoss: weight > 0 ? step.double(Step.TotalDataLoss) / weight : 0,
    };
    for (const name of this.blueprint.metrics) {
      const tensor = planned.metrics.get(name as MetricName) as Tensor;
      const sums = this.runtime.doubles(program.address(tensor), tensor.columns);
      logs[name] = metricRow(name).value(sums, unit);
    }
    return logs;
  }

  /** Gives the programs back to the runtime; they are made again when they are needed. */
  releasePrograms(): void {
    for (const loaded of this.#programs.splice(0)) this.#unload(loaded);
  }

  /** Gives everything back to the runtime. */
  release(): void {
    this.releasePrograms();
    for (const region of Object.values(this.#slabs)) this.runtime.release(region);
  }
}

function predictionOf(blueprint: Blueprint, rows: number, bytes: boolean): PlannedProgram {
  return { ...planPrediction(blueprint, rows, bytes), metrics: new Map() };
}

/** Bytes that a model takes before it trains: slabs, constants and the prediction program, `planned` for float32 rows. */
export function coreBytes(
  blueprint: Blueprint,
  planned: { readonly plan: Plan } = planPrediction(blueprint, chunkRows(blueprint.network), false),
): number {
  const { network, optimizer, standardized } = blueprint;
  const slabs = (2 + updateOf(optimizer).states) * network.slabBytes;
  const constants = standardized ? 2 * standardizationOffset(network.inputs) : 0;
  return slabs + constants + planned.plan.bytes + planned.plan.rows * network.inputs * 4;
}
