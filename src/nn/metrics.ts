import { Metric } from '../../assembly/abi.js';
import { type LossName, lossesWith } from './losses.js';

interface MetricRow {
  /** The sums it needs, which a batch adds to (assembly/metrics.ts). */
  readonly kind: Metric;
  readonly about: string;
  /** The better direction. */
  readonly better: 'higher' | 'lower';
  /** The losses whose models it can judge. */
  readonly fits: readonly LossName[];
  /** The metric, from the accumulated sums; `unit[j]` is what one unit of output j is in target units. */
  value(sums: Float64Array, unit: Float32Array | undefined): number;
}

const classification = lossesWith('classes', 'binary');
const regression = lossesWith('values');

/** Of right answers, answers and rows of one class: a share, 0 where there is nothing to share (as scikit-learn has it). */
type ClassShare = (right: number, answers: number, rows: number) => number;

const precision: ClassShare = (right, answers) => (answers > 0 ? right / answers : 0);
const recall: ClassShare = (right, _, rows) => (rows > 0 ? right / rows : 0);
/** 2 · precision · recall / (precision + recall), the harmonic mean of both (van Rijsbergen, Information retrieval, 1979). */
const f1: ClassShare = (right, answers, rows) => (2 * right) / (answers + rows);

/** The mean of a share over the classes (outputs of a binary loss) that rows have or that were answered; 0 for none. */
function classMean(share: ClassShare): (sums: Float64Array) => number {
  return (sums) => {
    let [total, classes] = [0, 0];
    for (let at = 0; at < sums.length; at += 3) {
      const [right = 0, answers = 0, rows = 0] = sums.subarray(at, at + 3);
      if (answers + rows === 0) continue;
      total += share(right, answers, rows);
      classes++;
    }
    return classes > 0 ? total / classes : 0;
  };
}

/** The metrics. Rows count equally: sample weights are for the loss. */
export const METRICS = {
  accuracy: {
    kind: Metric.Accuracy,
    about: 'share of rows whose likeliest class is right (of outputs on the right side of ½ for binary ones)',
    better: 'higher',
    fits: classification,
    value: ([hits = 0, count = 0]) => hits / count,
  },
  precision: {
    kind: Metric.ClassCounts,
    about: 'of the rows that were taken for a class, the share that belongs to it; the mean over classes',
    better: 'higher',
    fits: classification,
    value: classMean(precision),
  },
  recall: {
    kind: Metric.ClassCounts,
    about: 'of the rows of a class, the share that was recognized; the mean over classes',
    better: 'higher',
    fits: classification,
    value: classMean(recall),
  },
  f1: {
    kind: Metric.ClassCounts,
    about: 'harmonic mean of precision and recall of a class; the mean over classes',
    better: 'higher',
    fits: classification,
    value: classMean(f1),
  },
  rmse: {
    kind: Metric.SquaredError,
    about: 'square root of the mean squared error, in target units',
    better: 'lower',
    fits: regression,
    value: (sums, unit) => {
      const outputs = (sums.length - 1) / 3;
      let total = 0;
      for (let j = 0; j < outputs; j++) {
        const size = unit?.[j] ?? 1;
        total += (sums[1 + 3 * j] as number) * size * size;
      }
      return Math.sqrt(total / outputs / (sums[0] as number));
    },
  },
  mae: {
    kind: Metric.AbsoluteError,
    about: 'mean absolute error, in target units',
    better: 'lower',
    fits: regression,
    value: (sums, unit) => {
      const outputs = sums.length - 1;
      let total = 0;
      for (let j = 0; j < outputs; j++) total += (sums[1 + j] as number) * (unit?.[j] ?? 1);
      return total / outputs / (sums[0] as number);
    },
  },
  r2: {
    kind: Metric.SquaredError,
    about: '1 − Σ(y−t)² / Σ(t−mean t)², the mean over outputs; 0 where the targets are all the same',
    better: 'higher',
    fits: regression,
    value: (sums) => {
      const outputs = (sums.length - 1) / 3;
      const count = sums[0] as number;
      let total = 0;
      for (let j = 0; j < outputs; j++) {
        const [errors = 0, sum = 0, squares = 0] = sums.subarray(1 + 3 * j, 4 + 3 * j);
        const spread = squares - (sum * sum) / count;
        total += spread > 0 ? 1 - errors / spread : 0;
      }
      return total / outputs;
    },
  },
} as const satisfies Record<string, MetricRow>;

/**
 * Name of a metric, over rows that all count alike. Of classes: `accuracy`, the share of rows (of several sigmoid outputs,
 * of outputs) that are right; `precision`, `recall` and `f1`, means over classes, as in `classificationReport` of
 * `lanegrad/metrics`. Of numbers, in target units: `rmse` √(mean (y − t)²) and `mae` mean |y − t|; `r2` 1 − Σ (y − t)² / Σ
 * (t − mean t)², the mean over outputs, 0 for an output whose targets are all the same.
 * @useDeclaredType
 */
export type MetricName = keyof typeof METRICS;

/** Every metric's name. */
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** The facts about a metric. */
export function metricRow(name: MetricName): MetricRow {
  return METRICS[name];
}
