import { type Features, isFeatures, targetsOf } from '../data/table/features.js';
import { checkOptions, refuse, words } from '../errors.js';
import type { Layer } from '../nn/layers.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import type { Runtime } from '../runtime/runtime.js';
import { Architecture } from './architecture.js';
import type { SavedModel } from './checkpoint.js';
import type { CompileOptions, SequentialConfig } from './config.js';
import { TableModel } from './tablemodel.js';

/** What `sequential` takes for rows of a table. */
export interface TableConfig extends Pick<SequentialConfig, 'layers' | 'seed'> {
  /** What `fitFeatures` made of the training rows. */
  readonly input: Features;
}

/** What `compile` takes for rows of a table. */
export interface TableCompileOptions<M extends MetricName> extends Omit<CompileOptions<LossName, M>, 'loss'> {
  /**
   * Default: what the target asks for. binaryCrossEntropy for two classes, crossEntropy for more (or where the output is
   * softmax), meanSquaredError for numbers.
   */
  readonly loss?: CompileOptions<LossName, M>['loss'];
}

/** A description of a network for rows of a table, without memory. */
export class TableArchitecture {
  /** What turns rows of the table into the network's inputs. */
  readonly input: Features;
  /** From the encoded row to the output. */
  readonly layers: readonly Layer[];
  /** Drives initial weights and shuffling. */
  readonly seed: number;
  readonly #architecture: Architecture;

  constructor(config: TableConfig, runtime: Runtime | undefined) {
    checkOptions('sequential', config, ['input', 'layers', 'seed']);
    const { input, layers, seed = 0 } = config;
    if (!isFeatures(input)) {
      const help = 'give a number, a shape such as [28, 28], or what fitFeatures returns.';
      refuse('sequential', '`input` must be the size of a row, or the features of a table', input, help);
    }
    const { width, classes } = input;
    const target = classes ? { classes } : { standardizeTarget: true };
    this.#architecture = new Architecture({ input: width, layers, seed, ...target }, runtime);
    this.input = input;
    this.layers = this.#architecture.layers;
    this.seed = seed;
  }

  /**
   * Gives the network memory, initial weights and an optimizer; the loss follows from the target.
   * @throws ArgumentError for an output that does not fit the target, a metric that does not fit, unknown options;
   * MemoryLimitError and UnsupportedError as `compile` of a model of numbers.
   */
  compile<const M extends MetricName = never>(options: TableCompileOptions<M> = {}): TableModel<M> {
    return this.restore(options, undefined);
  }

  /** Compiles and fills in what a file held. @internal */
  restore<M extends MetricName>(options: TableCompileOptions<M>, saved: SavedModel | undefined): TableModel<M> {
    const features = this.input;
    const { classes } = features;
    const { outputs, outputActivation } = this.#architecture.network;
    const targets = targetsOf(features).length;
    if (!classes && outputs !== targets) {
      const help = 'end with outputLayer(features).';
      refuse('compile', `the last layer must have an output for each target (${targets})`, words(`${outputs}`), help);
    }
    const binary = classes?.length === 2 && outputActivation !== 'softmax';
    const loss = !classes ? 'meanSquaredError' : binary ? 'binaryCrossEntropy' : 'crossEntropy';
    const { compiled, runtime } = this.#architecture.prepare<LossName, M>({ loss, ...options });
    return new TableModel<M>({ ...compiled, features }, runtime, saved);
  }
}
