/** What a background fit and its worker say to each other. All of it is plain data: bytes are transferred or shared. */
import type { RuntimeParcel } from '../../runtime/runtime.js';
import type { SavedModel } from '../checkpoint.js';
import type { Detached } from '../fit.js';
import type { EpochLogs, History } from '../history.js';
import type { Progress } from '../training.js';

/** The first thing that a worker is told: the model, the rows, and what to do with them. */
export interface Assignment extends Detached {
  /** Of the library that asks: a worker of another version does nothing. */
  readonly version: string;
  readonly runtime: RuntimeParcel;
  readonly saved: SavedModel;
  readonly where: string;
  /** Somebody wants to hear of every epoch before the next one begins. */
  readonly attended: boolean;
  /** Somebody wants to hear how far an epoch has come. */
  readonly progress: boolean;
}

/** An answer to an epoch; `abort` may come at any time. */
export type Order = 'go' | 'stop' | 'abort';

/** An error on its way to another thread, which keeps neither its class nor its fields. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** An epoch that is done, after which the worker waits for an order. */
export interface EpochReport<M extends string> {
  readonly kind: 'epoch';
  readonly logs: EpochLogs<M>;
  readonly history: History<M>;
  readonly saved: SavedModel;
}

/** The last word of a worker. */
export interface EndReport<M extends string> {
  readonly kind: 'end';
  /** Undefined of a fit that failed before its rows had their places. */
  readonly history: History<M> | undefined;
  readonly saved: SavedModel | undefined;
  readonly failure: Failure | undefined;
}

/** The first word of a worker: where its script was fetched, it may be a copy of another version. */
export interface Greeting {
  readonly kind: 'begun';
  readonly version: string;
}

/** What a worker says. */
export type Report<M extends string> =
  | Greeting
  | EpochReport<M>
  | EndReport<M>
  | { readonly kind: 'progress'; readonly progress: Progress };

/** The side of a worker's that talks, whatever host it runs in (src/runtime/hostthread.ts). */
export interface Port {
  listen(listener: (order: Order) => void): void;
  post(message: unknown, transfer: readonly Transferable[]): void;
  close(): void;
}

/** The buffers of a saved model's arrays, which are copies already. */
export function buffersOf({ parameters, states }: SavedModel): Transferable[] {
  return [...parameters.values(), ...states.values()].map(({ data }) => data.buffer as ArrayBuffer);
}
