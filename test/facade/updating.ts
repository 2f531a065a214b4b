/** What the tests of updates share: a small classifier, what a step takes off it, and every optimizer. */
import {
  adagrad,
  adam,
  adamw,
  type DenseOptions,
  dense,
  ewaMomentum,
  type Optimizer,
  rmsprop,
  sequential,
  sgd,
} from '../../src/index.js';
import { clusters, valuesOf } from './support.js';

export const { x, y } = clusters(96);

/** What a classifier is made with. */
export interface Choice {
  readonly optimizer?: Optimizer;
  readonly first?: DenseOptions;
  readonly last?: DenseOptions;
  readonly clipNorm?: number;
  readonly clipValue?: number;
}

/** A classifier of `x`. */
export function classifier({
  optimizer = sgd({ learningRate: 0.1 }),
  first = {},
  last = {},
  ...clipping
}: Choice = {}) {
  const layers = [dense(8, { activation: 'tanh', ...first }), dense(3, { activation: 'softmax', ...last })];
  return sequential({ input: 4, seed: 3, layers }).compile({ loss: 'crossEntropy', optimizer, ...clipping });
}

type Classifier = ReturnType<typeof classifier>;

/** What one step takes off every parameter, and the gradients it had. */
export function step(model: Classifier) {
  const [before, gradients] = [model.parameters(), model.gradients(x, y)];
  model.trainOnBatch(x, y);
  const after = model.parameters();
  return Object.keys(before).map((name) => {
    const [was, is] = [valuesOf(before, name), valuesOf(after, name)];
    return { name, taken: was.map((value, i) => value - (is[i] as number)), g: valuesOf(gradients, name) };
  });
}

/** Every rule, by optimizer, with settings that learn. */
export const OPTIMIZERS: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ learningRate: 0.1 }),
  'sgd with momentum': sgd({ learningRate: 0.05, momentum: 0.9 }),
  'sgd with Nesterov momentum': sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  ewaMomentum: ewaMomentum({ learningRate: 0.5 }),
  adagrad: adagrad({ learningRate: 0.1 }),
  rmsprop: rmsprop({ learningRate: 0.01 }),
  adam: adam({ learningRate: 0.01 }),
  adamw: adamw({ learningRate: 0.01, weightDecay: 0.1 }),
};
