import { checkNumber, checkOneOf, checkOptions, checkPositiveInteger, refuse, words } from '../errors.js';
import { checkWorkerUrl } from '../runtime/runtime.js';
import type { EpochLogs, Key } from './history.js';
import type { Progress } from './training.js';

/** Options of `fit`, `fitSync` and `train`. `V` is what validation data looks like, `M` the model's metrics. */
export interface FitOptions<V, M extends string> {
  /** Passes over the training rows. Default 1. */
  readonly epochs?: number;
  /** Rows per update. Default 32, or all training rows where there are fewer. */
  readonly batchSize?: number;
  /** A new order of the rows in every epoch. Default true. */
  readonly shuffle?: boolean;
  /** Rows that are only judged, after every epoch: `[x, y]`, a data set, or for a model of a table its rows. Default: none. */
  readonly validationData?: V;
  /**
   * Share of the rows to hold out instead, above 0 and below 1: drawn at random, each class giving its share where targets are
   * classes, or `{ tail: 0.1 }` for time series and data sets. Default: none.
   */
  readonly validationSplit?:
    | number
    | {
        /** Share of the rows, the last ones, above 0 and below 1. */
        readonly tail: number;
      };
  /**
   * Ends the fit when `monitor` has not become better by more than `minDelta` for `patience` epochs, and restores the weights of
   * the best epoch, however the fit ends but by divergence. Goodfellow, Bengio, Courville, Deep Learning, algorithm 7.1. Default:
   * off.
   */
  readonly earlyStopping?: {
    /** Epochs without a better figure that end the fit, at least 1. */
    readonly patience: number;
    /** The figure that is watched: `loss`, a metric, or one of them with `val_`. Default: `val_loss`. */
    readonly monitor?: Key<M> | `val_${Key<M>}`;
    /** What counts as better: by more than this, at least 0, in units of the figure. Default: 0. */
    readonly minDelta?: number;
  };
  /**
   * Weight of each class in the loss, by index or name, 1 for those that are not named; `'balanced'` is n / (classes · n_c)
   * for n_c of n training rows, so that every class has the same total (King and Zeng 2001). Default: 1 for all.
   */
  readonly classWeight?: 'balanced' | Readonly<Record<string, number>>;
  /** Weight of each row in the loss, at least 0; blocks of a data set bring their own. Default: 1 for all. */
  readonly sampleWeight?: Float32Array;
  /** Milliseconds after which the fit ends at the next completed step. Default: any. */
  readonly timeLimit?: number;
  /** Rows after which the fit ends. Default: any. */
  readonly maxSamples?: number;
  /**
   * Goes on where this model's training stands, also after `save({ optimizer: true })` and `load`: `epochs` counts over its
   * whole life, and an epoch that was left in the middle is finished first, in the same order. Training in slices of
   * `maxSamples` rows, until one of them has the `stopReason` `'completed'` or `'earlyStopping'`, thus gives the bytes of one
   * fit that is not interrupted. With `earlyStopping` the history is that of the whole fit too; between two slices the model
   * stands at the best weights so far. Needs the same rows and options each time, and `maxSamples` of at least one batch.
   * Default false: a new epoch begins.
   */
  readonly resume?: boolean;
  /**
   * After every epoch, looks at what the next update would do to each layer (as `model.diagnose`, on up to 256 of the
   * training rows, always the same), for `history.diagnostics`. Changes nothing of what is learned. Default false.
   */
  readonly diagnostics?: boolean;
  /**
   * Trains in a worker (`fit` and `train` only), so that the caller's thread has nothing to do meanwhile but to be told. The
   * worker is made from text: no bundler has to know of it. Arrays are copied to it once, as bytes, or shared where they
   * are views of a SharedArrayBuffer (leave them as they are, then). `predict` and `save` see the last epoch that was told:
   * each one with `onEpochEnd` or `train`, else several a second. The bits are those of a fit without it. A worker that dies
   * leaves the model as it was told last, and the fit rejects with a ThreadError. Not for data sets, learning rates that are
   * functions, and Cloudflare Workers, which have no workers. Default false.
   */
  readonly background?: boolean;
  /**
   * Where a page finds a copy of `lanegrad/worker.js`, for a background fit under a Content-Security-Policy whose `worker-src`
   * has no `blob:`. Default: that of `createRuntime`, or else text.
   */
  readonly workerUrl?: string | URL;
  /** Aborts the fit: it rejects with the signal's reason, at a completed step. Default: none. */
  readonly signal?: AbortSignal;
  /** Milliseconds of work between two turns of the event loop (`fit` and `train` only). Default 10. */
  readonly sliceMs?: number;
  /** Called after every epoch; return `'stop'` to end the fit. */
  // biome-ignore lint/suspicious/noConfusingVoidType: callbacks that return nothing must fit, `(logs) => console.log(logs)`
  onEpochEnd?(logs: EpochLogs<M>): 'stop' | void;
  /** Called whenever `fit` gives the event loop back. */
  onProgress?(progress: Progress): void;
}

