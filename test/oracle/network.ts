/**
 * Reference of a whole network's objective J, in float64 and plain loops: dense layers, the loss as a weighted mean over
 * rows, and penalties (Goodfellow, Bengio, Courville, Deep Learning, 6.3 and 7.1). Nothing of the library but the enums is used.
 */
import type { Activation, Loss } from '../../assembly/abi.js';
import { ACTIVATIONS } from './activations.js';
import { LOSSES, softmax } from './losses.js';

/** An activation: an elementwise one, or softmax over the row. */
export type OracleActivation = keyof typeof Activation | 'Softmax';

/** The strengths of a penalty λ₂/2 Σ v² + λ₁ Σ |v|. */
export interface OraclePenalty {
  readonly l1: number;
  readonly l2: number;
}

/** A dense layer: weight [units, inputs], bias [units], and the strengths of their penalties. */
export interface OracleLayer {
  readonly activation: OracleActivation;
  /** Slope or α of the activation; that of the table if it is not given. */
  readonly parameter?: number;
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly weightPenalty: OraclePenalty;
  readonly biasPenalty: OraclePenalty;
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
  /** δ of huber. */
  readonly parameter?: number;
}

function activate({ activation, parameter }: OracleLayer, a: readonly number[]): readonly number[] {
  if (activation === 'Softmax') return softmax(a);
  const { f, parameter: standard } = ACTIVATIONS[activation];
  return a.map((value) => f(value, parameter ?? standard));
}

/** W h + b */
function affine({ weight, bias }: OracleLayer, h: readonly number[]): number[] {
  return Array.from(bias, (b, i) => {
    let sum = b;
    for (let j = 0; j < h.length; j++) sum += (weight[i * h.length + j] as number) * (h[j] as number);
    return sum;
  });
}

/** λ₂/2 Σ v² + λ₁ Σ |v| */
export function penalty({ l1, l2 }: OraclePenalty, values: ArrayLike<number>): number {
  let squares = 0;
  let sizes = 0;
  for (let i = 0; i < values.length; i++) {
    squares += (values[i] as number) ** 2;
    sizes += Math.abs(values[i] as number);
  }
  return (l2 / 2) * squares + l1 * sizes;
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
    h = fused ? a : activate(layer, a);
  });
  return h;
}

/** J = Σ w l / Σ w + Ω(θ) */
export function objective(layers: readonly OracleLayer[], loss: OracleLoss, { x, t, w }: OracleBatch): number {
  let total = 0;
  let weight = 0;
  x.forEach((row, i) => {
    const output = forward(layers, loss.contains, row);
    total += (w[i] as number) * LOSSES[loss.kind].loss(output, t[i] as readonly number[], loss.parameter);
    weight += w[i] as number;
  });
  const penalties = layers.map(
    ({ weight: W, bias, weightPenalty, biasPenalty }) => penalty(weightPenalty, W) + penalty(biasPenalty, bias),
  );
  return total / weight + penalties.reduce((sum, value) => sum + value, 0);
}
