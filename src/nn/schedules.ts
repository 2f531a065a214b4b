import { checkNumber, checkOneOf, checkOptions, checkPositiveInteger, refuse } from '../errors.js';
import { cos, exp, pow } from '../math.js';

/** What t of a schedule counts, from 0: updates, or epochs, over the whole life of a model. */
export type Per = 'step' | 'epoch';

/** What a schedule consists of. @inline */
type ScheduleData =
  | {
      /** Made by `stepDecay`. */
      kind: 'stepDecay';
      /** α0, the first rate. */
      learningRate: number;
      /** The factor of a drop, from 0 to 1. */
      drop: number;
      /** Steps (or epochs) from drop to drop, at least 1. */
      every: number;
      /** What t counts. */
      per: Per;
    }
  | {
      /** Made by `exponentialDecay`. */
      kind: 'exponentialDecay';
      /** α0, the first rate. */
      learningRate: number;
      /** k, at least 0, per step (or epoch). */
      rate: number;
      /** What t counts. */
      per: Per;
    }
  | {
      /** Made by `inverseTimeDecay`. */
      kind: 'inverseTimeDecay';
      /** α0, the first rate. */
      learningRate: number;
      /** k, at least 0, per step (or epoch). */
      rate: number;
      /** What t counts. */
      per: Per;
    }
  | {
      /** Made by `cosineDecay`. */
      kind: 'cosineDecay';
      /** α0, the highest rate: the first one, or that after the warm-up. */
      learningRate: number;
      /** Steps (or epochs) until the minimum, warm-up included. */
      steps: number;
      /** Steps (or epochs) of warm-up, from 0 to less than `steps`. */
      warmup: number;
      /** The last rate, which stays; from 0 to α0. */
      minimum: number;
      /** What t counts. */
      per: Per;
    }
  | {
      /** Made by `oneCycle`. */
      kind: 'oneCycle';
      /** α0, the highest rate. */
      learningRate: number;
      /** Steps (or epochs) of the cycle. */
      steps: number;
      /** Share of them until the highest rate, from 0 to 1. */
      rise: number;
      /** The first rate, from 0 to α0. */
      initial: number;
      /** The last rate, which stays; from 0 to α0. */
      minimum: number;
      /** What t counts. */
      per: Per;
    }
  | {
      /** Made by `reduceOnPlateau`. */
      kind: 'reduceOnPlateau';
      /** α0, the first rate. */
      learningRate: number;
      /** What the rate is multiplied by, from 0 to 0.999999. */
      factor: number;
      /** Epochs without a better figure until the rate falls, at least 1. */
      patience: number;
      /** The least rate, from 0 to α0. */
      minimum: number;
      /** The figure that is watched. Default: `val_loss`, or `loss` without validation rows. */
      monitor?: string | undefined;
      /** t counts the reductions so far. */
      per: 'plateau';
    };

/**
 * A learning rate that changes: plain data, with `at(t)` for the rate at t = 0, 1, 2 … JSON holds it whole, and `compile`
 * takes what JSON gives back.
 */
export type Schedule = Readonly<ScheduleData> & {
  /**
   * The rate at t = 0, 1, 2 … (updates, epochs, or reductions on a plateau).
   * @throws ArgumentError for t below 0 or not finite.
   */
  at(t: number): number;
};

/** A learning rate: a number from 0 to 1e9, a schedule, or a function that gives one of the update t = 0, 1, 2 … */
export type Rate = number | Schedule | ((t: number) => number);

/** A rate beyond this could carry a finite gradient past the largest float32. */
export const LARGEST_RATE = 1e9;

interface ScheduleRow<S> {
  /** The options beside α0. */
  readonly options: readonly (keyof S & string)[];
  /** Throws an ArgumentError for values out of range; α0 and `per` are checked for all. */
  check(schedule: S): void;
  at(schedule: S, t: number): number;
}

