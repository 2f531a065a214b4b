import { checkOneOf, checkPositiveInteger } from '../errors.js';
import { choiceText } from '../nn/choice.js';
import { definitionOf } from '../nn/layers.js';
import { type LossName, lossRow } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { rateText } from '../nn/schedules.js';
import { costOf } from '../program/cost.js';
import type { Plan } from '../program/plan.js';
import { columns, formatFlops, listing } from '../program/print.js';
import { formatBytes } from '../runtime/runtime.js';
import type { Compiled } from './config.js';
import { coreBytes } from './core.js';
import { everyLayer, type PlacedParameter } from './network.js';
import { chunkRows } from './prediction.js';
import { type Blueprint, planEvaluation, planPrediction, planTraining } from './programs.js';

const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** Whether there are parameters, and none of them is trained. */
function isFrozen(parameters: readonly PlacedParameter[]): boolean {
  return parameters.length > 0 && !parameters.some(({ trained }) => trained);
}

/** The plan of a training step on batches of float32 rows. */
function trainingPlan(blueprint: Blueprint, rows: number): Plan {
  const dense = lossRow(blueprint.loss).targets !== 'classes';
  return planTraining(blueprint, { rows, bytes: false, dense, weighted: false }, true).plan;
}

/**
 * The table of layers, parameters, work and memory of a model.
 * @throws ArgumentError for a bad batch size.
 */
export function summaryText(
  compiled: Compiled<LossName, MetricName>,
  blueprint: Blueprint,
  kernel: string,
  batchSize = 32,
): string {
  checkPositiveInteger('summary', 'batchSize', batchSize);
  const cost = costOf(trainingPlan(blueprint, batchSize));
  const { network, config, loss, optimizer, seed } = compiled;
  const rows = everyLayer(network.layers).map(({ layer, name, inputs, outputs, parameters }) => [
    name,
    definitionOf(layer).describe(layer) + (isFrozen(parameters) ? ', frozen' : ''),
    `${inputs} → ${outputs}`,
    grouped(parameters.reduce((sum, { count, statistic }) => sum + (statistic ? 0 : count), 0)),
    parameters.flatMap((p) => (p.statistic ? [] : [p.initializer.kind])).join(', '),
  ]);
  const table = columns([['name', 'layer', 'width', 'parameters', 'initializers'], ...rows], [3]);
  const input = typeof config.input === 'number' ? String(config.input) : config.input.join(' × ');
  // per weight of a matrix 2 forward, and backward twice that but for the first layer's inputs (Goodfellow 6.5.8)
  const matrices = network.parameters.filter(({ shape }) => shape.length === 2);
  const first = network.layers[0]?.parameters.find(({ shape }) => shape.length === 2);
  const flops = 6 * matrices.reduce((sum, { count }) => sum + count, 0) - 2 * (first?.count ?? 0);
  return [
    `input ${input}${config.augment ? ', augmented' : ''}${config.standardize ? ', standardized' : ''} · loss ${choiceText(loss)} · ${optimizer.kind}, learning rate ` +
      `${rateText(optimizer.learningRate)} · seed ${seed}`,
    table,
    `${grouped(network.parameterCount)} parameters · ${formatFlops(flops)} per training row · ` +
      `${formatBytes(coreBytes(blueprint))} before training · kernel ${kernel}, 1 thread`,
    `a step of ${batchSize} rows: ${formatFlops(cost.flops)}, ${formatBytes(cost.bytes)} read and written, ` +
      `${(cost.flops / cost.bytes).toFixed(1)} FLOP per byte`,
  ].join('\n');
}

/** The listing of one of a model's programs, by name. @throws ArgumentError for another name or a bad batch size. */
export function programText(blueprint: Blueprint, name: 'train' | 'evaluate' | 'predict', batchSize = 32): string {
  checkOneOf('program', 'name', name, ['train', 'evaluate', 'predict']);
  checkPositiveInteger('program', 'batchSize', batchSize);
  const rows = chunkRows(blueprint.network);
  const dense = lossRow(blueprint.loss).targets !== 'classes';
  const form = { rows, bytes: false, dense, weighted: false };
  const plans = {
    train: () => ({ plan: trainingPlan(blueprint, batchSize) }),
    evaluate: () => planEvaluation(blueprint, form),
    predict: () => planPrediction(blueprint, rows, false),
  };
  return listing(name, plans[name]().plan);
}
