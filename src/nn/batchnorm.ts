import { checkNumber, checkOptions } from '../errors.js';
import type { Builder } from '../program/builder.js';
import type { Stage } from './activations.js';
import {
  checkName,
  checkTrainable,
  type LayerChecks,
  type LayerForward,
  type ParameterDeclaration,
  TRAINABLE_OPTIONS,
  type TrainableOptions,
} from './layer.js';

/** Options of `batchNorm`. */
export interface BatchNormOptions extends TrainableOptions {
  /**
   * Weight of the past in the running statistics: running ← momentum · running + (1 − momentum) · batch. From 0 to 1.
   * Default 0.9.
   */
  readonly momentum?: number;
  /** Added to the variance inside the root, at least 1e-12. Default 1e-5. */
  readonly epsilon?: number;
  /** Name in `parameters()`, listings and messages. Default: kind and position, `batchNorm1`. */
  readonly name?: string;
}

/** A batch normalization layer, as plain data. */
export interface BatchNormLayer extends BatchNormOptions {
  /** Made by `batchNorm`. */
  readonly kind: 'batchNorm';
}

const OPTIONS = ['momentum', 'epsilon', 'name'] as const satisfies readonly (keyof BatchNormOptions)[];

/**
 * Batch normalization (Ioffe and Szegedy 2015; Goodfellow, Bengio, Courville, Deep Learning, 8.7.1): every column of a
 * batch is brought to mean 0 and variance 1, and then to a learned scale γ and shift β. At prediction and evaluation
 * exponentially weighted averages take the place of the batch's mean and (biased) variance; where that is exact, they are
 * folded into the dense layer beside it. Every row of a batch counts alike in the statistics, whatever its weight.
 *
 * It stands where it is put: after the activation in `dense(256, { activation: 'relu' }), batchNorm()`, before it in
 * `dense(256), batchNorm(), activation('relu')`. With `trainable: false` γ and β stay; the statistics still follow the batches.
 * @throws ArgumentError for an unknown option or a value out of range.
 */
export function batchNorm(options: BatchNormOptions = {}): BatchNormLayer {
  checkOptions('batchNorm', options, [...OPTIONS, ...TRAINABLE_OPTIONS]);
  const layer: BatchNormLayer = { kind: 'batchNorm', ...options };
  batchNormChecks.check(layer, 'batchNorm');
  return layer;
}

/** γ (begins with 1) and β (begins with 0) of a normalization of `inputs` columns. */
export function scaleAndShift(inputs: number): ParameterDeclaration[] {
  const rest = { shape: [inputs], fanIn: inputs, fanOut: inputs, regularizer: undefined };
  return [
    { name: 'gamma', initializer: { kind: 'constant', value: 1 }, ...rest },
    { name: 'beta', initializer: { kind: 'zeros' }, ...rest },
  ];
}

/** The values of γ and β. */
export function scaling(b: Builder) {
  return { gamma: b.parameter('gamma').value, beta: b.parameter('beta').value };
}

/** The running averages that stand for a batch's mean and variance. */
function running(b: Builder) {
  return { mean: b.parameter('mean').value, variance: b.parameter('variance').value };
}

/** What batch normalization layers compute. */
export const batchNormForward: LayerForward<BatchNormLayer> = {
  outputs: (_, inputs) => inputs,

  parameters(_, inputs) {
    const rest = { shape: [inputs], fanIn: inputs, fanOut: inputs, regularizer: undefined, statistic: true } as const;
    return [
      ...scaleAndShift(inputs),
      { name: 'mean', initializer: { kind: 'zeros' }, ...rest },
      { name: 'variance', initializer: { kind: 'constant', value: 1 }, least: 0, ...rest },
    ];
  },

  stages({ momentum = 0.9, epsilon = 1e-5 }, mode): Stage[] {
    if (mode === 'evaluate') {
      return [
        {
          columnMap: (b) => b.normalizationScale(running(b), scaling(b), epsilon),
          build: (b, x) => ({
            output: b.normalize(x, running(b), scaling(b), epsilon),
            backward: (gradient) => gradient,
          }),
        },
      ];
    }
    return [
      {
        build(b, x) {
          const moments = b.moments(x); // μ, v                                              [features]
          const output = b.normalize(x, moments, scaling(b), epsilon); // γ (x − μ) / √(v + ε) + β   [rows, features]
          return {
            output,
            backward(gradient) {
              const affine = { gamma: b.parameter('gamma'), beta: b.parameter('beta') };
              return b.normalizeGradient(x, gradient, moments, affine, epsilon); // dγ, dβ, dx
            },
            afterUpdate() {
              const { mean, variance } = running(b);
              b.runningAverage(mean, moments.mean, momentum);
              b.runningAverage(variance, moments.variance, momentum);
            },
          };
        },
      },
    ];
  },
};

/** How options of batch normalization layers are checked, and what is said of them. */
export const batchNormChecks: LayerChecks<BatchNormLayer> = {
  check(layer, where) {
    checkOptions(where, layer, ['kind', ...OPTIONS, ...TRAINABLE_OPTIONS]);
    const { momentum, epsilon, name } = layer;
    if (momentum !== undefined) checkNumber(where, 'momentum', momentum, 0, 1);
    // what float32 has left of it next to a variance of 0 must still be more than 0
    if (epsilon !== undefined) checkNumber(where, 'epsilon', epsilon, 1e-12);
    checkName(where, name);
    checkTrainable(where, layer);
  },

  leastRows: 2,

  describe: ({ momentum = 0.9, epsilon = 1e-5 }) => `batchNorm, momentum ${momentum}, epsilon ${epsilon}`,
};
