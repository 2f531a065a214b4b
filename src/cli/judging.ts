/** Asks a model about rows and compares its answers with the truth. */

import { exp } from '../math.js';
import { classificationReport, logLoss, rocAuc } from '../metrics/index.js';
import { type Judgement, judge, type Mistake, mistakes } from '../report/judgement.js';
import { judgeNumbers, type NumberJudgement } from '../report/numbers.js';
import type { Rows, Task } from './dataset.js';

/** A model whose answers are judged; which loss and metrics it has does not matter here. */
export interface Judged {
  predict(x: Rows['x']): Float32Array;
  evaluate(x: Rows['x'], y: Rows['y']): Promise<{ readonly loss: number }>;
  /** An ensemble's: also how far its members agree. */
  predictWithSpread?(x: Rows['x']): { readonly deviation: Float32Array };
}

/** The answers of a model for some rows. */
export interface Answers {
  readonly predictions: Int32Array;
  /** `[rows, classes]`; with one sigmoid output, both classes too. */
  readonly probabilities: Float32Array;
}

/** Probabilities of all classes for every row. */
export function probabilitiesOf(model: Pick<Judged, 'predict'>, x: Rows['x'], classes: number): Float32Array {
  const outputs = model.predict(x);
  const rows = x.shape[0] as number;
  if (outputs.length === rows * classes) return outputs;
  return Float32Array.from({ length: 2 * rows }, (_, i) => {
    const p = outputs[Math.floor(i / 2)] as number;
    return i % 2 === 1 ? p : 1 - p;
  });
}

/** The likeliest class of every row, and all probabilities. */
export function answersOf(model: Pick<Judged, 'predict'>, x: Rows['x'], classes: number): Answers {
  const probabilities = probabilitiesOf(model, x, classes);
  const predictions = Int32Array.from({ length: probabilities.length / classes }, (_, row) => {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own));
  });
  return { predictions, probabilities };
}

/** Target values in their own units. */
export function numbersOf(values: Float32Array, { log }: Extract<Task, { kind: 'numbers' }>): Float32Array {
  return log ? values.map((value) => exp(value) - 1) : values;
}

/** What a model that tells classes apart is worth on rows. */
export interface ClassVerdict extends Answers {
  readonly kind: 'classes';
  readonly judgement: Judgement;
  readonly mistakes: readonly Mistake[];
  /** J on these rows; of an ensemble, the loss of the mean prediction, without penalties. */
  readonly loss: number;
}

/** What a model of numbers is worth on rows. */
export interface NumberVerdict {
  readonly kind: 'numbers';
  readonly judgement: NumberJudgement;
  /** `[rows, targets]`, in the targets' own units, as the truth is. */
  readonly predictions: Float32Array;
  readonly truth: Float32Array;
  /** As of classes; in the units that the model learns in. */
  readonly loss: number;
}

/** What a model is worth on rows. */
export type Verdict = ClassVerdict | NumberVerdict;

/** Judges a model on rows. */
export async function verdictOn(model: Judged, rows: Rows, task: Task): Promise<Verdict> {
  const { loss } = await model.evaluate(rows.x, rows.y);
  if (task.kind === 'numbers') {
    const predictions = numbersOf(model.predict(rows.x), task);
    const truth = numbersOf(rows.y as Float32Array, task);
    return { kind: 'numbers', predictions, truth, loss, judgement: judgeNumbers(predictions, truth, task.targets) };
  }
  const { classes } = task;
  const answers = answersOf(model, rows.x, classes.length);
  const { predictions, probabilities } = answers;
  const confidences = Float32Array.from(
    predictions,
    (prediction, row) => probabilities[row * classes.length + prediction] as number,
  );
  return {
    kind: 'classes',
    ...answers,
    loss,
    judgement: judge(predictions, rows.y, classes),
    mistakes: mistakes(predictions, rows.y, confidences),
  };
}

/** What answers and probabilities are worth besides the share that is right. */
export interface AnswerScores {
  /** Mean over the classes. */
  readonly f1: number;
  /** Of two classes, that of class 1; of more, the mean of each against the rest. Null where a class has no rows. */
  readonly rocAuc: number | null;
  readonly logLoss: number;
}

/** The scores of answers for rows with these labels. */
export function scoresOf(
  { predictions, probabilities }: Answers,
  y: Rows['y'],
  classes: readonly string[],
): AnswerScores {
  const report = classificationReport(y, predictions, { classes });
  const ranked = classes.length > 1 && report.classes.every(({ support }) => support > 0);
  return {
    f1: report.macro.f1,
    rocAuc: ranked ? rocAuc(y, probabilities, { classes }) : null,
    logLoss: logLoss(y, probabilities, { classes }),
  };
}

/**
 * How far the members of an ensemble disagree: the standard deviation, over the members, of the probability of the class
 * that was answered; its mean over the rows that were answered right, and over those that were not (null for none).
 */
export interface Spread {
  readonly right: number | null;
  readonly wrong: number | null;
}

/** The spread on rows with these answers; undefined for a single model. */
export function spreadOn(
  model: Judged,
  { x, y }: Rows,
  { predictions }: Pick<Answers, 'predictions'>,
): Spread | undefined {
  const found = model.predictWithSpread?.(x);
  if (!found) return undefined;
  const classes = found.deviation.length / y.length;
  const mean = (right: boolean): number | null => {
    let [sum, rows] = [0, 0];
    predictions.forEach((prediction, row) => {
      if ((prediction === y[row]) !== right) return;
      sum += found.deviation[row * classes + prediction] as number;
      rows++;
    });
    return rows > 0 ? sum / rows : null;
  };
  return { right: mean(true), wrong: mean(false) };
}
