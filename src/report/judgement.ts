/** What a classifier is worth on rows it was not trained on: figures that the command prints and the report shows. */
import { confusionMatrix, wilsonInterval } from '../metrics/index.js';

/** The share of rows that are right, what it should be compared with, and where the errors are. */
export interface Judgement {
  readonly rows: number;
  readonly correct: number;
  readonly accuracy: number;
  /** 95 % interval of the accuracy. */
  readonly interval: readonly [low: number, high: number];
  /** What always answering the most frequent class would reach on the same rows. */
  readonly baseline: { readonly accuracy: number; readonly class: string };
  readonly classes: readonly string[];
  /** Rows by true class (first index) and predicted class. */
  readonly confusion: readonly (readonly number[])[];
}

/** A row whose likeliest class is not its own. */
export interface Mistake {
  /** Place among the judged rows, from 0. */
  readonly row: number;
  readonly label: number;
  readonly prediction: number;
  /** Probability that the model gave the class it predicted. */
  readonly confidence: number;
}

/** Compares predicted classes with the true ones. */
export function judge(predictions: Int32Array, labels: ArrayLike<number>, classes: readonly string[]): Judgement {
  const { counts: confusion } = confusionMatrix(labels, predictions, { classes });
  const rows = predictions.length;
  const correct = confusion.reduce((sum, counts, c) => sum + (counts[c] as number), 0);
  const totals = confusion.map((counts) => counts.reduce((sum, n) => sum + n, 0));
  const most = totals.indexOf(Math.max(...totals));
  return {
    rows,
    correct,
    accuracy: correct / rows,
    interval: wilsonInterval(correct, rows),
    baseline: { accuracy: (totals[most] as number) / rows, class: classes[most] as string },
    classes,
    confusion,
  };
}

/** The rows that are wrong, the most confident first. `confidences[i]` is the probability of row i's prediction. */
export function mistakes(
  predictions: Int32Array,
  labels: ArrayLike<number>,
  confidences: ArrayLike<number>,
): readonly Mistake[] {
  const found: Mistake[] = [];
  predictions.forEach((prediction, row) => {
    const label = labels[row] as number;
    if (label !== prediction) found.push({ row, label, prediction, confidence: confidences[row] as number });
  });
  return found.sort((a, b) => b.confidence - a.confidence || a.row - b.row);
}

/** Of the rows of each class, the share that was recognized. NaN for a class without rows. */
export function recalls({ confusion }: Judgement): number[] {
  return confusion.map((counts, c) => (counts[c] as number) / counts.reduce((sum, n) => sum + n, 0));
}

/** Of the rows that were given a class, the share that belongs to it. NaN for a class never predicted. */
export function precisions({ confusion }: Judgement): number[] {
  return confusion.map(
    (counts, c) => (counts[c] as number) / confusion.reduce((sum, row) => sum + (row[c] as number), 0),
  );
}

/** 2 · precision · recall / (precision + recall) of every class. NaN for a class without rows that was never predicted. */
export function f1s({ confusion }: Judgement): number[] {
  return confusion.map((counts, c) => {
    const rows = counts.reduce((sum, n) => sum + n, 0);
    const answers = confusion.reduce((sum, row) => sum + (row[c] as number), 0);
    return (2 * (counts[c] as number)) / (rows + answers);
  });
}
