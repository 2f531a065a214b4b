import { type Dataset, isDataset } from '../data/dataset.js';
import type { Row } from '../data/table/column.js';
import { encodedDataset, encodeExamples } from '../data/table/encode.js';
import { Encoder } from '../data/table/encoder.js';
import type { Features } from '../data/table/features.js';
import { Table } from '../data/table/table.js';
import { refuse } from '../errors.js';
import type { NamedArray } from '../format/safetensors.js';
import { exp } from '../math.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import type { Runtime, RuntimeFacts } from '../runtime/runtime.js';
import type { SavedModel } from './checkpoint.js';
import type { Compiled } from './config.js';
import type { Diagnosis } from './diagnosis.js';
import type { Validation } from './fit.js';
import type { EpochLogs, History, Logs } from './history.js';
import { Model } from './model.js';
import type { FitOptions } from './options.js';
import type { GivenParameters } from './parameters.js';

/** Rows of a table: as a table, or as objects. */
export type Rows = Table | readonly Row[];

/** Blocks of encoded rows (`encodeExamples` of `lanegrad/data`), for tables that are larger than memory. */
export type EncodedDataset = Dataset<Int32Array | Float32Array>;

/** What a model of a table learns from and is judged on. */
export type TableRows = Rows | EncodedDataset;

/** Predictions with what was strange about the rows. */
export interface DetailedPrediction {
  /** As `predict` gives them. */
  readonly values: Float32Array<ArrayBuffer>;
  /** The likeliest class of each row, where the target is classes. */
  readonly labels: readonly string[] | undefined;
  /** By column: values that training rows did not have, and that therefore counted as missing. */
  readonly unseen: Readonly<Record<string, number>>;
  /** What a person should know of these rows, in plain words. */
  readonly warnings: readonly string[];
}

/**
 * A network that takes rows of a table as they are; made by `sequential({ input: features, … }).compile()` or
 * `loadTable(bytes)`. What the features say is done to every row, and undone to predictions. After `dispose`, what needs the
 * network throws a DisposedError.
 */
export class TableModel<M extends MetricName> {
  /** What becomes of each column. */
  readonly features: Features;
  readonly #model: Model<LossName, M>;

  /** Use `sequential(…).compile(…)`. @internal */
  constructor(
    compiled: Compiled<LossName, M> & { readonly features: Features },
    runtime?: Runtime,
    saved?: SavedModel,
  ) {
    this.features = compiled.features;
    this.#model = new Model<LossName, M>(compiled, runtime, saved);
  }

  /** Which kernels and how many threads the model uses, and why. */
  get runtime(): RuntimeFacts {
    return this.#model.runtime;
  }

  /** Class names by index, where the target is classes. */
  get classes(): readonly string[] | undefined {
    return this.features.classes;
  }

  /** The history of the last fit, also of one that was aborted or diverged. */
  get history(): History<M> | undefined {
    return this.#model.history;
  }

  /**
   * Trains on rows, which must have the target; rows without one are left out. As `fit` of a model of numbers otherwise.
   * @throws (rejects) ArgumentError as `encodeExamples` and for `validationSplit`, before anything changes; and as there.
   */
  async fit(train: TableRows, options: FitOptions<TableRows, M> = {}): Promise<History<M>> {
    const [x, y, checked] = this.#training('fit', train, options);
    return isDataset(x) ? this.#model.fit(x, checked) : this.#model.fit(x, y, checked);
  }

  /**
   * The same in one go, without giving the event loop back.
   * @throws as `fit` rejects; and ArgumentError as `fitSync` of a model of numbers.
   */
  fitSync(train: TableRows, options: FitOptions<TableRows, M> = {}): History<M> {
    const [x, y, checked] = this.#training('fitSync', train, options);
    return isDataset(x) ? this.#model.fitSync(x, checked) : this.#model.fitSync(x, y, checked);
  }

