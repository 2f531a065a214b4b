import { type ActivationLayer, activationDefinition } from './activation.js';
import { type BatchNormLayer, batchNormDefinition } from './batchnorm.js';
import { type DenseLayer, denseDefinition } from './dense.js';
import { type DropoutLayer, dropoutDefinition } from './dropout.js';
import type { LayerDefinition } from './layer.js';
import { type LayerNormLayer, layerNormDefinition } from './layernorm.js';
import { type ResidualLayer, residualDefinition } from './residual.js';

/** Every kind of layer, as plain data; made by the functions of the same names. */
export type Layer =
  | DenseLayer
  | ActivationLayer
  | DropoutLayer
  | BatchNormLayer
  | LayerNormLayer
  | ResidualLayer<Layer>;

/** The definition of every kind of layer; a missing one does not compile. */
export const LAYERS: { [K in Layer['kind']]: LayerDefinition<Extract<Layer, { kind: K }>> } = {
  dense: denseDefinition,
  activation: activationDefinition,
  dropout: dropoutDefinition,
  batchNorm: batchNormDefinition,
  layerNorm: layerNormDefinition,
  residual: residualDefinition,
};

/** Every layer kind's name. */
export const LAYER_KINDS = Object.keys(LAYERS) as Layer['kind'][];

/** The definition that belongs to a layer. */
export function definitionOf(layer: Layer): LayerDefinition<Layer> {
  return LAYERS[layer.kind] as LayerDefinition<Layer>;
}
