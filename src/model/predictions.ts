import { type Inputs, type Matrix, readInputs } from '../data/inputs.js';
import type { Standardization } from '../data/standardize.js';
import { refuse, words } from '../errors.js';
import { type LossOption, lossName, lossRow } from '../nn/losses.js';

/** What predictions are asked of: the state of a model, or a model that only predicts. */
export interface Predicting {
  readonly compiled: {
    readonly network: { readonly inputs: number; readonly outputs: number };
    readonly loss: LossOption;
  };
  readonly core: { predict(x: Matrix, out: Float32Array): void };
  readonly classes: readonly string[] | undefined;
  readonly targets: Standardization | undefined;
}

/** The outputs for every row, in target units, into `out` or a new array. @throws ArgumentError, see Model.predict. */
export function predictRows(
  state: Predicting,
  x: Inputs,
  given: Float32Array<ArrayBuffer> | undefined,
): Float32Array<ArrayBuffer> {
  const { inputs, outputs } = state.compiled.network;
  const matrix = readInputs('predict', x, inputs);
  const out = given ?? new Float32Array(matrix.rows * outputs);
  if (!(out instanceof Float32Array) || out.length !== matrix.rows * outputs) {
    refuse('predict', `\`out\` must be a Float32Array of ${matrix.rows * outputs} values`, out);
  }
  state.core.predict(matrix, out);
  return toTargetUnits(state, out);
}

/** Brings outputs from the scaled units that the model works in to target units, in place. */
export function toTargetUnits({ targets, compiled }: Predicting, out: Float32Array<ArrayBuffer>): typeof out {
  if (!targets) return out;
  const { outputs } = compiled.network;
  for (let i = 0; i < out.length; i++) {
    const j = i % outputs;
    out[i] = (out[i] as number) / (targets.scale[j] as number) + (targets.mean[j] as number);
  }
  return out;
}

/** Gives the outputs for every row: of a model, or of an ensemble. */
type Predict = (state: Predicting, x: Inputs) => Float32Array;

const byModel: Predict = (state, x) => predictRows(state, x, undefined);

/** The likeliest class of every row; with one sigmoid output 1 where it is above ½. */
export function likeliest(state: Predicting, x: Inputs, predict = byModel): Int32Array {
  const { loss, network } = state.compiled;
  const { outputs } = network;
  const { targets } = lossRow(loss);
  if (targets === 'values' || (targets === 'binary' && outputs > 1)) {
    refuse(
      'predictClasses',
      'the model must tell classes apart',
      words(`loss ${lossName(loss)}, ${outputs} outputs`),
      'use predict.',
    );
  }
  const scores = predict(state, x);
  const classes = new Int32Array(scores.length / outputs);
  for (let i = 0; i < classes.length; i++) {
    let best = 0;
    for (let j = 1; j < outputs; j++) {
      if ((scores[i * outputs + j] as number) > (scores[i * outputs + best] as number)) best = j;
    }
    classes[i] = outputs === 1 ? Number((scores[i] as number) > 0.5) : best;
  }
  return classes;
}

/** The name of the likeliest class of every row. */
export function likeliestNames(state: Predicting, x: Inputs, predict = byModel): string[] {
  const { classes } = state;
  if (!classes) {
    const help = 'train with names as labels, or declare `classes` in sequential.';
    refuse('predictLabels', 'the model must know its class names', classes, help);
  }
  return Array.from(likeliest(state, x, predict), (i) => classes[i] as string);
}
