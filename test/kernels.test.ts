import { tryKernels } from './support/trial.js';

tryKernels('simd');
