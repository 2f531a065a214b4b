/**
 * Reference of a whole network's objective J, in float64 and plain loops: dense layers, the loss as a weighted mean over
 * rows, and L2 (Goodfellow, Bengio, Courville, Deep Learning, 6.3 and 7.1.1). Nothing of the library but the enums is used.
 */
import type { Activation, Loss } from '../../assembly/abi.js';
import { ACTIVATIONS } from './activations.js';
import { LOSSES, softmax } from './losses.js';

/** An activation: an elementwise one, or softmax over the row. */
export type OracleActivation = keyof typeof Activation | 'Softmax';

/** A dense layer: weight [units, inputs], bias [units], and the strengths of their penalties. */
export interface OracleLayer {
  readonly activation: OracleActivation;
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly weightPenalty: number;
  readonly biasPenalty: number;
}

/** Rows with targets in dense form and weights. */
export interface OracleBatch {
  readonly x: readonly (readonly number[])[];
  readonly t: readonly (readonly number[])[];
  readonly w: readonly number[];
}

/** The loss, and the output activation that it contains: the loss is then a function of that one's argument. */
export interface OracleLoss {
  readonly kind: keyof typeof Loss;
  readonly contains: OracleActivation | undefined;
}

function activate(activation: OracleActivation, a: readonly number[]): readonly number[] {
  if (activation === 'Softmax') return softmax(a);
  const { f, parameter } = ACTIVATIONS[activation];
  return a.map((value) => f(value, parameter));
}

/** W h + b */
function affine({ weight, bias }: OracleLayer, h: readonly number[]): number[] {
  return Array.from(bias, (b, i) => {
    let sum = b;
    for (let j = 0; j < h.length; j++) sum += (weight[i * h.length + j] as number) * (h[j] as number);
    return sum;
  });
}

/** λ/2 Σ v² */
function penalty(strength: number, values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
  return (strength / 2) * sum;
}

/** What the layers make of one row; the last activation is left out where the loss contains it. */
export function forward(
  layers: readonly OracleLayer[],
  contains: OracleActivation | undefined,
  row: readonly number[],
) {
  let h = row;
  layers.forEach((layer, i) => {
    const a = affine(layer, h);
    const fused = i === layers.length - 1 && contains === layer.activation;
    h = fused ? a : activate(layer.activation, a);
  });
  return h;
}

/** J = Σ w l / Σ w + Σ λ/2 Σ θ² */
export function objective(layers: readonly OracleLayer[], loss: OracleLoss, { x, t, w }: OracleBatch): number {
  let total = 0;
  let weight = 0;
  x.forEach((row, i) => {
    const output = forward(layers, loss.contains, row);
    total += (w[i] as number) * LOSSES[loss.kind].loss(output, t[i] as readonly number[]);
    weight += w[i] as number;
  });
  const penalties = layers.map(
    ({ weight: W, bias, weightPenalty, biasPenalty }) => penalty(weightPenalty, W) + penalty(biasPenalty, bias),
  );
  return total / weight + penalties.reduce((sum, value) => sum + value, 0);
}
