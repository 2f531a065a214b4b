import type { Standardization } from '../data/standardize.js';
import type { CheckedFitOptions } from './options.js';
import type { Part } from './placing.js';
import type { EpochShape } from './position.js';
import type { Waiting } from './supply.js';

/** What training rows teach a model beside its parameters, where they have not done so before. */
export interface Lessons {
  readonly inputs: Standardization | undefined;
  readonly targets: Standardization | undefined;
}

/** The rows of a fit, checked, and cut into the parts that its places in memory are found for. */
export interface Parts {
  readonly training: Part;
  /** Rows held out of them. */
  readonly heldOut: Part | undefined;
  /** Rows that are looked at after every epoch. */
  readonly diagnosed: Part | undefined;
}

/** How a fit uses rows. */
export interface Use extends Pick<CheckedFitOptions, 'shuffle'> {
  readonly batchSize: number;
  /** Rows that are judged at a time. */
  readonly chunk: number;
  /** Rows that are looked at after every epoch. */
  readonly looked: number;
}

/** What a fit trains on: arrays, or a data set. */
export interface TrainingData {
  /** Training rows, without those held out. */
  readonly rows: number;
  /** Rows in all, for messages. */
  readonly given: number;
  /** Class names, once these rows have had their say. */
  readonly classes: readonly string[] | undefined;
  /** Learns what is to be learned of the rows before they can train, and changes nothing; yields as a session does. */
  learn(use: Use, pause: () => boolean): Generator<Waiting, Lessons>;
  /** What tells these rows from others, and how they are cut into blocks; after `learn`. */
  identity(use: Use): Pick<EpochShape, 'blockRows' | 'data'>;
  /** The parts, after `learn`, with targets in the units of that standardization. */
  parts(use: Use, targets: Standardization | undefined): Parts;
}