  /**
   * Trains epoch by epoch: `for await (const logs of model.train(table, { epochs: 20 }))`; `break` stops cleanly.
   * @throws (rejects) as `fit`, where the next epoch is asked for.
   */
  async *train(train: TableRows, options: FitOptions<TableRows, M> = {}): AsyncGenerator<EpochLogs<M>, void> {
    const [x, y, checked] = this.#training('train', train, options);
    yield* isDataset(x) ? this.#model.train(x, checked) : this.#model.train(x, y, checked);
  }

  /**
   * One update on these rows: for learning online. Returns loss and metrics of the rows, before the update.
   * @throws ArgumentError as `encodeExamples`; and as `trainOnBatch` of a model of numbers.
   */
  trainOnBatch(rows: Rows): Logs<M> {
    return this.#model.trainOnBatch(...this.#examples('trainOnBatch', rows));
  }

  /**
   * Loss, data loss and metrics over all rows that have a target; `rmse` and `mae` in the target's own units (of its logarithm
   * with `log`).
   * @throws (rejects) ArgumentError as `encodeExamples`; and as `evaluate` of a model of numbers.
   */
  async evaluate(rows: TableRows): Promise<Logs<M>> {
    return this.#model.evaluate(this.#dataset('evaluate', rows));
  }

  /** The same in one go. @throws as `evaluate` rejects; and ArgumentError for a table on disk, which must be waited for. */
  evaluateSync(rows: TableRows): Logs<M> {
    return this.#model.evaluateSync(this.#dataset('evaluateSync', rows));
  }

  /**
   * The prediction for every row, `[rows, outputs]` flat: numbers in the target's own units; of two classes the probability
   * of the second one; of more the probability of each. The target column need not be there.
   * @throws ArgumentError as `encode`.
   */
  predict(rows: Rows): Float32Array<ArrayBuffer> {
    return joined(this.#blocks('predict', rows, (x) => this.#values(x)));
  }

  /** The likeliest class of every row. @throws ArgumentError where the target is numbers; and as `predict`. */
  predictClasses(rows: Rows): Int32Array {
    return joined(this.#blocks('predictClasses', rows, (x) => this.#model.predictClasses(x)));
  }

  /** The name of the likeliest class of every row. @throws ArgumentError where the target is numbers; and as `predict`. */
  predictLabels(rows: Rows): string[] {
    return this.#blocks('predictLabels', rows, (x) => this.#model.predictLabels(x)).flat();
  }

  /**
   * Predictions, and what was strange about the rows: values that training rows did not have, gaps where they had none.
   * @throws ArgumentError as `encode`.
   */
  predictDetailed(rows: Rows): DetailedPrediction {
    const encoder = new Encoder(this.features);
    const labels: string[] = [];
    const use = (x: Float32Array) => {
      if (this.classes) labels.push(...this.#model.predictLabels(x));
      return this.#values(x);
    };
    const values = joined(this.#blocks('predictDetailed', rows, use, encoder));
    const { unseen, warnings } = encoder.told();
    return { values, labels: this.classes && labels, unseen, warnings };
  }

  /**
   * Layers, parameters, work and memory, as text.
   * @param options.batchSize rows of the training step whose work it tells, default 32
   * @throws ArgumentError for a batch size that is no positive integer, or an unknown option.
   */
  summary(options: { readonly batchSize?: number } = {}): string {
    return this.#model.summary(options);
  }

  /**
   * The readable listing of a program.
   * @param name which program
   * @param options.batchSize largest batch, default 32 (predict and evaluate have their own)
   * @throws ArgumentError for another name, a batch size that is no positive integer, or an unknown option.
   */
  program(name: 'train' | 'evaluate' | 'predict', options: { readonly batchSize?: number } = {}): string {
    return this.#model.program(name, options);
  }

  /** Copies of all parameters by name. */
  parameters(): Record<string, NamedArray> {
    return this.#model.parameters();
  }

  /** Sets some or all parameters. @throws ArgumentError and BusyError as `setParameters` of a model of numbers. */
  setParameters(parameters: GivenParameters): void {
    this.#model.setParameters(parameters);
  }

  /**
   * What the next update on these rows would do to every layer.
   * @throws ArgumentError as `encodeExamples`; and as `trainOnBatch`.
   */
  diagnose(rows: Rows): Diagnosis {
    return this.#model.diagnose(...this.#examples('diagnose', rows));
  }

  /**
   * The model with its features as bytes, for `loadTable`.
   * @param options.optimizer makes it an exact checkpoint. Default false.
   * @throws ArgumentError as `save` of a model of numbers.
   */
  save(options: { readonly optimizer?: boolean } = {}): Uint8Array<ArrayBuffer> {
    return this.#model.save(options);
  }

  /** Gives the model's memory back; the model cannot be used afterwards. Never required. */
  dispose(): void {
    this.#model.dispose();
  }

  /** `using model = …` */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #values(x: Float32Array): Float32Array<ArrayBuffer> {
    const values = this.#model.predict(x);
    return this.features.log ? values.map((value) => exp(value) - 1) : values;
  }

  /** What becomes of rows, block by block: all of them as numbers may be more than memory holds. */
  #blocks<T>(where: string, rows: Rows, use: (x: Float32Array) => T, encoder = new Encoder(this.features)): T[] {
    return Array.from(encoder.blocks(where, rows, BLOCK_ROWS), use);
  }

  #examples(where: string, rows: Rows) {
    const { x, y } = encodeExamples(this.features, rows, where);
    return [x, y] as const;
  }

  /** Rows as a data set: none of them is encoded before it is its turn. */
  #dataset(where: string, rows: TableRows): EncodedDataset {
    const given = this.#streamed(rows);
    return isDataset(given) ? given : encodedDataset(this.features, given, where);
  }

