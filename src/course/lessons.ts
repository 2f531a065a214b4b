/** The lessons in the order of the course. */
import type { Lesson } from './lesson.js';
import { baggingVariance } from './lessons/bagging-variance.js';
import { batchNormNoise } from './lessons/batch-norm-noise.js';
import { batchNormRates } from './lessons/batch-norm-rates.js';
import { batchNormScales } from './lessons/batch-norm-scales.js';
import { batchNormStatistics } from './lessons/batch-norm-statistics.js';
import { vanishingGradients } from './lessons/vanishing-gradients.js';

/** Every lesson, in the order of the course. */
export const LESSONS: readonly Lesson[] = [
  vanishingGradients,
  batchNormStatistics,
  batchNormScales,
  batchNormRates,
  batchNormNoise,
  baggingVariance,
];
