/** lanegrad: training neural networks on the CPU, wherever JavaScript runs. */
export type { Inputs } from './data/inputs.js';
export {
  ArgumentError,
  BusyError,
  DisposedError,
  DivergenceError,
  FormatError,
  InternalError,
  LanegradError,
  MemoryLimitError,
  UnsupportedError,
} from './errors.js';
export type { NamedArray } from './format/safetensors.js';
export { type Architecture, sequential } from './model/architecture.js';
export type { CompileOptions, RuntimeChoice, SequentialConfig } from './model/config.js';
export type { Targets } from './model/examples.js';
export type { Curves, EpochLogs, History, Key, Logs, StopReason } from './model/history.js';
export { load } from './model/load.js';
export type { Model } from './model/model.js';
export type { FitOptions } from './model/options.js';
export type { Progress } from './model/training.js';
export type { ActivationName } from './nn/activations.js';
export { type DenseLayer, type DenseOptions, dense } from './nn/dense.js';
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  normal,
  uniform,
  zeros,
} from './nn/initializers.js';
export type { Layer } from './nn/layers.js';
export type { LossName } from './nn/losses.js';
export type { MetricName } from './nn/metrics.js';
export { type AdamOptions, adam, type Optimizer, sgd } from './nn/optimizers.js';
export { l2, type Regularizer } from './nn/regularizers.js';
export { createRuntime, type Runtime, type RuntimeOptions } from './runtime/runtime.js';
