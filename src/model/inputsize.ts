import { refuse } from '../errors.js';
import type { SequentialConfig } from './config.js';

/** Values per row and channels of an input shape. */
export function inputSize(input: SequentialConfig['input']): { width: number; channels: number } {
  const shape = typeof input === 'number' ? [input] : input;
  if (!Array.isArray(shape) || shape.length < 1 || shape.length > 3) {
    refuse('sequential', '`input` must be a number of values or a shape of two or three sizes', input);
  }
  if (!shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    refuse('sequential', '`input` must be made of positive integers', input);
  }
  const width = shape.reduce((product, n) => product * n, 1);
  return { width, channels: shape.length === 1 ? width : (shape[2] ?? 1) };
}
