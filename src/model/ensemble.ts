import { isDataset } from '../data/dataset.js';
import { type Inputs, readInputs } from '../data/inputs.js';
import { BusyError, checkOptions, DisposedError, InternalError, refuse, words } from '../errors.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import type { RuntimeFacts } from '../runtime/runtime.js';
import { drawRows } from './diagnose.js';
import { encodeEnsemble } from './ensemblefile.js';
import type {
  CheckedBagging,
  EnsembleFitOptions,
  EnsembleHistory,
  EnsembleLogs,
  EnsembleProgress,
} from './ensembleoptions.js';
import { readExamples, scaleTargets, type Targets } from './examples.js';
import { prepareFit } from './fit.js';
import { type History, Recorder } from './history.js';
import type { FitOptions } from './options.js';
import { likeliest, likeliestNames, toTargetUnits } from './predictions.js';
import type { ModelState } from './state.js';
import { summaryText } from './summary.js';
import { ResidentSupply } from './supply.js';
import { Session, type SessionPlan, type Supplies } from './training.js';
import { bootstrap, score, targetsOf, Votes } from './vote.js';
import { finish, giveBack } from './yield.js';

/** Milliseconds of work between two turns of the event loop in `evaluate`. */
const SLICE_MS = 10;

/** The rows of an ensemble's fit, all in the arena. */
interface ResidentSupplies extends Supplies {
  readonly training: ResidentSupply;
  readonly diagnosed: ResidentSupply | undefined;
}

function residentOf({ supplies }: SessionPlan): ResidentSupplies {
  if (typeof supplies !== 'function') {
    const { training, diagnosed } = supplies;
    if (training instanceof ResidentSupply && (!diagnosed || diagnosed instanceof ResidentSupply)) {
      return { ...supplies, training, diagnosed };
    }
  }
  throw new InternalError('the rows of an ensemble are not resident.');
}

/** The same for a member that trains on a sample of them. */
function suppliesOf({ training, diagnosed, ...rest }: ResidentSupplies, sample: Uint32Array, { core }: ModelState) {
  const looked = diagnosed?.among(drawRows(diagnosed.rows, sample, core.seed));
  return { ...rest, training: training.among(sample), diagnosed: looked };
}

/**
 * Several models that predict together; made by `bagging(…).compile(…)` or `loadEnsemble(bytes)`. After `dispose`, everything but
 * `members`, `classes`, `history` and `dispose` itself throws a DisposedError.
 */
export class Ensemble<L extends LossName, M extends MetricName> {
  /** How many models. */
  readonly members: number;
  readonly #options: CheckedBagging;
  readonly #states: readonly ModelState[];
  #busy: string | undefined;
  #disposed = false;
  #history: EnsembleHistory<M> | undefined;

  /** Use `bagging(…).compile(…)`. @internal */
  constructor(options: CheckedBagging, states: readonly ModelState[]) {
    this.members = states.length;
    this.#options = options;
    this.#states = states;
  }

  /** Class names by index, once known. */
  get classes(): readonly string[] | undefined {
    return this.#first.classes;
  }

  /** Which kernels and how many threads the members use, and why. */
  get runtime(): RuntimeFacts {
    const { kernel, reproducible, threads, reason } = this.#use('runtime').core.runtime;
    return { kernel, reproducible, threads, reason };
  }

  /**
   * The history of the last fit, also of one that was aborted or diverged: its last member is then the one that was at
   * work, those behind it were not trained by that fit.
   */
  get history(): EnsembleHistory<M> | undefined {
    return this.#history && { ...this.#history, members: [...this.#history.members] };
  }

  /** What the members are and what they train on; then layers, parameters, work and memory of one of them, as text. */
  summary(): string {
    const { compiled, core } = this.#use('summary');
    const { members, sampleFraction, seed } = this.#options;
    const title = `bagging · ${members} members · samples of ${sampleFraction} of the rows · seed ${seed} · each:`;
    return `${title}\n${summaryText(compiled, core.blueprint, core.runtime.kernel)}`;
  }

  /**
   * Trains one member after the other, and gives the event loop back every `sliceMs`. The rows are stored once. However
   * the fit ends, every member stands at a completed step. A further fit on the same rows draws the same samples.
   * @throws (rejects) as `fit` of a single model; and ArgumentError for a data set, `resume` and `background`.
   */
  async fit(
    x: Inputs,
    y: Targets<L>,
    options: EnsembleFitOptions<readonly [Inputs, Targets<L>], M> = {},
  ): Promise<EnsembleHistory<M>> {
    const { sliceMs = SLICE_MS, signal } = options;
    const turn = async (progress: EnsembleProgress | undefined) => {
      if (progress) options.onProgress?.(progress);
      await giveBack();
      signal?.throwIfAborted();
    };
    return await this.#drive('fit', this.#training('fit', x, y, options), sliceMs, turn);
  }

