import { Step } from '../../assembly/abi.js';
import { type DivergenceError, InternalError } from '../errors.js';
import type { Program, Slice } from '../program/program.js';
import { Domain, Random } from '../random.js';
import { BestWeights } from './bestweights.js';
import type { Core, LoadedProgram } from './core.js';
import { diagnoseSlices } from './diagnose.js';
import type { Diagnosis } from './diagnosis.js';
import { divergence, ExplosionWatch } from './divergence.js';
import { evaluateSlices } from './evaluate.js';
import type { EpochLogs, History, Recorder, StopReason } from './history.js';
import { largestBatch } from './network.js';
import { type EpochPosition, type EpochShape, positionOf, restoreSums, type Sums, sumsOf } from './position.js';
import { rollBack, type Snapshot, takeSnapshot } from './snapshot.js';
import type { Stopping } from './stopping.js';
import { nextStretch, type Stretch, type Supply, type Waiting } from './supply.js';
import { standing, type UnderWay } from './underway.js';

/** Steps between two snapshots: a copy of parameters and states takes as long as one or two optimizer's passes. */
const SNAPSHOT_STEPS = 32;

/** How far a fit has come. */
export interface Progress {
  /** Epoch under way, from 1. */
  readonly epoch: number;
  /** How many epochs there are to be. */
  readonly epochs: number;
  /** Rows of this epoch that are done. */
  readonly rows: number;
  /** Rows in an epoch. */
  readonly totalRows: number;
}

/** The rows of a fit, once they have found their places. */
export interface Supplies {
  readonly training: Supply;
  readonly validation: Supply | undefined;
  /** Rows to look at after every epoch: what an update would do. */
  readonly diagnosed: Supply | undefined;
  /** What one unit of each output is in target units. */
  readonly unit: Float32Array | undefined;
  /** What tells these rows from others, and how they are cut into blocks. */
  readonly identity: Pick<EpochShape, 'blockRows' | 'data'>;
  /** Fingerprint of the validation rows. */
  readonly judged: number | undefined;
}

/** A fit, checked: all that the loop needs. */
export interface SessionPlan {
  readonly epochs: number;
  readonly batchSize: number;
  /** Rows in an epoch. */
  readonly rows: number;
  readonly shuffle: boolean;
  readonly maxSamples: number;
  /** Counts epochs over the model's life, and begins with what is left of the fit under way. */
  readonly resume: boolean;
  readonly patience: number;
  readonly recorder: Recorder;
  /** The rows; or the work that finds places for them, where they have to be waited for. */
  readonly supplies: Supplies | ((pause: () => boolean) => Generator<Waiting, Supplies>);
  readonly diagnostics: boolean;
}

/**
 * The training loop as a generator: it yields `undefined` where the event loop is to be given back (its driver is asked
 * after every slice of a step), a promise where it must wait for rows, and the logs of an epoch when one is done. `fit`, `fitSync` and `train` drive the same
 * loop. Left early (`return`, `throw`), it restores the best weights and gives its memory back; the parameters then stand
 * at the last completed step, because the optimizer's pass is one slice. What is needed to go on stays with the core.
 */
export class Session<M extends string> {
  readonly #core: Core;
  readonly #plan: SessionPlan;
  readonly #watch: ExplosionWatch;
  #pause: () => boolean = () => false;
  #best: BestWeights | undefined;
  #snapshot: Snapshot | undefined;
  #sinceSnapshot = SNAPSHOT_STEPS;
  #stop: StopReason | undefined;
  #supplies: Supplies | undefined;
  #samples = 0;
  #epoch = 0;
  #rows = 0;
  /** The program of the epoch under way. */
  #loaded: LoadedProgram | undefined;
  /** The sums of the epoch before the step that is under way, which adds to them bit by bit. */
  #sums: Sums | undefined;
  /** What another fit left in the middle: still there until this one has done something. */
  #earlier: UnderWay | undefined;
  #begun = false;
  /** An epoch that was left in the middle and has not been gone on with yet. */
  #left: EpochPosition | undefined;
  /** The figures of a part of an epoch count as those of one. */
  #cutShort = false;
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
    const { epochs, rows } = this.#plan;
    return { epoch: this.#epoch, epochs, rows: this.#rows, totalRows: rows };
  }

  /** The epochs so far. */
  get history(): History<M> {
    const history = this.#plan.recorder.history<M>(this.#stop ?? 'completed', this.#core.blueprint.metrics);
    return this.#plan.diagnostics ? { ...history, diagnostics: [...this.#diagnostics] } : history;
  }

  /** Whether there is anything to tell: not of a fit that failed before its rows were there. */
  get hasHistory(): boolean {
    return this.#supplies !== undefined || this.#stop !== 'aborted';
  }

