import type { KFoldOptions, RowNames } from '../data/folds.js';
import type { Inputs } from '../data/inputs.js';
import { namesOf } from '../data/table/cells.js';
import { targetValues } from '../data/table/encode.js';
import { type Features, targetsOf } from '../data/table/features.js';
import { type FeatureOptions, type FittedFeatures, fitFeatures } from '../data/table/fit.js';
import { Table } from '../data/table/table.js';
import { fitTarget } from '../data/table/target.js';
import { refuse, suggest, words } from '../errors.js';
import type { Targets } from '../model/examples.js';
import type { Validation } from '../model/fit.js';
import { Model } from '../model/model.js';
import type { FitOptions } from '../model/options.js';
import { TableModel, type TableRows } from '../model/tablemodel.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import {
  COMMON,
  type CrossValidation,
  type CrossValidationOptions,
  checkCommon,
  rowsOfFolds,
  runFolds,
} from './crossvalidation.js';
import { isNested, pickInputs, pickTargets, rowsIn, widthOf } from './rows.js';

/** What is left of the options of a fit: rows to judge by and the signal are for all folds. */
export type FoldFitOptions<V, M extends string> = Omit<
  FitOptions<V, M>,
  'validationData' | 'validationSplit' | 'sampleWeight' | 'resume' | 'signal'
>;

/** Options of `crossValidate` for a table. */
export interface TableCrossValidationOptions<M extends MetricName> extends CrossValidationOptions<M> {
  /** What `fitFeatures` is told in each fold; it sees the training rows of that fold alone. */
  readonly features: FeatureOptions;
  /** Makes a new model of these features, compiled. @param fold from 1, for another seed in each */
  build(features: FittedFeatures, fold: number): TableModel<M>;
  /** What each model's `fit` is told. */
  readonly fit?: FoldFitOptions<TableRows, M>;
  /**
   * A column whose values each fold has in their share; false for none. Default: the target, where it is classes and there
   * is no `group`.
   */
  readonly stratify?: string | false;
  /** A column that names groups, such as a customer: all rows of one are tested in the same fold. Default: none. */
  readonly group?: string;
}

/** Options of `crossValidate` for arrays. */
export interface ArrayCrossValidationOptions<L extends LossName, M extends MetricName>
  extends CrossValidationOptions<M> {
  /** Makes a new model, compiled. @param fold from 1, for another seed in each */
  build(fold: number): Model<L, M>;
  /** What each model's `fit` is told. */
  readonly fit?: FoldFitOptions<Validation<L>, M>;
  /**
   * Whether each fold has each class in its share. Default: where `y` is a name or a whole number for each row (at most 20
   * different ones that repeat), and there are no `groups`.
   */
  readonly stratify?: boolean;
  /** The group of each row, such as a customer: all rows of one are tested in the same fold. Default: none. */
  readonly groups?: RowNames;
}

/** Whole numbers of so many different values at most seem to be classes; as for targets of tables. */
const FEW_CLASSES = 20;

/** Refuses a model that has learned already, perhaps from rows that it would be tested on. */
function checkNew(where: string, model: { readonly history: unknown }, seen: Set<unknown>): void {
  if (!seen.has(model) && model.history === undefined) {
    seen.add(model);
    return;
  }
  const help = 'call sequential(…).compile(…) within `build`.';
  refuse(where, '`build` must make a new model for each fold', words('one that has been trained'), help);
}

/** The names of a column, null where a row has none. @throws ArgumentError where there is no such column. */
function namesIn(where: string, option: string, table: Table, name: unknown): (string | null)[] {
  if (typeof name !== 'string' || !table.has(name)) {
    refuse(where, `\`${option}\` must name a column of the table`, name, suggest(String(name), table.names));
  }
  const { codes, dictionary } = namesOf(table.column(name));
  return Array.from(codes, (code) => dictionary[code] ?? null);
}

