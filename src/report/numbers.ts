/** What a model of numbers is worth on rows it was not trained on: figures that the command prints and the report shows. */
import { meanAbsoluteError, r2, rootMeanSquaredError } from '../metrics/index.js';
import { Domain, Random } from '../random.js';

/** How far off the answers for one target are, in its own units. */
export interface TargetErrors {
  readonly target: string;
  readonly r2: number;
  readonly rmse: number;
  readonly mae: number;
  /** What always answering the mean of these rows reaches; its R² is 0. */
  readonly baseline: { readonly rmse: number; readonly mae: number; readonly mean: number };
}

/** How much of the targets' variance is explained, how sure that is, and how far off the answers are. */
export interface NumberJudgement {
  readonly rows: number;
  /** Mean over the targets. */
  readonly r2: number;
  /** 95 % interval of R²; undefined for rows so few or alike that there is none. */
  readonly interval: readonly [low: number, high: number] | undefined;
  readonly targets: readonly TargetErrors[];
}

/** Samples that the interval is found from; fewer where there are many rows, as it is then narrow. */
const RESAMPLES = 1000;
const FEWEST_RESAMPLES = 200;
const MOST_DRAWS = 2e7;
/** Fewer rows tell nothing of how much samples differ. */
const FEWEST_ROWS = 10;

/** Values of one of several targets. */
function columnOf(values: ArrayLike<number>, targets: number, j: number): Float64Array {
  return Float64Array.from({ length: values.length / targets }, (_, row) => values[row * targets + j] as number);
}

/** Compares predicted numbers with the true ones, both `[rows, targets]` in the targets' own units. */
export function judgeNumbers(
  predictions: ArrayLike<number>,
  truth: ArrayLike<number>,
  names: readonly string[],
): NumberJudgement {
  const outputs = names.length;
  const columns = names.map((_, j) => ({
    truth: columnOf(truth, outputs, j),
    predictions: columnOf(predictions, outputs, j),
  }));
  const targets = names.map((target, j): TargetErrors => {
    const { truth: own, predictions: said } = columns[j] as (typeof columns)[number];
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    const constant = new Float64Array(own.length).fill(mean);
    return {
      target,
      r2: r2(own, said),
      rmse: rootMeanSquaredError(own, said),
      mae: meanAbsoluteError(own, said),
      baseline: { rmse: rootMeanSquaredError(own, constant), mae: meanAbsoluteError(own, constant), mean },
    };
  });
  const rows = truth.length / outputs;
  const mean = targets.reduce((sum, one) => sum + one.r2, 0) / outputs;
  return { rows, r2: mean, interval: bootstrap(columns, rows), targets };
}

/**
 * The 95 % interval of R² by the percentile bootstrap (Efron, Bootstrap methods: another look at the jackknife, 1979): R² of
 * rows that are drawn from these with replacement, again and again; the interval leaves 2.5 % of those below and above it.
 */
function bootstrap(
  columns: readonly { readonly truth: Float64Array; readonly predictions: Float64Array }[],
  rows: number,
): [low: number, high: number] | undefined {
  if (rows < FEWEST_ROWS) return undefined;
  // squares of errors and of distances from the mean, so that a sample needs no more than sums
  const parts = columns.map(({ truth, predictions }) => {
    const mean = truth.reduce((sum, value) => sum + value, 0) / rows;
    const errors = truth.map((value, i) => {
      const error = value - (predictions[i] as number);
      return error * error;
    });
    return { centred: truth.map((value) => value - mean), errors };
  });
  const samples = Math.max(FEWEST_RESAMPLES, Math.min(RESAMPLES, Math.floor(MOST_DRAWS / rows)));
  const random = new Random(0, Domain.bootstrap);
  const drawn = new Uint32Array(rows);
  const found = new Float64Array(samples);
  for (let s = 0; s < samples; s++) {
    for (let i = 0; i < rows; i++) drawn[i] = random.below(rows);
    let sum = 0;
    for (const { centred, errors } of parts) {
      let [wrong, total, squares] = [0, 0, 0];
      for (let i = 0; i < rows; i++) {
        const row = drawn[i] as number;
        const value = centred[row] as number;
        wrong += errors[row] as number;
        total += value;
        squares += value * value;
      }
      sum += 1 - wrong / (squares - (total * total) / rows);
    }
    found[s] = sum / parts.length;
  }
  if (!found.every(Number.isFinite)) return undefined;
  found.sort();
  const at = (share: number) => found[Math.round(share * (samples - 1))] as number;
  return [at(0.025), at(0.975)];
}
