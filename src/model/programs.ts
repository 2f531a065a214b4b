import { Element, Step, type Tile } from '../../assembly/abi.js';
import { type ImageAugmentation, moves } from '../data/augment.js';
import type { Pass } from '../nn/activations.js';
import type { Mode } from '../nn/layer.js';
import { type LossOption, lossParameter, lossRow } from '../nn/losses.js';
import { type MetricName, metricRow } from '../nn/metrics.js';
import { penaltyOf } from '../nn/regularizers.js';
import { type LossTensors, ProgramBuilder } from '../program/builder.js';
import { accumulators } from '../program/ops.js';
import { type Plan, plan } from '../program/plan.js';
import type { Parameter, Tensor } from '../program/tensor.js';
import { align } from '../runtime/arena.js';
import type { Network, PlacedParameter } from './network.js';
import { stagesOf, type Tap } from './stages.js';
import { gradientSquares, penalties, penaltyActs, type UpdateFacts, updateParameters } from './update.js';

/** What the data of a program looks like: programs differ by it, so it is part of their key. */
export interface BatchForm {
  /** Largest batch. */
  readonly rows: number;
  /** Inputs are stored as uint8. */
  readonly bytes: boolean;
  /** Targets are rows of values, not class indices. */
  readonly dense: boolean;
  /** Rows have weights. */
  readonly weighted: boolean;
}

/** The facts about a model that its programs follow from. */
export interface Blueprint extends UpdateFacts {
  readonly loss: LossOption;
  readonly metrics: readonly MetricName[];
  readonly standardized: boolean;
  /** What matrix products are made of on the model's runtime. */
  readonly tile: Tile;
  /** How training changes its images. */
  readonly augmentation?: ImageAugmentation | undefined;
}

/** A planned program and the tensors that the model reads from it. */
export interface PlannedProgram {
  readonly plan: Plan;
  /** What predict hands out; undefined in the others. */
  readonly output: Tensor | undefined;
  /** The accumulators of each metric. */
  readonly metrics: ReadonlyMap<MetricName, Tensor>;
  /** What every layer gives, by its name; of diagnosis alone. */
  readonly taps?: ReadonlyMap<string, Tensor>;
}

/**
 * Value and gradient tensors of every parameter, by full name. With `update`, the gradient of a parameter that is not
 * trained is a tensor that nobody reads, so that the work for it is dropped.
 */
