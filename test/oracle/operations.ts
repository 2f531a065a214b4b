/** The reference of every operation. A missing one does not compile. */
import type { Op } from '../../assembly/abi.js';
import { noise, randomMap, warp } from './augment.js';
import { fold, moments, normalizationScale, normalize, normalizeGradient, runningAverage } from './batchnorm.js';
import {
  activation,
  activationGradient,
  add,
  dropout,
  softmaxRows,
  softmaxRowsGradient,
  standardize,
} from './elementwise.js';
import { layerNorm, layerNormGradient, layerNormParameterGradient } from './layernorm.js';
import type { OperationOracle } from './operation.js';
import { optimizer } from './optimizers.js';
import { columnSum, gemm, packB } from './products.js';
import { clip, maxNorm, softThreshold } from './projections.js';
import { loss, metric } from './scores.js';
import { penalty, squareSum, verdict } from './sums.js';
import { gather, random } from './updates.js';

/** Cases with references, by operation. */
export const OPERATION_ORACLES = {
  Gather: gather,
  Standardize: standardize,
  PackB: packB,
  Gemm: gemm,
  ColumnSum: columnSum,
  Activation: activation,
  ActivationGradient: activationGradient,
  Softmax: softmaxRows,
  SoftmaxGradient: softmaxRowsGradient,
  Loss: loss,
  Metric: metric,
  Penalty: penalty,
  SquareSum: squareSum,
  Verdict: verdict,
  Optimizer: optimizer,
  Random: random,
  Dropout: dropout,
  Moments: moments,
  Normalize: normalize,
  NormalizeGradient: normalizeGradient,
  RunningAverage: runningAverage,
  NormalizationScale: normalizationScale,
  Fold: fold,
  LayerNorm: layerNorm,
  LayerNormGradient: layerNormGradient,
  LayerNormParameterGradient: layerNormParameterGradient,
  Add: add,
  Clip: clip,
  SoftThreshold: softThreshold,
  MaxNorm: maxNorm,
  RandomMap: randomMap,
  Warp: warp,
  Noise: noise,
} as const satisfies Record<keyof typeof Op, OperationOracle>;
