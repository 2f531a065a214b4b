import { Element, Step } from '../../assembly/abi.js';
import { type ImageAugmentation, moves } from '../data/augment.js';
import type { Pass } from '../nn/activations.js';
import type { Mode } from '../nn/layer.js';
import { type LossOption, lossParameter, lossRow } from '../nn/losses.js';
import { type MetricName, metricRow } from '../nn/metrics.js';
import { penaltyOf } from '../nn/regularizers.js';
import { type LossTensors, ProgramBuilder } from '../program/builder.js';
import { accumulators } from '../program/ops.js';
import { type Plan, plan } from '../program/plan.js';
import type { Tensor } from '../program/tensor.js';
import type { Network, PlacedParameter } from './network.js';
import { forward, inputBatch, type Prediction, parameterTensors, planForward } from './prediction.js';
import type { Change } from './stages.js';
import { tapping } from './taps.js';
import { gradientSquares, penalties, penaltyActs, type UpdateFacts, updateParameters } from './update.js';

export { chunkRows } from './prediction.js';

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
export interface Blueprint extends UpdateFacts, Prediction {
  readonly network: Network;
  readonly loss: LossOption;
  readonly metrics: readonly MetricName[];
  /** How training changes its images. */
  readonly augmentation?: ImageAugmentation | undefined;
}

/** A planned program and the tensors that the model reads from it. */
export interface PlannedProgram {
  readonly plan: Plan;
  /** What predict hands out; of prediction alone. */
  readonly output?: Tensor;
  /** The accumulators of each metric. */
  readonly metrics: ReadonlyMap<MetricName, Tensor>;
  /** What every layer gives, by its name; of diagnosis alone. */
  readonly taps?: ReadonlyMap<string, Tensor>;
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

interface Judged extends LossTensors {
  readonly passes: readonly Pass[];
  readonly weights: Tensor | undefined;
  readonly metrics: ReadonlyMap<MetricName, Tensor>;
}

/** Batch, forward pass, loss and metrics: what training and evaluation have in common. */
function judge(b: ProgramBuilder, blueprint: Blueprint, form: BatchForm, mode: Mode, ofLayers?: Change): Judged {
  const { network } = blueprint;
  const loss = lossRow(blueprint.loss);
  const change = (rows: Tensor) => (mode === 'train' ? augmented(b, blueprint, rows) : rows);
  const x = inputBatch(b, blueprint, form.bytes, change);
  const t = form.dense
    ? b.gather(Step.Targets, network.outputs, Element.Word)
    : b.gather(Step.Targets, 1, Element.Word, true);
  const weights = form.weighted ? b.gather(Step.Weights, 1, Element.Word) : undefined;
  const { passes, output } = forward(b, network, mode, x, loss.fuses, ofLayers);
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
  return { plan: plan(b.instructions, form.rows, [], false), metrics: judged.metrics };
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
  const tap = tapping(({ name }, output) => void taps.set(name, output));
  const judged = judge(b, facts, form, 'train', tap);
  backward(b, facts, judged, ({ regularizer }) => !penaltyOf(regularizer)?.proximal);
  updateParameters(b, facts);
  const planned = plan(b.instructions, form.rows, [...taps.values()], false);
  return { plan: planned, metrics: judged.metrics, taps };
}

/** Forward, loss and metrics; what depends on the parameters alone runs once. */
export function planEvaluation(blueprint: Blueprint, form: BatchForm): PlannedProgram {
  const b = new ProgramBuilder(parameterTensors(blueprint.network), blueprint.tile);
  const { weights, metrics, rowLoss } = judge(b, blueprint, form, 'evaluate');
  const omega = penalties(b, blueprint.network, () => false);
  b.verdict(rowLoss, weights, omega, undefined);
  return { plan: plan(b.instructions, form.rows, [], true), metrics };
}

/** The forward pass with all activations. */
export function planPrediction(prediction: Prediction, rows: number, bytes: boolean): ReturnType<typeof planForward> {
  const b = new ProgramBuilder(parameterTensors(prediction.network), prediction.tile);
  return planForward(b, prediction, rows, bytes, (all, most, outputs) => plan(all, most, outputs, true));
}
