import { checkOptions } from '../errors.js';
import { type ActivationOption, activationStages, checkActivation } from './activations.js';
import { choiceText } from './choice.js';
import { checkName, type LayerChecks, type LayerForward } from './layer.js';

/** Options of `activation`. */
export interface ActivationLayerOptions {
  /** Name in listings and messages. Default: kind and position, `activation1`. */
  readonly name?: string;
}

/** An activation as a layer of its own, as plain data. */
export interface ActivationLayer extends ActivationLayerOptions {
  /** Made by `activation`. */
  readonly kind: 'activation';
  /** The activation: its name, or one with its parameter. */
  readonly activation: ActivationOption;
}

/**
 * An activation as a layer of its own: after a normalization, say. It computes the same as the option of the layer in front of
 * it, whose default initial weights do not know of it, though: they are glorot's. As the last layer it is the output activation
 * that a loss looks for.
 * @param activation its name, or one with a parameter, such as `leakyRelu({ slope: 0.2 })`
 * @throws ArgumentError for an unknown activation, option or value.
 */
export function activation(activation: ActivationOption, options: ActivationLayerOptions = {}): ActivationLayer {
  checkOptions('activation', options, ['name']);
  const layer: ActivationLayer = { kind: 'activation', activation, ...options };
  activationChecks.check(layer, 'activation');
  return layer;
}

/** What activation layers compute. */
export const activationForward: LayerForward<ActivationLayer> = {
  outputs: (_, inputs) => inputs,

  parameters: () => [],

  stages: (layer) => activationStages(layer.activation),
};

/** How options of activation layers are checked, and what is said of them. */
export const activationChecks: LayerChecks<ActivationLayer> = {
  check(layer, where) {
    checkOptions(where, layer, ['kind', 'activation', 'name']);
    checkActivation(where, layer.activation);
    checkName(where, layer.name);
  },

  describe: (layer) => `activation ${choiceText(layer.activation)}`,
};
