import type { Stage } from './activations.js';
import type { Initializer } from './initializers.js';
import type { Regularizer } from './regularizers.js';

/** A parameter that a layer declares. */
export interface ParameterDeclaration {
  /** `weight`, `bias` …; in the model it is `dense0.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly fanIn: number;
  readonly fanOut: number;
  readonly regularizer: Regularizer | undefined;
}

/** What the model needs to know of a kind of layer: checked options in, stages of the forward pass out. */
export interface LayerDefinition<L> {
  /** Throws an ArgumentError for options that cannot be used; `where` names the layer. */
  check(layer: L, where: string): void;
  /** Outputs for a row of `inputs` values. */
  outputs(layer: L, inputs: number): number;
  parameters(layer: L, inputs: number): readonly ParameterDeclaration[];
  stages(layer: L): readonly Stage[];
  /** One line for the summary. */
  describe(layer: L): string;
}
