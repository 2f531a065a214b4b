import { checkOneOf, refuse } from '../errors.js';
import type { ActivationName, ActivationOption } from '../nn/activations.js';
import { nameOf } from '../nn/choice.js';
import type { AnyLayer, ParameterDeclaration, TrainableOptions } from '../nn/layer.js';
import { definitionOf, LAYER_KINDS, type Layer } from '../nn/layers.js';
import { align } from '../runtime/arena.js';

/** A parameter with its place in the slabs. */
export interface PlacedParameter extends ParameterDeclaration {
  /** `dense0.weight` */
  readonly fullName: string;
  /** Bytes from the start of the slab, a multiple of a cache line. */
  readonly offset: number;
  readonly count: number;
  /** The optimizer changes it: it is neither frozen nor a running statistic. */
  readonly trained: boolean;
  /** What the learning rate is multiplied by. */
  readonly learningRateMultiplier: number;
  /** Decoupled weight decay is for it: it is a matrix of weights, and no bias, γ or β. */
  readonly decay: boolean;
}

/** A layer with its name, widths and parameters. */
export interface PlacedLayer {
  readonly layer: Layer;
  /** `dense0`; of a layer inside a block `residual2.dense0`. */
  readonly name: string;
  /** Position among all layers, those inside blocks included: what its random numbers are told from others by. */
  readonly number: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly parameters: readonly PlacedParameter[];
  /** The layers inside a block. */
  readonly inner: readonly PlacedLayer[];
}

/** The layers of a model, resolved for its input width. */
export interface Network {
  readonly inputs: number;
  readonly outputs: number;
  readonly layers: readonly PlacedLayer[];
  /** The parameters of all layers in their order, those inside blocks and running statistics included. */
  readonly parameters: readonly PlacedParameter[];
  /** Trainable numbers, padding not counted. */
  readonly parameterCount: number;
  /** Bytes of one slab: every parameter padded to whole cache lines. */
  readonly slabBytes: number;
  /** Fewest rows that a training step can have. */
  readonly leastRows: number;
  /** The last layer's activation. */
  readonly outputActivation: ActivationName;
}

/** All layers of a network, each block in front of the layers inside it. */
export function everyLayer(layers: readonly PlacedLayer[]): PlacedLayer[] {
  return layers.flatMap((layer) => [layer, ...everyLayer(layer.inner)]);
}

/** The activation that a layer's outputs are values of; linear for all that have none. */
export function activationOf({ layer }: PlacedLayer): ActivationOption {
  return ('activation' in layer && layer.activation) || 'linear';
}

/** Most rows of a training step for batches of `batchSize`: rows that are too few for a step of their own join one. */
export function largestBatch({ leastRows }: Network, batchSize: number): number {
  return batchSize + leastRows - 1;
}

/** Refuses fewer rows than a training step needs. @throws ArgumentError naming the layer that needs more. */
export function checkRows(where: string, what: string, { layers, leastRows }: Network, rows: number): void {
  if (rows >= leastRows) return;
  const layer = everyLayer(layers).find((one) => definitionOf(one.layer).leastRows === leastRows);
  const rule = `${what} must be at least ${leastRows} with ${layer?.name}, which learns from what the rows of a batch differ in`;
  refuse(where, rule, rows, 'take more rows at a time, or layerNorm, which looks at one row.');
}

/** Resolves layer after layer: names, widths, parameters. */
class Resolver {
  readonly #names = new Set<string>();
  #number = 0;

  /** Places `layers` one after another; `prefix` is the name of the block they are in, with a dot. */
  place(where: string, prefix: string, inputs: number, layers: readonly AnyLayer[]): PlacedLayer[] {
    let width = inputs;
    return layers.map((given: AnyLayer | undefined, i) => {
      if (typeof given !== 'object' || given === null) {
        refuse(where, `layer ${i} must be a layer such as dense(10)`, given);
      }
      checkOneOf(`${where}, layer ${i}`, 'kind', given.kind, LAYER_KINDS);
      const placed = this.#placeOne(given as Layer, `${prefix}${given.name ?? `${given.kind}${i}`}`, width);
      width = placed.outputs;
      return placed;
    });
  }

  #placeOne(layer: Layer, name: string, inputs: number): PlacedLayer {
    const definition = definitionOf(layer);
    definition.check(layer, name);
    if (this.#names.has(name)) {
      refuse('sequential', 'layers must have different names', name, 'give one of them a `name`.');
    }
    this.#names.add(name);
    const number = this.#number++;
    const { trainable = true, learningRateMultiplier = 1 } = layer as TrainableOptions;
    const parameters = definition.parameters(layer, inputs).map((declaration): PlacedParameter => {
      const count = declaration.shape.reduce((size, n) => size * n, 1);
      const facts = { trained: trainable && !declaration.statistic, learningRateMultiplier };
      const decay = declaration.shape.length > 1;
      return { ...declaration, fullName: `${name}.${declaration.name}`, offset: 0, count, ...facts, decay };
    });
    const inner = definition.inner ? this.place(name, `${name}.`, inputs, definition.inner.layers(layer)) : [];
    definition.inner?.check(name, inputs, inner.at(-1)?.outputs ?? inputs);
    return { layer, name, number, inputs, outputs: definition.outputs(layer, inputs), parameters, inner };
  }
}

/**
 * Gives every parameter its place in the slabs: in the order of the layers, with all running statistics at the end, so
 * that what the optimizer updates is one range.
 */
function lay(layers: readonly PlacedLayer[]): { layers: PlacedLayer[]; slabBytes: number } {
  const all = everyLayer(layers).flatMap(({ parameters }) => parameters);
  const places = new Map<PlacedParameter, number>();
  let end = 0;
  for (const parameter of all.toSorted((a, b) => Number(a.statistic ?? false) - Number(b.statistic ?? false))) {
    places.set(parameter, end);
    end += align(parameter.count * 4);
  }
  const placed = (layer: PlacedLayer): PlacedLayer => ({
    ...layer,
    parameters: layer.parameters.map((parameter) => ({ ...parameter, offset: places.get(parameter) ?? 0 })),
    inner: layer.inner.map(placed),
  });
  return { layers: layers.map(placed), slabBytes: end };
}

/**
 * Resolves names, widths and places of all layers.
 * @throws ArgumentError for no layers, something that is not a layer, two layers of one name, and a residual block whose
 * ends differ in width.
 */
export function resolveNetwork(inputs: number, layers: readonly Layer[]): Network {
  if (!Array.isArray(layers) || layers.length === 0) {
    refuse('sequential', '`layers` must be an array of at least one layer', layers, 'end with dense(outputs).');
  }
  const laid = lay(new Resolver().place('sequential', '', inputs, layers));
  const every = everyLayer(laid.layers);
  const parameters = every.flatMap((layer) => layer.parameters);
  const last = laid.layers.at(-1);
  return {
    inputs,
    outputs: laid.layers.at(-1)?.outputs ?? inputs,
    ...laid,
    parameters,
    parameterCount: parameters.reduce((sum, { count, statistic }) => sum + (statistic ? 0 : count), 0),
    leastRows: Math.max(...every.map(({ layer }) => definitionOf(layer).leastRows ?? 1)),
    outputActivation: last ? nameOf<ActivationName>(activationOf(last)) : 'linear',
  };
}
