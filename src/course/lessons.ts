/** The lessons in the order of the course. */
import type { Lesson } from './lesson.js';
import { activationGradients } from './lessons/activation-gradients.js';
import { backprop } from './lessons/backprop.js';
import { deadRelu } from './lessons/dead-relu.js';
import { depthWidth } from './lessons/depth-width.js';
import { explodingGradients } from './lessons/exploding-gradients.js';
import { initialization } from './lessons/initialization.js';
import { residualDepth } from './lessons/residual-depth.js';
import { vanishingChain } from './lessons/vanishing-chain.js';
import { vanishingGradients } from './lessons/vanishing-gradients.js';

/** Every lesson, in the order of the course. */
export const LESSONS: readonly Lesson[] = [
  depthWidth,
  backprop,
  activationGradients,
  vanishingChain,
  explodingGradients,
  initialization,
  deadRelu,
  residualDepth,
  vanishingGradients,
];
