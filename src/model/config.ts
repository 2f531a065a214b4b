import type { AugmentOptions } from '../data/augment.js';
import type { Features } from '../data/table/features.js';
import { refuse } from '../errors.js';
import type { Layer } from '../nn/layers.js';
import type { LossName, LossOption } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import type { Optimizer } from '../nn/optimizers.js';
import { Runtime } from '../runtime/runtime.js';
import type { Network } from './network.js';

/** What `sequential` takes: plain data, no functions, no memory. */
export interface SequentialConfig {
  /** Values per row, or the shape of a row: `784`, `[28, 28]`, `[32, 32, 3]`. */
  readonly input: number | readonly [number, number] | readonly [number, number, number];
  /** From the input to the output. */
  readonly layers: readonly Layer[];
  /** Drives initial weights, shuffling and splits: same seed, same bits. An integer from 0 to 2⁵³ − 1; default 0. */
  readonly seed?: number;
  /** Class names by index, for models whose labels are names. Default: the first fit collects them, sorted by code unit. */
  readonly classes?: readonly string[];
  /**
   * Brings inputs to mean 0 and standard deviation 1, fitted on the training rows of the first fit and saved: per column
   * for `input: 8`, per channel for images. Default false.
   */
  readonly standardize?: boolean;
  /** The same for target values (per output); predictions, `rmse` and `mae` stay in target units. Default false. */
  readonly standardizeTarget?: boolean;
  /** Shows training images in another way in every step, for inputs that are images: see `augment`. Default: as they are. */
  readonly augment?: AugmentOptions;
}

/** What `compile` takes. */
export interface CompileOptions<L extends LossName, M extends MetricName> {
  /** What training makes small: its name, or one with its parameter, `huber({ delta: 0.5 })`; it must fit the last layer. */
  readonly loss: LossOption<L>;
  /** How parameters are updated. Default `adam()`. */
  readonly optimizer?: Optimizer;
  /** Figures that are logged beside the loss, by name; they must fit the loss. Default: none. */
  readonly metrics?: readonly M[];
  /**
   * c, the largest Euclidean norm of the whole gradient (penalties included): a longer one, g, becomes c g/‖g‖ before the update
   * (Pascanu, Mikolov, Bengio 2013; Goodfellow, Bengio, Courville, Deep Learning, 10.11.1). Above 0. Default: any.
   */
  readonly clipNorm?: number | undefined;
  /** The largest size of each element of the gradient, above 0; cut before the norm is taken. Default: any. */
  readonly clipValue?: number | undefined;
  /**
   * Most bytes that the model and its data may take, for a model with a runtime of its own: as `memoryLimit` of `createRuntime`, which
   * has the default too. A model that needs more is refused with an estimate.
   */
  readonly memoryLimit?: number;
}

/** Options of `sequential` and `load` beside the data. */
export interface RuntimeChoice {
  /** A runtime to share. Default: the model has one of its own, made by `createRuntime()`, which goes when the model goes. */
  readonly runtime?: Runtime;
}

/** Every option of `sequential`. */
export const CONFIG_NAMES = [
  'input',
  'layers',
  'seed',
  'classes',
  'standardize',
  'standardizeTarget',
  'augment',
] as const satisfies readonly (keyof SequentialConfig)[];

/** Refuses a shared runtime that is none. */
export function checkRuntime(where: string, runtime: unknown): void {
  if (runtime !== undefined && !(runtime instanceof Runtime)) {
    refuse(where, '`runtime` must come from createRuntime', runtime);
  }
}

/** A checked architecture with the options it was compiled with: what a Model is made from. */
export interface Compiled<L extends LossName, M extends MetricName> {
  /** The configuration as plain data, for saving. */
  readonly config: SequentialConfig;
  /** What becomes of a table's columns, where the model takes rows of one. */
  readonly features?: Features;
  readonly network: Network;
  readonly seed: number;
  readonly channels: number;
  readonly loss: LossOption<L>;
  readonly optimizer: Optimizer;
  readonly clipNorm: number | undefined;
  readonly clipValue: number | undefined;
  readonly metrics: readonly M[];
}
