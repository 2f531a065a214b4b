import type { Fold, KFoldOptions } from '../data/folds.js';
import { cutValidation, dealFolds } from '../data/folds.js';
import { checkOptions, refuse } from '../errors.js';
import type { History, Key, Logs } from '../model/history.js';
import { type Spread, spreadOf } from './spread.js';

/** Options that cross-validation of tables and of arrays has. */
export interface CrossValidationOptions<M extends string> {
  /** How many models are trained, each tested on rows that the others train on; at least 2. Default 5. */
  readonly folds?: number;
  /** Drives the draw of folds and of validation rows. An integer from 0 to 2⁵³ − 1; default 0. */
  readonly seed?: number;
  /**
   * Share of each fold's training rows that is only judged while it trains, as early stopping needs it; rows that it is tested on are
   * never. From 0 to below 1. Default 0.1 where early stopping watches validation rows, else 0.
   */
  readonly validation?: number;
  /** Aborts it: it rejects with the signal's reason, as soon as the fold under way has come to its next step. Default: none. */
  readonly signal?: AbortSignal;
  /** Called after each fold. */
  onFold?(fold: FoldScores<M>): void;
}

/** Every option that both have. */
export const COMMON = ['folds', 'seed', 'validation', 'signal', 'onFold', 'build', 'fit'] as const;

/** What one fold came to. */
export interface FoldScores<M extends string> {
  /** Its number, from 1. */
  readonly fold: number;
  /** How many rows it had of each kind. */
  readonly rows: {
    /** Rows that it trained on. */
    readonly train: number;
    /** Rows that were judged while it trained; 0 for none. */
    readonly validation: number;
    /** Rows that it was tested on. */
    readonly test: number;
  };
  /** Loss, data loss and metrics of the model on the rows that it did not train on, as `evaluate` gives them. */
  readonly scores: Logs<M>;
  /** How its training went. */
  readonly history: History<M>;
}

/** The row numbers of a fold. */
export interface FoldRows extends Fold {
  readonly validation: Uint32Array | undefined;
}

/** A model that trains, and is judged, on rows of one fold. */
export interface Trial<M extends string> {
  readonly model: { readonly classes: readonly string[] | undefined; dispose(): void };
  fit(): Promise<History<M>>;
  evaluate(): Promise<Logs<M>>;
  predict(): Float32Array;
  labels(): string[];
}

/** Four digits that count. */
function shown(value: number): string {
  return Number(value.toPrecision(4)).toString();
}

/** What cross-validation found: scores of every fold, their mean and spread, and a prediction for every row. */
export class CrossValidation<M extends string> {
  /** In the order in which they were trained. */
  readonly folds: readonly FoldScores<M>[];
  /** Mean and spread of each score over the folds. */
  readonly scores: { readonly [K in Key<M> | 'dataLoss']: Spread };
  /**
   * The prediction for every row by the model that did not train on it, `[rows, outputs]` flat, as `predict` gives them; NaN for rows
   * of a table that have no target.
   */
  readonly predictions: Float32Array<ArrayBuffer>;
  /** The likeliest class of every row likewise, where classes have names; undefined for rows without a target. */
  readonly labels: readonly (string | undefined)[] | undefined;

  /** @internal */
  constructor(
    folds: readonly FoldScores<M>[],
    predictions: Float32Array<ArrayBuffer>,
    labels: readonly (string | undefined)[] | undefined,
  ) {
    this.folds = folds;
    this.predictions = predictions;
    this.labels = labels;
    const keys = Object.keys(folds[0]?.scores ?? {}) as (Key<M> | 'dataLoss')[];
    const spreads = keys.map((key) => [key, spreadOf(folds.map(({ scores }) => scores[key] as number))]);
    this.scores = Object.fromEntries(spreads);
  }

  /** A line for each score: its mean ± its standard deviation over the folds, and its value in each. */
  toString(): string {
    const entries = Object.entries(this.scores as Readonly<Record<string, Spread>>);
    const width = Math.max(...entries.map(([name]) => name.length));
    return entries
      .map(([name, { mean, deviation, values }]) => {
        return `${name.padEnd(width)}  ${shown(mean)} ± ${shown(deviation)}  (${values.map(shown).join(', ')})`;
      })
      .join('\n');
  }
}