/** Rows with a target, and whether that is classes, decided once for all folds. */
function targetIn(where: string, table: Table, features: FeatureOptions) {
  const { target, task, log = false } = features;
  if (typeof target !== 'string' && !(Array.isArray(target) && target.length > 0)) {
    refuse(where, '`features` must have a `target`', target, "write features: { target: 'price' }.");
  }
  const names = targetsOf({ target });
  const columns = new Map(
    names.map((name) => {
      namesIn(where, 'target', table, name);
      return [name, table.column(name)];
    }),
  );
  const learned = fitTarget(where, columns, task, log, []);
  const values = [...columns].map(([name, column]) =>
    learned.classes ? namesOf(column).codes : targetValues(where, column, name, log),
  );
  const isThere = (row: number) => values.every((list) => (list[row] as number) >= (learned.classes ? 0 : -Infinity));
  const rows = Uint32Array.from({ length: table.rows }, (_, row) => row).filter(isThere);
  return { task: learned.task, rows };
}

async function ofTable<M extends MetricName>(
  where: string,
  table: Table,
  options: TableCrossValidationOptions<M>,
): Promise<CrossValidation<M>> {
  checkCommon(where, options, [...COMMON, 'features', 'stratify', 'group']);
  const { features: told, build, fit = {}, folds = 5, seed = 0, validation, stratify, group, signal } = options;
  if (typeof told !== 'object' || told === null) {
    refuse(where, '`features` must be what fitFeatures is told', told, "write features: { target: 'price' }.");
  }
  const { task, rows } = targetIn(where, table, told);
  const whole = rows.length < table.rows ? table.pick(rows) : table;
  if (group !== undefined && typeof stratify === 'string') {
    refuse(where, 'one of `stratify` and `group` can be used', words('both'));
  }
  const by: KFoldOptions = { folds, seed };
  const classes = task === 'classification' ? targetsOf(told)[0] : undefined;
  const column = group === undefined ? (stratify ?? classes ?? false) : false;
  if (group !== undefined) Object.assign(by, { groups: namesIn(where, 'group', whole, group) });
  else if (column !== false) Object.assign(by, { labels: namesIn(where, 'stratify', whole, column) });
  const parts = rowsOfFolds(where, whole.rows, by, validation, fit);
  const seen = new Set<unknown>();
  return runFolds<M>(
    parts,
    table.rows,
    (row) => rows[row] as number,
    options,
    (part, index) => {
      const train = whole.pick(part.train);
      const test = whole.pick(part.test);
      const features = fitFeatures(train, { ...told, task });
      const model = build(features, index + 1);
      if (!(model instanceof TableModel) || (model.features as Features) !== features) {
        const help = 'end it with sequential({ input: features, … }).compile(…).';
        const received = model instanceof TableModel ? words('a model of other features') : model;
        refuse(where, '`build` must return a compiled model of the features that it is given', received, help);
      }
      checkNew(where, model, seen);
      const judged = part.validation && { validationData: whole.pick(part.validation) };
      return {
        model,
        fit: () => model.fit(train, { ...fit, ...judged, ...(signal && { signal }) } as FitOptions<TableRows, M>),
        evaluate: () => model.evaluate(test),
        predict: () => model.predict(test),
        labels: () => model.predictLabels(test),
      };
    },
  );
}

/** Whether targets look like one class for each row. */
function areClasses(y: ArrayLike<unknown>, rows: number): boolean {
  if (y.length !== rows || isNested(y)) return false;
  const different = new Set(Array.from(y));
  if (typeof y[0] === 'string') return true;
  return different.size <= Math.min(FEW_CLASSES, rows / 2) && [...different].every(Number.isInteger);
}