const SCHEDULES: { readonly [K in ScheduleData['kind']]: ScheduleRow<Extract<ScheduleData, { kind: K }>> } = {
  stepDecay: {
    options: ['drop', 'every', 'per'],
    check({ drop, every }) {
      checkNumber('stepDecay', 'drop', drop, 0, 1);
      checkPositiveInteger('stepDecay', 'every', every);
    },
    at: ({ learningRate, drop, every }, t) => learningRate * pow(drop, Math.floor(t / every)),
  },
  exponentialDecay: {
    options: ['rate', 'per'],
    check: ({ rate }) => checkNumber('exponentialDecay', 'rate', rate, 0),
    at: ({ learningRate, rate }, t) => learningRate * exp(-rate * t),
  },
  inverseTimeDecay: {
    options: ['rate', 'per'],
    check: ({ rate }) => checkNumber('inverseTimeDecay', 'rate', rate, 0),
    at: ({ learningRate, rate }, t) => learningRate / (1 + rate * t),
  },
  cosineDecay: {
    options: ['steps', 'warmup', 'minimum', 'per'],
    check({ learningRate, steps, warmup, minimum }) {
      checkPositiveInteger('cosineDecay', 'steps', steps);
      if (!Number.isSafeInteger(warmup) || warmup < 0 || warmup >= steps) {
        refuse('cosineDecay', '`warmup` must be a whole number from 0 to less than `steps`', warmup);
      }
      checkNumber('cosineDecay', 'minimum', minimum, 0, learningRate);
    },
    at({ learningRate, steps, warmup, minimum }, t) {
      if (t < warmup) return (learningRate * (t + 1)) / (warmup + 1);
      if (t >= steps) return minimum;
      return minimum + (learningRate - minimum) * 0.5 * (1 + cos((Math.PI * (t - warmup)) / (steps - warmup)));
    },
  },
  oneCycle: {
    options: ['steps', 'rise', 'initial', 'minimum', 'per'],
    check({ learningRate, steps, rise, initial, minimum }) {
      checkPositiveInteger('oneCycle', 'steps', steps);
      checkNumber('oneCycle', 'rise', rise, 0, 1);
      checkNumber('oneCycle', 'initial', initial, 0, learningRate);
      checkNumber('oneCycle', 'minimum', minimum, 0, learningRate);
    },
    at({ learningRate, steps, rise, initial, minimum }, t) {
      const top = rise * steps;
      if (t < top) return initial + ((learningRate - initial) * t) / top;
      if (t >= steps) return minimum;
      return learningRate + ((minimum - learningRate) * (t - top)) / (steps - top);
    },
  },
  reduceOnPlateau: {
    options: ['factor', 'patience', 'minimum', 'monitor'],
    check({ learningRate, factor, patience, minimum, monitor }) {
      checkNumber('reduceOnPlateau', 'factor', factor, 0, 0.999999);
      checkPositiveInteger('reduceOnPlateau', 'patience', patience);
      checkNumber('reduceOnPlateau', 'minimum', minimum, 0, learningRate);
      if (monitor !== undefined && typeof monitor !== 'string') {
        refuse('reduceOnPlateau', '`monitor` must be the name of a figure such as val_loss', monitor);
      }
    },
    at: ({ learningRate, factor, minimum }, t) => Math.max(minimum, learningRate * pow(factor, t)),
  },
};

/** Every schedule's name. */
export const SCHEDULE_NAMES = Object.keys(SCHEDULES) as ScheduleData['kind'][];

function rowOf({ kind }: ScheduleData): ScheduleRow<ScheduleData> {
  return SCHEDULES[kind] as ScheduleRow<ScheduleData>;
}

/** What all schedules share; their fields are their own, so JSON and clones hold those alone. */
const PROTOTYPE = {
  at(this: ScheduleData, t: number): number {
    checkNumber(this.kind, 't', t, 0);
    return rowOf(this).at(this, t);
  },
};

/** A checked schedule out of its data. */
function made(data: ScheduleData): Schedule {
  const { kind, learningRate, per } = data;
  checkNumber(kind, 'learningRate', learningRate, 0, LARGEST_RATE);
  checkOneOf(kind, 'per', per, kind === 'reduceOnPlateau' ? ['plateau'] : ['step', 'epoch']);
  rowOf(data).check(data);
  return Object.freeze(Object.assign(Object.create(PROTOTYPE) as Schedule, data));
}

/** Defaults and options as one; options that are undefined count as left out. */
function withDefaults<D extends ScheduleData>(defaults: Partial<D> & Pick<D, 'kind'>, options: object): D {
  const { kind } = defaults;
  checkOptions(kind, options, SCHEDULES[kind].options);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given } as D;
}

/**
 * A checked schedule, however it was made: by one of the functions below, or out of JSON.
 * @throws ArgumentError for anything that is no schedule.
 */
export function scheduleOf(where: string, schedule: Schedule): Schedule {
  if (typeof schedule !== 'object' || schedule === null) {
    refuse(where, '`learningRate` must be a number, a schedule such as stepDecay(…), or a function of t', schedule);
  }
  checkOneOf(`${where}, learningRate`, 'kind', schedule.kind, SCHEDULE_NAMES);
  checkOptions(schedule.kind, schedule, ['kind', 'learningRate', 'per', ...SCHEDULES[schedule.kind].options]);
  return made(schedule);
}

/** Refuses what is no learning rate: a number from 0 on, a schedule, or a function. */
export function checkRate(where: string, rate: Rate): void {
  if (typeof rate === 'function') return;
  if (typeof rate === 'object') scheduleOf(where, rate);
  else checkNumber(where, 'learningRate', rate, 0, LARGEST_RATE);
}

