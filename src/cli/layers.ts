/** The layers that the flags of `train` describe. */
import {
  activation,
  batchNorm,
  type DenseOptions,
  dense,
  dropout,
  type Layer,
  l1,
  l1l2,
  maxNorm,
  type Regularizer,
} from '../index.js';
import type { Answer } from './answer.js';
import { readActivation, readInitializer } from './choices.js';
import type { TrainOptions } from './options.js';

/** The penalty on all weights, if there is one. */
function penaltyOf({ l1: first, l1Proximal, l2: second }: TrainOptions): Regularizer | undefined {
  if (l1Proximal) return l1(first, { proximal: true });
  return first + second > 0 ? l1l2({ l1: first, l2: second }) : undefined;
}

/** What all dense layers have in common. */
function denseOptions(options: TrainOptions): DenseOptions {
  const { maxNorm: limit, weightInitializer, biasInitializer, penalizeBiases } = options;
  const penalty = penaltyOf(options);
  return {
    ...(penalty && { weightRegularizer: penalty }),
    ...(penalty && penalizeBiases && { biasRegularizer: penalty }),
    ...(limit !== undefined && { weightConstraint: maxNorm(limit) }),
    ...(weightInitializer !== undefined && {
      weightInitializer: readInitializer('train', 'weight-initializer', weightInitializer),
    }),
    ...(biasInitializer !== undefined && {
      biasInitializer: readInitializer('train', 'bias-initializer', biasInitializer),
    }),
  };
}

/** Dropout of inputs, hidden layers with their batch normalization and dropout, each where asked for, and the output. */
export function layersOf(
  options: TrainOptions,
  { units, activation: last }: Pick<Answer, 'units' | 'activation'>,
): Layer[] {
  const { hidden, inputDropout, batchNorm: position, keep } = options;
  const common = denseOptions(options);
  const chosen = readActivation('train', options.activation);
  const block = (width: number): Layer[] => {
    const layers: Layer[] =
      position === 'before'
        ? [dense(width, common), batchNorm(), activation(chosen)]
        : [dense(width, { activation: chosen, ...common })];
    if (position === 'after') layers.push(batchNorm());
    if (keep < 1) layers.push(dropout({ keep }));
    return layers;
  };
  return [
    ...(inputDropout > 0 ? [dropout({ rate: inputDropout })] : []),
    ...hidden.flatMap(block),
    dense(units, { activation: last, ...common }),
  ];
}
