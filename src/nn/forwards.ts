import { type ActivationLayer, activationForward } from './activation.js';
import { type BatchNormLayer, batchNormForward } from './batchnorm.js';
import { type DenseLayer, denseForward } from './dense.js';
import { type DropoutLayer, dropoutForward } from './dropout.js';
import type { LayerForward } from './layer.js';
import { type LayerNormLayer, layerNormForward } from './layernorm.js';
import { type ResidualLayer, residualForward } from './residual.js';

/** Every kind of layer, as plain data; made by the functions of the same names. */
export type Layer =
  | DenseLayer
  | ActivationLayer
  | DropoutLayer
  | BatchNormLayer
  | LayerNormLayer
  | ResidualLayer<Layer>;

/** What predictions need of every kind of layer; a missing one does not compile. */
export const FORWARDS: { readonly [K in Layer['kind']]: LayerForward<Extract<Layer, { kind: K }>> } = {
  dense: denseForward,
  activation: activationForward,
  dropout: dropoutForward,
  batchNorm: batchNormForward,
  layerNorm: layerNormForward,
  residual: residualForward,
};
