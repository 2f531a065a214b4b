/** The lessons in the order of the course. */
import type { Lesson } from './lesson.js';
import { adamBias } from './lessons/adam-bias.js';
import { learningRateDecay } from './lessons/learning-rate-decay.js';
import { movingAverage } from './lessons/moving-average.js';
import { optimizerPaths } from './lessons/optimizer-paths.js';
import { vanishingGradients } from './lessons/vanishing-gradients.js';

/** Every lesson, in the order of the course. */
export const LESSONS: readonly Lesson[] = [
  vanishingGradients,
  movingAverage,
  optimizerPaths,
  adamBias,
  learningRateDecay,
];
