import { activationChecks } from './activation.js';
import { batchNormChecks } from './batchnorm.js';
import { denseChecks } from './dense.js';
import { dropoutChecks } from './dropout.js';
import { FORWARDS, type Layer } from './forwards.js';
import type { LayerDefinition } from './layer.js';
import { layerNormChecks } from './layernorm.js';
import { residualChecks } from './residual.js';

export type { Layer } from './forwards.js';

/** The definition of every kind of layer; a missing one does not compile. */
export const LAYERS: { [K in Layer['kind']]: LayerDefinition<Extract<Layer, { kind: K }>> } = {
  dense: { ...FORWARDS.dense, ...denseChecks },
  activation: { ...FORWARDS.activation, ...activationChecks },
  dropout: { ...FORWARDS.dropout, ...dropoutChecks },
  batchNorm: { ...FORWARDS.batchNorm, ...batchNormChecks },
  layerNorm: { ...FORWARDS.layerNorm, ...layerNormChecks },
  residual: { ...FORWARDS.residual, ...residualChecks },
};

/** Every layer kind's name. */
export const LAYER_KINDS = Object.keys(LAYERS) as Layer['kind'][];

/** The definition that belongs to a layer. */
export function definitionOf(layer: Layer): LayerDefinition<Layer> {
  return LAYERS[layer.kind] as LayerDefinition<Layer>;
}
