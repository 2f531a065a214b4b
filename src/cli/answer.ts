/** The last layer that a task asks for, and how it is judged while it trains. */
import type { LossName } from '../nn/losses.js';
import type { DataSet } from './dataset.js';

/** What a network ends with, what it learns by, and the figure that is shown beside the loss. */
export interface Answer {
  readonly units: number;
  readonly activation: 'softmax' | 'sigmoid' | 'linear';
  readonly loss: LossName;
  readonly score: Score;
  /** In words: `softmax with cross-entropy`. */
  readonly about: string;
}

/** The figure that is shown beside the loss. */
export type Score = 'accuracy' | 'r2';

/** How a score is called, and written. */
export const SCORES: Readonly<Record<Score, { readonly label: string; readonly unit: 'share' | 'number' }>> = {
  accuracy: { label: 'accuracy', unit: 'share' },
  r2: { label: 'R²', unit: 'number' },
};

/** What a data set asks for. Two classes of a table have one output, as `outputLayer` of the library has it. */
export function answerTo({ task, features }: Pick<DataSet, 'task' | 'features'>): Answer {
  if (task.kind === 'numbers') {
    const units = task.targets.length;
    return {
      units,
      activation: 'linear',
      loss: 'meanSquaredError',
      score: 'r2',
      about: 'linear with mean squared error',
    };
  }
  const { length } = task.classes;
  return features && length === 2
    ? {
        units: 1,
        activation: 'sigmoid',
        loss: 'binaryCrossEntropy',
        score: 'accuracy',
        about: 'sigmoid with cross-entropy',
      }
    : {
        units: length,
        activation: 'softmax',
        loss: 'crossEntropy',
        score: 'accuracy',
        about: 'softmax with cross-entropy',
      };
}
