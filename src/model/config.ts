import { refuse } from '../errors.js';
import type { Layer } from '../nn/layers.js';
import type { LossName } from '../nn/losses.js';
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
  /** Class names by index, for models whose labels are names; otherwise the first fit collects them. */
  readonly classes?: readonly string[];
  /**
   * Brings inputs to mean 0 and standard deviation 1, fitted on the training rows of the first fit and saved: per column
   * for `input: 8`, per channel for images. Default false.
   */
  readonly standardize?: boolean;
  /** The same for target values (per output); predictions, `rmse` stay in target units. Default false. */
  readonly standardizeTarget?: boolean;
}

/** What `compile` takes. */
export interface CompileOptions<L extends LossName, M extends MetricName> {
  readonly loss: L;
  /** Default `adam()`. */
  readonly optimizer?: Optimizer;
  readonly metrics?: readonly M[];
}

/** Options of `sequential` and `load` beside the data. */
export interface RuntimeChoice {
  /** A runtime to share; without it the model has one of its own, which goes when the model goes. */
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
] as const satisfies readonly (keyof SequentialConfig)[];

/** Refuses a shared runtime that is none. */
export function checkRuntime(where: string, runtime: unknown): void {
  if (runtime !== undefined && !(runtime instanceof Runtime)) {
    refuse(where, '`runtime` must come from createRuntime', runtime);
  }
}

/** Values per row and channels of an input shape. */
export function inputSize(input: SequentialConfig['input']): { width: number; channels: number } {
  const shape = typeof input === 'number' ? [input] : input;
  if (!Array.isArray(shape) || shape.length < 1 || shape.length > 3) {
    refuse('sequential', '`input` must be a number of values or a shape of two or three sizes', input);
  }
  if (!shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    refuse('sequential', '`input` must be made of positive integers', input);
  }
  const width = shape.reduce((product, n) => product * n, 1);
  return { width, channels: shape.length === 1 ? width : (shape[2] ?? 1) };
}

/** A checked architecture with the options it was compiled with: what a Model is made from. */
export interface Compiled<L extends LossName, M extends MetricName> {
  /** The configuration as plain data, for saving. */
  readonly config: SequentialConfig;
  readonly network: Network;
  readonly seed: number;
  readonly channels: number;
  readonly loss: L;
  readonly optimizer: Optimizer;
  readonly metrics: readonly M[];
}
