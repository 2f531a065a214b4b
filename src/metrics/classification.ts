/** What answers of classes are worth: confusion matrix, accuracy, and the report by class. */
import { type ClassOptions, indexed, type Labels } from './labels.js';
import { tableText } from './table.js';

/** How often each class was taken for each. */
export interface ConfusionMatrix {
  /** names of the classes, in the order of `counts` */
  readonly classes: readonly string[];
  /** rows by true class (first index) and predicted class (second) */
  readonly counts: readonly (readonly number[])[];
  /** a table with the true classes as lines */
  toString(): string;
}

/**
 * Counts of rows by true and predicted class.
 *
 * @param labels the true classes: indices from 0, or names
 * @param predictions the predicted ones, as `predictClasses` or `predictLabels` give them
 * @param options.classes names in the order of the indices, such as `model.classes`; by default the indices or names that
 *   occur (indices: all from 0 to the largest)
 * @throws ArgumentError for no rows, lists of different lengths, what is no class, and options that are none.
 * @example
 * confusionMatrix([0, 0, 1, 2], [0, 1, 1, 2]).counts // [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
 */
export function confusionMatrix(labels: Labels, predictions: Labels, options: ClassOptions = {}): ConfusionMatrix {
  const { indices, classes } = indexed('confusionMatrix', { labels, predictions }, options);
  return matrixOf(indices as [Int32Array, Int32Array], classes);
}

function matrixOf(
  [labels, predictions]: readonly [Int32Array, Int32Array],
  classes: readonly string[],
): ConfusionMatrix {
  const counts = classes.map(() => classes.map(() => 0));
  labels.forEach((label, row) => {
    const line = counts[label] as number[];
    const prediction = predictions[row] as number;
    line[prediction] = (line[prediction] as number) + 1;
  });
  return {
    classes,
    counts,
    toString: () =>
      tableText([['', ...classes], ...counts.map((line, c) => [classes[c] as string, ...line.map(String)])]),
  };
}

/**
 * The share of rows whose class was predicted.
 *
 * @param labels the true classes: indices from 0, or names
 * @param predictions the predicted ones
 * @throws ArgumentError as `confusionMatrix`
 * @example
 * accuracy(yTest, model.predictClasses(xTest))
 */
export function accuracy(labels: Labels, predictions: Labels, options: ClassOptions = {}): number {
  const { indices } = indexed('accuracy', { labels, predictions }, options);
  const [own, said] = indices as [Int32Array, Int32Array];
  return own.reduce((hits, label, row) => hits + Number(label === said[row]), 0) / own.length;
}

/** Precision, recall and F1 of a class, or their means. */
export interface Scores {
  /** of the rows that were taken for the class, the share that belongs to it; 0 where there are none */
  readonly precision: number;
  /** of the rows of the class, the share that was recognized; 0 where there are none */
  readonly recall: number;
  /** 2 · precision · recall / (precision + recall): their harmonic mean; 0 where both are 0 */
  readonly f1: number;
  /** rows of the class; of a mean, all rows */
  readonly support: number;
}

/** The scores of one class. */
export interface ClassScores extends Scores {
  /** its name */
  readonly class: string;
}

/** Scores of every class, and their means. */
export interface ClassificationReport {
  /** each class, in the order of the indices, or of `classes` */
  readonly classes: readonly ClassScores[];
  /** share of rows that are right */
  readonly accuracy: number;
  /** the mean over the classes that rows have or that were predicted, each counted once */
  readonly macro: Scores;
  /** the mean over the classes, each counted by its rows */
  readonly weighted: Scores;
  /** the table, two decimals, as scikit-learn prints it */
  toString(): string;
}

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/**
 * Precision, recall and F1 by class, with accuracy and means, defined as in scikit-learn's `classification_report` (with
 * `zero_division=0`): a share of nothing is 0, and a class that no row has and none was taken for counts in no mean.
 * Precision and recall after van Rijsbergen, Information retrieval, 1979.
 *
 * @param labels the true classes: indices from 0, or names
 * @param predictions the predicted ones, as `predictClasses` or `predictLabels` give them
 * @param options.classes names in the order of the indices, such as `model.classes`
 * @throws ArgumentError as `confusionMatrix`
 * @example
 * const report = classificationReport(yTest, model.predictClasses(xTest), { classes: model.classes })
 * console.log(String(report), report.macro.f1)
 */
export function classificationReport(
  labels: Labels,
  predictions: Labels,
  options: ClassOptions = {},
): ClassificationReport {
  const { indices, classes: names } = indexed('classificationReport', { labels, predictions }, options);
  const { counts } = matrixOf(indices as [Int32Array, Int32Array], names);
  const rows = (indices[0] as Int32Array).length;
  const answers = names.map((_, c) => counts.reduce((sum, line) => sum + (line[c] as number), 0));
  const classes = names.map((name, c): ClassScores => {
    const right = counts[c]?.[c] as number;
    const support = (counts[c] as readonly number[]).reduce((sum, n) => sum + n, 0);
    return {
      class: name,
      precision: share(right, answers[c] as number),
      recall: share(right, support),
      f1: share(2 * right, (answers[c] as number) + support),
      support,
    };
  });
  const mean = (weight: (c: number, one: ClassScores) => number): Scores => {
    const total = classes.reduce((sum, one, c) => sum + weight(c, one), 0);
    const of = (key: 'precision' | 'recall' | 'f1') =>
      classes.reduce((sum, one, c) => sum + weight(c, one) * one[key], 0) / total;
    return { precision: of('precision'), recall: of('recall'), f1: of('f1'), support: rows };
  };
  const report = {
    classes,
    accuracy: counts.reduce((sum, line, c) => sum + (line[c] as number), 0) / rows,
    macro: mean((c, { support }) => Number(support + (answers[c] as number) > 0)),
    weighted: mean((_, { support }) => support),
  };
  return { ...report, toString: () => reportText(report) };
}

function reportText({ classes, accuracy: right, macro, weighted }: Omit<ClassificationReport, 'toString'>): string {
  const line = (name: string, { precision, recall, f1, support }: Scores) => [
    name,
    ...[precision, recall, f1].map((value) => value.toFixed(2)),
    String(support),
  ];
  return tableText([
    ['', 'precision', 'recall', 'f1', 'support'],
    ...classes.map((one) => line(one.class, one)),
    ['accuracy', '', '', right.toFixed(2), String(macro.support)],
    line('macro mean', macro),
    line('weighted mean', weighted),
  ]);
}