  /** The same in one go, without giving the event loop back. @throws as `fit` rejects. */
  fitSync(
    x: Inputs,
    y: Targets<L>,
    options: EnsembleFitOptions<readonly [Inputs, Targets<L>], M> = {},
  ): EnsembleHistory<M> {
    return finish(this.#training('fitSync', x, y, options));
  }

  /**
   * Loss (without penalties) and metrics of the mean prediction over all rows; gives the event loop back meanwhile.
   * @throws (rejects) ArgumentError for data that cannot be used; MemoryLimitError; BusyError while the ensemble is at work;
   * DisposedError if it is disposed meanwhile.
   */
  async evaluate(x: Inputs, y: Targets<L>): Promise<EnsembleLogs<M>> {
    return await this.#drive('evaluate', this.#evaluation('evaluate', x, y), SLICE_MS, giveBack);
  }

  /** The same in one go. @throws as `evaluate` rejects. */
  evaluateSync(x: Inputs, y: Targets<L>): EnsembleLogs<M> {
    return finish(this.#evaluation('evaluateSync', x, y));
  }

  /**
   * The mean of the members' outputs for every row, `[rows, outputs]` flat: probabilities, or values in target units. Works
   * during a fit too.
   * @throws ArgumentError for inputs that cannot be used; MemoryLimitError.
   */
  predict(x: Inputs): Float32Array<ArrayBuffer> {
    return this.#mean('predict', x);
  }

  /**
   * The mean of the members' outputs with their standard deviation over the members (√(Σ(y − mean)²/members)): how far
   * they agree.
   * @throws as `predict`.
   */
  predictWithSpread(x: Inputs): {
    /** As `predict` gives it, `[rows, outputs]` flat. */
    readonly mean: Float32Array<ArrayBuffer>;
    /** One for each output, in its units, `[rows, outputs]` flat. */
    readonly deviation: Float32Array<ArrayBuffer>;
  } {
    const votes = this.#votes('predictWithSpread', x);
    const deviation = votes.deviation();
    const { targets } = this.#first;
    if (targets) {
      const outputs = targets.scale.length;
      for (let i = 0; i < deviation.length; i++) {
        deviation[i] = (deviation[i] as number) / (targets.scale[i % outputs] as number);
      }
    }
    return { mean: toTargetUnits(this.#first, votes.mean()), deviation };
  }

  /**
   * The likeliest class of every row by the mean.
   * @throws ArgumentError for models that do not tell classes apart; and as `predict`.
   */
  predictClasses(x: Inputs): Int32Array {
    return likeliest(this.#use('predictClasses'), x, () => this.#mean('predictClasses', x));
  }

  /** Its name. @throws ArgumentError where the models know no class names; and as `predictClasses`. */
  predictLabels(x: Inputs): string[] {
    return likeliestNames(this.#use('predictLabels'), x, () => this.#mean('predictLabels', x));
  }

  /**
   * All members in one file (safetensors). Works during a fit too.
   * @param options.optimizer makes it an exact checkpoint. Default false.
   * @throws ArgumentError for an exact checkpoint where the learning rate is a function, and for an unknown option.
   */
  save(options: { readonly optimizer?: boolean } = {}): Uint8Array<ArrayBuffer> {
    this.#use('save');
    checkOptions('save', options, ['optimizer']);
    const { optimizer = false } = options;
    return encodeEnsemble(
      this.#options,
      this.#states.map((state) => state.saved(optimizer)),
    );
  }

  /** Gives the memory of all members back; the ensemble cannot be used afterwards. A running fit rejects. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (!this.#busy) this.#release();
  }

  /** `using ensemble = …` */
  [Symbol.dispose](): void {
    this.dispose();
  }

  *#training(
    where: string,
    x: Inputs,
    y: Targets<L>,
    options: EnsembleFitOptions<readonly [Inputs, Targets<L>], M>,
  ): Generator<EnsembleProgress | undefined, EnsembleHistory<M>> {
    const first = this.#alone(where);
    const { sampleFraction, seed, members } = this.#options;
    let release = (): void => {};
    this.#busy = where;
    try {
      if ((options as { resume?: boolean } | null)?.resume) {
        refuse(where, '`resume` is for single models', words('an ensemble'), 'fit it without.');
      }
      const prepared = prepareFit<unknown, M>(
        first,
        where,
        isDataset(x) ? x : [x, y],
        options as FitOptions<never, M>,
        sampleFraction,
      );
      const { plan, options: checked } = prepared;
      release = prepared.release;
      const end = performance.now() + checked.timeLimit;
      const resident = residentOf(plan);
      const rows = resident.training.chosen ?? Uint32Array.from({ length: resident.training.rows }, (_, i) => i);
      const whole = members === 1 && sampleFraction === 1;
      const samples = this.#states.map((_, i) => (whole ? rows : bootstrap(rows, sampleFraction, seed, i)));
      const histories: History<M>[] = [];
      this.#history = { members: histories, outOfBag: undefined };
      for (const state of this.#states) {
        state.classes = first.classes;
        state.targets = first.targets;
        if (first.inputs && !state.inputs) state.standardizeInputs(first.inputs);
      }
      for (const member of this.#states.keys()) {
        const recorder = new Recorder(checked.monitor, checked.minDelta);
        const supplies = suppliesOf(resident, samples[member] as Uint32Array, this.#states[member] as ModelState);
        const now = performance.now();
        const mine = now + (end - now) / (members - member);
        yield* this.#trainMember(where, member, { ...plan, recorder, supplies }, mine, options, histories);
      }
      release();
      this.#history = { members: histories, outOfBag: yield* this.#outOfBag(where, x, y, rows, samples) };
      return this.history as EnsembleHistory<M>;
    } finally {
      release();
      this.#end();
    }
  }

  *#trainMember(
    where: string,
    member: number,
    plan: SessionPlan,
    end: number,
    { onEpochEnd, signal }: EnsembleFitOptions<readonly [Inputs, Targets<L>], M>,
    histories: History<M>[],
  ): Generator<EnsembleProgress, void> {
    const { core } = this.#states[member] as ModelState;
    const session = new Session<M>(core, plan);
    const slices = session.run(() => true);
    try {
      for (const logs of slices) {
        if (performance.now() >= end) session.stop('timeLimit');
        if (logs && !(logs instanceof Promise) && onEpochEnd?.({ ...logs, member }) === 'stop')
          session.stop('callback');
        this.#use(where); // who was told may have disposed of it
        signal?.throwIfAborted();
        yield { ...session.progress, member };
      }
    } finally {
      slices.return();
      // the training program of one member at a time: memory for it is needed once
      core.releasePrograms();
      histories.push(session.history);
    }
  }

  /** Every training row, judged by the members that never saw it. */
  *#outOfBag(where: string, x: Inputs, y: Targets<L>, rows: Uint32Array, samples: readonly Uint32Array[]) {
    const first = this.#first;
    const examples = readExamples(where, first.form, x, y);
    const votes = new Votes(examples.x.rows, first.compiled.network.outputs);
    for (const [i, state] of this.#states.entries()) {
      const seen = new Uint8Array(examples.x.rows);
      for (const row of samples[i] ?? []) seen[row] = 1;
      const unseen = rows.filter((row) => seen[row] === 0);
      yield* votes.add(state, examples.x, unseen);
    }
    const judged = rows.filter((row) => (votes.counts[row] as number) > 0);
    if (judged.length === 0) return undefined;
    const { outputs } = first.compiled.network;
    const mean = votes.mean();
    const chosen = new Float32Array(judged.length * outputs);
    judged.forEach((row, i) => {
      chosen.set(mean.subarray(row * outputs, (row + 1) * outputs), i * outputs);
    });
    const logs = yield* score(first, chosen, targetsOf(scaleTargets(examples.t, first.targets), judged));
    return { rows: judged.length, ...(logs as EnsembleLogs<M>) };
  }

  *#evaluation(where: string, x: Inputs, y: Targets<L>): Generator<undefined, EnsembleLogs<M>> {
    const first = this.#alone(where);
    this.#busy = where;
    try {
      const { x: matrix, t } = readExamples(where, first.form, x, y);
      const votes = new Votes(matrix.rows, first.compiled.network.outputs);
      for (const state of this.#states) yield* votes.add(state, matrix);
      return (yield* score(first, votes.mean(), scaleTargets(t, first.targets))) as EnsembleLogs<M>;
    } finally {
      this.#end();
    }
  }

  /** Runs work to its end, with a turn of the event loop whenever `sliceMs` are over. */
  async #drive<T, R>(
    where: string,
    work: Generator<T, R>,
    sliceMs: number,
    turn: (at: T) => Promise<void>,
  ): Promise<R> {
    try {
      let slice = performance.now();
      for (let next = work.next(); ; next = work.next()) {
        if (next.done) return next.value;
        if (performance.now() - slice < sliceMs) continue;
        await turn(next.value);
        this.#use(where);
        slice = performance.now();
      }
    } finally {
      work.return(undefined as R);
    }
  }

  #votes(where: string, x: Inputs): Votes {
    const { inputs, outputs } = this.#use(where).compiled.network;
    const matrix = readInputs(where, x, inputs);
    this.#use(where); // reading may have run code of the caller's
    const votes = new Votes(matrix.rows, outputs);
    for (const state of this.#states) finish(votes.add(state, matrix));
    return votes;
  }

  #mean(where: string, x: Inputs): Float32Array<ArrayBuffer> {
    return toTargetUnits(this.#first, this.#votes(where, x).mean());
  }

  get #first(): ModelState {
    return this.#states[0] as ModelState;
  }

  #end(): void {
    this.#busy = undefined;
    if (this.#disposed) this.#release();
  }

  #release(): void {
    for (const { core } of this.#states) core.release();
  }

  /** The first member, unless disposed. */
  #use(where: string): ModelState {
    if (this.#disposed) throw new DisposedError(`${where}: the ensemble was disposed. Help: load or compile it again.`);
    return this.#first;
  }

  /** The same, unless at work. */
  #alone(where: string): ModelState {
    if (this.#busy) {
      const help = 'Help: await that first; predict and save work meanwhile.';
      throw new BusyError(`${where}: the ensemble is at work (${this.#busy}). ${help}`);
    }
    return this.#use(where);
  }
}
