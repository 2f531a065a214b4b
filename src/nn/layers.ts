import { denseDefinition } from './dense.js';
import type { Layer, LayerDefinition } from './layer.js';

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
