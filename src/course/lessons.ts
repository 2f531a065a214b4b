/** The lessons in the order of the course. */
import type { Lesson } from './lesson.js';
import { adamBias } from './lessons/adam-bias.js';
import { augmentation } from './lessons/augmentation.js';
import { dropoutEnsemble } from './lessons/dropout-ensemble.js';
import { dropoutKeep } from './lessons/dropout-keep.js';
import { dropoutL2 } from './lessons/dropout-l2.js';
import { dropoutMean } from './lessons/dropout-mean.js';
import { earlyStopping } from './lessons/early-stopping.js';
import { l1L2 } from './lessons/l1-l2.js';
import { learningRateDecay } from './lessons/learning-rate-decay.js';
import { movingAverage } from './lessons/moving-average.js';
import { optimizerPaths } from './lessons/optimizer-paths.js';
import { vanishingGradients } from './lessons/vanishing-gradients.js';

/** Every lesson, in the order of the course. */
export const LESSONS: readonly Lesson[] = [
  vanishingGradients,
  l1L2,
  dropoutMean,
  dropoutEnsemble,
  dropoutL2,
  dropoutKeep,
  augmentation,
  earlyStopping,
  movingAverage,
  optimizerPaths,
  adamBias,
  learningRateDecay,
];
