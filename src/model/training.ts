import { Step } from '../../assembly/abi.js';
import type { DivergenceError } from '../errors.js';
import type { Program, Slice } from '../program/program.js';
import { Domain, Random } from '../random.js';
import type { Region } from '../runtime/arena.js';
import type { Core, LoadedProgram } from './core.js';
import { diagnosedRows, diagnoseSlices, drawRows } from './diagnose.js';
import type { Diagnosis } from './diagnosis.js';
import { divergence, ExplosionWatch } from './divergence.js';
import type { EpochLogs, History, Recorder, StopReason } from './history.js';
import { largestBatch } from './network.js';
import { type EpochPosition, positionOf, restoreSums, standing } from './position.js';
import type { ResidentExamples } from './resident.js';
import { rollBack, type Snapshot, takeSnapshot } from './snapshot.js';

/** Steps between two snapshots: a copy of parameters and states takes as long as one or two optimizer's passes. */
const SNAPSHOT_STEPS = 32;

/** Rows of resident examples: all of them, or those named. */
export interface Selection {
  readonly examples: ResidentExamples;
  readonly rows: Uint32Array | undefined;
}

/** Row numbers in the arena. */
interface Held {
  readonly address: number;
  readonly rows: number;
}

/** How far a fit has come. */
export interface Progress {
  /** Epoch under way, from 1, and how many there are to be. */
  readonly epoch: number;
  readonly epochs: number;
  /** Rows of this epoch that are done, and rows in an epoch. */
  readonly rows: number;
  readonly totalRows: number;
}

/** A fit, checked and resident: all that the loop needs. */
export interface SessionPlan {
  readonly epochs: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly maxSamples: number;
  /** Counts epochs over the model's life, and begins with what is left of the one under way. */
  readonly resume: boolean;
  readonly patience: number;
  readonly recorder: Recorder;
  readonly training: Selection;
  readonly validation: Selection | undefined;
  /** Look at what an update would do after every epoch. */
  readonly diagnostics: boolean;
  /** What one unit of each output is in target units. */
  readonly unit: Float32Array | undefined;
}

/**
 * The training loop as a generator: it yields `undefined` where the event loop is to be given back (its driver is asked
 * after every slice of a step) and the logs of an epoch when one is done. `fit`, `fitSync` and `train` drive the same
 * loop. Left early (`return`, `throw`), it restores the best weights and gives its memory back; the parameters then stand
 * at the last completed step, because the optimizer's pass is one slice.
 */
export class Session<M extends string> {
  readonly #core: Core;
  readonly #plan: SessionPlan;
  readonly #watch: ExplosionWatch;
  #pause: () => boolean = () => false;
  readonly #regions: Region[] = [];
  #best: Region | undefined;
  #snapshot: Snapshot | undefined;
  #sinceSnapshot = SNAPSHOT_STEPS;
  #stop: StopReason | undefined;
  #samples = 0;
  #epoch = 0;
  #rows = 0;
  /** The program of the epoch under way. */
  #loaded: LoadedProgram | undefined;
  /** An epoch that was left in the middle and has not been gone on with yet. */
  #left: EpochPosition | undefined;
  readonly #diagnostics: Diagnosis[] = [];

  constructor(core: Core, plan: SessionPlan) {
    this.#core = core;
    this.#plan = plan;
    this.#watch = new ExplosionWatch(core);
  }

  /** Asks the loop to end at the next completed step. */
  stop(reason: StopReason): void {
    this.#stop ??= reason;
  }