  /** A table that is not in memory as a data set; anything else as it is. */
  #streamed(rows: TableRows): TableRows {
    return (rows instanceof Table && rows.encoded(this.features)) || rows;
  }

  /** What the model of numbers is to train on: arrays, or the data set (then without y), and its options. */
  #training(where: string, given: TableRows, options: FitOptions<TableRows, M>) {
    if (typeof options !== 'object' || options === null) refuse(where, 'options must be an object', options);
    const { validationData, validationSplit, sampleWeight, ...rest } = options;
    if (validationSplit !== undefined) {
      const help = 'use split of lanegrad/data, fit the features on its training rows, and give `validationData`.';
      refuse(where, '`validationSplit` would hold out rows that the features were fitted on', validationSplit, help);
    }
    const validation: { validationData?: Validation<LossName> } = {};
    if (validationData !== undefined) {
      const judged = this.#streamed(validationData);
      validation.validationData = isDataset(judged) ? judged : this.#examples(`${where}, validationData`, judged);
    }
    const train = this.#streamed(given);
    if (isDataset(train)) {
      const weights = sampleWeight && { sampleWeight };
      return [train, NO_TARGETS, { ...rest, ...weights, ...validation }] as const;
    }
    const { x, y, kept } = encodeExamples(this.features, train, where);
    const weights = sampleWeight && { sampleWeight: kept ? weightsOf(where, sampleWeight, kept, train) : sampleWeight };
    return [x, y, { ...rest, ...weights, ...validation }] as const;
  }
}

/** Rows that are encoded at a time. */
const BLOCK_ROWS = 1 << 12;

/** Arrays one behind the other, one at least. */
function joined<T extends Float32Array | Int32Array>(parts: readonly T[]): T {
  const [first] = parts as [T];
  const all = new (first.constructor as new (length: number) => T)(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Beside a data set, which comes with its targets. */
const NO_TARGETS = new Int32Array(0);

/** Weights of the rows that have a target. */
function weightsOf(where: string, weights: Float32Array, kept: Uint32Array, train: Rows): Float32Array {
  const rows = train instanceof Table ? train.rows : train.length;
  if (!(weights instanceof Float32Array) || weights.length !== rows) {
    refuse(where, `\`sampleWeight\` must be a Float32Array with one weight for each of the ${rows} rows`, weights);
  }
  return Float32Array.from(kept, (row) => weights[row] as number);
}
