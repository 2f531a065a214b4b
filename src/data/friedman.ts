/** `friedman`: Friedman's first regression problem, ten inputs of which five matter. */
import { sin } from '../math.js';
import { Domain, Random } from '../random.js';
import { type SyntheticOptions, syntheticOptions } from './points.js';

/** Inputs of a row. */
const COLUMNS = 10;

/** Rows with a number each to predict. */
export interface Friedman {
  /** Ten inputs of each row. */
  readonly x: {
    /** Row after row. */
    readonly data: Float32Array;
    /** `[rows, 10]` */
    readonly shape: readonly number[];
  };
  /** The number that belongs to each row. */
  readonly y: Float32Array;
}

/**
 * Rows of ten numbers, each even on 0 … 1, with the target
 *
 *     10 sin(π x₀ x₁) + 20 (x₂ − ½)² + 10 x₃ + 5 x₄ + noise
 *
 * where the noise is normal with standard deviation `noise`, 1 by default: no model has a mean squared error below its
 * square, or an R² above about 0.96. The last five columns mean nothing. After Friedman, Multivariate adaptive
 * regression splines, 1991, and Breiman, Bagging predictors, 1996 (his "Friedman #1"); scikit-learn's `make_friedman1` is the
 * same with noise 0 by default.
 * @throws ArgumentError for an unknown option or a value out of range.
 *
 * @example
 * const { x, y } = friedman({ rows: 500 }) // x.data: 5000 numbers, y: 500 numbers from about 0 to 30
 */
export function friedman(options: SyntheticOptions = {}): Friedman {
  const { rows, noise, seed } = syntheticOptions('friedman', options, 1);
  const random = new Random(seed, Domain.friedman);
  const data = new Float32Array(rows * COLUMNS);
  const y = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const x = data.subarray(row * COLUMNS, (row + 1) * COLUMNS);
    x.forEach((_, column) => {
      x[column] = random.uniform();
    });
    // of the inputs as they are stored, so that without noise the target is exactly theirs
    const [x0, x1, x2, x3, x4] = x as unknown as readonly [number, number, number, number, number];
    y[row] = 10 * sin(Math.PI * x0 * x1) + 20 * (x2 - 0.5) * (x2 - 0.5) + 10 * x3 + 5 * x4 + noise * random.normal();
  }
  return { x: { data, shape: [rows, COLUMNS] }, y };
}