  /** @param pause is asked after every slice whether the loop shall yield there; most of the time it shall not */
  *run(pause: () => boolean): Generator<EpochLogs<M> | Waiting, void> {
    this.#pause = pause;
    const { epochs, recorder, patience, resume, supplies: given } = this.#plan;
    const core = this.#core;
    this.#earlier = core.underWay();
    if (resume) this.#epoch = core.epochs - (this.#earlier?.position ? 1 : 0);
    core.underWay = () => this.#underWay();
    try {
      const supplies = typeof given === 'function' ? yield* this.#settle(given(pause)) : given;
      if (!supplies) return;
      this.#supplies = supplies;
      const { validation, diagnosed } = supplies;
      if (Number.isFinite(patience)) this.#best = new BestWeights(core);
      if (resume && this.#earlier) this.#takeOver(this.#earlier);
      while (this.#epoch < epochs && this.#stop === undefined) {
        this.#heedLimit(this.#plan.rows);
        if (this.#stop !== undefined) break;
        this.#epoch++;
        const logs = yield* this.#runEpoch(supplies);
        // stopped while it waited for its first rows
        if (this.#rows === 0) break;
        // what is left of the epoch is for the next fit, and so are its figures
        const ended = this.#rows === this.#plan.rows;
        if (resume && !ended) break;
        if (validation) Object.assign(logs, yield* this.#validate(validation, supplies.unit));
        const diagnosis = diagnosed && (yield* this.#diagnose(diagnosed));
        // from here to the next yield an epoch comes to its end: a checkpoint sees it before or after that
        if (recorder.add(logs)) this.#best?.keep();
        else if (recorder.sinceBest >= patience) this.stop('earlyStopping');
        if (diagnosis) this.#diagnostics.push(diagnosis);
        core.rate.observe(logs);
        if (ended) this.#loaded = undefined;
        else this.#cutShort = true;
        yield { epoch: this.#epoch, ...logs } as unknown as EpochLogs<M>;
      }
      this.stop('completed');
    } finally {
      // left from outside
      this.stop('aborted');
      core.underWay = standing(this.#leave());
      this.#best?.release();
    }
  }

  /** Finds places for rows that must be waited for; gives up where the fit is stopped meanwhile. */
  *#settle(work: Generator<Waiting, Supplies>): Generator<Waiting, Supplies | undefined> {
    try {
      for (let next = work.next(); ; next = work.next()) {
        if (next.done) return next.value;
        yield next.value;
        if (this.#stop !== undefined) return undefined;
      }
    } finally {
      work.return(undefined as never);
    }
  }

  /** Goes on with a fit that was left in the middle. */
  #takeOver({ position, stopping }: UnderWay): void {
    this.#begun = true;
    this.#left = position;
    if (!stopping) return;
    const { record, weights } = stopping;
    const { recorder, patience } = this.#plan;
    recorder.recorded = record;
    this.#diagnostics.push(...(record.diagnostics ?? []));
    if (recorder.sinceBest >= patience) this.stop('earlyStopping');
    if (weights) this.#best?.goOn(weights);
  }

  /** What a checkpoint holds of this fit; before its first step, of the one before. */
  #underWay(): UnderWay | undefined {
    if (!this.#begun) return this.#earlier;
    const [position, stopping] = [this.#position(), this.#stopping()];
    return position || stopping ? { position, stopping } : undefined;
  }

  get #shape(): EpochShape {
    const { rows: totalRows, batchSize, shuffle } = this.#plan;
    return { totalRows, batchSize, shuffle, ...this.#supplies?.identity };
  }

  /**
   * How far the epoch under way has come. It ends with its last step, or where a schedule or early stopping watches its
   * figures when these have seen them. Undefined between epochs.
   */
  #position(): EpochPosition | undefined {
    const { rows, patience } = this.#plan;
    if (!this.#loaded) return this.#left;
    if (this.#rows === 0) return undefined;
    const watched = Number.isFinite(patience) || this.#core.rate.monitor(false) !== undefined;
    if (this.#rows === rows && !watched) return undefined;
    return positionOf(this.#sums ?? sumsOf(this.#core.runtime, this.#loaded), this.#shape, this.#rows);
  }

  /** How far early stopping has come; its weights are a view. */
  #stopping(): Stopping | undefined {
    const { patience, recorder, diagnostics } = this.#plan;
    if (!Number.isFinite(patience)) return undefined;
    const { curves, best } = recorder.recorded;
    const looked = diagnostics && { diagnostics: [...this.#diagnostics] };
    const judged = this.#supplies?.judged;
    const record = { monitor: recorder.monitor, best, curves, ...looked, shape: this.#shape, judged };
    return { record, weights: this.#best?.weights };
  }

  /** Ends the fit: the best weights come back, where it knows any. Returns what is needed to go on with it. */
  #leave(): UnderWay | undefined {
    const left = this.#underWay();
    if (!left?.stopping || !this.#begun) return left;
    const over = this.#cutShort || ['completed', 'earlyStopping', 'diverged'].includes(this.#stop as StopReason);
    const { record } = left.stopping;
    const weights = this.#best?.restore();
    return over ? undefined : { ...left, stopping: { record, weights } };
  }

  /** Rows of a step where so many are ahead; 0 where `maxSamples` does not allow it. */
  #rowsOf(ahead: number): number {
    const { batchSize, maxSamples, resume } = this.#plan;
    const { leastRows } = this.#core.blueprint.network;
    const allowed = maxSamples - this.#samples;
    // who goes on later does the same steps as who does not stop; otherwise the last one takes what is left
    const left = resume ? ahead : Math.min(ahead, allowed);
    // too few rows for a step of their own join the last full batch
    const rows = left < batchSize + leastRows ? left : batchSize;
    return rows < leastRows || rows > allowed ? 0 : rows;
  }

  /** Stops where another step, with so many rows ahead, would need more than are left of `maxSamples`. */
  #heedLimit(ahead: number): void {
    if (this.#rowsOf(ahead) === 0) this.stop('sampleLimit');
  }

  *#diagnose(supply: Supply): Generator<Waiting, Diagnosis> {
    supply.begin(undefined, Number.POSITIVE_INFINITY);
    const here = yield* nextStretch(supply);
    if (!here) throw new InternalError('there are no rows to diagnose.');
    const { rows } = here;
    const loaded = this.#core.diagnosis({ rows, ...supply.form });
    here.bind(loaded.program);
    this.#core.clear(loaded);
    // the rate of the last update: the next one may never come, and its schedule is not to be asked for nothing
    const facts = { rows, rate: this.#core.rate.latest, trainingRows: this.#plan.rows };
    return yield* diagnoseSlices(this.#core, loaded, facts, this.#pause);
  }

  *#runEpoch({ training, unit }: Supplies): Generator<Waiting, Record<string, number>> {
    const { batchSize, shuffle, maxSamples, resume } = this.#plan;
    const core = this.#core;
    const left = this.#left;
    const epoch = left ? core.epochs - 1 : core.epochs;
    const random = shuffle ? new Random(core.seed, Domain.shuffle, epoch) : undefined;
    training.begin(random, resume ? Number.POSITIVE_INFINITY : maxSamples - this.#samples);
    const loaded = core.training({ rows: largestBatch(core.blueprint.network, batchSize), ...training.form });
    core.clear(loaded);
    if (left) restoreSums(core.runtime, loaded, left);
    // where only figures are missing, a diagnosis asks for the rate of a step that is done
    if (left?.rows === this.#plan.rows) core.rate.at(core.updates - 1, epoch);
    this.#rows = left?.rows ?? 0;
    this.#loaded = loaded;
    this.#left = undefined;
    const ended = () => this.#stop !== undefined;
    // rows that are done come again where they are in front of others: their order was drawn with that of the others
    for (let done = this.#rows; this.#rows < this.#plan.rows; ) {
      this.#heedLimit(this.#plan.rows - this.#rows);
      const here = ended() ? undefined : yield* nextStretch(training, ended);
      if (!here) break;
      const skipped = Math.min(done, here.rows);
      done -= skipped;
      yield* this.#runStretch(loaded, here, skipped, epoch);
    }
    const logs = core.logs(loaded, unit);
    if (this.#watch.afterEpoch(logs.dataLoss as number)) throw this.#diverged(loaded, true);
    return logs;
  }

  /** The steps of a stretch, from a row on. */
  *#runStretch(loaded: LoadedProgram, here: Stretch, from: number, epoch: number): Generator<undefined, void> {
    const core = this.#core;
    const { program } = loaded;
    const { slices } = program;
    here.bind(program);
    let first = from;
    while (first < here.rows) {
      this.#heedLimit(here.rows - first);
      if (this.#stop !== undefined) return;
      const rows = this.#rowsOf(here.rows - first);
      core.beginStep(loaded, first, rows, epoch);
      this.#keepSnapshot(program);
      // a step in one slice is over before anyone may look
      if (slices.length > 1) this.#sums = sumsOf(core.runtime, loaded);
      for (let i = 0; i < slices.length; i++) {
        if (i < slices.length - 1) program.runSlice(slices[i] as Slice);
        else this.#update(program, slices[i] as Slice);
        // not after the last slice: what the step leaves behind must be counted before anyone may look
        if (i < slices.length - 1 && this.#pause()) yield;
      }
      this.#judge(loaded);
      // an epoch counts from its first completed step on, like the parameters: a checkpoint holds both or neither
      if (this.#rows === 0) core.epochs++;
      this.#begun = true;
      first += rows;
      this.#rows += rows;
      this.#sums = undefined;
      this.#samples += rows;
      if (this.#pause()) yield;
    }
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
    this.#best?.forget();
    this.#sums = undefined;
    this.stop('diverged');
    return divergence(this.#core, loaded, this.#epoch, exploded, this.history);
  }

  *#validate(supply: Supply, unit: Float32Array | undefined) {
    const logs = yield* evaluateSlices(this.#core, supply, unit, this.#pause);
    return Object.fromEntries(Object.entries(logs).map(([key, value]) => [`val_${key}`, value]));
  }
}