/**
 * α0 · drop^⌊t/every⌋: the rate drops by a factor now and then.
 * @param learningRate α0, from 0 to 1e9, as of all schedules
 * @param options.drop the factor, from 0 to 1
 * @param options.every steps (or epochs) from drop to drop
 * @param options.per what t counts, default `'step'`
 * @throws ArgumentError for an unknown option or a value out of range, as all schedules.
 */
export function stepDecay(
  learningRate: number,
  options: { readonly drop: number; readonly every: number; readonly per?: Per },
): Schedule {
  return made(withDefaults({ kind: 'stepDecay', learningRate, per: 'step' }, options));
}

/**
 * α0 · e^(−kt).
 * @param learningRate α0
 * @param options.rate k, at least 0, per step (or epoch)
 * @param options.per what t counts, default `'step'`
 * @throws ArgumentError as `stepDecay`.
 */
export function exponentialDecay(
  learningRate: number,
  options: { readonly rate: number; readonly per?: Per },
): Schedule {
  return made(withDefaults({ kind: 'exponentialDecay', learningRate, per: 'step' }, options));
}

/**
 * α0 / (1 + kt): the decay under which stochastic approximation converges (Robbins and Monro 1951).
 * @param learningRate α0
 * @param options.rate k, at least 0, per step (or epoch)
 * @param options.per what t counts, default `'step'`
 * @throws ArgumentError as `stepDecay`.
 */
export function inverseTimeDecay(
  learningRate: number,
  options: { readonly rate: number; readonly per?: Per },
): Schedule {
  return made(withDefaults({ kind: 'inverseTimeDecay', learningRate, per: 'step' }, options));
}

/**
 * Half a cosine from α0 down to the minimum (Loshchilov and Hutter 2017, SGDR, without restarts), after a linear warm-up
 * α0 (t+1)/(warmup+1) for t < warmup (Goyal and others 2017, 2.2).
 * @param learningRate α0, the highest rate
 * @param options.steps steps (or epochs) until the minimum, warm-up included
 * @param options.warmup steps (or epochs) of warm-up, less than `steps`; default 0
 * @param options.minimum the last rate, which stays, from 0 to α0; default 0
 * @param options.per what t counts, default `'step'`
 * @throws ArgumentError as `stepDecay`.
 */
export function cosineDecay(
  learningRate: number,
  options: { readonly steps: number; readonly warmup?: number; readonly minimum?: number; readonly per?: Per },
): Schedule {
  return made(withDefaults({ kind: 'cosineDecay', learningRate, warmup: 0, minimum: 0, per: 'step' }, options));
}

/**
 * One cycle of straight lines (Smith 2018, A disciplined approach to neural network hyper-parameters): up to the highest
 * rate, and down to far below the first. Momentum does not cycle. The defaults are PyTorch's.
 * @param learningRate α0, the highest rate
 * @param options.steps steps (or epochs) of the cycle
 * @param options.rise share of them until the highest rate, default 0.3
 * @param options.initial the first rate, default 1/25 of the highest
 * @param options.minimum the last rate, which stays; default 1/10,000 of the first
 * @param options.per what t counts, default `'step'`
 * @throws ArgumentError as `stepDecay`.
 */
export function oneCycle(
  learningRate: number,
  options: {
    readonly steps: number;
    readonly rise?: number;
    readonly initial?: number;
    readonly minimum?: number;
    readonly per?: Per;
  },
): Schedule {
  const initial = options?.initial ?? learningRate / 25;
  const defaults = { learningRate, rise: 0.3, initial, minimum: initial / 10_000 };
  return made(withDefaults({ kind: 'oneCycle', ...defaults, per: 'step' }, options));
}

/**
 * The rate falls by a factor whenever a figure has not become better for some epochs: after n such reductions it is
 * α0 · factorⁿ, which is what `at(n)` gives. How far it has come is kept in checkpoints.
 * @param learningRate α0, the first rate
 * @param options.factor what the rate is multiplied by, from 0 to 0.999999; default 0.1
 * @param options.patience epochs without a better figure, default 10
 * @param options.monitor `loss`, a metric, or one of them with `val_`; default `val_loss`, or `loss` without validation rows
 * @param options.minimum the least rate, from 0 to α0; default 0
 * @throws ArgumentError as `stepDecay`; `compile` refuses a figure that the model does not have.
 */
export function reduceOnPlateau(
  learningRate: number,
  options: {
    readonly factor?: number;
    readonly patience?: number;
    readonly monitor?: string;
    readonly minimum?: number;
  } = {},
): Schedule {
  const defaults = { learningRate, factor: 0.1, patience: 10, minimum: 0, per: 'plateau' } as const;
  return made(withDefaults({ kind: 'reduceOnPlateau', ...defaults }, options));
}

/** A rate in words, for summaries and messages: `0.01`, `cosineDecay from 0.01`. */
export function rateText(rate: Rate): string {
  if (typeof rate === 'number') return String(rate);
  return typeof rate === 'function' ? 'by a function' : `${rate.kind} from ${rate.learningRate}`;
}
