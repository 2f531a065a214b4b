import { type DenseLayer, denseDefinition } from './dense.js';
import type { LayerDefinition } from './layer.js';

/** Every kind of layer, as plain data; made by the functions of the same names. */
export type Layer = DenseLayer;

/** The definition of every kind of layer; a missing one does not compile. */
const LAYERS: { [K in Layer['kind']]: LayerDefinition<Extract<Layer, { kind: K }>> } = {
  dense: denseDefinition,
};

/** Every layer kind's name. */
export const LAYER_KINDS = Object.keys(LAYERS) as Layer['kind'][];

/** The definition that belongs to a layer. */
export function definitionOf(layer: Layer): LayerDefinition<Layer> {
  return LAYERS[layer.kind] as LayerDefinition<Layer>;
}
