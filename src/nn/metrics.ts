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

/** The metrics. Rows count equally: sample weights are for the loss. */
export const METRICS = {
  accuracy: {
    kind: Metric.Accuracy,
    about: 'share of rows whose likeliest class is right (of outputs on the right side of ½ for binary ones)',
    better: 'higher',
    fits: classification,
    value: ([hits = 0, count = 0]) => hits / count,
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

/** Name of a metric. */
export type MetricName = keyof typeof METRICS;

/** Every metric's name. */
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** The facts about a metric. */
export function metricRow(name: MetricName): MetricRow {
  return METRICS[name];
}
