import type { Inputs } from '../data/inputs.js';
import { tailRows } from '../data/split.js';
import { BusyError, checkOptions, refuse, words } from '../errors.js';
import type { Targets } from '../model/examples.js';
import type { EpochLogs } from '../model/history.js';
import type { Model } from '../model/model.js';
import type { FitOptions } from '../model/options.js';
import { sequential } from '../model/sequential.js';
import type { LossName } from '../nn/losses.js';
import {
  batchOf,
  checkParameters,
  layersOf,
  type MLPOptions,
  type MLPParameters,
  type Output,
  optimizerOf,
} from './parameters.js';
import { widthOf } from './rows.js';

/** Options of an estimator's `fit` beside its parameters. */
export interface EstimatorFitOptions {
  /** Aborts the fit: it rejects with the signal's reason, and the estimator stays as it was. Default: none. */
  readonly signal?: AbortSignal;
}

type Metric = 'accuracy' | 'r2';
type Fitted = Model<LossName, Metric>;

/** What the data says of a model: its output, its loss, and the targets in the form that it takes. */
export interface Task {
  readonly output: Output;
  readonly loss: 'binaryCrossEntropy' | 'crossEntropy' | 'meanSquaredError';
  readonly metric: Metric;
  /** The classes by index; the model has their names. */
  readonly labels?: readonly (string | number)[];
  readonly targets: Targets<LossName>;
  readonly rows: number;
}

/** One training: a model, what it learns from, and how. */
interface Training {
  readonly model: Fitted;
  readonly x: Inputs;
  readonly task: Task;
  readonly options: FitOptions<never, Metric>;
  readonly losses: number[];
}

/**
 * When scikit-learn's networks stop (`_update_no_improvement_count`): after more than `nIterNoChange` epochs none of which was better
 * than the best one before by `tol`. Any epoch that is better at all becomes the best.
 */
class Patience {
  readonly #tolerance: number;
  readonly #most: number;
  #best = Number.POSITIVE_INFINITY;
  #waited = 0;

  constructor({ tol, nIterNoChange }: MLPParameters) {
    this.#tolerance = tol;
    this.#most = nIterNoChange;
  }

  /** Whether to stop after an epoch of that loss. */
  isOver(loss: number): boolean {
    this.#waited = loss > this.#best - this.#tolerance ? this.#waited + 1 : 0;
    this.#best = Math.min(this.#best, loss);
    return this.#waited > this.#most;
  }
}

/** What `MLPClassifier` and `MLPRegressor` have in common: parameters, and a model once there is data. */
export abstract class Estimator<Y> {
  #parameters: MLPParameters;
  #model: Fitted | undefined;
  #losses: number[] = [];
  #busy = false;

  /** @internal */
  constructor(name: string, options: MLPOptions) {
    this.#parameters = checkParameters(name, options);
  }

  /** All parameters, also those that were not given: `new MLPClassifier(estimator.getParams())` is one like it. */
  getParams(): MLPParameters {
    const parameters = this.#parameters;
    return { ...parameters, hiddenLayerSizes: [...parameters.hiddenLayerSizes] };
  }

  /**
   * Sets some parameters, for the next `fit`; what was learned stays, and `partialFit` goes on with it as it is.
   * @throws ArgumentError for unknown names and values out of range, before any is set.
   */
  setParams(options: MLPOptions): this {
    this.#parameters = checkParameters('setParams', options, this.#parameters);
    return this;
  }

  /**
   * The model that was trained, for everything that models can (`save`, `summary`, `parameters`, flat predictions).
   * @throws ArgumentError before the first fit.
   */
  get model(): Model<LossName, 'accuracy' | 'r2'> {
    return this.fitted('model');
  }

  /** Epochs that the model has been trained for; 0 before the first. */
  get nIter(): number {
    return this.#losses.length;
  }

