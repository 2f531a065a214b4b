import { checkNumber, refuse } from '../errors.js';
import type { Stage } from './activations.js';
import type { Constraint } from './constraints.js';
import type { Initializer } from './initializers.js';
import type { Regularizer } from './regularizers.js';

/** A parameter that a layer declares. */
export interface ParameterDeclaration {
  /** `weight`, `bias` …; in the model it is `dense0.weight`. */
  readonly name: string;
  /** `[units, inputs]` of a matrix, `[units]` of a vector. */
  readonly shape: readonly number[];
  /** How it begins. */
  readonly initializer: Initializer;
  /** Inputs of the layer, for initializers. */
  readonly fanIn: number;
  /** Outputs of the layer, for initializers. */
  readonly fanOut: number;
  /** The penalty on it, if there is one. */
  readonly regularizer: Regularizer | undefined;
  /** What holds of the rows of this matrix after every update. */
  readonly constraint?: Constraint | undefined;
  /**
   * A running statistic: saved, copied and restored like any parameter, but training only averages it. It has no gradient,
   * and no penalty, decay or optimizer ever touches it.
   */
  readonly statistic?: true;
  /** What no value of it may be below: a variance, 0. */
  readonly least?: number;
}

/** Options of every layer that has parameters. */
export interface TrainableOptions {
  /** `false` keeps the layer's parameters as they are; its penalties still count in the loss. Default true. */
  readonly trainable?: boolean;
  /** What the learning rate is multiplied by for this layer's parameters, from 0 to 1000. Default 1. */
  readonly learningRateMultiplier?: number;
}

/** The names of TrainableOptions. */
export const TRAINABLE_OPTIONS = ['trainable', 'learningRateMultiplier'] as const;

/** Refuses values of TrainableOptions that cannot be used. */
export function checkTrainable(where: string, { trainable, learningRateMultiplier }: TrainableOptions): void {
  if (trainable !== undefined && typeof trainable !== 'boolean') {
    refuse(where, '`trainable` must be true or false', trainable);
  }
  if (learningRateMultiplier !== undefined) {
    // with the largest rate there is, still far from the largest float32
    checkNumber(where, 'learningRateMultiplier', learningRateMultiplier, 0, 1000);
  }
}

/** What a program is for: layers such as dropout do something else in training than in evaluation and prediction. */
export type Mode = 'train' | 'evaluate';

/** What every layer has in common, as plain data. @inline */
export interface AnyLayer {
  /** Which kind of layer it is: `'dense'` … */
  readonly kind: string;
  /** Name in `parameters()`, listings and messages. Default: kind and position. */
  readonly name?: string;
}

/** Refuses a name that could not stand in the name of a parameter. */
export function checkName(where: string, name: unknown): void {
  if (name !== undefined && !(typeof name === 'string' && /^[A-Za-z][\w-]*$/.test(name))) {
    refuse(where, '`name` must be letters, digits, - or _, beginning with a letter', name);
  }
}

/** What predictions need of a kind of layer, whose options are known to be good. */
export interface LayerForward<L> {
  /** Outputs for a row of `inputs` values. */
  outputs(layer: L, inputs: number): number;
  parameters(layer: L, inputs: number): readonly ParameterDeclaration[];
  /** The layers that a layer consists of: set on blocks. */
  readonly inner?: (layer: L) => readonly AnyLayer[];
  /** The steps of the forward pass; `inner` are those of the layers inside a block. */
  stages(layer: L, mode: Mode, inner: readonly Stage[]): readonly Stage[];
}

/** What else making and training a model needs of a kind of layer. */
export interface LayerChecks<L> {
  /** Throws an ArgumentError for options that cannot be used; `where` names the layer. */
  check(layer: L, where: string): void;
  /** Throws an ArgumentError where the block's `inputs` and its last inner layer's `outputs` do not go together. */
  checkWidths?(where: string, inputs: number, outputs: number): void;
  /** Fewest rows that a training step can have. Default 1. */
  readonly leastRows?: number;
  /** One line for the summary. */
  describe(layer: L): string;
}

/** What the model needs to know of a kind of layer: checked options in, stages of the forward pass out. */
export type LayerDefinition<L> = LayerForward<L> & LayerChecks<L>;
