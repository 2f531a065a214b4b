import { checkOneOf, refuse } from '../errors.js';
import type { ActivationName } from '../nn/activations.js';
import type { ParameterDeclaration } from '../nn/layer.js';
import { definitionOf, LAYER_KINDS, type Layer } from '../nn/layers.js';
import { align } from '../runtime/arena.js';

/** A parameter with its place in the slabs. */
export interface PlacedParameter extends ParameterDeclaration {
  /** `dense0.weight` */
  readonly fullName: string;
  /** Bytes from the start of the slab, a multiple of a cache line. */
  readonly offset: number;
  readonly count: number;
}

/** A layer with its name, widths and parameters. */
export interface PlacedLayer {
  readonly layer: Layer;
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly parameters: readonly PlacedParameter[];
}

/** The layers of a model, resolved for its input width. */
export interface Network {
  readonly inputs: number;
  readonly outputs: number;
  readonly layers: readonly PlacedLayer[];
  readonly parameters: readonly PlacedParameter[];
  /** Trainable numbers, padding not counted. */
  readonly parameterCount: number;
  /** Bytes of one slab: every parameter padded to whole cache lines. */
  readonly slabBytes: number;
  /** The last layer's activation. */
  readonly outputActivation: ActivationName;
}

/**
 * Resolves names, widths and places of all layers.
 * @throws ArgumentError for no layers, something that is not a layer, and two layers of one name.
 */
export function resolveNetwork(inputs: number, layers: readonly Layer[]): Network {
  if (!Array.isArray(layers) || layers.length === 0) {
    refuse('sequential', '`layers` must be an array of at least one layer', layers, 'end with dense(outputs).');
  }
  const names = new Set<string>();
  const placed: PlacedLayer[] = [];
  let width = inputs;
  let offset = 0;
  layers.forEach((layer: Layer | undefined, i) => {
    if (typeof layer !== 'object' || layer === null) {
      refuse('sequential', `layer ${i} must be a layer such as dense(10)`, layer);
    }
    checkOneOf(`sequential, layer ${i}`, 'kind', layer.kind, LAYER_KINDS);
    const definition = definitionOf(layer);
    const name = layer.name ?? `${layer.kind}${i}`;
    definition.check(layer, name);
    if (names.has(name)) refuse('sequential', 'layers must have different names', name, 'give one of them a `name`.');
    names.add(name);
    const parameters = definition.parameters(layer, width).map((declaration): PlacedParameter => {
      const count = declaration.shape.reduce((size, n) => size * n, 1);
      const parameter = { ...declaration, fullName: `${name}.${declaration.name}`, offset, count };
      offset += align(count * 4);
      return parameter;
    });
    const outputs = definition.outputs(layer, width);
    placed.push({ layer, name, inputs: width, outputs, parameters });
    width = outputs;
  });
  const parameters = placed.flatMap((layer) => layer.parameters);
  return {
    inputs,
    outputs: width,
    layers: placed,
    parameters,
    parameterCount: parameters.reduce((sum, { count }) => sum + count, 0),
    slabBytes: offset,
    outputActivation: placed.at(-1)?.layer.activation ?? 'linear',
  };
}
