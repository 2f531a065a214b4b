/** How well scores rank rows: the area under the receiver operating characteristic. */
import { checkOneOf, checkOptions, refuse, words } from '../errors.js';
import { type ClassOptions, type Labels, type Scored, scored } from './labels.js';

/** Options of `rocAuc`. */
export interface RocAucOptions extends ClassOptions {
  /** Of more than two classes: `macro` counts each class once, `weighted` by its rows. Default: `macro`. */
  readonly average?: 'macro' | 'weighted';
}

/**
 * The area under the ROC curve: the probability that a row of the class has a higher score than a row of another one, ties
 * counting half. Of two classes, that of class 1; of more, the mean over classes of each against the rest (scikit-learn's
 * `roc_auc_score`, with `multi_class='ovr'`). It does not change with any rising function of the scores. It is
 * U / (n₁ n₀) of Mann and Whitney, On a test of whether one of two random variables is stochastically larger than the
 * other, 1947; Hanley and McNeil, The meaning and use of the area under a ROC curve, 1982.
 *
 * @param labels the true classes: indices from 0, or names
 * @param scores any finite numbers: one per row, that of class 1, or `[rows, classes]` flat, as `predict` gives them
 * @param options.classes names in the order of the columns, such as `model.classes`
 * @throws ArgumentError for a class that no row has, or that all have: there is nothing to rank; and as `confusionMatrix`
 * @example
 * rocAuc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) // 0.75
 */
export function rocAuc(labels: Labels, scores: ArrayLike<number>, options: RocAucOptions = {}): number {
  const where = 'rocAuc';
  checkOptions(where, options, ['classes', 'average']);
  const { average = 'macro', ...rest } = options;
  checkOneOf(where, 'average', average, ['macro', 'weighted']);
  const read = scored(where, 'scores', labels, scores, rest);
  if (read.classes === 2) return areaOf(where, read, 1);
  const areas = Float64Array.from({ length: read.classes }, (_, c) => areaOf(where, read, c));
  if (average === 'macro') return areas.reduce((sum, area) => sum + area, 0) / areas.length;
  return read.labels.reduce((sum, label) => sum + (areas[label] as number), 0) / read.labels.length;
}

/**
 * The area under the ROC curve of every class against the rest, in the order of the columns: what `rocAuc` is the mean of.
 * @param scores `[rows, classes]` flat, or one per row, that of class 1
 * @throws ArgumentError as `rocAuc`
 */
export function rocAucByClass(labels: Labels, scores: ArrayLike<number>, options: ClassOptions = {}): Float64Array {
  const where = 'rocAucByClass';
  const read = scored(where, 'scores', labels, scores, options);
  // of one score per row, class 0 against class 1 is the same area as class 1 against class 0
  return Float64Array.from({ length: read.classes }, (_, c) => areaOf(where, read, read.single ? 1 : c));
}

/** The area of one class against the rest. */
function areaOf(where: string, { labels, nameOf, score }: Scored, index: number): number {
  const own = labels.reduce((count, label) => count + Number(label === index), 0);
  const others = labels.length - own;
  if (own === 0 || others === 0) {
    refuse(
      where,
      'every class must have rows, and rows of others to be told from',
      words(`${own} rows of class ${JSON.stringify(nameOf(index))} and ${others} of others`),
    );
  }
  const [higher, lower] = [new Float64Array(own), new Float64Array(others)];
  let [i, j] = [0, 0];
  labels.forEach((label, row) => {
    if (label === index) higher[i++] = score(row, index);
    else lower[j++] = score(row, index);
  });
  higher.sort();
  lower.sort();
  // U: for every row of the class, how many of the others are below it, and half of those beside it
  let [u, below, upTo] = [0, 0, 0];
  for (const value of higher) {
    while (below < others && (lower[below] as number) < value) below++;
    while (upTo < others && (lower[upTo] as number) <= value) upTo++;
    u += (below + upTo) / 2;
  }
  return u / (own * others);
}