/** Whether early stopping watches validation rows. */
function watches(fit: unknown): boolean {
  const { earlyStopping } = (fit ?? {}) as { earlyStopping?: { monitor?: unknown } };
  return earlyStopping !== undefined && String(earlyStopping?.monitor ?? 'val_loss').startsWith('val_');
}

/** Options of a fit that are not for the caller, and why. */
const NOT_FOR_FIT = {
  validationData: 'use `validation`, a share of the training rows of each fold.',
  validationSplit: 'use `validation`, a share of the training rows of each fold.',
  sampleWeight: 'use `classWeight`, which follows each fold.',
  resume: 'each fold has a model of its own.',
  signal: 'give it beside `fit`, for all folds.',
};

/** Checks what both have in common. @throws ArgumentError */
export function checkCommon(
  where: string,
  options: { readonly build?: unknown; readonly fit?: unknown; readonly signal?: unknown; readonly onFold?: unknown },
  known: readonly string[],
): void {
  checkOptions(where, options, known);
  const { build, fit = {}, onFold, signal } = options;
  if (typeof build !== 'function') {
    refuse(where, '`build` must be a function that makes a new model', build);
  }
  if (typeof fit !== 'object' || fit === null) refuse(where, '`fit` must be an object of options', fit);
  for (const [name, help] of Object.entries(NOT_FOR_FIT)) {
    if (Object.hasOwn(fit, name)) refuse(`${where}, fit`, `\`${name}\` cannot be used here`, name, help);
  }
  if (onFold !== undefined && typeof onFold !== 'function') refuse(where, '`onFold` must be a function', onFold);
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.throwIfAborted !== 'function') {
    refuse(where, '`signal` must be an AbortSignal', signal);
  }
}

/** Rows of all folds. @throws ArgumentError as `kFold`. */
export function rowsOfFolds(
  where: string,
  rows: number,
  by: KFoldOptions,
  share: number | undefined,
  fit: unknown,
): FoldRows[] {
  const folds = dealFolds(where, rows, by);
  const validation = share ?? (watches(fit) ? 0.1 : 0);
  if (typeof validation !== 'number' || !(validation >= 0 && validation < 1)) {
    refuse(where, '`validation` must be a share of at least 0 and below 1', validation);
  }
  if (validation === 0) return folds.map((fold) => ({ ...fold, validation: undefined }));
  return folds.map(({ train, test }, fold) => {
    const { kept, heldOut } = cutValidation(where, train, validation, fold, by);
    return { train: kept, validation: heldOut, test };
  });
}

/**
 * Trains and judges a model for each fold, one after another.
 * @param rows rows of the whole, which predictions are for
 * @param numberOf the number of a row in the whole
 */
export async function runFolds<M extends string>(
  folds: readonly FoldRows[],
  rows: number,
  numberOf: (row: number) => number,
  options: Pick<CrossValidationOptions<M>, 'signal' | 'onFold'>,
  trialOf: (fold: FoldRows, index: number) => Trial<M>,
): Promise<CrossValidation<M>> {
  const results: FoldScores<M>[] = [];
  let predictions = new Float32Array(0);
  let labels: (string | undefined)[] | undefined;
  for (const [index, fold] of folds.entries()) {
    options.signal?.throwIfAborted();
    const trial = trialOf(fold, index);
    try {
      const history = await trial.fit();
      const scores = await trial.evaluate();
      const predicted = trial.predict();
      const outputs = predicted.length / fold.test.length;
      if (index === 0) predictions = new Float32Array(rows * outputs).fill(Number.NaN);
      fold.test.forEach((row, i) => {
        predictions.set(predicted.subarray(i * outputs, (i + 1) * outputs), numberOf(row) * outputs);
      });
      if (trial.model.classes) {
        const named = trial.labels();
        labels ??= Array.from({ length: rows });
        for (const [i, row] of fold.test.entries()) labels[numberOf(row)] = named[i];
      }
      const { train, validation, test } = fold;
      const counts = { train: train.length, validation: validation?.length ?? 0, test: test.length };
      results.push({ fold: index + 1, rows: counts, scores, history });
      options.onFold?.(results.at(-1) as FoldScores<M>);
    } finally {
      trial.model.dispose();
    }
  }
  return new CrossValidation(results, predictions, labels);
}