  get progress(): Progress {
    const { epochs, training } = this.#plan;
    const totalRows = training.rows?.length ?? training.examples.rows;
    return { epoch: this.#epoch, epochs, rows: this.#rows, totalRows };
  }

  /** The epochs so far. */
  get history(): History<M> {
    const history = this.#plan.recorder.history<M>(this.#stop ?? 'completed');
    return this.#plan.diagnostics ? { ...history, diagnostics: [...this.#diagnostics] } : history;
  }

  /** @param pause is asked after every slice whether the loop shall yield there; most of the time it shall not */
  *run(pause: () => boolean): Generator<EpochLogs<M> | undefined, void> {
    this.#pause = pause;
    const { epochs, recorder, patience, resume } = this.#plan;
    const core = this.#core;
    if (resume) {
      this.#left = core.underWay();
      this.#epoch = core.epochs - (this.#left ? 1 : 0);
    }
    core.underWay = () => this.#position();
    try {
      const order = this.#reserve(this.progress.totalRows * 4, 'order of training rows');
      const held = this.#holdValidation();
      const looked = this.#holdDiagnosed();
      if (Number.isFinite(patience))
        this.#best = this.#reserve(this.#core.view('parameters').byteLength, 'best weights');
      while (this.#epoch < epochs && this.#stop === undefined) {
        if (this.#rowsOf(0) === 0) {
          this.stop('sampleLimit');
          break;
        }
        this.#epoch++;
        const logs = yield* this.#runEpoch(order);
        // what is left of the epoch is for the next fit, and so are its figures
        const ended = this.#rows === this.progress.totalRows;
        if (resume && !ended) break;
        if (this.#plan.validation && held) Object.assign(logs, yield* this.#validate(this.#plan.validation, held));
        if (recorder.add(logs)) this.#keepBest();
        else if (recorder.sinceBest >= patience) this.stop('earlyStopping');
        this.#core.rate.observe(logs);
        if (ended) this.#loaded = undefined;
        if (looked) this.#diagnostics.push(yield* this.#diagnose(looked));
        yield { epoch: this.#epoch, ...logs } as unknown as EpochLogs<M>;
      }
      this.stop('completed');
    } finally {
      // left from outside
      this.stop('aborted');
      core.underWay = standing(this.#position());
      this.#restoreBest();
      for (const region of this.#regions) this.#core.runtime.release(region);
    }
  }

  /**
   * How far the epoch under way has come. It ends with its last step, or where a schedule watches its figures when that has
   * seen them. Undefined between epochs, and where the weights will not be those of the last step.
   */
  #position(): EpochPosition | undefined {
    const { batchSize, shuffle, patience } = this.#plan;
    if (!this.#loaded) return this.#left;
    if (this.#rows === 0 || Number.isFinite(patience)) return undefined;
    const { totalRows } = this.progress;
    if (this.#rows === totalRows && this.#core.rate.monitor(false) === undefined) return undefined;
    return positionOf(this.#core.runtime, this.#loaded, { totalRows, batchSize, shuffle }, this.#rows);
  }

  /** Rows of the step that begins at this row of an epoch; 0 where `maxSamples` allows no other. */
  #rowsOf(first: number): number {
    const { batchSize, maxSamples, resume } = this.#plan;
    const { leastRows } = this.#core.blueprint.network;
    const allowed = maxSamples - this.#samples;
    const ahead = this.progress.totalRows - first;
    // who goes on later does the same steps as who does not stop; otherwise the last one takes what is left
    const left = resume ? ahead : Math.min(ahead, allowed);
    // too few rows for a step of their own join the last full batch
    const rows = left < batchSize + leastRows ? left : batchSize;
    return rows < leastRows || rows > allowed ? 0 : rows;
  }

  #reserve(bytes: number, label: string): Region {
    const region = this.#core.runtime.reserve(bytes, label);
    this.#regions.push(region);
    return region;
  }

  /** The row numbers of the validation part in the arena, where it is a part. */
  #holdValidation(): Held | undefined {
    const { validation } = this.#plan;
    if (!validation) return undefined;
    const { rows, examples } = validation;
    if (!rows) return { address: 0, rows: examples.rows };
    const { offset } = this.#reserve(rows.byteLength, 'validation rows');
    this.#core.runtime.words(offset, rows.length).set(rows);
    return { address: offset, rows: rows.length };
  }

  /** The row numbers that diagnoses look at. */
  #holdDiagnosed(): Held | undefined {
    const { diagnostics, training } = this.#plan;
    if (!diagnostics) return undefined;
    const core = this.#core;
    const all = training.rows ?? Uint32Array.from({ length: training.examples.rows }, (_, i) => i);
    const chosen = drawRows(diagnosedRows(core.blueprint.network, all.length), all, core.seed);
    const { offset } = this.#reserve(chosen.byteLength, 'rows of diagnoses');
    core.runtime.words(offset, chosen.length).set(chosen);
    return { address: offset, rows: chosen.length };
  }

  *#diagnose({ address, rows }: Held): Generator<undefined, Diagnosis> {
    const { examples } = this.#plan.training;
    const { bytes, dense, weighted } = examples;
    const loaded = this.#core.diagnosis({ rows, bytes, dense, weighted });
    examples.bind(loaded.program, address);
    this.#core.clear(loaded);
    // the rate of the last update: the next one may never come, and its schedule is not to be asked for nothing
    const facts = { rows, rate: this.#core.rate.latest, trainingRows: this.progress.totalRows };
    return yield* diagnoseSlices(this.#core, loaded, facts, this.#pause);
  }

  *#runEpoch(order: Region): Generator<undefined, Record<string, number>> {
    const { batchSize, shuffle, training, unit } = this.#plan;
    const core = this.#core;
    const { totalRows } = this.progress;
    const { network } = core.blueprint;
    const left = this.#left;
    const epoch = left ? core.epochs - 1 : core.epochs;
    const indices = core.runtime.words(order.offset, totalRows);
    if (training.rows) indices.set(training.rows);
    else for (let i = 0; i < totalRows; i++) indices[i] = i;
    if (shuffle) new Random(core.seed, Domain.shuffle, epoch).shuffle(indices);

    const { bytes, dense, weighted } = training.examples;
    const loaded = core.training({ rows: largestBatch(network, batchSize), bytes, dense, weighted });
    training.examples.bind(loaded.program, order.offset);
    core.clear(loaded);
    if (left) restoreSums(core.runtime, loaded, left);
    this.#rows = left?.rows ?? 0;
    this.#loaded = loaded;
    this.#left = undefined;
    while (this.#rows < totalRows) {
      const rows = this.#rowsOf(this.#rows);
      if (rows === 0) this.stop('sampleLimit');
      if (this.#stop !== undefined) break;
      core.beginStep(loaded, this.#rows, rows, epoch);
      const { program } = loaded;
      const { slices } = program;
      this.#keepSnapshot(program);
      for (let i = 0; i < slices.length; i++) {
        if (i < slices.length - 1) program.runSlice(slices[i] as Slice);
        else this.#update(program, slices[i] as Slice);
        // not after the last slice: what the step leaves behind must be counted before anyone may look
        if (i < slices.length - 1 && this.#pause()) yield;
      }
      this.#judge(loaded);
      // an epoch counts from its first completed step on, like the parameters: a checkpoint holds both or neither
      if (this.#rows === 0) core.epochs++;
      this.#rows += rows;
      this.#samples += rows;
      if (this.#pause()) yield;
    }
    const logs = core.logs(loaded, unit);
    if (this.#watch.afterEpoch(logs.dataLoss as number)) throw this.#diverged(loaded, true);
    return logs;
  }

  /**
   * Where several threads share the optimizer's pass, a step back is kept: if one of them fails in the middle of it, nobody
   * knows what was updated and what was not.
   */
  #keepSnapshot(program: Program): void {
    if (this.#sinceSnapshot++ < SNAPSHOT_STEPS || program.threadsFor(program.slices.at(-1) as Slice) === 1) return;
    this.#snapshot = takeSnapshot(this.#core, this.#snapshot);
    this.#sinceSnapshot = 1;
  }

  /** The slice with the optimizer's pass. In all others a thread may fail without harm: the step is then not counted. */
  #update(program: Program, slice: Slice): void {
    try {
      program.runSlice(slice);
    } catch (error) {
      if (this.#snapshot) rollBack(this.#core, this.#snapshot);
      // the sums of the epoch are those of a later step: the next fit begins another one
      this.#rows = 0;
      throw error;
    }
  }

  /** Counts the step, or throws if it diverged. */
  #judge(loaded: LoadedProgram): void {
    const { step } = loaded.program;
    if (step.word(Step.Status) !== 0) throw this.#diverged(loaded, false);
    this.#core.endStep();
    if (this.#watch.afterStep(step.double(Step.DataLoss))) throw this.#diverged(loaded, true);
  }

  /** The model then stays at its last finite step: that state is what the message is about. */
  #diverged(loaded: LoadedProgram, exploded: boolean): DivergenceError {
    this.#best = undefined;
    this.stop('diverged');
    return divergence(this.#core, loaded, this.#epoch, exploded, this.history);
  }

  *#validate({ examples }: Selection, held: Held) {
    const logs = yield* evaluateSlices(this.#core, examples, held.address, held.rows, this.#plan.unit, this.#pause);
    return Object.fromEntries(Object.entries(logs).map(([key, value]) => [`val_${key}`, value]));
  }

  #keepBest(): void {
    if (!this.#best) return;
    const values = this.#core.view('parameters');
    this.#core.runtime.floats(this.#best.offset, values.length).set(values);
  }

  #restoreBest(): void {
    if (!this.#best || !(this.history.best.epoch > 0)) return;
    const values = this.#core.view('parameters');
    values.set(this.#core.runtime.floats(this.#best.offset, values.length));
    this.#core.version++;
  }
}

/** Evaluates rows of examples in chunks; yields between slices where `pause` says so, returns the logs. */
export function* evaluateSlices(
  core: Core,
  examples: ResidentExamples,
  indices: number,
  count: number,
  unit: Float32Array | undefined,
  pause: () => boolean,
): Generator<undefined, Record<string, number>> {
  const { bytes, dense, weighted } = examples;
  const chunk = core.chunkRows;
  const loaded = core.evaluation({ rows: chunk, bytes, dense, weighted });
  const { program } = loaded;
  examples.bind(program, indices);
  core.clear(loaded);
  for (let begin = 0; begin < count; begin += chunk) {
    program.step.setWord(Step.First, begin);
    program.step.setWord(Step.Rows, Math.min(chunk, count - begin));
    core.prepare(loaded);
    for (const slice of program.slices) {
      program.runSlice(slice);
      if (pause()) yield;
    }
  }
  return core.logs(loaded, unit);
}
