import { augmentationOf } from '../data/augment.js';
import type { Standardization } from '../data/standardize.js';
import { FormatError } from '../errors.js';
import type { NamedArray } from '../format/safetensors.js';
import { classCount, type LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { createRuntime, type Runtime } from '../runtime/runtime.js';
import type { SavedModel, TrainingState } from './checkpoint.js';
import type { Compiled } from './config.js';
import { Core } from './core.js';
import { checkCounters } from './counters.js';
import type { ExampleForm } from './examples.js';
import type { Blueprint } from './programs.js';
import { checkClasses, checkStandardization, fitting, readStopping, writeArrays } from './restore.js';
import { prefixOf } from './stopping.js';
import { standing } from './underway.js';

/** A model's memory together with what it has learned about its data: class names and standardization. */
export class ModelState {
  readonly compiled: Compiled<LossName, MetricName>;
  readonly core: Core;
  /** Class names by index, once known. */
  classes: readonly string[] | undefined;
  /** What inputs are standardized with, once fitted. */
  inputs: Standardization | undefined;
  /** What target values are standardized with, once fitted. */
  targets: Standardization | undefined;

  /** @param draws whether parameters get initial values: not where `restore` follows */
  constructor(compiled: Compiled<LossName, MetricName>, runtime: Runtime = createRuntime(), draws = true) {
    const { network, loss, metrics, optimizer, clipNorm, clipValue, seed, config } = compiled;
    const standardized = config.standardize ?? false;
    const augmentation = config.augment && augmentationOf(config.input, config.augment);
    const facts = { network, loss, metrics, optimizer, clipNorm, clipValue };
    const blueprint: Blueprint = { ...facts, standardized, augmentation, tile: runtime.tile };
    this.compiled = compiled;
    this.core = new Core(blueprint, runtime, seed, draws);
    this.classes = config.classes;
    const { scales } = compiled.features ?? {};
    if (scales) {
      const mean = Float32Array.from(scales, (one) => one.mean);
      this.targets = { mean, scale: Float32Array.from(scales, (one) => 1 / one.deviation) };
    }
  }

  /** What reading examples of this model needs. */
  get form(): ExampleForm {
    const { network, loss } = this.compiled;
    return { inputs: network.inputs, outputs: network.outputs, loss, classes: this.classes };
  }

  /** Makes the standardization of inputs part of the model. */
  standardizeInputs(standardization: Standardization): void {
    this.inputs = standardization;
    this.core.setStandardization(standardization);
  }

  /** What one unit of each output is in target units, for metrics. */
  get unit(): Float32Array | undefined {
    return this.targets?.scale.map((scale) => 1 / scale);
  }

  /** The parameters that a slab holds something for: running statistics have neither gradients nor optimizer states. */
  #heldBy(slab: 'parameters' | 'gradients' | 'state0' | 'state1') {
    const { parameters } = this.compiled.network;
    return slab === 'parameters' ? parameters : parameters.filter(({ statistic }) => !statistic);
  }

  /** Copies of a slab's parameters by name; `prefix` for optimizer states. */
  arrays(slab: 'parameters' | 'gradients' | 'state0' | 'state1', prefix = ''): Map<string, NamedArray> {
    return this.#named(this.core.view(slab), slab, prefix);
  }

  /** Copies of values that are laid out as a slab is. */
  #named(values: Float32Array, slab: Parameters<ModelState['arrays']>[0], prefix: string): Map<string, NamedArray> {
    return new Map(
      this.#heldBy(slab).map(({ fullName, shape, offset, count }) => {
        const data = values.slice(offset / 4, offset / 4 + count);
        return [`${prefix}${fullName}`, { shape, data }];
      }),
    );
  }

  /** Everything a file needs. */
  saved(withOptimizer: boolean): SavedModel {
    const { config, loss, optimizer, clipNorm, clipValue, metrics, features } = this.compiled;
    const { updates, epochs, powers, rate } = this.core;
    const { plateau } = rate;
    const { position, stopping } = (withOptimizer && this.core.underWay()) || {};
    const fit = { ...(position && { position }), ...(stopping && { stopping: stopping.record }) };
    const training: TrainingState | undefined = withOptimizer
      ? { updates, epochs, powers, ...(plateau && { plateau }), ...fit }
      : undefined;
    const states = withOptimizer ? this.core.states.map((name) => this.arrays(name, `_${name}.`)) : [];
    const { weights } = stopping ?? {};
    if (weights) states.push(this.#named(weights.values, 'parameters', prefixOf(weights.which)));
    return {
      config,
      loss,
      optimizer: { ...optimizer, learningRate: rate.saved(withOptimizer) },
      clipNorm,
      clipValue,
      metrics,
      classes: this.classes,
      features,
      parameters: this.arrays('parameters'),
      inputs: this.inputs,
      targets: this.targets,
      training,
      states: new Map(states.flatMap((map) => [...map])),
    };
  }

  /** Takes over what a file held. @throws FormatError where it does not belong to this architecture. */
  restore(saved: SavedModel): void {
    const { network } = this.compiled;
    const { classes, training } = saved;
    checkClasses(classes, classes && classCount(this.form));
    checkStandardization(saved);
    this.classes = classes ?? this.classes;
    if (saved.inputs) this.standardizeInputs(fitting('_inputs', saved.inputs, network.inputs));
    if (saved.targets) this.targets = fitting('_targets', saved.targets, network.outputs);
    this.#write('parameters', saved.parameters, '');
    if (!training) return;
    checkCounters(training);
    for (const name of this.core.states) this.#write(name, saved.states, `_${name}.`);
    const { updates, epochs, powers, plateau, position, stopping: record } = training;
    if (powers.length !== this.core.powers.length) {
      throw new FormatError('load: the counters belong to another optimizer. Help: save the model again.');
    }
    this.core.updates = updates;
    this.core.epochs = epochs;
    this.core.powers = [...powers];
    this.core.rate.plateau = plateau;
    const { length } = this.core.view('parameters');
    const stopping = readStopping(record, saved.states, this.#heldBy('parameters'), length);
    this.core.underWay = standing(position || stopping ? { position, stopping } : undefined);
  }

  #write(slab: 'parameters' | 'state0' | 'state1', arrays: ReadonlyMap<string, NamedArray>, prefix: string): void {
    writeArrays(this.core.view(slab), this.#heldBy(slab), arrays, prefix);
    this.core.version++;
  }
}