  /** The loss of each epoch, penalty included. */
  get lossCurve(): readonly number[] {
    return [...this.#losses];
  }

  /**
   * Learns from rows and their targets, anew unless `warmStart`, and gives the event loop back meanwhile. (scikit-learn's does not:
   * that is `fitSync`.) Until it has ended, `predict` is that of the fit before, and so it stays where this one fails.
   * @throws (rejects) ArgumentError for data or parameters that cannot be used; MemoryLimitError; BusyError during another fit;
   * DivergenceError; ThreadError; UnsupportedError as `createRuntime`; the signal's reason.
   */
  async fit(x: Inputs, y: Y, options: EstimatorFitOptions = {}): Promise<this> {
    const training = this.#begin('fit', x, y, options);
    try {
      await training.model.fit(training.x, training.task.targets, training.options);
      this.#keep(training);
    } finally {
      this.#end(training);
    }
    return this;
  }

  /** The same in one go, as scikit-learn's. @throws as `fit` rejects. */
  fitSync(x: Inputs, y: Y): this {
    const training = this.#begin('fitSync', x, y, {});
    try {
      training.model.fitSync(training.x, training.task.targets, training.options);
      this.#keep(training);
    } finally {
      this.#end(training);
    }
    return this;
  }

  /**
   * One epoch over these rows, in the batches of a fit, on the model as it is; the first one makes it. The penalty stays what
   * the rows of the first call made it (there: each batch has its own).
   * @internal
   */
  protected async goOn(x: Inputs, task: Task): Promise<this> {
    const training = this.#incremental('partialFit', x, task);
    try {
      await training.model.fit(x, task.targets, training.options);
      this.#keep(training);
    } finally {
      this.#end(training);
    }
    return this;
  }

  /** The same in one go. @internal */
  protected goOnSync(x: Inputs, task: Task): this {
    const training = this.#incremental('partialFitSync', x, task);
    try {
      training.model.fitSync(x, task.targets, training.options);
      this.#keep(training);
    } finally {
      this.#end(training);
    }
    return this;
  }

  /** What the targets of a fit say. Remembers nothing: see `learned`. @internal */
  protected abstract taskOf(where: string, y: Y): Task;

  /** A fit has ended well, and was one of this task. @internal */
  protected abstract learned(task: Task): void;

  /** Whether there is a model. */
  protected get isFitted(): boolean {
    return this.#model !== undefined;
  }

  /** The model. @throws ArgumentError before the first fit. @internal */
  protected fitted(where: string): Fitted {
    return this.#model ?? refuse(where, 'the estimator must have been fitted', words('no fit so far'));
  }

  #alone(where: string): void {
    if (!this.#busy) return;
    throw new BusyError(`${where}: the estimator is at work (fit). Help: await that first.`);
  }

  #begin(where: string, x: Inputs, y: Y, options: EstimatorFitOptions): Training {
    this.#alone(where);
    checkOptions(where, options, ['signal']);
    const parameters = this.#parameters;
    const task = this.taskOf(where, y);
    const { rows } = task;
    const { earlyStopping, validationFraction, maxIter, shuffle } = parameters;
    const trained = earlyStopping ? rows - tailRows(rows, validationFraction) : rows;
    const model = this.#compile(parameters, widthOf(where, x, rows), task, trained);
    if (parameters.warmStart && this.#model) {
      try {
        model.setParameters(this.#model.parameters());
      } catch (error) {
        model.dispose();
        throw error;
      }
    }
    const losses = parameters.warmStart ? [...this.#losses] : [];
    const patience = new Patience(parameters);
    const monitor = `val_${task.metric}` as const;
    const { signal } = options;
    this.#busy = true;
    return {
      model,
      x,
      task,
      losses,
      options: {
        epochs: maxIter,
        batchSize: batchOf(parameters, trained),
        shuffle,
        ...(signal && { signal }),
        // that the best weights come back is all that is asked of it: it cannot be so patient for nothing
        ...(earlyStopping && { validationSplit: validationFraction, earlyStopping: { patience: maxIter, monitor } }),
        onEpochEnd: (logs: EpochLogs<Metric>) => {
          losses.push(logs.loss * task.output.scale);
          const figure = earlyStopping ? -(logs[monitor] as number) : (losses.at(-1) as number);
          return patience.isOver(figure) ? 'stop' : undefined;
        },
      },
    };
  }

  #incremental(where: string, x: Inputs, task: Task): Training {
    this.#alone(where);
    const parameters = this.#parameters;
    const width = widthOf(where, x, task.rows);
    const batch = batchOf(parameters, task.rows);
    const model = this.#model ?? this.#compile(parameters, width, task, task.rows);
    const losses = [...this.#losses];
    this.#busy = true;
    const onEpochEnd = (logs: EpochLogs<Metric>) => {
      losses.push(logs.loss * task.output.scale);
    };
    return { model, x, task, losses, options: { batchSize: batch, shuffle: parameters.shuffle, onEpochEnd } };
  }

  #compile(parameters: MLPParameters, width: number, task: Task, rows: number): Fitted {
    const { output, loss, metric, labels } = task;
    const layers = layersOf(parameters, width, output, rows, batchOf(parameters, rows));
    const config = {
      input: width,
      layers,
      seed: parameters.randomState,
      ...(labels && { classes: labels.map(String) }),
    };
    const options = { loss, metrics: [metric], optimizer: optimizerOf(parameters, output.scale) };
    return sequential(config).compile<LossName, Metric>(options);
  }

  #keep({ model, losses, task }: Training): void {
    if (this.#model !== model) this.#model?.dispose();
    this.#model = model;
    this.#losses = losses;
    this.learned(task);
  }

  #end({ model }: Training): void {
    this.#busy = false;
    if (this.#model !== model) model.dispose();
  }
}
