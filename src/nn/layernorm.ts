import { checkNumber, checkOptions } from '../errors.js';
import { scaleAndShift, scaling } from './batchnorm.js';
import {
  checkName,
  checkTrainable,
  type LayerChecks,
  type LayerForward,
  TRAINABLE_OPTIONS,
  type TrainableOptions,
} from './layer.js';

/** Options of `layerNorm`. */
export interface LayerNormOptions extends TrainableOptions {
  /** Added to the variance inside the root, at least 1e-12. Default 1e-5. */
  readonly epsilon?: number;
  /** Name in `parameters()`, listings and messages. Default: kind and position, `layerNorm1`. */
  readonly name?: string;
}

/** A layer normalization layer, as plain data. */
export interface LayerNormLayer extends LayerNormOptions {
  /** Made by `layerNorm`. */
  readonly kind: 'layerNorm';
}

const OPTIONS = ['epsilon', 'name'] as const satisfies readonly (keyof LayerNormOptions)[];

/**
 * Layer normalization (Ba, Kiros, Hinton 2016): every row is brought to mean 0 and variance 1 over its features, and then
 * to a learned scale γ and shift β per feature. The same in training and at prediction, for batches of any size.
 * @throws ArgumentError for an unknown option or a value out of range.
 */
export function layerNorm(options: LayerNormOptions = {}): LayerNormLayer {
  checkOptions('layerNorm', options, [...OPTIONS, ...TRAINABLE_OPTIONS]);
  const layer: LayerNormLayer = { kind: 'layerNorm', ...options };
  layerNormChecks.check(layer, 'layerNorm');
  return layer;
}

/** What layer normalization layers compute. */
export const layerNormForward: LayerForward<LayerNormLayer> = {
  outputs: (_, inputs) => inputs,

  parameters: (_, inputs) => scaleAndShift(inputs),

  stages: ({ epsilon = 1e-5 }) => [
    {
      build(b, x) {
        const rows = b.layerNorm(x, scaling(b), epsilon); // γ (x − μ) / √(v + ε) + β  [rows, features]
        return {
          output: rows.output,
          backward(gradient) {
            const affine = { gamma: b.parameter('gamma'), beta: b.parameter('beta') };
            return b.layerNormGradient(x, gradient, rows, affine); // dγ, dβ, dx
          },
        };
      },
    },
  ],
};

/** How options of layer normalization layers are checked, and what is said of them. */
export const layerNormChecks: LayerChecks<LayerNormLayer> = {
  check(layer, where) {
    checkOptions(where, layer, ['kind', ...OPTIONS, ...TRAINABLE_OPTIONS]);
    if (layer.epsilon !== undefined) checkNumber(where, 'epsilon', layer.epsilon, 1e-12);
    checkName(where, layer.name);
    checkTrainable(where, layer);
  },

  describe: ({ epsilon = 1e-5 }) => `layerNorm, epsilon ${epsilon}`,
};
