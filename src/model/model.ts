import type { Dataset } from '../data/dataset.js';
import type { Inputs } from '../data/inputs.js';
import { BusyError, checkOptions, DisposedError, refuse } from '../errors.js';
import type { NamedArray } from '../format/safetensors.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import type { Runtime, RuntimeFacts } from '../runtime/runtime.js';
import { encodeModel, type SavedModel } from './checkpoint.js';
import type { Compiled } from './config.js';
import type { Diagnosis } from './diagnosis.js';

import type { Targets } from './examples.js';
import { checkFit, detached, prepareFit, type Validation } from './fit.js';
import { type EvaluateArguments, evaluateArguments, type FitArguments, fitArguments, refuseWaiting } from './given.js';
import type { EpochLogs, History, Logs } from './history.js';
import { evaluation, type Given } from './judged.js';
import type { FitOptions } from './options.js';
import { type GivenParameters, writeParameters } from './parameters.js';
import { likeliest, likeliestNames, predictRows } from './predictions.js';
import { ModelState } from './state.js';
import { diagnosisOf, gradientsOf, profileOf, trainBatch } from './steps.js';
import { programText, summaryText } from './summary.js';
import type { Waiting } from './supply.js';
import type { Session } from './training.js';
import { giveBack, settled } from './yield.js';

/** Milliseconds of work between two turns of the event loop in `evaluate`. */
const SLICE_MS = 10;

/**
 * A network with memory, a loss and an optimizer; made by `sequential(…).compile(…)` or `load(bytes)`. Whatever it hands
 * out is a copy. After `dispose`, everything but `classes`, `history` and `dispose` itself throws a DisposedError.
 */
export class Model<L extends LossName, M extends MetricName> {
  readonly #state: ModelState;
  readonly #compiled: Compiled<L, M>;
  #busy: string | undefined;
  #disposed = false;
  /** Predictions under way: more than one where reading the rows of one runs code of the caller's that asks for another. */
  #predicting = 0;
  /** Aborts when the model is disposed; there once somebody waits for rows. */
  #disposal: AbortController | undefined;
  #history: History<M> | undefined;

  /** Use `sequential(…).compile(…)`. @internal */
  constructor(compiled: Compiled<L, M>, runtime: Runtime | undefined, saved?: SavedModel) {
    this.#compiled = compiled;
    this.#state = new ModelState(compiled, runtime, saved === undefined);
    try {
      if (saved) this.#state.restore(saved);
    } catch (error) {
      this.#state.core.release();
      throw error;
    }
  }

  /** Which kernels and how many threads the model uses, and why. */
  get runtime(): RuntimeFacts {
    const { kernel, reproducible, threads, reason } = this.#use('runtime').core.runtime;
    return { kernel, reproducible, threads, reason };
  }

  /** Class names by index, once known: declared with `classes`, or collected by the first fit. */
  get classes(): readonly string[] | undefined {
    return this.#state.classes;
  }

  /** The history of the last fit, also of one that was aborted or diverged. */
  get history(): History<M> | undefined {
    return this.#history;
  }

