/** The layers that the flags of `train` describe. */
import { activation, batchNorm, dense, dropout, type Layer, l1l2 } from '../index.js';
import type { TrainOptions } from './options.js';

/** Hidden layers, each with its batch normalization and dropout where asked for, and the output. */
export function layersOf(options: TrainOptions, classes: number): Layer[] {
  const { hidden, activation: name, l1, l2, batchNorm: position, keep } = options;
  const penalty = l1 + l2 > 0 ? { weightRegularizer: l1l2({ l1, l2 }) } : {};
  const block = (units: number): Layer[] => {
    const layers: Layer[] =
      position === 'before'
        ? [dense(units, penalty), batchNorm(), activation(name)]
        : [dense(units, { activation: name, ...penalty })];
    if (position === 'after') layers.push(batchNorm());
    if (keep < 1) layers.push(dropout({ keep }));
    return layers;
  };
  return [...hidden.flatMap(block), dense(classes, { activation: 'softmax', ...penalty })];
}
