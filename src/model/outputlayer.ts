import { type Features, isFeatures, targetsOf } from '../data/table/features.js';
import { refuse } from '../errors.js';
import { type DenseLayer, dense } from '../nn/dense.js';

/**
 * The last layer that a table's target asks for: one linear unit for each column of numbers, one sigmoid unit for two classes
 * (the probability of the second of `features.classes`), a softmax unit for each of more.
 * @throws ArgumentError for anything but what `fitFeatures` returns.
 */
export function outputLayer(features: Features): DenseLayer {
  if (!isFeatures(features)) refuse('outputLayer', 'what fitFeatures returns is needed', features);
  const { classes } = features;
  if (!classes) return dense(targetsOf(features).length);
  return classes.length === 2 ? dense(1, { activation: 'sigmoid' }) : dense(classes.length, { activation: 'softmax' });
}