  /**
   * Trains on x and y, and gives the event loop back every `sliceMs`. `predict` and `save` work meanwhile and see the
   * last completed step. However the fit ends, the model stands at a completed step; early stopping's best weights are
   * restored, unless training diverged.
   * @throws (rejects) ArgumentError for data or options that cannot be used, before anything changes (rows of a data set: at the
   * step before they are needed), and for a schedule that gives no rate, at that step; MemoryLimitError; BusyError while the
   * model is at work; DivergenceError when the loss or gradient stops being finite, or the loss explodes; ThreadError where a
   * thread fails; UnsupportedError for `background` where there are no workers; DisposedError if the model is disposed
   * meanwhile; the signal's reason; what callbacks and `read` of a data set throw.
   */
  fit(x: Inputs, y: Targets<L>, options?: FitOptions<Validation<L>, M>): Promise<History<M>>;
  /** The same on a data set, which may be larger than memory: while it trains on one block, the next is read. */
  fit(dataset: Dataset<Targets<L>>, options?: FitOptions<Validation<L>, M>): Promise<History<M>>;
  async fit(...given: FitArguments<L, M>): Promise<History<M>> {
    for await (const _ of this.#epochs('fit', given));
    return this.#history as History<M>;
  }

  /**
   * The same in one go, without giving the event loop back: for scripts, benchmarks and Workers.
   * @throws as `fit` rejects; and ArgumentError for `background`, and, at a completed step, where `read` of a data set gives a
   * promise.
   */
  fitSync(x: Inputs, y: Targets<L>, options?: FitOptions<Validation<L>, M>): History<M>;
  fitSync(dataset: Dataset<Targets<L>>, options?: FitOptions<Validation<L>, M>): History<M>;
  fitSync(...given: FitArguments<L, M>): History<M> {
    const { session, options, checked, release } = this.#begin('fitSync', given);
    const end = performance.now() + checked.timeLimit;
    const slices = session.run(() => {
      if (end !== Number.POSITIVE_INFINITY && performance.now() >= end) session.stop('timeLimit');
      return false;
    });
    try {
      for (const logs of slices) {
        if (!logs) continue;
        if (logs instanceof Promise) refuseWaiting('fitSync', 'fit');
        if (options.onEpochEnd?.(logs) === 'stop') session.stop('callback');
        this.#goOn('fitSync', options.signal);
      }
    } finally {
      this.#end(slices, session, release);
    }
    return this.#history as History<M>;
  }

  /**
   * Trains epoch by epoch: `for await (const logs of model.train(x, y, { epochs: 20 }))`; `break` stops cleanly. Nothing
   * happens before the first epoch is asked for.
   * @throws (rejects) as `fit`, where the next epoch is asked for.
   */
  train(x: Inputs, y: Targets<L>, options?: FitOptions<Validation<L>, M>): AsyncIterable<EpochLogs<M>>;
  train(dataset: Dataset<Targets<L>>, options?: FitOptions<Validation<L>, M>): AsyncIterable<EpochLogs<M>>;
  train(...given: FitArguments<L, M>): AsyncIterable<EpochLogs<M>> {
    return this.#epochs('train', given);
  }

  async *#epochs(where: string, given: FitArguments<L, M>): AsyncGenerator<EpochLogs<M>, void> {
    const [data, wanted = {}] = fitArguments(where, given);
    if (wanted?.background) {
      yield* this.#afar(where, data, wanted);
      return;
    }
    const { session, options, checked, release } = this.#begin(where, given);
    const { signal } = options;
    const start = performance.now();
    let slice = start;
    let timeIsUp = false;
    const slices = session.run(() => {
      const now = performance.now();
      if (now - start >= checked.timeLimit) session.stop('timeLimit');
      return now - slice >= checked.sliceMs;
    });
    try {
      for (const logs of slices) {
        if (logs instanceof Promise) {
          const left = timeIsUp ? undefined : checked.timeLimit - (performance.now() - start);
          await settled(logs, [signal, this.#untilDisposed()], left);
          this.#goOn(where, signal);
          slice = performance.now();
          // told once: what is judged then is judged to its end
          timeIsUp = slice - start >= checked.timeLimit;
          if (timeIsUp) session.stop('timeLimit');
          continue;
        }
        if (logs) {
          if (options.onEpochEnd?.(logs) === 'stop') session.stop('callback');
          this.#goOn(where, signal);
          this.#history = session.history;
          let resumed = false;
          try {
            yield logs;
            resumed = true;
          } finally {
            if (!resumed) session.stop('callback'); // `break`
          }
          this.#goOn(where, signal);
        }
        if (performance.now() - slice < checked.sliceMs) continue;
        options.onProgress?.(session.progress);
        await giveBack();
        this.#goOn(where, signal);
        slice = performance.now();
      }
    } finally {
      this.#end(slices, session, release);
    }
  }

  /** The same in a worker. What that needs is loaded now. */
  async *#afar(where: string, data: Given, options: FitOptions<Validation<L>, M>): AsyncGenerator<EpochLogs<M>, void> {
    const state = this.#alone(where);
    this.#busy = where;
    try {
      const checked = detached(checkFit<Validation<L>, M>(state, where, data, options));
      const { trainAfar } = await import('#background');
      const attended = where === 'train' || options.onEpochEnd !== undefined;
      const keep = (history: History<M>): void => {
        this.#history = history;
      };
      yield* trainAfar<M>(state, where, checked, { attended, options, disposal: this.#untilDisposed(), keep });
    } finally {
      this.#rest();
    }
  }

  /** Throws where a fit must end: others have had the word meanwhile, and disposed the model or aborted the signal. */
  #goOn(where: string, signal: AbortSignal | undefined): void {
    if (this.#disposed) throw new DisposedError(`${where}: the model was disposed while it was training.`);
    signal?.throwIfAborted();
  }

  #begin(where: string, given: FitArguments<L, M>) {
    const state = this.#alone(where);
    this.#busy = where;
    try {
      const [data, options = {}] = fitArguments(where, given);
      const { options: checked, ...prepared } = prepareFit<Validation<L>, M>(state, where, data, options);
      return { ...prepared, options, checked };
    } catch (error) {
      this.#rest();
      throw error;
    }
  }

  /** Ends a fit, however it ended: best weights back, memory back, history kept. */
  #end(slices: Generator<unknown, unknown>, session: Session<M>, release: () => void): void {
    try {
      slices.return(undefined);
      if (session.hasHistory) this.#history = session.history;
    } finally {
      release();
      this.#rest();
    }
  }

  /**
   * One update on these rows: for learning online. Returns loss and metrics of the batch, before the update.
   * @param options.sampleWeight weight of each row in the loss; default: 1 for all
   * @throws ArgumentError for data that cannot be used, and before the first fit of a model that standardizes; MemoryLimitError;
   * BusyError while the model is at work; DivergenceError, the parameters being as before; ThreadError.
   */
  trainOnBatch(x: Inputs, y: Targets<L>, options: { readonly sampleWeight?: Float32Array } = {}): Logs<M> {
    return this.#work('trainOnBatch', (state) => {
      checkOptions('trainOnBatch', options, ['sampleWeight']);
      return trainBatch(state, x, y, options.sampleWeight) as Logs<M>;
    });
  }

  /**
   * Loss (with penalties), data loss and metrics over all rows; gives the event loop back meanwhile.
   * @throws (rejects) ArgumentError for data that cannot be used; MemoryLimitError; BusyError while the model is at work;
   * DisposedError if the model is disposed meanwhile; what `read` of a data set throws.
   */
  evaluate(x: Inputs, y: Targets<L>): Promise<Logs<M>>;
  evaluate(dataset: Dataset<Targets<L>>): Promise<Logs<M>>;
  async evaluate(...given: EvaluateArguments<L>): Promise<Logs<M>> {
    let slice = performance.now();
    const slices = this.#evaluation('evaluate', given, () => performance.now() - slice >= SLICE_MS);
    try {
      for (let next = slices.next(); ; next = slices.next()) {
        if (next.done) return next.value;
        await (next.value ? settled(next.value, [this.#untilDisposed()]) : giveBack());
        this.#use('evaluate');
        slice = performance.now();
      }
    } finally {
      slices.return({} as Logs<M>);
    }
  }

  /** The same in one go. @throws as `evaluate` rejects; and ArgumentError where `read` of a data set gives a promise. */
  evaluateSync(x: Inputs, y: Targets<L>): Logs<M>;
  evaluateSync(dataset: Dataset<Targets<L>>): Logs<M>;
  evaluateSync(...given: EvaluateArguments<L>): Logs<M> {
    const slices = this.#evaluation('evaluateSync', given, () => false);
    try {
      const { done, value } = slices.next();
      return done ? value : refuseWaiting('evaluateSync', 'evaluate');
    } finally {
      slices.return({} as Logs<M>);
    }
  }

  *#evaluation(where: string, given: EvaluateArguments<L>, pause: () => boolean): Generator<Waiting, Logs<M>> {
    const state = this.#alone(where);
    const work = evaluation(state, where, evaluateArguments(where, given), pause);
    // the first step checks: until it is done, nothing is under way
    this.#busy = where;
    try {
      return (yield* work) as Logs<M>;
    } finally {
      this.#rest();
    }
  }

  /**
   * The outputs for every row, `[rows, outputs]` flat: probabilities after softmax and sigmoid, values in target units.
   * Works during a fit too.
   * @param options.out is written and returned instead of a new array; it must have rows × outputs values. Default: a new array
   * @throws ArgumentError for inputs or an `out` that cannot be used; MemoryLimitError.
   */
  predict(x: Inputs, options: { readonly out?: Float32Array<ArrayBuffer> } = {}): Float32Array<ArrayBuffer> {
    return this.#predict('predict', (state) => {
      checkOptions('predict', options, ['out']);
      return predictRows(state, x, options.out);
    });
  }

  /**
   * The likeliest class of every row; with one sigmoid output 1 where it is above ½.
   * @throws ArgumentError for models that do not tell classes apart; and as `predict`.
   */
  predictClasses(x: Inputs): Int32Array {
    return this.#predict('predictClasses', (state) => likeliest(state, x));
  }

  /**
   * The name of the likeliest class of every row.
   * @throws ArgumentError where the model knows no class names; and as `predictClasses`.
   */
  predictLabels(x: Inputs): string[] {
    return this.#predict('predictLabels', (state) => likeliestNames(state, x));
  }

  /**
   * Layers, parameters, work and memory, as text; with the floating-point operations and the bytes of operands of one
   * training step.
   * @param options.batchSize rows of that step, default 32
   * @throws ArgumentError for a batch size that is no positive integer, or an unknown option.
   */
  summary(options: { readonly batchSize?: number } = {}): string {
    const { core } = this.#use('summary');
    checkOptions('summary', options, ['batchSize']);
    return summaryText(this.#compiled, core.blueprint, core.runtime.kernel, options.batchSize);
  }

  /**
   * The readable listing of a program: every operation with its layer, shapes and work.
   * @param name which program
   * @param options.batchSize largest batch, default 32 (predict and evaluate have their own)
   * @throws ArgumentError for another name, a batch size that is no positive integer, or an unknown option.
   */
  program(name: 'train' | 'evaluate' | 'predict', options: { readonly batchSize?: number } = {}): string {
    const { blueprint } = this.#use('program').core;
    checkOptions('program', options, ['batchSize']);
    return programText(blueprint, name, options.batchSize);
  }

  /**
   * The listing of a training step with measured times: the least of `repetitions` runs of each operation, on the first
   * `batchSize` rows. The model is afterwards as it was.
   * @param options.batchSize rows of the step, at most all; default 32
   * @param options.repetitions how often each operation runs, default 50
   * @throws ArgumentError as `trainOnBatch`, and for options that cannot be used; MemoryLimitError; BusyError while the
   * model is at work.
   */
  profile(
    x: Inputs,
    y: Targets<L>,
    options: { readonly batchSize?: number; readonly repetitions?: number } = {},
  ): string {
    return this.#work('profile', (state) => {
      checkOptions('profile', options, ['batchSize', 'repetitions']);
      return profileOf(state, x, y, options.batchSize, options.repetitions);
    });
  }

  /** Copies of all parameters by name: `dense0.weight` `[units, inputs]`, `dense0.bias` `[units]` … */
  parameters(): Record<string, NamedArray> {
    return Object.fromEntries(this.#use('parameters').arrays('parameters'));
  }

  /**
   * Sets some or all parameters.
   * @throws ArgumentError for an unknown name, a wrong shape, values that are not finite, and a running variance below 0,
   * before any is set; BusyError while the model is at work.
   */
  setParameters(parameters: GivenParameters): void {
    this.#work('setParameters', (state) => writeParameters(state, parameters));
  }

  /**
   * The gradients of J (penalties included) over these rows, by parameter name; nothing is updated. The rows are one batch, of
   * which each counts alike.
   * @throws ArgumentError as `trainOnBatch`; MemoryLimitError; BusyError while the model is at work; ThreadError.
   */
  gradients(x: Inputs, y: Targets<L>): Record<string, NamedArray> {
    return this.#work('gradients', (state) => gradientsOf(state, x, y));
  }

  /**
   * What the next update on these rows would do to every layer: gradient norms, how far weights would move, what the
   * activations look like, and warnings in plain words. All rows are one batch; nothing is updated.
   * @param options.sampleWeight weight of each row in the loss; default: 1 for all
   * @throws ArgumentError as `trainOnBatch`; MemoryLimitError; BusyError while the model is at work. Not for values that are not
   * finite: they are reported.
   */
  diagnose(x: Inputs, y: Targets<L>, options: { readonly sampleWeight?: Float32Array } = {}): Diagnosis {
    return this.#work('diagnose', (state) => {
      checkOptions('diagnose', options, ['sampleWeight']);
      return diagnosisOf(state, x, y, options.sampleWeight);
    });
  }

  /**
   * The model as bytes (safetensors): parameters, architecture, preprocessing, class names. Works during a fit too. The
   * same model gives the same bytes.
   * @param options.optimizer makes it an exact checkpoint: optimizer states and counters too, and of a fit that is at work or was
   * left in the middle what `resume` needs to go on with it. Default false.
   * @throws ArgumentError for an exact checkpoint of a model whose learning rate is a function, which no file can hold; any
   * other file has the rate of the last update in its place, as a constant. ArgumentError too for an option that is none.
   */
  save(options: { readonly optimizer?: boolean } = {}): Uint8Array<ArrayBuffer> {
    const state = this.#use('save');
    checkOptions('save', options, ['optimizer']);
    const { optimizer = false } = options;
    if (typeof optimizer !== 'boolean') refuse('save', '`optimizer` must be true or false', optimizer);
    return encodeModel(state.saved(optimizer));
  }

  /** Gives the model's memory back; the model cannot be used afterwards. A running fit rejects. Never required. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#disposal?.abort();
    this.#release();
  }

  /** `using model = …` */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Aborts with the model. Made when first needed: a Worker may not make such signals while it starts, but may make models. */
  #untilDisposed(): AbortSignal {
    this.#disposal ??= new AbortController();
    if (this.#disposed) this.#disposal.abort();
    return this.#disposal.signal;
  }

  /** The state, unless disposed. */
  #use(where: string): ModelState {
    if (this.#disposed) throw new DisposedError(`${where}: the model was disposed. Help: load or compile it again.`);
    return this.#state;
  }

  /** The state, unless disposed or at work. */
  #alone(where: string): ModelState {
    if (this.#busy) {
      throw new BusyError(
        `${where}: the model is at work (${this.#busy}). Help: await that first; predict and save work meanwhile.`,
      );
    }
    return this.#use(where);
  }

  /**
   * Does work that nothing else may happen beside. Reading what the caller gave may run code of the caller's (a getter, a
   * learning rate that is a function): what else it asks of the model is refused, and memory stays until the work is done.
   */
  #work<T>(where: string, work: (state: ModelState) => T): T {
    const state = this.#alone(where);
    this.#busy = where;
    try {
      return work(state);
    } finally {
      this.#rest();
    }
  }

  /** The same for a prediction, which may happen beside anything. */
  #predict<T>(where: string, work: (state: ModelState) => T): T {
    const state = this.#use(where);
    this.#predicting++;
    try {
      return work(state);
    } finally {
      this.#predicting--;
      this.#release();
    }
  }

  /** The end of work. */
  #rest(): void {
    this.#busy = undefined;
    this.#release();
  }

  /** Gives the memory of a disposed model back, unless somebody works in it: then the last of them does. */
  #release(): void {
    if (this.#disposed && !this.#busy && this.#predicting === 0) this.#state.core.release();
  }
}