export function parameterTensors(network: Network, update = false): Map<string, Parameter> {
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

/** Images as training sees them: through a random map, with noise. */
function augmented(b: ProgramBuilder, { augmentation }: Blueprint, images: Tensor): Tensor {
  if (!augmentation) return images;
  const { width, channels, rotate, noise } = augmentation;
  const turns = [rotate[0] / 360, rotate[1] / 360] as const;
  const x = moves(augmentation)
    ? b.warp(images, b.randomMap({ ...augmentation, rotate: turns }), width, channels)
    : images;
  return noise > 0 ? b.noise(x, noise) : x;
}

function inputBatch(b: ProgramBuilder, blueprint: Blueprint, bytes: boolean, mode: Mode): Tensor {
  const { network, standardized } = blueprint;
  const rows = b.gather(Step.Inputs, network.inputs, bytes ? Element.Uint8 : Element.Word);
  const x = mode === 'train' ? augmented(b, blueprint, rows) : rows;
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
function forward(b: ProgramBuilder, network: Network, mode: Mode, x: Tensor, fused: string | undefined, tap?: Tap) {
  const stages = stagesOf(network.layers, mode, tap);
  const left = fused !== undefined && stages.at(-1)?.activation === fused ? stages.pop() : undefined;
  const passes: Pass[] = [];
  let output = x;
  for (const stage of stages) {
    const pass = stage.build(b, output);
    passes.push(pass);
    output = pass.output;
  }
  // what the loss computes within itself is there to be looked at only if it is computed once more
  if (tap) left?.build(b, output);
  return { passes, output };
}

interface Judged extends LossTensors {
  readonly passes: readonly Pass[];
  readonly weights: Tensor | undefined;
  readonly metrics: ReadonlyMap<MetricName, Tensor>;
}

/** Batch, forward pass, loss and metrics: what training and evaluation have in common. */
function judge(b: ProgramBuilder, blueprint: Blueprint, form: BatchForm, mode: Mode, tap?: Tap): Judged {
  const { network } = blueprint;
  const loss = lossRow(blueprint.loss);
  const x = inputBatch(b, blueprint, form.bytes, mode);
  const t = form.dense
    ? b.gather(Step.Targets, network.outputs, Element.Word)
    : b.gather(Step.Targets, 1, Element.Word, true);
  const weights = form.weighted ? b.gather(Step.Weights, 1, Element.Word) : undefined;
  const { passes, output } = forward(b, network, mode, x, loss.fuses, tap);
  // the loss computes the last layer's activation, so that is where its numbers belong
  b.layer = network.layers.at(-1)?.name ?? '';
  const metrics = new Map<MetricName, Tensor>();
  const sums = new Map<number, Tensor>();
  for (const name of blueprint.metrics) {
    const { kind } = metricRow(name);
    let into = sums.get(kind);
    if (!into) {
      into = b.doubles(`${name}.sums`, accumulators(kind, network.outputs));
      b.metric(kind, loss.kind, output, t, into);
      sums.set(kind, into);
    }
    metrics.set(name, into);
  }
  const judged = {
    passes,
    weights,
    metrics,
    ...b.loss(loss.kind, output, t, weights, mode === 'train', lossParameter(blueprint.loss)),
  };
  b.layer = '';
  return judged;
}

/** Gradients, from that of the loss on, and the verdict on the step. `receives` as in `penalties`. */
function backward(
  b: ProgramBuilder,
  facts: UpdateFacts,
  { passes, weights, rowLoss, gradient }: Judged,
  receives: (parameter: PlacedParameter) => boolean,
): void {
  let flowing = gradient as Tensor;
  for (const pass of [...passes].reverse()) flowing = pass.backward(flowing);
  const omega = penalties(b, facts.network, receives);
  b.verdict(rowLoss, weights, omega, gradientSquares(b, facts), facts.clipNorm);
}

/**
 * Forward, loss, backward and, with `update`, the optimizer. Without it, the gradients are those of J by every parameter,
 * frozen ones included.
 */
export function planTraining(blueprint: Blueprint, form: BatchForm, update: boolean): PlannedProgram {
  const { network } = blueprint;
  const b = new ProgramBuilder(parameterTensors(network, update), blueprint.tile);
  const judged = judge(b, blueprint, form, 'train');
  const facts = update ? blueprint : { ...blueprint, clipValue: undefined };
  backward(b, facts, judged, update ? penaltyActs : () => true);
  if (update) {
    updateParameters(b, blueprint);
    // behind the optimizer, where a replayed step has ended
    for (const pass of judged.passes) pass.afterUpdate?.();
  }
  return { plan: plan(b.instructions, form.rows, [], false), output: undefined, metrics: judged.metrics };
}

/**
 * A training step to look at: the outputs of all layers stay readable to its end, frozen parameters have gradients too (but
 * no update), and running statistics stay as they are. Penalties count in the gradients except proximal ones, which act
 * after the update, as in training.
 */
export function planDiagnosis(blueprint: Blueprint, form: BatchForm): PlannedProgram {
  const b = new ProgramBuilder(parameterTensors(blueprint.network), blueprint.tile);
  const taps = new Map<string, Tensor>();
  const facts = { ...blueprint, metrics: [] };
  const judged = judge(b, facts, form, 'train', ({ name }, output) => void taps.set(name, output));
  backward(b, facts, judged, ({ regularizer }) => !penaltyOf(regularizer)?.proximal);
  updateParameters(b, facts);
  const planned = plan(b.instructions, form.rows, [...taps.values()], false);
  return { plan: planned, output: undefined, metrics: judged.metrics, taps };
}

/** Forward, loss and metrics; what depends on the parameters alone runs once. */
export function planEvaluation(blueprint: Blueprint, form: BatchForm): PlannedProgram {
  const b = new ProgramBuilder(parameterTensors(blueprint.network), blueprint.tile);
  const { weights, metrics, rowLoss } = judge(b, blueprint, form, 'evaluate');
  const omega = penalties(b, blueprint.network, () => false);
  b.verdict(rowLoss, weights, omega, undefined);
  return { plan: plan(b.instructions, form.rows, [], true), output: undefined, metrics };
}

/** The forward pass with all activations. */
export function planPrediction(blueprint: Blueprint, rows: number, bytes: boolean): PlannedProgram {
  const b = new ProgramBuilder(parameterTensors(blueprint.network), blueprint.tile);
  const x = inputBatch(b, blueprint, bytes, 'evaluate');
  const { output } = forward(b, blueprint.network, 'evaluate', x, undefined);
  return { plan: plan(b.instructions, rows, [output], true), output, metrics: new Map() };
}