const NAMES = [
  'epochs',
  'batchSize',
  'shuffle',
  'validationData',
  'validationSplit',
  'earlyStopping',
  'classWeight',
  'sampleWeight',
  'timeLimit',
  'maxSamples',
  'resume',
  'diagnostics',
  'background',
  'workerUrl',
  'signal',
  'sliceMs',
  'onEpochEnd',
  'onProgress',
] as const satisfies readonly (keyof FitOptions<never, never>)[];

/** Fit options with their defaults, checked as far as that needs no data. */
export interface CheckedFitOptions {
  readonly epochs: number;
  readonly batchSize: number | undefined;
  readonly shuffle: boolean;
  readonly split: { readonly share: number; readonly tail: boolean } | undefined;
  readonly monitor: string;
  readonly patience: number;
  readonly minDelta: number;
  readonly timeLimit: number;
  readonly maxSamples: number;
  readonly resume: boolean;
  readonly sliceMs: number;
  readonly diagnostics: boolean;
  readonly background: boolean;
  readonly workerUrl: string | undefined;
}

/**
 * Checks the options of a fit.
 * @throws ArgumentError for unknown names, values out of range, and early stopping without anything to monitor.
 */
export function checkFitOptions<V, M extends string>(
  where: string,
  options: FitOptions<V, M>,
  metrics: readonly string[],
): CheckedFitOptions {
  checkOptions(where, options, NAMES);
  const { epochs = 1, batchSize, shuffle = true, diagnostics = false, resume = false, background = false } = options;
  const { validationData, validationSplit, earlyStopping } = options;
  checkPositiveInteger(where, 'epochs', epochs);
  if (batchSize !== undefined) checkPositiveInteger(where, 'batchSize', batchSize);
  if (typeof shuffle !== 'boolean') refuse(where, '`shuffle` must be true or false', shuffle);
  if (typeof diagnostics !== 'boolean') refuse(where, '`diagnostics` must be true or false', diagnostics);
  if (typeof background !== 'boolean') refuse(where, '`background` must be true or false', background);
  const workerUrl = checkWorkerUrl(where, options.workerUrl);
  if (typeof resume !== 'boolean') refuse(where, '`resume` must be true or false', resume);
  if (validationData !== undefined && validationSplit !== undefined) {
    refuse(where, 'validation rows come from `validationData` or `validationSplit`, not both', words('both'));
  }
  const split = validationSplit === undefined ? undefined : checkSplit(where, validationSplit);
  const validated = validationData !== undefined || split !== undefined;
  const { timeLimit = Number.POSITIVE_INFINITY, maxSamples = Number.POSITIVE_INFINITY, sliceMs = 10 } = options;
  if (timeLimit !== Number.POSITIVE_INFINITY) checkNumber(where, 'timeLimit', timeLimit, 0);
  if (maxSamples !== Number.POSITIVE_INFINITY) checkPositiveInteger(where, 'maxSamples', maxSamples);
  checkNumber(where, 'sliceMs', sliceMs, 0);
  if (options.signal !== undefined && typeof options.signal?.throwIfAborted !== 'function') {
    refuse(where, '`signal` must be an AbortSignal', options.signal);
  }
  for (const name of ['onEpochEnd', 'onProgress'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      refuse(where, `\`${name}\` must be a function`, options[name]);
    }
  }
  const rest = {
    epochs,
    batchSize,
    shuffle,
    split,
    timeLimit,
    maxSamples,
    resume,
    sliceMs,
    diagnostics,
    background,
    workerUrl,
  };
  if (earlyStopping === undefined) {
    return { ...rest, monitor: validated ? 'val_loss' : 'loss', patience: Number.POSITIVE_INFINITY, minDelta: 0 };
  }
  checkOptions(`${where}, earlyStopping`, earlyStopping, ['patience', 'monitor', 'minDelta']);
  const { patience, monitor = 'val_loss', minDelta = 0 } = earlyStopping;
  checkPositiveInteger(`${where}, earlyStopping`, 'patience', patience);
  checkNumber(`${where}, earlyStopping`, 'minDelta', minDelta, 0);
  const keys = ['loss', ...metrics];
  checkOneOf(`${where}, earlyStopping`, 'monitor', monitor, [...keys.map((key) => `val_${key}`), ...keys]);
  if (monitor.startsWith('val_') && !validated) {
    refuse(
      where,
      `early stopping on \`${monitor}\` needs validation rows`,
      words('neither validationData nor validationSplit'),
      "add validationSplit: 0.1, or monitor: 'loss'.",
    );
  }
  return { ...rest, monitor, patience, minDelta };
}

function checkSplit(where: string, split: number | { readonly tail: number }): { share: number; tail: boolean } {
  if (typeof split === 'object' && split !== null) checkOptions(`${where}, validationSplit`, split, ['tail']);
  const share = typeof split === 'object' && split !== null ? split.tail : split;
  if (typeof share !== 'number' || !(share > 0 && share < 1)) {
    refuse(where, '`validationSplit` must be a share between 0 and 1, or { tail: share }', split);
  }
  return { share, tail: typeof split === 'object' };
}
