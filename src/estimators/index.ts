/**
 * `lanegrad/estimators`: networks in the shape of scikit-learn's `MLPClassifier` and `MLPRegressor`, and cross-validation of
 * models of any kind.
 */
export { type Label, type LabelList, MLPClassifier } from './classifier.js';
export {
  type ArrayCrossValidationOptions,
  crossValidate,
  type FoldFitOptions,
  type TableCrossValidationOptions,
} from './crossvalidate.js';
export type { CrossValidation, CrossValidationOptions, FoldScores } from './crossvalidation.js';
export type { Estimator, EstimatorFitOptions } from './estimator.js';
export type { MLPOptions, MLPParameters } from './parameters.js';
export { MLPRegressor } from './regressor.js';
export type { Spread } from './spread.js';
