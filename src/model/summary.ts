import { checkOneOf, checkPositiveInteger } from '../errors.js';
import { definitionOf } from '../nn/layers.js';
import { type LossName, lossRow } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { columns, formatFlops, listing } from '../program/print.js';
import { formatBytes } from '../runtime/runtime.js';
import type { Compiled } from './config.js';
import { chunkRows, coreBytes } from './core.js';
import { type Blueprint, planEvaluation, planPrediction, planTraining } from './programs.js';

const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** The table of layers, parameters, work and memory of a model. */
export function summaryText(compiled: Compiled<LossName, MetricName>, blueprint: Blueprint, kernel: string): string {
  const { network, config, loss, optimizer, seed } = compiled;
  const rows = network.layers.map(({ layer, name, inputs, outputs, parameters }) => [
    name,
    definitionOf(layer).describe(layer),
    `${inputs} → ${outputs}`,
    grouped(parameters.reduce((sum, { count }) => sum + count, 0)),
    parameters.map((p) => p.initializer.kind).join(', '),
  ]);
  const table = columns([['name', 'layer', 'width', 'parameters', 'initializers'], ...rows], [3]);
  const input = typeof config.input === 'number' ? String(config.input) : config.input.join(' × ');
  // forward 2mn, backward twice that but for the first layer's inputs (Goodfellow 6.5.8)
  const products = network.layers.reduce((sum, { inputs, outputs }) => sum + 6 * inputs * outputs, 0);
  const first = network.layers[0];
  const flops = products - (first ? 2 * first.inputs * first.outputs : 0);
  return [
    `input ${input}${config.standardize ? ', standardized' : ''} · loss ${loss} · ${optimizer.kind}, learning rate ` +
      `${optimizer.learningRate} · seed ${seed}`,
    table,
    `${grouped(network.parameterCount)} parameters · ${formatFlops(flops)} per training row · ` +
      `${formatBytes(coreBytes(blueprint))} before training · kernel ${kernel}, 1 thread`,
  ].join('\n');
}

/** The listing of one of a model's programs, by name. @throws ArgumentError for another name or a bad batch size. */
export function programText(blueprint: Blueprint, name: 'train' | 'evaluate' | 'predict', batchSize = 32): string {
  checkOneOf('program', 'name', name, ['train', 'evaluate', 'predict']);
  checkPositiveInteger('program', 'batchSize', batchSize);
  const rows = name === 'train' ? batchSize : chunkRows(blueprint.network);
  const dense = lossRow(blueprint.loss).targets !== 'classes';
  const form = { rows, bytes: false, dense, weighted: false };
  const plans = {
    train: () => planTraining(blueprint, form, true),
    evaluate: () => planEvaluation(blueprint, form),
    predict: () => planPrediction(blueprint, rows, false),
  };
  return listing(name, plans[name]().plan);
}
