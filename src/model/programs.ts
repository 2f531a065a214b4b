import { Element, Step } from '../../assembly/abi.js';
import type { Pass } from '../nn/activations.js';
import { definitionOf } from '../nn/layers.js';
import { type LossName, lossRow } from '../nn/losses.js';
import { type MetricName, metricRow } from '../nn/metrics.js';
import { type Optimizer, optimizerRow } from '../nn/optimizers.js';
import { type LossTensors, ProgramBuilder } from '../program/builder.js';
import { accumulators, partials } from '../program/ops.js';
import { type Plan, plan } from '../program/plan.js';
import type { Parameter, Tensor } from '../program/tensor.js';
import { align } from '../runtime/arena.js';
import type { Network } from './network.js';

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
export interface Blueprint {
  readonly network: Network;
  readonly loss: LossName;
  readonly metrics: readonly MetricName[];
  readonly optimizer: Optimizer;
  readonly standardized: boolean;
}

/** A planned program and the tensors that the model reads from it. */
export interface PlannedProgram {
  readonly plan: Plan;
  /** What predict hands out; undefined in the others. */
  readonly output: Tensor | undefined;
  /** The accumulators of each metric. */
  readonly metrics: ReadonlyMap<MetricName, Tensor>;
}

/** Value and gradient tensors of every parameter, by full name. */
export function parameterTensors(network: Network): Map<string, Parameter> {
  return new Map(
    network.parameters.map(({ fullName, shape, offset }) => {
      const [rows = 1, columns] = shape;
      const size = columns === undefined ? { rows: 1, columns: rows } : { rows, columns };
      const tensor = (space: 'parameters' | 'gradients', name: string): Tensor => ({
        name,
        ...size,
        type: 'f32',
        space,
        offset,
      });
      return [fullName, { value: tensor('parameters', fullName), gradient: tensor('gradients', `d ${fullName}`) }];
    }),
  );
}

/** A whole slab, or a range of it, as one row. */
function range(space: Tensor['space'], name: string, offset: number, bytes: number): Tensor {
  return { name, rows: 1, columns: bytes / 4, type: 'f32', space, offset };
}

function inputBatch(b: ProgramBuilder, { network, standardized }: Blueprint, bytes: boolean): Tensor {
  const x = b.gather(Step.Inputs, network.inputs, bytes ? Element.Uint8 : Element.Word);
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
function forward(b: ProgramBuilder, network: Network, x: Tensor, fused: string | undefined) {
  const passes: { layer: string; pass: Pass }[] = [];
  let output = x;
  network.layers.forEach(({ layer, name }, i) => {
    b.layer = name;
    const stages = definitionOf(layer).stages(layer);
    stages.forEach((stage, j) => {
      const last = i === network.layers.length - 1 && j === stages.length - 1;
      if (last && fused !== undefined && stage.activation === fused) return;
      const pass = stage.build(b, output);
      passes.push({ layer: name, pass });
      output = pass.output;
    });
  });
  b.layer = '';
  return { passes, output };
}

interface Judged extends LossTensors {
  readonly passes: readonly { layer: string; pass: Pass }[];
  readonly weights: Tensor | undefined;
  readonly metrics: ReadonlyMap<MetricName, Tensor>;
}

/** Batch, forward pass, loss and metrics: what training and evaluation have in common. */
function judge(b: ProgramBuilder, blueprint: Blueprint, form: BatchForm, withGradient: boolean): Judged {
  const { network } = blueprint;
  const loss = lossRow(blueprint.loss);
  const x = inputBatch(b, blueprint, form.bytes);
  const t = form.dense
    ? b.gather(Step.Targets, network.outputs, Element.Word)
    : b.gather(Step.Targets, 1, Element.Word, true);
  const weights = form.weighted ? b.gather(Step.Weights, 1, Element.Word) : undefined;
  const { passes, output } = forward(b, network, x, loss.fuses);
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
  const judged = { passes, weights, metrics, ...b.loss(loss.kind, output, t, weights, withGradient) };
  b.layer = '';
  return judged;
}

/** The penalties of all regularized parameters; their partial sums stand one after another. */
function penalties(b: ProgramBuilder, network: Network, withGradient: boolean): Tensor | undefined {
  const regularized = network.parameters.filter((p) => (p.regularizer?.strength ?? 0) > 0);
  if (regularized.length === 0) return undefined;
  const counts = regularized.map(({ count }) => partials(Math.ceil(count / 16) * 16));
  const all = b.doubles(
    'penalties',
    counts.reduce((sum, n) => sum + n, 0),
  );
  let first = 0;
  regularized.forEach(({ fullName, offset, count, regularizer }, i) => {
    const bytes = Math.ceil(count / 16) * 64;
    const into: Tensor = { ...all, columns: counts[i] as number, part: { of: all, offset: first * 8 } };
    first += counts[i] as number;
    b.layer = fullName.slice(0, fullName.lastIndexOf('.'));
    const w = range('parameters', fullName, offset, bytes);
    const g = withGradient ? range('gradients', `d ${fullName}`, offset, bytes) : undefined;
    b.penalty(w, g, regularizer?.strength ?? 0, into);
  });
  b.layer = '';
  return all;
}

/** Forward, loss, backward and, with `update`, the optimizer. */
export function planTraining(blueprint: Blueprint, form: BatchForm, update: boolean): PlannedProgram {
  const { network, optimizer } = blueprint;
  const b = new ProgramBuilder(parameterTensors(network));
  const { passes, weights, metrics, rowLoss, gradient } = judge(b, blueprint, form, true);
  let flowing = gradient as Tensor;
  for (const { layer, pass } of [...passes].reverse()) {
    b.layer = layer;
    flowing = pass.backward(flowing);
  }
  b.layer = '';
  const omega = penalties(b, network, true);
  const g = range('gradients', 'gradients', 0, network.slabBytes);
  const squares = b.squareSum(g);
  b.verdict(rowLoss, weights, omega, squares);
  if (update) {
    const row = optimizerRow(optimizer);
    const states = (['state0', 'state1'] as const)
      .slice(0, row.states)
      .map((space) => range(space, space, 0, network.slabBytes));
    const theta = range('parameters', 'parameters', 0, network.slabBytes);
    b.optimizer(row.rule, theta, g, states, row.hyper(optimizer));
  }
  return { plan: plan(b.instructions, form.rows, [], false), output: undefined, metrics };
}

/** Forward, loss and metrics; what depends on the parameters alone runs once. */
export function planEvaluation(blueprint: Blueprint, form: BatchForm): PlannedProgram {
  const b = new ProgramBuilder(parameterTensors(blueprint.network));
  const { weights, metrics, rowLoss } = judge(b, blueprint, form, false);
  const omega = penalties(b, blueprint.network, false);
  b.verdict(rowLoss, weights, omega, undefined);
  return { plan: plan(b.instructions, form.rows, [], true), output: undefined, metrics };
}

/** The forward pass with all activations. */
export function planPrediction(blueprint: Blueprint, rows: number, bytes: boolean): PlannedProgram {
  const b = new ProgramBuilder(parameterTensors(blueprint.network));
  const x = inputBatch(b, blueprint, bytes);
  const { output } = forward(b, blueprint.network, x, undefined);
  return { plan: plan(b.instructions, rows, [output], true), output, metrics: new Map() };
}