async function ofArrays<L extends LossName, M extends MetricName>(
  where: string,
  x: Inputs,
  y: Targets<L>,
  options: ArrayCrossValidationOptions<L, M>,
): Promise<CrossValidation<M>> {
  checkCommon(where, options, [...COMMON, 'stratify', 'groups']);
  const { build, fit = {}, folds = 5, seed = 0, validation, groups, signal } = options;
  if (!Array.isArray(y) && !ArrayBuffer.isView(y)) refuse(where, 'targets must be an array or a typed array', y);
  const targets = y as ArrayLike<unknown>;
  const rows = rowsIn(x) ?? targets.length;
  if (rows === 0 || targets.length % rows !== 0 || targets.length === 0) {
    refuse(where, 'inputs and targets must have equally many rows', words(`${rows} and ${targets.length}`));
  }
  const width = widthOf(where, x, rows);
  const perRow = targets.length / rows;
  const { stratify = groups === undefined && areClasses(targets, rows) } = options;
  if (typeof stratify !== 'boolean') refuse(where, '`stratify` must be true or false', stratify);
  if (stratify && groups !== undefined) refuse(where, 'one of `stratify` and `groups` can be used', words('both'));
  if (stratify && (perRow > 1 || isNested(y))) {
    refuse(where, '`stratify` needs one class for each row', words('several targets for each row'));
  }
  const by = { folds, seed, ...(groups && { groups }), ...(stratify && { labels: targets as RowNames }) };
  const parts = rowsOfFolds(where, rows, by, validation, fit);
  const seen = new Set<unknown>();
  return runFolds<M>(
    parts,
    rows,
    (row) => row,
    options,
    (part, index) => {
      const model = build(index + 1);
      if (!(model instanceof Model)) {
        refuse(where, '`build` must return a compiled model', model, 'end it with sequential(…).compile(…).');
      }
      checkNew(where, model, seen);
      const pick = (some: Uint32Array) => [pickInputs(x, width, some), pickTargets(y, perRow, some)] as const;
      const [trainX, trainY] = pick(part.train);
      const [testX, testY] = pick(part.test);
      const judged = part.validation && { validationData: pick(part.validation) };
      return {
        model,
        fit: () =>
          model.fit(trainX, trainY, { ...fit, ...judged, ...(signal && { signal }) } as FitOptions<Validation<L>, M>),
        evaluate: () => model.evaluate(testX, testY),
        predict: () => model.predict(testX),
        labels: () => model.predictLabels(testX),
      };
    },
  );
}

/**
 * k-fold cross-validation: how good models of a kind are on rows that they did not see, and how much that varies. The rows are dealt
 * out to folds (`kFold`); for each, a new model trains on all others and is judged on it, one after another. Of a table, features
 * are fitted anew in each fold, on its training rows alone, and rows without a target are left out. The model to keep is then trained
 * on all rows: this only judges. (Stone 1974; Kohavi 1995.) The deviation is that of the folds' scores; since their training rows
 * overlap, no standard error can be had from it without bias (Bengio and Grandvalet, No unbiased estimator of the variance of
 * k-fold cross-validation, 2004).
 *
 * @example
 * const result = await crossValidate(table, {
 *   features: { target: 'leaves' },
 *   build: (features) => sequential({ input: features, layers: [dense(32, { activation: 'relu' }), outputLayer(features)] })
 *     .compile({ metrics: ['accuracy'] }),
 *   fit: { epochs: 60, earlyStopping: { patience: 10 } },
 * });
 * console.log(String(result), result.scores.accuracy.mean);
 *
 * @throws (rejects) ArgumentError for data and options that cannot be used, as `kFold`, `fitFeatures` and `fit`, and for a
 * `build` that gives a trained model, or one of other features; DivergenceError; the signal's reason; what `build`, `onFold`
 * and callbacks of `fit` throw.
 */
export function crossValidate<M extends MetricName>(
  table: Table,
  options: TableCrossValidationOptions<M>,
): Promise<CrossValidation<M>>;
/**
 * The same on arrays, as `fit` takes them. Flat inputs go with one target for each row; with more, give { data, shape }.
 * @throws (rejects) as for tables.
 */
export function crossValidate<L extends LossName, M extends MetricName>(
  x: Inputs,
  y: Targets<L>,
  options: ArrayCrossValidationOptions<L, M>,
): Promise<CrossValidation<M>>;
export async function crossValidate<L extends LossName, M extends MetricName>(
  ...given:
    | readonly [table: Table, options: TableCrossValidationOptions<M>]
    | readonly [x: Inputs, y: Targets<L>, options: ArrayCrossValidationOptions<L, M>]
): Promise<CrossValidation<M>> {
  const where = 'crossValidate';
  if (given.length === 3) return ofArrays(where, ...given);
  const [table, options] = given;
  if (!(table instanceof Table)) {
    const help = 'parseCsv, parseJsonLines and tableOf make tables; arrays are x, y and options.';
    refuse(where, 'a table and options, or x, y and options, are needed', table, help);
  }
  return ofTable(where, table, options);
}
