import { activationForward } from './activation.js';
import { batchNormForward } from './batchnorm.js';
import { denseForward } from './dense.js';
import { dropoutForward } from './dropout.js';
import type { LayerForward } from './layer.js';
import { layerNormForward } from './layernorm.js';
import type { Layer } from './layers.js';
import { residualForward } from './residual.js';

/** What predictions need of every kind of layer; a missing one does not compile. */
export const FORWARDS: { readonly [K in Layer['kind']]: LayerForward<Extract<Layer, { kind: K }>> } = {
  dense: denseForward,
  activation: activationForward,
  dropout: dropoutForward,
  batchNorm: batchNormForward,
  layerNorm: layerNormForward,
  residual: residualForward,
};
