/**
 * lanegrad: training neural networks on the CPU, wherever JavaScript runs.
 *
 * @module lanegrad
 */
export { type Augmentation, type AugmentOptions, augment } from './data/augment.js';
export type { Block, Dataset } from './data/dataset.js';
export type { Inputs } from './data/inputs.js';
export type { Row, Value } from './data/table/column.js';
export type { Features } from './data/table/features.js';
export type { Table } from './data/table/table.js';
export type { ClassTargets, ValueTargets } from './data/targets.js';
export {
  ArgumentError,
  BusyError,
  DisposedError,
  DivergenceError,
  FormatError,
  InternalError,
  LanegradError,
  MemoryLimitError,
  ThreadError,
  UnsupportedError,
} from './errors.js';
export type { NamedArray } from './format/safetensors.js';
export type { Architecture } from './model/architecture.js';
export { type BaggedArchitecture, type BaggingOptions, bagging } from './model/bagging.js';
export type { CompileOptions, RuntimeChoice, SequentialConfig } from './model/config.js';
export type { Activations, Diagnosis, LayerDiagnosis } from './model/diagnosis.js';
export type { Ensemble } from './model/ensemble.js';
export type {
  EnsembleFitOptions,
  EnsembleHistory,
  EnsembleLogs,
  EnsembleProgress,
} from './model/ensembleoptions.js';
export type { Targets } from './model/examples.js';
export type { Validation } from './model/fit.js';
export type { Curves, EpochLogs, History, Key, Logs, StopReason } from './model/history.js';
export { load, loadTable } from './model/load.js';
export { loadEnsemble } from './model/loadensemble.js';
export type { Model } from './model/model.js';
export type { FitOptions } from './model/options.js';
export { outputLayer } from './model/outputlayer.js';
export { sequential } from './model/sequential.js';
export type { TableArchitecture, TableCompileOptions, TableConfig } from './model/tablearchitecture.js';
export type { DetailedPrediction, EncodedDataset, Rows, TableModel, TableRows } from './model/tablemodel.js';
export type { Progress } from './model/training.js';
export { type ActivationLayer, type ActivationLayerOptions, activation } from './nn/activation.js';
export {
  type ActivationName,
  type ActivationOption,
  type Elu,
  elu,
  type LeakyRelu,
  leakyRelu,
} from './nn/activations.js';
export { type BatchNormLayer, type BatchNormOptions, batchNorm } from './nn/batchnorm.js';
export { type Constraint, maxNorm } from './nn/constraints.js';
export { type DenseLayer, type DenseOptions, dense } from './nn/dense.js';
export { type DropoutLayer, type DropoutOptions, dropout } from './nn/dropout.js';
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  lecunNormal,
  lecunUniform,
  normal,
  orthogonal,
  uniform,
  zeros,
} from './nn/initializers.js';
export { type LayerNormLayer, type LayerNormOptions, layerNorm } from './nn/layernorm.js';
export type { Layer } from './nn/layers.js';
export { type Huber, huber, type LossName, type LossOption, type RegressionLoss } from './nn/losses.js';
export type { MetricName } from './nn/metrics.js';
export {
  type AdamOptions,
  type AdamWOptions,
  adagrad,
  adam,
  adamw,
  ewaMomentum,
  type Optimizer,
  rmsprop,
  sgd,
} from './nn/optimizers.js';
export { l1, l1l2, l2, type Regularizer } from './nn/regularizers.js';
export { type ResidualLayer, residual } from './nn/residual.js';
export {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  type Per,
  type Rate,
  reduceOnPlateau,
  type Schedule,
  stepDecay,
} from './nn/schedules.js';
export { createRuntime, type Runtime, type RuntimeFacts, type RuntimeOptions } from './runtime/runtime.js';
