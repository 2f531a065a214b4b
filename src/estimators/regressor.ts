import type { Inputs } from '../data/inputs.js';
import type { ValueTargets } from '../data/targets.js';
import { refuse, words } from '../errors.js';
import { Estimator, type Task } from './estimator.js';
import type { MLPOptions } from './parameters.js';
import { isNested } from './rows.js';

/**
 * Numbers in the shape of scikit-learn's `MLPRegressor`: linear outputs, and half the squared error. Names and meanings of its
 * parameters are theirs (`MLPParameters`), and so are initial weights, objective and stopping; it is a `sequential` model underneath,
 * `estimator.model`. Targets are learned as they are: bring them to a usual size, or use `sequential({ standardizeTarget: true })`.
 *
 * @example
 * const estimator = await new MLPRegressor({ maxIter: 500 }).fit(x, [1.5, 2.25, …]);
 * estimator.predict(unseen);         // Float32Array: one number for each row, or [rows, targets] flat
 *
 * @throws ArgumentError for unknown parameters and values out of range.
 */
export class MLPRegressor extends Estimator<ValueTargets> {
  /** @throws ArgumentError for an option that is none, or a value that cannot be. */
  constructor(options: MLPOptions = {}) {
    super('MLPRegressor', options);
  }

  /** The numbers of each row, `[rows, targets]` flat. @throws ArgumentError as `predict` of a model, and before the first fit. */
  predict(x: Inputs): Float32Array<ArrayBuffer> {
    return this.fitted('predict').predict(x);
  }

  /**
   * The coefficient of determination R² = 1 − Σ (y − t)² / Σ (t − mean t)², the mean over targets; 1 is perfect, 0 what
   * always answering the mean reaches.
   * @throws ArgumentError as `predict`, and for targets that cannot be used; BusyError during a `partialFit`.
   */
  score(x: Inputs, y: ValueTargets): number {
    return this.fitted('score').evaluateSync(x, y).r2;
  }

  /**
   * Goes on learning: one epoch over these rows, in batches as `fit` has them, with the optimizer where it stands. Without
   * early stopping.
   * @throws (rejects) as `fit`
   */
  async partialFit(x: Inputs, y: ValueTargets): Promise<this> {
    return this.goOn(x, this.taskOf('partialFit', y));
  }

  /** The same in one go. @throws as `partialFit` rejects */
  partialFitSync(x: Inputs, y: ValueTargets): this {
    return this.goOnSync(x, this.taskOf('partialFitSync', y));
  }

  /** @internal */
  protected override taskOf(where: string, y: ValueTargets): Task {
    if (!Array.isArray(y) && !(y instanceof Float32Array)) {
      refuse(where, 'targets must be an array of numbers, an array of rows or a Float32Array', y);
    }
    if (y.length === 0) refuse(where, 'at least one row is needed', words('no targets'));
    const units = isNested(y) ? (y[0] as ArrayLike<number>).length : 1;
    if (units === 0) refuse(where, 'target rows must have at least one value', y);
    return {
      // theirs has the gradient of ½ Σ (y − t)² of a row (`_backprop`), ours is the mean over its targets of (y − t)²
      output: { units, activation: 'linear', scale: units / 2 },
      loss: 'meanSquaredError',
      metric: 'r2',
      targets: y,
      rows: y.length,
    };
  }

  /** @internal */
  protected override learned(): void {}
}
