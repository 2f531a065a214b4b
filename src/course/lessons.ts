/** The lessons in the order of the course. */
import type { Lesson } from './lesson.js';
import { activationGradients } from './lessons/activation-gradients.js';
import { adamBias } from './lessons/adam-bias.js';
import { augmentation } from './lessons/augmentation.js';
import { backprop } from './lessons/backprop.js';
import { baggingVariance } from './lessons/bagging-variance.js';
import { batchNormNoise } from './lessons/batch-norm-noise.js';
import { batchNormRates } from './lessons/batch-norm-rates.js';
import { batchNormScales } from './lessons/batch-norm-scales.js';
import { batchNormStatistics } from './lessons/batch-norm-statistics.js';
import { deadRelu } from './lessons/dead-relu.js';
import { depthWidth } from './lessons/depth-width.js';
import { dropoutEnsemble } from './lessons/dropout-ensemble.js';
import { dropoutKeep } from './lessons/dropout-keep.js';
import { dropoutL2 } from './lessons/dropout-l2.js';
import { dropoutMean } from './lessons/dropout-mean.js';
import { earlyStopping } from './lessons/early-stopping.js';
import { explodingGradients } from './lessons/exploding-gradients.js';
import { initialization } from './lessons/initialization.js';
import { l1L2 } from './lessons/l1-l2.js';
import { learningRateDecay } from './lessons/learning-rate-decay.js';
import { movingAverage } from './lessons/moving-average.js';
import { optimizerPaths } from './lessons/optimizer-paths.js';
import { residualDepth } from './lessons/residual-depth.js';
import { vanishingChain } from './lessons/vanishing-chain.js';
import { vanishingGradients } from './lessons/vanishing-gradients.js';

/** Every lesson, in the order of the course. */
export const LESSONS: readonly Lesson[] = [
  depthWidth,
  backprop,
  activationGradients,
  vanishingChain,
  vanishingGradients,
  explodingGradients,
  initialization,
  deadRelu,
  residualDepth,
  l1L2,
  dropoutMean,
  dropoutEnsemble,
  dropoutL2,
  dropoutKeep,
  augmentation,
  earlyStopping,
  batchNormStatistics,
  batchNormScales,
  batchNormRates,
  batchNormNoise,
  baggingVariance,
  movingAverage,
  optimizerPaths,
  adamBias,
  learningRateDecay,
];
