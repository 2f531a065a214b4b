import { Element, Step, type Tile } from '../../assembly/abi.js';
import type { Matrix } from '../data/inputs.js';
import type { Pass } from '../nn/activations.js';
import type { Mode } from '../nn/layer.js';
import type { Builder } from '../program/builder.js';
import type { InferenceProgramBuilder, Instruction } from '../program/inference.js';
import type { Plan } from '../program/plan.js';
import type { StepBlock } from '../program/step.js';
import type { Parameter, Tensor } from '../program/tensor.js';
import { align } from '../runtime/arena.js';
import { everyLayer, type LaidNetwork } from './layout.js';
import { type Change, stagesOf } from './stages.js';

/** Views of a memory. */
interface Views {
  bytes(offset: number, length: number): Uint8Array;
  floats(offset: number, length: number): Float32Array;
}

/** The facts about a model that its prediction program follows from. */
export interface Prediction {
  readonly network: LaidNetwork;
  readonly standardized: boolean;
  /** What matrix products are made of on the model's runtime. */
  readonly tile: Tile;
}

/** Most rows that predict and evaluate work on at a time, and most values of one layer for them (4 MiB). */
const CHUNK_ROWS = 256;
const CHUNK_VALUES = 1 << 20;

/** Rows that predict and evaluate work on at a time: a row's result does not depend on it. */
export function chunkRows({ inputs, layers }: LaidNetwork): number {
  const widest = everyLayer(layers).reduce((most, { outputs }) => Math.max(most, outputs), inputs);
  return Math.max(1, Math.min(CHUNK_ROWS, Math.floor(CHUNK_VALUES / widest)));
}

/**
 * Value and gradient tensors of every parameter, by full name. With `update`, the gradient of a parameter that is not
 * trained is a tensor that nobody reads, so that the work for it is dropped.
 */
export function parameterTensors(network: LaidNetwork, update = false): Map<string, Parameter> {
  return new Map(
    network.parameters.map(({ fullName, shape, offset, trained }) => {
      const [rows = 1, columns] = shape;
      const size = columns === undefined ? { rows: 1, columns: rows } : { rows, columns };
      const value: Tensor = { name: fullName, ...size, type: 'f32', space: 'parameters', offset };
      const name = `d ${fullName}`;
      const gradient: Tensor =
        update && !trained
          ? { name, ...size, type: 'f32', space: 'transient' }
          : { name, ...size, type: 'f32', space: 'gradients', offset };
      return [fullName, { value, gradient }];
    }),
  );
}

/** The rows of a batch, standardized where the model asks for that. @param change what becomes of them before */
export function inputBatch(
  b: InferenceProgramBuilder,
  { network, standardized }: Prediction,
  bytes: boolean,
  change: (rows: Tensor) => Tensor = (rows) => rows,
): Tensor {
  const x = change(b.gather(Step.Inputs, network.inputs, bytes ? Element.Uint8 : Element.Word));
  if (!standardized) return x;
  const columns = network.inputs;
  const constant = (name: string, offset: number): Tensor => ({
    name,
    rows: 1,
    columns,
    type: 'f32',
    space: 'constants',
    offset,
  });
  return b.standardize(x, constant('mean', 0), constant('scale', standardizationOffset(columns)));
}

/** Bytes from the start of the constants to the scales: the means, padded. */
export function standardizationOffset(columns: number): number {
  return align(columns * 4);
}

/** Emits all stages; the last one is left to the loss where it fuses that activation. */
export function forward(
  b: InferenceProgramBuilder,
  network: LaidNetwork,
  mode: Mode,
  x: Tensor,
  fused: string | undefined,
  change?: Change,
) {
  const stages = stagesOf(network.layers, mode, change);
  const left = fused !== undefined && stages.at(-1)?.activation === fused ? stages.pop() : undefined;
  const passes: Pass[] = [];
  // in evaluation and prediction, layers emit nothing but what InferenceBuilder has; in training, b is a ProgramBuilder
  const builder = b as unknown as Builder;
  let output = x;
  for (const stage of stages) {
    const pass = stage.build(builder, output);
    passes.push(pass);
    output = pass.output;
  }
  // what the loss computes within itself is there to be looked at only if it is computed once more
  if (change) left?.build(builder, output);
  return { passes, output };
}

/**
 * The forward pass with all activations.
 * @param b collects it: made with `parameterTensors`
 * @param planner orders it and finds places for its tensors
 */
export function planForward(
  b: InferenceProgramBuilder,
  prediction: Prediction,
  rows: number,
  bytes: boolean,
  planner: (instructions: readonly Instruction[], rows: number, outputs: readonly Tensor[]) => Plan,
): { readonly plan: Plan; readonly output: Tensor } {
  const x = inputBatch(b, prediction, bytes);
  const { output } = forward(b, prediction.network, 'evaluate', x, undefined);
  return { plan: planner(b.instructions, rows, [output]), output };
}

/** Where a prediction program reads and writes, in bytes. */
export interface PredictionPlace {
  readonly step: Pick<StepBlock, 'setWord' | 'setFloat'>;
  /** Where rows that are to be predicted are copied to, and how many at most. */
  readonly staging: number;
  readonly rows: number;
  readonly output: number;
  /** Outputs for a row. */
  readonly outputs: number;
}

/** Predicts `x` into `out` [rows, outputs], in chunks; `run` runs the program over so many rows. */
export function predictChunks(
  memory: Views,
  { step, staging, rows: most, output, outputs }: PredictionPlace,
  x: Matrix,
  out: Float32Array,
  run: (rows: number) => void,
): void {
  step.setWord(Step.Inputs, staging);
  step.setFloat(Step.InputScale, x.scale);
  for (let first = 0; first < x.rows; first += most) {
    const rows = Math.min(most, x.rows - first);
    const part = x.data.subarray(first * x.columns, (first + rows) * x.columns);
    if (part instanceof Uint8Array) memory.bytes(staging, part.length).set(part);
    else memory.floats(staging, part.length).set(part);
    run(rows);
    out.set(memory.floats(output, rows * outputs), first * outputs);
  }
}
