import { checkOneOf, checkOptions, checkPositiveInteger, refuse } from '../errors.js';
import { ACTIVATION_NAMES, ACTIVATIONS, type ActivationName, type Stage } from './activations.js';
import { checkInitializer, type Initializer } from './initializers.js';
import type { LayerDefinition } from './layer.js';
import { checkRegularizer, type Regularizer } from './regularizers.js';

/** Options of `dense`. */
export interface DenseOptions {
  /** What follows the affine map. Default `'linear'`. */
  readonly activation?: ActivationName;
  /** Default: he for the relu family, glorot otherwise. */
  readonly weightInitializer?: Initializer;
  /** Default: zeros. */
  readonly biasInitializer?: Initializer;
  /** Penalty on the weights. Default: none. */
  readonly weightRegularizer?: Regularizer;
  /** Penalty on the biases. Default: none. */
  readonly biasRegularizer?: Regularizer;
  /** Name in `parameters()`, listings and messages. Default: kind and position, `dense0`. */
  readonly name?: string;
}

/** A dense layer, as plain data. */
export interface DenseLayer extends DenseOptions {
  readonly kind: 'dense';
  readonly units: number;
}

const OPTIONS = [
  'activation',
  'weightInitializer',
  'biasInitializer',
  'weightRegularizer',
  'biasRegularizer',
  'name',
] as const satisfies readonly (keyof DenseOptions)[];

/**
 * A fully connected layer: a = W h + b, then the activation (Goodfellow, Bengio, Courville, Deep Learning, 6.3). W is
 * `[units, inputs]`, b `[units]`; on a batch, A = H Wᵀ + b.
 * @throws ArgumentError for units that are not a positive integer, an unknown option or value.
 */
export function dense(units: number, options: DenseOptions = {}): DenseLayer {
  checkOptions('dense', options, OPTIONS);
  const layer: DenseLayer = { kind: 'dense', units, ...options };
  denseDefinition.check(layer, 'dense');
  return layer;
}

/** What dense layers are made of. */
export const denseDefinition: LayerDefinition<DenseLayer> = {
  check(layer, where) {
    checkOptions(where, layer, ['kind', 'units', ...OPTIONS]);
    checkPositiveInteger(where, 'units', layer.units);
    if (layer.activation !== undefined) checkOneOf(where, 'activation', layer.activation, ACTIVATION_NAMES);
    checkInitializer(where, 'weightInitializer', layer.weightInitializer);
    checkInitializer(where, 'biasInitializer', layer.biasInitializer);
    checkRegularizer(where, 'weightRegularizer', layer.weightRegularizer);
    checkRegularizer(where, 'biasRegularizer', layer.biasRegularizer);
    if (layer.name !== undefined && !/^[A-Za-z][\w-]*$/.test(layer.name)) {
      refuse(where, '`name` must be letters, digits, - or _, beginning with a letter', layer.name);
    }
  },

  outputs: (layer) => layer.units,

  parameters(layer, inputs) {
    const { units, activation = 'linear' } = layer;
    const fans = { fanIn: inputs, fanOut: units };
    return [
      {
        name: 'weight',
        shape: [units, inputs],
        initializer: layer.weightInitializer ?? { kind: ACTIVATIONS[activation].initializer },
        regularizer: layer.weightRegularizer,
        ...fans,
      },
      {
        name: 'bias',
        shape: [units],
        initializer: layer.biasInitializer ?? { kind: 'zeros' },
        regularizer: layer.biasRegularizer,
        ...fans,
      },
    ];
  },

  stages({ activation = 'linear' }): Stage[] {
    const affine: Stage = {
      build(b, x) {
        const weight = b.parameter('weight');
        const bias = b.parameter('bias');
        const output = b.multiply(x, weight.value, { transposeB: true, bias: bias.value }); // x Wᵀ + b  [rows, units]
        return {
          output,
          backward(gradient) {
            b.multiply(gradient, x, { transposeA: true, into: weight.gradient }); // dW = dAᵀ x   [units, inputs]
            b.columnSum(gradient, bias.gradient); //                                 db = Σ dA    [units]
            return b.multiply(gradient, weight.value, { name: 'dx' }); //             dx = dA W    [rows, inputs]
          },
        };
      },
    };
    if (activation === 'linear') return [affine];
    return [affine, { activation, build: ACTIVATIONS[activation].build }];
  },

  describe: ({ units, activation = 'linear' }) => `dense ${units} ${activation}`,
};
