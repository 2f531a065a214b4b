import type { MetricName } from '../nn/metrics.js';
import { METRICS } from '../nn/metrics.js';
import type { Diagnosis } from './diagnosis.js';

/** Keys that a model with metrics M logs. */
export type Key<M extends string> = 'loss' | M;

/** Loss J = L + λΩ, the loss on the data alone (L), and the metrics. */
export type Logs<M extends string> = { readonly [K in Key<M>]: number } & {
  /** L, the loss without penalties. */
  readonly dataLoss: number;
};

/** What an epoch logs: training figures, and `val_` figures where there is validation data. */
export type EpochLogs<M extends string> = Logs<M> & {
  /** Its number, from 1; with `resume` counted over the model's life. */
  readonly epoch: number;
} & {
  readonly [K in `val_${Key<M>}`]?: number;
};

/** One value per epoch for each key. */
export type Curves<M extends string> = { readonly [K in Key<M>]: readonly number[] } & {
  readonly [K in `val_${Key<M>}`]?: readonly number[];
};

/**
 * Why a fit ended. `callback` is `onEpochEnd` returning `'stop'`, or `break` out of `train`. A fit that rejects leaves
 * `model.history` with one of the last two.
 */
export type StopReason =
  | 'completed'
  | 'earlyStopping'
  | 'timeLimit'
  | 'sampleLimit'
  | 'callback'
  | 'aborted'
  | 'diverged';

/** What `fit` resolves with. */
export interface History<M extends string> {
  /** Curves by key, as in Keras: `loss`, `accuracy`, `val_loss` … */
  readonly metrics: Curves<M>;
  /** Why the fit ended. */
  readonly stopReason: StopReason;
  /**
   * The best of these epochs by the monitored figure: that of `earlyStopping` (then better by more than its `minDelta`), or else
   * `val_loss`, or `loss` without validation data.
   */
  readonly best: {
    /** Its number among these epochs, from 1; 0 where there is none. */
    readonly epoch: number;
    /** Its figure; NaN where there is none. */
    readonly value: number;
  };
  /** One per epoch, where `fit` was told `diagnostics: true`. */
  readonly diagnostics?: readonly Diagnosis[];
}

/** Whether more is better for a key such as `val_accuracy`. */
export function higherIsBetter(key: string): boolean {
  const name = key.replace(/^val_/, '');
  return name in METRICS && METRICS[name as MetricName].better === 'higher';
}

/** The epochs of a fit so far, and the best one. Plain data. */
export interface Recorded {
  readonly curves: Readonly<Record<string, readonly number[]>>;
  readonly best: { readonly epoch: number; readonly value: number };
}

/** Collects epochs and knows the best one. */
export class Recorder {
  readonly monitor: string;
  readonly minDelta: number;
  #curves: Record<string, number[]> = {};
  #epochs = 0;
  #best = { epoch: 0, value: Number.NaN };

  constructor(monitor: string, minDelta = 0) {
    this.monitor = monitor;
    this.minDelta = minDelta;
  }

  /** A copy of what was collected. */
  get recorded(): Recorded {
    return { curves: copyOf(this.#curves), best: { ...this.#best } };
  }

  /** Goes on with what another recorder of the same figure had collected. */
  set recorded({ curves, best }: Recorded) {
    this.#curves = copyOf(curves);
    this.#epochs = Object.values(curves)[0]?.length ?? 0;
    this.#best = { ...best };
  }

  /** Epochs since the best one. */
  get sinceBest(): number {
    return this.#epochs - this.#best.epoch;
  }

  /** Adds an epoch; true if it is the best so far by more than minDelta. */
  add(logs: Readonly<Record<string, number>>): boolean {
    this.#epochs++;
    for (const [key, value] of Object.entries(logs)) {
      if (key === 'epoch' || key.endsWith('dataLoss')) continue;
      const curve = this.#curves[key];
      if (curve) curve.push(value);
      else this.#curves[key] = [value];
    }
    const value = logs[this.monitor] as number;
    const sign = higherIsBetter(this.monitor) ? 1 : -1;
    // a first figure that is not a number must not stay the best for ever
    const better = Number.isNaN(this.#best.value) || sign * (value - this.#best.value) > this.minDelta;
    if (better) this.#best = { epoch: this.#epochs, value };
    return better;
  }

  /** The history so far. @param metrics of the model: their curves are there before their first figure is */
  history<M extends string>(stopReason: StopReason, metrics: readonly string[]): History<M> {
    const { curves, best } = this.recorded;
    const empty = Object.fromEntries(metrics.map((key): [string, number[]] => [key, []]));
    return { metrics: { loss: [], ...empty, ...curves } as unknown as Curves<M>, stopReason, best };
  }
}

function copyOf(curves: Readonly<Record<string, readonly number[]>>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(curves).map(([key, curve]) => [key, [...curve]]));
}
