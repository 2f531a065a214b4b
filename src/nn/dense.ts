import { checkOptions, checkPositiveInteger, refuse } from '../errors.js';
import type { Affine, Builder } from '../program/builder.js';
import { type ActivationOption, activationRow, activationStages, checkActivation, type Stage } from './activations.js';
import { choiceText } from './choice.js';
import { type Constraint, checkConstraint } from './constraints.js';
import { checkInitializer, type Initializer } from './initializers.js';
import {
  checkTrainable,
  type LayerChecks,
  type LayerForward,
  TRAINABLE_OPTIONS,
  type TrainableOptions,
} from './layer.js';
import { checkRegularizer, type Regularizer } from './regularizers.js';

/** Options of `dense`. */
export interface DenseOptions extends TrainableOptions {
  /** What follows the affine map: a name, or one with its parameter, as in `leakyRelu({ slope: 0.2 })`. Default `'linear'`. */
  readonly activation?: ActivationOption;
  /**
   * How the weights begin. Default, by this layer's own activation: `heNormal` for relu and its kin (leakyRelu, elu, softplus,
   * gelu, geluTanh, silu), `glorotUniform` otherwise.
   */
  readonly weightInitializer?: Initializer;
  /** How the biases begin; anything but `orthogonal`, which is for matrices. Default: zeros. */
  readonly biasInitializer?: Initializer;
  /** Penalty on the weights. Default: none. */
  readonly weightRegularizer?: Regularizer;
  /** Penalty on the biases. Default: none. */
  readonly biasRegularizer?: Regularizer;
  /** What holds of each unit's incoming weights after every update. Default: nothing. */
  readonly weightConstraint?: Constraint;
  /** Name in `parameters()`, listings and messages. Default: kind and position, `dense0`. */
  readonly name?: string;
}

/** A dense layer, as plain data. */
export interface DenseLayer extends DenseOptions {
  /** Made by `dense`. */
  readonly kind: 'dense';
  /** Outputs of a row, at least 1. */
  readonly units: number;
}

const OPTIONS = [
  'activation',
  'weightInitializer',
  'biasInitializer',
  'weightRegularizer',
  'biasRegularizer',
  'weightConstraint',
  'name',
] as const satisfies readonly (keyof DenseOptions)[];

/**
 * A fully connected layer: a = W h + b, then the activation (Goodfellow, Bengio, Courville, Deep Learning, 6.3). W is
 * `[units, inputs]`, b `[units]`; on a batch, A = H Wᵀ + b.
 * @param units outputs of a row, at least 1
 * @throws ArgumentError for units that are not a positive integer, an unknown option or value.
 */
export function dense(units: number, options: DenseOptions = {}): DenseLayer {
  checkOptions('dense', options, [...OPTIONS, ...TRAINABLE_OPTIONS]);
  const layer: DenseLayer = { kind: 'dense', units, ...options };
  denseChecks.check(layer, 'dense');
  return layer;
}

/** The affine map x Wᵀ + b; `change` computes W and b from the layer's own. */
function affine(change: (b: Builder, own: Affine) => Affine = (_, own) => own): Stage {
  return {
    reweighted: (next) => affine((b, own) => next(b, change(b, own))),
    build(b, x) {
      const weight = b.parameter('weight');
      const bias = b.parameter('bias');
      const used = change(b, { weight: weight.value, bias: bias.value });
      const output = b.multiply(x, used.weight, { transposeB: true, bias: used.bias }); // x Wᵀ + b   [rows, units]
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
}

/** What dense layers compute. */
export const denseForward: LayerForward<DenseLayer> = {
  outputs: (layer) => layer.units,

  parameters(layer, inputs) {
    const { units, activation = 'linear' } = layer;
    const fans = { fanIn: inputs, fanOut: units };
    return [
      {
        name: 'weight',
        shape: [units, inputs],
        initializer: layer.weightInitializer ?? { kind: activationRow(activation).initializer },
        regularizer: layer.weightRegularizer,
        constraint: layer.weightConstraint,
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
    return [affine(), ...activationStages(activation)];
  },
};

/** How options of dense layers are checked, and what is said of them. */
export const denseChecks: LayerChecks<DenseLayer> = {
  check(layer, where) {
    checkOptions(where, layer, ['kind', 'units', ...OPTIONS, ...TRAINABLE_OPTIONS]);
    checkPositiveInteger(where, 'units', layer.units);
    if (layer.activation !== undefined) checkActivation(where, layer.activation);
    checkInitializer(where, 'weightInitializer', layer.weightInitializer);
    checkInitializer(where, 'biasInitializer', layer.biasInitializer, 'vector');
    checkRegularizer(where, 'weightRegularizer', layer.weightRegularizer);
    checkRegularizer(where, 'biasRegularizer', layer.biasRegularizer);
    checkConstraint(where, 'weightConstraint', layer.weightConstraint);
    checkTrainable(where, layer);
    if (layer.name !== undefined && !/^[A-Za-z][\w-]*$/.test(layer.name)) {
      refuse(where, '`name` must be letters, digits, - or _, beginning with a letter', layer.name);
    }
  },

  describe: ({ units, activation = 'linear' }) => `dense ${units} ${choiceText(activation)}`,
};
