/** How good probabilities are: log loss, Brier score, calibration. */
import { checkNumber, checkOneOf, checkOptions, checkPositiveInteger, refuse, words } from '../errors.js';
import { log } from '../math.js';
import { type ClassOptions, type Labels, type Scored, scored } from './labels.js';

/** How far a row of probabilities may be off 1 in all: float32 outputs of many classes stay well within. */
const SLACK = 1e-3;

/** Labels and probabilities. @throws ArgumentError as `scored`, and for rows that do not add up to 1. */
function judged(where: string, labels: Labels, probabilities: ArrayLike<number>, options: ClassOptions): Scored {
  const read = scored(where, 'probabilities', labels, probabilities, options, [0, 1]);
  if (read.single) return read;
  read.labels.forEach((_, row) => {
    let sum = 0;
    for (let c = 0; c < read.classes; c++) sum += read.score(row, c);
    if (Math.abs(sum - 1) > SLACK) {
      refuse(
        where,
        '`probabilities` of a row must add up to 1',
        words(`${sum} in row ${row}`),
        'several outputs with `sigmoid` are judged one by one.',
      );
    }
  });
  return read;
}

/**
 * The log loss, or cross-entropy: the mean over rows of −log of the probability of the true class (natural logarithm, sums
 * in float64). Probabilities are first moved into [ε, 1 − ε], as scikit-learn's `log_loss` does: ε is 2⁻²³ for a Float32Array and
 * 2⁻⁵² for others, so one row costs at most 15.9 or 36.0.
 *
 * @param labels the true classes: indices from 0, or names
 * @param probabilities one per row, that of class 1, or `[rows, classes]` flat, as `predict` of a model gives them
 * @param options.classes names in the order of the columns, such as `model.classes`
 * @throws ArgumentError for numbers outside 0 … 1, rows that do not add up to 1, and as `confusionMatrix`
 * @example
 * logLoss(yTest, model.predict(xTest), { classes: model.classes })
 */
export function logLoss(labels: Labels, probabilities: ArrayLike<number>, options: ClassOptions = {}): number {
  const { labels: own, score } = judged('logLoss', labels, probabilities, options);
  const epsilon = probabilities instanceof Float32Array ? 1.1920928955078125e-7 : 2.220446049250313e-16;
  let sum = 0;
  own.forEach((label, row) => {
    sum -= log(Math.min(Math.max(score(row, label), epsilon), 1 - epsilon));
  });
  return sum / own.length;
}

/**
 * The Brier score. Of two classes, the mean over rows of (p − t)², p being the probability of class 1 and t 1 where it is the
 * row's class; of more, the mean over rows of Σ (p − t)² over classes. (Brier, Verification of forecasts expressed in
 * terms of probability, 1950, has the sum for two classes too, which is twice as much; scikit-learn's `brier_score_loss` is as here.)
 *
 * @param labels the true classes: indices from 0, or names
 * @param probabilities one per row, that of class 1, or `[rows, classes]` flat
 * @throws ArgumentError as `logLoss`
 */
export function brierScore(labels: Labels, probabilities: ArrayLike<number>, options: ClassOptions = {}): number {
  const { labels: own, classes, score } = judged('brierScore', labels, probabilities, options);
  const first = classes === 2 ? 1 : 0;
  let sum = 0;
  own.forEach((label, row) => {
    for (let c = first; c < classes; c++) {
      const error = score(row, c) - Number(label === c);
      sum += error * error;
    }
  });
  return sum / own.length;
}

/** Options of `calibration`. */
export interface CalibrationOptions extends ClassOptions {
  /** How many bins, from 1 to 1000. Default: 10. */
  readonly bins?: number;
  /** `uniform`: of equal width from 0 to 1; `quantile`: of about as many rows each. Default: `uniform`. */
  readonly strategy?: 'uniform' | 'quantile';
}

/** Rows whose probability lies within a bin. */
export interface CalibrationBin {
  /** the bin is above this (the first one: from it on) … */
  readonly low: number;
  /** … up to this */
  readonly high: number;
  /** rows in it, at least 1 */
  readonly count: number;
  /** mean of the probabilities */
  readonly meanPredicted: number;
  /** share of the rows that are as predicted: calibrated probabilities have about their mean */
  readonly fractionPositive: number;
}

/**
 * The reliability curve: rows put into bins by their probability, with the share of them that turned out so. Of two classes,
 * probabilities of class 1, as scikit-learn's `calibration_curve`; of more, the probability of the likeliest class, and whether
 * it is the row's (Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks, 2017). Bins without rows are left out.
 *
 * @param labels the true classes: indices from 0, or names
 * @param probabilities one per row, that of class 1, or `[rows, classes]` flat
 * @throws ArgumentError for a bad option, and as `logLoss`
 * @example
 * for (const { meanPredicted, fractionPositive, count } of calibration(y, p)) console.log(meanPredicted, fractionPositive, count)
 */
export function calibration(
  labels: Labels,
  probabilities: ArrayLike<number>,
  options: CalibrationOptions = {},
): CalibrationBin[] {
  const where = 'calibration';
  checkOptions(where, options, ['classes', 'bins', 'strategy']);
  const { bins = 10, strategy = 'uniform', ...rest } = options;
  checkPositiveInteger(where, 'bins', bins);
  checkNumber(where, 'bins', bins, 1, 1000);
  checkOneOf(where, 'strategy', strategy, ['uniform', 'quantile']);
  const claims = claimsOf(judged(where, labels, probabilities, rest));
  const edges = strategy === 'uniform' ? uniformEdges(bins) : quantileEdges(claims.predicted, bins);
  const found = edges.slice(1).map(() => ({ count: 0, predicted: 0, positive: 0 }));
  claims.predicted.forEach((p, row) => {
    // the first edge that is not below p ends its bin
    let [below, end] = [1, edges.length - 1];
    while (below < end) {
      const middle = (below + end) >> 1;
      if ((edges[middle] as number) < p) below = middle + 1;
      else end = middle;
    }
    const bin = found[below - 1] as (typeof found)[number];
    bin.count++;
    bin.predicted += p;
    bin.positive += claims.met[row] as number;
  });
  return found.flatMap(({ count, predicted, positive }, i) => {
    if (count === 0) return [];
    const [low = 0, high = 1] = edges.slice(i, i + 2);
    return [{ low, high, count, meanPredicted: predicted / count, fractionPositive: positive / count }];
  });
}

/** What was claimed of every row with which probability, and whether it is so (1) or not (0). */
function claimsOf({ labels, classes, score }: Scored): { predicted: Float64Array; met: Uint8Array } {
  const claimed = labels.map((_, row) => {
    if (classes === 2) return 1;
    let best = 0;
    for (let c = 1; c < classes; c++) if (score(row, c) > score(row, best)) best = c;
    return best;
  });
  return {
    predicted: Float64Array.from(claimed, (c, row) => score(row, c)),
    met: Uint8Array.from(claimed, (c, row) => Number(labels[row] === c)),
  };
}

function uniformEdges(bins: number): number[] {
  return Array.from({ length: bins + 1 }, (_, i) => i / bins);
}

/** Quantiles by linear interpolation between order statistics (type 7 of Hyndman and Fan, Sample quantiles, 1996). */
function quantileEdges(values: Float64Array, bins: number): number[] {
  const sorted = Float64Array.from(values).sort();
  return uniformEdges(bins).map((q) => {
    const at = q * (sorted.length - 1);
    const low = sorted[Math.floor(at)] as number;
    const high = sorted[Math.ceil(at)] as number;
    return low + (at - Math.floor(at)) * (high - low);
  });
}
