import { type Augmentation, augment, augmentationOf } from '../data/augment.js';
import { checkOneOf, checkOptions, checkPositive, refuse, words } from '../errors.js';
import type { Layer } from '../nn/layers.js';
import { checkLoss, LOSS_NAMES, type LossName, lossName, lossRow } from '../nn/losses.js';
import { METRIC_NAMES, type MetricName, metricRow } from '../nn/metrics.js';
import { adam, checkOptimizer } from '../nn/optimizers.js';
import { checkSeed } from '../random.js';
import { createRuntime, type Runtime } from '../runtime/runtime.js';
import type { SavedModel } from './checkpoint.js';
import { CONFIG_NAMES, type Compiled, type CompileOptions, checkRuntime, type SequentialConfig } from './config.js';
import { inputSize } from './inputsize.js';
import { Model } from './model.js';
import { type Network, resolveNetwork } from './network.js';
import { checkMonitor } from './rate.js';

/** A description of a network, without memory: JSON-able, and to be compiled any number of times. */
export class Architecture {
  /** Values per row, or the shape of a row. */
  readonly input: SequentialConfig['input'];
  /** From the input to the output; a copy of what `sequential` was given. */
  readonly layers: readonly Layer[];
  /** Drives initial weights, shuffling and splits. */
  readonly seed: number;
  /** Class names by index, where they were declared. */
  readonly classes: readonly string[] | undefined;
  /** Whether inputs are brought to mean 0 and standard deviation 1. */
  readonly standardize: boolean;
  /** Whether target values are. */
  readonly standardizeTarget: boolean;
  /** How training images are varied, every option in full; undefined: they stay as they are. */
  readonly augment: Augmentation | undefined;
  // private fields stay out of JSON and structured clones
  readonly #network: Network;
  readonly #runtime: Runtime | undefined;

  constructor(config: SequentialConfig, runtime: Runtime | undefined) {
    checkOptions('sequential', config, CONFIG_NAMES);
    const { input, layers, seed = 0, classes, standardize = false, standardizeTarget = false } = config;
    const { width } = inputSize(input);
    checkSeed('sequential', seed);
    if (classes !== undefined && !(Array.isArray(classes) && classes.every((name) => typeof name === 'string'))) {
      refuse('sequential', '`classes` must be an array of names', classes);
    }
    checkRuntime('sequential', runtime);
    for (const [name, value] of Object.entries({ standardize, standardizeTarget })) {
      if (typeof value !== 'boolean') refuse('sequential', `\`${name}\` must be true or false`, value);
    }
    this.#network = resolveNetwork(width, layers);
    this.#runtime = runtime;
    this.input = input;
    this.layers = structuredClone(layers);
    this.seed = seed;
    this.classes = classes && [...classes];
    this.standardize = standardize;
    this.standardizeTarget = standardizeTarget;
    this.augment = config.augment === undefined ? undefined : augment(config.augment);
    if (this.augment) augmentationOf(input, this.augment);
  }

  /** The layers resolved for the input: names, widths, parameters. */
  get network(): Network {
    return this.#network;
  }

