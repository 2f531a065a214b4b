/** How far predicted numbers are off. */
import { checkOptions, checkPositiveInteger, refuse, words } from '../errors.js';
import { checkValues } from './labels.js';

/** The mean over all values of a function of their errors. */
function meanOf(
  where: string,
  targets: ArrayLike<number>,
  predictions: ArrayLike<number>,
  of: (error: number) => number,
): number {
  checkValues(where, targets, predictions);
  let sum = 0;
  for (let i = 0; i < targets.length; i++) sum += of((predictions[i] as number) - (targets[i] as number));
  return sum / targets.length;
}

/**
 * The mean absolute error, over rows and outputs, in the units of the targets; as the metric `mae` of a model.
 * @param targets the true numbers, flat where there are several outputs
 * @param predictions the predicted ones, as `predict` gives them
 * @throws ArgumentError for no rows, lists of different lengths, and numbers that are not finite.
 */
export function meanAbsoluteError(targets: ArrayLike<number>, predictions: ArrayLike<number>): number {
  return meanOf('meanAbsoluteError', targets, predictions, Math.abs);
}

/**
 * The square root of the mean squared error over rows and outputs, in the units of the targets; as the metric `rmse` of a
 * model. (scikit-learn's has the mean over outputs of each one's root.)
 * @param targets the true numbers, flat where there are several outputs
 * @param predictions the predicted ones, as `predict` gives them
 * @throws ArgumentError as `meanAbsoluteError`
 */
export function rootMeanSquaredError(targets: ArrayLike<number>, predictions: ArrayLike<number>): number {
  return Math.sqrt(meanOf('rootMeanSquaredError', targets, predictions, (error) => error * error));
}

/**
 * The coefficient of determination R²: 1 − Σ (y − t)² / Σ (t − mean t)², the mean over outputs; as the metric `r2` of a model. 1
 * is perfect, 0 what always answering the mean reaches; 0 too for an output whose targets are all the same (scikit-learn: 1
 * where they are met exactly).
 * @param targets the true numbers, `[rows, outputs]` flat
 * @param predictions the predicted ones, as `predict` gives them
 * @param options.outputs numbers of a row, 1 by default
 * @throws ArgumentError as `meanAbsoluteError`, and where `outputs` does not divide the number of values
 */
export function r2(
  targets: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: { readonly outputs?: number } = {},
): number {
  checkOptions('r2', options, ['outputs']);
  const { outputs = 1 } = options;
  checkPositiveInteger('r2', 'outputs', outputs);
  checkValues('r2', targets, predictions);
  if (targets.length % outputs !== 0) {
    refuse(
      'r2',
      '`targets` must have `outputs` values for each row',
      words(`${targets.length} values, ${outputs} outputs`),
    );
  }
  const rows = targets.length / outputs;
  let total = 0;
  for (let j = 0; j < outputs; j++) {
    const column = Array.from({ length: rows }, (_, row) => targets[row * outputs + j] as number);
    // compared with one another: a mean of equal numbers may be rounded
    if (column.every((target) => target === column[0])) continue;
    const mean = column.reduce((sum, target) => sum + target, 0) / rows;
    let [errors, spread] = [0, 0];
    column.forEach((target, row) => {
      const error = (predictions[row * outputs + j] as number) - target;
      errors += error * error;
      spread += (target - mean) * (target - mean);
    });
    total += 1 - errors / spread;
  }
  return total / outputs;
}
