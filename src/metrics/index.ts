/**
 * `lanegrad/metrics`: what predictions are worth. Pure functions over labels and predictions, in float64; they take what
 * `predict`, `predictClasses` and `predictLabels` give, and anything else of that form.
 *
 * @module lanegrad/metrics
 */
export {
  accuracy,
  type ClassificationReport,
  type ClassScores,
  type ConfusionMatrix,
  classificationReport,
  confusionMatrix,
  type Scores,
} from './classification.js';
export type { ClassOptions, Labels } from './labels.js';
export {
  brierScore,
  type CalibrationBin,
  type CalibrationOptions,
  calibration,
  logLoss,
} from './probability.js';
export { type RocAucOptions, rocAuc, rocAucByClass } from './ranking.js';
export { meanAbsoluteError, r2, rootMeanSquaredError } from './regression.js';
export { wilsonInterval } from './wilson.js';