  /**
   * Gives the network memory, initial weights, a loss and an optimizer.
   * @throws ArgumentError for a loss that does not fit the output, a metric that does not fit the loss, unknown options, a
   * `memoryLimit` beside a runtime that is shared;
   * MemoryLimitError, before anything is reserved, if the model would not fit; UnsupportedError as `createRuntime`, for a
   * model that makes its own runtime.
   */
  compile<const L extends LossName, const M extends MetricName = never>(options: CompileOptions<L, M>): Model<L, M> {
    return new Model<L, M>(this.#compiled(options), this.#runtimeFor(options));
  }

  /** Compiles and fills in what a file held. @internal */
  restore<L extends LossName, M extends MetricName>(options: CompileOptions<L, M>, saved: SavedModel): Model<L, M> {
    return new Model<L, M>(this.#compiled(options), this.#runtime, saved);
  }

  /** What models of it are made from, and the runtime that they share, if there is one. @internal */
  prepare<L extends LossName, M extends MetricName>(
    options: CompileOptions<L, M>,
  ): { readonly compiled: Compiled<L, M>; readonly runtime: Runtime | undefined } {
    return { compiled: this.#compiled(options), runtime: this.#runtimeFor(options) };
  }

  /** The runtime that was given, or one with the limit that was. */
  #runtimeFor({ memoryLimit }: { readonly memoryLimit?: number }): Runtime | undefined {
    if (memoryLimit === undefined) return this.#runtime;
    if (!this.#runtime) return createRuntime({ memoryLimit });
    return refuse(
      'compile',
      '`memoryLimit` is for models with a runtime of their own',
      memoryLimit,
      'give it to createRuntime.',
    );
  }

  #compiled<L extends LossName, M extends MetricName>(options: CompileOptions<L, M>): Compiled<L, M> {
    if (typeof options !== 'object' || options === null) refuse('compile', 'options with a `loss` are needed', options);
    checkOptions('compile', options, ['loss', 'optimizer', 'metrics', 'clipNorm', 'clipValue', 'memoryLimit']);
    const { loss, optimizer = adam(), metrics = [], clipNorm, clipValue } = options;
    checkLoss('compile', loss);
    const name = lossName(loss);
    this.#checkOutput(name);
    checkOptimizer('compile', optimizer);
    checkClipping('clipNorm', clipNorm);
    checkClipping('clipValue', clipValue);
    if (!Array.isArray(metrics)) refuse('compile', '`metrics` must be an array of names', metrics);
    for (const metric of metrics) {
      checkOneOf('compile', 'metrics', metric, METRIC_NAMES);
      const { fits } = metricRow(metric);
      if (!fits.includes(name)) {
        refuse('compile', `metric \`${metric}\` fits ${fits.join(' and ')}`, name);
      }
    }
    checkMonitor('compile', optimizer.learningRate, metrics);
    if (this.standardizeTarget && lossRow(name).targets !== 'values') {
      refuse('compile', '`standardizeTarget` is for losses of target values', name);
    }
    this.#checkClasses(name);
    const { input, layers, seed, classes, standardize, standardizeTarget, augment: changes } = this;
    const optional = { ...(classes && { classes }), ...(changes && { augment: changes }) };
    const config = { input, layers, seed, ...optional, standardize, standardizeTarget };
    const { channels } = inputSize(input);
    return {
      config,
      network: this.#network,
      seed,
      channels,
      loss,
      optimizer,
      clipNorm,
      clipValue,
      metrics: [...new Set(metrics)],
    };
  }

  /** The output activation that a loss is fused with, and no other, makes the loss's formula true. */
  #checkOutput(loss: LossName): void {
    const { fuses } = lossRow(loss);
    const { outputActivation, layers } = this.#network;
    const last = layers.at(-1)?.name;
    if (fuses !== undefined && outputActivation !== fuses) {
      refuse(
        'compile',
        `loss \`${loss}\` needs an output layer with activation \`${fuses}\``,
        words(`${last} with ${outputActivation}`),
        `end with dense(${this.#network.outputs}, { activation: '${fuses}' })${alternative(outputActivation)}.`,
      );
    }
    if (loss === 'crossEntropy' && this.#network.outputs === 1) {
      const help = "for two classes, end with dense(1, { activation: 'sigmoid' }) and use loss binaryCrossEntropy.";
      refuse('compile', 'loss `crossEntropy` needs at least two outputs', words(`${last} with 1`), help);
    }
    if (fuses === undefined && outputActivation === 'softmax') {
      const help = 'use loss crossEntropy, or another output activation.';
      refuse('compile', `loss \`${loss}\` does not fit a softmax output`, words(`${last} with softmax`), help);
    }
  }

  #checkClasses(loss: LossName): void {
    const { classes } = this;
    if (classes === undefined) return;
    if (new Set(classes).size !== classes.length) {
      refuse('sequential', '`classes` must be different names', classes);
    }
    const { targets } = lossRow(loss);
    if (targets === 'values') refuse('compile', `\`classes\` do not fit loss \`${loss}\``, classes);
    const count = targets === 'binary' ? 2 : this.#network.outputs;
    if (classes.length !== count || (targets === 'binary' && this.#network.outputs !== 1)) {
      refuse('compile', `\`classes\` must name as many classes as the model tells apart (${count})`, classes);
    }
  }
}

function checkClipping(name: string, limit: unknown): void {
  if (limit !== undefined) checkPositive('compile', name, limit);
}

function alternative(activation: string): string {
  const fitting = LOSS_NAMES.find((name) => lossRow(name).fuses === activation);
  if (fitting) return `, or use loss ${fitting}`;
  return activation === 'linear' ? ', or use loss meanSquaredError' : '';
}
