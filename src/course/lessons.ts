/** The lessons in the order of the course. */
import type { Lesson } from './lesson.js';
import { activationGradients } from './lessons/activation-gradients.js';
import { backprop } from './lessons/backprop.js';
import { depthWidth } from './lessons/depth-width.js';
import { vanishingGradients } from './lessons/vanishing-gradients.js';

/** Every lesson, in the order of the course. */
export const LESSONS: readonly Lesson[] = [depthWidth, backprop, activationGradients, vanishingGradients];
