/** Asks a model about rows and compares its answers with the truth. */

import { InternalError } from '../errors.js';
import { exp } from '../math.js';
import { classificationReport, logLoss, rocAuc } from '../metrics/index.js';
import { Model } from '../model/model.js';
import { type Judgement, judge, type Mistake, mistakes } from '../report/judgement.js';
import { judgeNumbers, type NumberJudgement } from '../report/numbers.js';
import { isStreamed, type Rows, rowsIn, type Streamed, type Task } from './dataset.js';

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

/** Probabilities of all classes for every row, of what a model gives. */
function ofAllClasses(outputs: Float32Array, rows: number, classes: number): Float32Array {
  if (outputs.length === rows * classes) return outputs;
  const both = new Float32Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    const p = outputs[row] as number;
    both[2 * row] = 1 - p;
    both[2 * row + 1] = p;
  }
  return both;
}

/** Probabilities of all classes for every row. */
export function probabilitiesOf(model: Pick<Judged, 'predict'>, x: Rows['x'], classes: number): Float32Array {
  return ofAllClasses(model.predict(x), x.shape[0] as number, classes);
}

/** The first of the likeliest classes of every row. */
function likeliest(probabilities: Float32Array, classes: number): Int32Array {
  const predictions = new Int32Array(probabilities.length / classes);
  for (let row = 0; row < predictions.length; row++) {
    const from = row * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if ((probabilities[from + c] as number) > (probabilities[from + best] as number)) best = c;
    }
    predictions[row] = best;
  }
  return predictions;
}

/** The likeliest class of every row, and all probabilities. */
export function answersOf(model: Pick<Judged, 'predict'>, x: Rows['x'], classes: number): Answers {
  const probabilities = probabilitiesOf(model, x, classes);
  return { predictions: likeliest(probabilities, classes), probabilities };
}

/** Target values in their own units. */
export function numbersOf(values: Float32Array, { log }: Extract<Task, { kind: 'numbers' }>): Float32Array {
  return log ? values.map((value) => exp(value) - 1) : values;
}

/** What a model that tells classes apart is worth on rows. */
export interface ClassVerdict extends Answers {
  readonly kind: 'classes';
  /** The true class of every row. */
  readonly labels: Rows['y'];
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

/** What a model gives for rows, beside the truth. */
interface Outcome {
  readonly loss: number;
  /** `[rows, outputs]` */
  readonly outputs: Float32Array;
  readonly y: Rows['y'];
}

/** The outcome on rows that do not fit into memory: `evaluate` reads each block, which is answered as soon as it is there. */
async function outcomeByBlocks(model: Judged, { dataset }: Streamed): Promise<Outcome> {
  // an ensemble judges rows in memory alone
  if (!(model instanceof Model)) throw new InternalError('rows on disk are for a single model.');
  const { rows } = dataset;
  let outputs = new Float32Array(0);
  let y: Int32Array | Float32Array = outputs;
  const read: typeof dataset.read = async (first, count) => {
    const block = await dataset.read(first, count);
    const answers = model.predict(block.x);
    if (outputs.length === 0) {
      outputs = new Float32Array((rows * answers.length) / count);
      const values = (rows * block.y.length) / count;
      y = block.y instanceof Int32Array ? new Int32Array(values) : new Float32Array(values);
    }
    outputs.set(answers, (first * answers.length) / count);
    y.set(block.y, (first * block.y.length) / count);
    return block;
  };
  const { loss = Number.NaN } = await model.evaluate({ rows, read });
  return { loss, outputs, y };
}

async function outcomeOn(model: Judged, rows: Rows | Streamed): Promise<Outcome> {
  if (isStreamed(rows)) return await outcomeByBlocks(model, rows);
  const { loss } = await model.evaluate(rows.x, rows.y);
  return { loss, outputs: model.predict(rows.x), y: rows.y };
}

/** Judges a model on rows. */
export async function verdictOn(model: Judged, rows: Rows | Streamed, task: Task): Promise<Verdict> {
  const { loss, outputs, y } = await outcomeOn(model, rows);
  if (task.kind === 'numbers') {
    const predictions = numbersOf(outputs, task);
    const truth = numbersOf(y as Float32Array, task);
    return { kind: 'numbers', predictions, truth, loss, judgement: judgeNumbers(predictions, truth, task.targets) };
  }
  const { classes } = task;
  const probabilities = ofAllClasses(outputs, rowsIn(rows), classes.length);
  const predictions = likeliest(probabilities, classes.length);
  const confidences = new Float32Array(predictions.length);
  for (let row = 0; row < confidences.length; row++) {
    confidences[row] = probabilities[row * classes.length + (predictions[row] as number)] as number;
  }
  return {
    kind: 'classes',
    predictions,
    probabilities,
    labels: y,
    loss,
    judgement: judge(predictions, y, classes),
    mistakes: mistakes(predictions, y, confidences),
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
  rows: Rows | Streamed,
  { predictions }: Pick<Answers, 'predictions'>,
): Spread | undefined {
  if (isStreamed(rows)) return undefined;
  const { x, y } = rows;
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
