/** lanegrad/metrics beside scikit-learn: test/golden/metrics.json, which scripts/metrics.py has written. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as metrics from '../../src/metrics/index.js';

type Row = readonly [precision: number, recall: number, f1: number, support: number];

interface Golden {
  readonly classification: readonly {
    readonly labels: number[];
    readonly predictions: number[];
    readonly confusion: readonly (readonly number[])[];
    readonly classes: readonly number[];
    readonly accuracy: number;
    readonly report: { readonly classes: Record<string, Row>; readonly macro: Row; readonly weighted: Row };
  }[];
  readonly binary: readonly {
    readonly labels: number[];
    readonly probabilities: number[];
    readonly rocAuc: number;
    readonly logLoss: number;
    readonly brier: number;
    readonly uniform: readonly [positive: number[], predicted: number[]];
    readonly quantile: readonly [positive: number[], predicted: number[]];
  }[];
  readonly many: readonly {
    readonly labels: number[];
    readonly probabilities: number[];
    readonly macro: number;
    readonly weighted: number;
    readonly byClass: number[];
    readonly logLoss: number;
    readonly brier: number;
  }[];
  readonly regression: readonly {
    readonly outputs: number;
    readonly targets: number[];
    readonly predictions: number[];
    readonly mae: number;
    readonly rmse: number;
    readonly r2: number;
  }[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/metrics.json', import.meta.url), 'utf8')) as Golden;

/** Both sum some dozens of float64 numbers, in another order. */
function same(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const value = expected[i] as number;
    expect(Math.abs((found[i] as number) - value), `${found[i]} and ${value} at ${i}`).toBeLessThanOrEqual(
      1e-13 * Math.max(1, Math.abs(value)),
    );
  }
}

const rowOf = ({ precision, recall, f1, support }: metrics.Scores): Row => [precision, recall, f1, support];

describe.each(golden.classification)('classes, case %#', ({ labels, predictions, confusion, classes, ...expected }) => {
  it('confusion matrix: the same, with zeros for indices that do not occur', () => {
    const { counts } = metrics.confusionMatrix(labels, predictions);
    expect(classes.map((c) => classes.map((d) => counts[c]?.[d]))).toEqual(confusion);
    expect(counts.flat().reduce((sum, n) => sum + n, 0)).toBe(labels.length);
  });

  it('accuracy', () => same([metrics.accuracy(labels, predictions)], [expected.accuracy]));

  it('report', () => {
    const report = metrics.classificationReport(labels, predictions);
    for (const [name, row] of Object.entries(expected.report.classes)) {
      same(rowOf(report.classes[Number(name)] as metrics.ClassScores), row);
    }
    same(rowOf(report.macro), expected.report.macro);
    same(rowOf(report.weighted), expected.report.weighted);
    same([report.accuracy], [expected.accuracy]);
  });

  it('the same by names', () => {
    const named = (list: readonly number[]) => list.map((c) => `class ${c}`);
    const report = metrics.classificationReport(named(labels), named(predictions));
    expect(report.classes.map((one) => one.class)).toEqual(named(classes));
    same(rowOf(report.macro), expected.report.macro);
  });
});

describe.each(golden.binary)('two classes, case %#', ({ labels, probabilities, ...expected }) => {
  const pairs = probabilities.flatMap((p) => [1 - p, p]);

  it('area under the ROC curve', () => {
    for (const scores of [probabilities, pairs]) {
      same([metrics.rocAuc(labels, scores)], [expected.rocAuc]);
      same(metrics.rocAucByClass(labels, scores), [expected.rocAuc, expected.rocAuc]);
    }
  });

  it('log loss', () => {
    for (const p of [probabilities, pairs]) same([metrics.logLoss(labels, p)], [expected.logLoss]);
  });

  it('Brier score', () => {
    for (const p of [probabilities, pairs]) same([metrics.brierScore(labels, p)], [expected.brier]);
  });

  it('calibration', () => {
    for (const [strategy, bins] of [
      ['uniform', 10],
      ['quantile', 7],
    ] as const) {
      const curve = metrics.calibration(labels, probabilities, { strategy, bins });
      const [positive, predicted] = expected[strategy];
      same(
        curve.map((bin) => bin.fractionPositive),
        positive,
      );
      same(
        curve.map((bin) => bin.meanPredicted),
        predicted,
      );
      expect(curve.reduce((sum, { count }) => sum + count, 0)).toBe(labels.length);
    }
  });
});

describe.each(golden.many)('many classes, case %#', ({ labels, probabilities, ...expected }) => {
  it('area under the ROC curve', () => {
    same([metrics.rocAuc(labels, probabilities)], [expected.macro]);
    same([metrics.rocAuc(labels, probabilities, { average: 'weighted' })], [expected.weighted]);
    same(metrics.rocAucByClass(labels, probabilities), expected.byClass);
  });

  it('log loss', () => same([metrics.logLoss(labels, probabilities)], [expected.logLoss]));
  it('Brier score', () => same([metrics.brierScore(labels, probabilities)], [expected.brier]));
});

describe.each(golden.regression)('numbers, case %#', ({ outputs, targets, predictions, ...expected }) => {
  it('mean absolute error', () => same([metrics.meanAbsoluteError(targets, predictions)], [expected.mae]));
  it('root of the mean squared error', () =>
    same([metrics.rootMeanSquaredError(targets, predictions)], [expected.rmse]));
  it('R²', () => same([metrics.r2(targets, predictions, { outputs })], [expected.r2]));
});
