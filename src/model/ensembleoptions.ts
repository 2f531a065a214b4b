import type { EpochLogs, History, Key } from './history.js';
import type { FitOptions } from './options.js';
import type { Progress } from './training.js';

/** Options of bagging, in full. */
export interface CheckedBagging {
  readonly members: number;
  readonly sampleFraction: number;
  readonly seed: number;
}

/** Loss (without penalties) and metrics of the members' mean. */
export type EnsembleLogs<M extends string> = { readonly [K in Key<M>]: number };

/** Which member something is said of. @inline */
interface OfMember {
  /** Number of the member, from 0. */
  readonly member: number;
}

/** How far a fit has come with a member. */
export type EnsembleProgress = Progress & OfMember;

/**
 * Options of an ensemble's fit: those of a single model's but `resume`, `background` and `workerUrl`, for each member;
 * `timeLimit` is for all of them together.
 */
export interface EnsembleFitOptions<V, M extends string>
  extends Omit<FitOptions<V, M>, 'onEpochEnd' | 'onProgress' | 'resume' | 'background' | 'workerUrl'> {
  /** Called after every epoch of every member; return `'stop'` to end the member's training. */
  // biome-ignore lint/suspicious/noConfusingVoidType: callbacks that return nothing must fit, `(logs) => console.log(logs)`
  onEpochEnd?(logs: EpochLogs<M> & OfMember): 'stop' | void;
  /** Called whenever `fit` gives the event loop back. */
  onProgress?(progress: EnsembleProgress): void;
}

/** What an ensemble's fit resolves with. */
export interface EnsembleHistory<M extends string> {
  /** Of each member. */
  readonly members: readonly History<M>[];
  /**
   * Loss and metrics on the training rows that some members never saw, each row judged by those alone: what validation
   * rows would tell, without any. Undefined where every member saw every row. Breiman, Out-of-bag estimation, 1996.
   */
  readonly outOfBag:
    | (EnsembleLogs<M> & {
        /** Rows that were judged. */
        readonly rows: number;
      })
    | undefined;
}
