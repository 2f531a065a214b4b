import { FormatError } from '../errors.js';
import type { AnyLayer, LayerForward, ParameterDeclaration, TrainableOptions } from '../nn/layer.js';
import type { Layer } from '../nn/layers.js';
import { align } from '../runtime/arena.js';

/** A parameter with its place in the slabs. */
export interface PlacedParameter extends ParameterDeclaration {
  /** `dense0.weight` */
  readonly fullName: string;
  /** Bytes from the start of the slab, a multiple of a cache line. */
  readonly offset: number;
  /** How many values it has. */
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
  /** The layer as it was given. */
  readonly layer: Layer;
  /** What its kind does. */
  readonly forward: LayerForward<Layer>;
  /** `dense0`; of a layer inside a block `residual2.dense0`. */
  readonly name: string;
  /** Position among all layers, those inside blocks included: what its random numbers are told from others by. */
  readonly number: number;
  /** Values of a row that it takes. */
  readonly inputs: number;
  /** Values of a row that it gives. */
  readonly outputs: number;
  /** Its own parameters, in their order; not those of layers inside it. */
  readonly parameters: readonly PlacedParameter[];
  /** The layers inside a block. */
  readonly inner: readonly PlacedLayer[];
}

/** All layers of a network, each block in front of the layers inside it. */
export function everyLayer(layers: readonly PlacedLayer[]): PlacedLayer[] {
  return layers.flatMap((layer) => [layer, ...everyLayer(layer.inner)]);
}

/** Layers with their parameters, as predictions need them. */
export interface LaidNetwork {
  /** Values of a row that the first layer takes. */
  readonly inputs: number;
  /** Values of a row that the last layer gives. */
  readonly outputs: number;
  /** The layers, from the input to the output. */
  readonly layers: readonly PlacedLayer[];
  /** The parameters of all layers in their order, those inside blocks and running statistics included. */
  readonly parameters: readonly PlacedParameter[];
  /** Bytes of one slab: every parameter padded to whole cache lines. */
  readonly slabBytes: number;
}

/** What predictions need of every kind of layer, by its name. */
export type Forwards = Readonly<Record<string, LayerForward<never>>>;

/** Resolves layer after layer: names, widths, parameters. Checks nothing: for layers that were checked when a model was made. */
export class Placing {
  readonly #forwards: Forwards;
  #number = 0;

  constructor(forwards: Forwards) {
    this.#forwards = forwards;
  }

  /** Places `layers` one after another; `prefix` is the name of the block they are in, with a dot. */
  place(prefix: string, inputs: number, layers: readonly AnyLayer[]): PlacedLayer[] {
    let width = inputs;
    return layers.map((given, i) => {
      const placed = this.placeOne(given, i, prefix, width);
      width = placed.outputs;
      return placed;
    });
  }

  /** Places the layer `given`, the one numbered i of its block or model. */
  protected placeOne(given: AnyLayer, i: number, prefix: string, inputs: number): PlacedLayer {
    if (!Object.hasOwn(this.#forwards, given.kind)) {
      const help = 'Help: load it with the version of lanegrad that wrote it.';
      throw new FormatError(`load: the model has a layer of a kind that is not known here (${given.kind}). ${help}`);
    }
    const forward = this.#forwards[given.kind] as unknown as LayerForward<Layer>;
    const layer = given as Layer;
    const name = `${prefix}${given.name ?? `${given.kind}${i}`}`;
    const number = this.#number++;
    const { trainable = true, learningRateMultiplier = 1 } = layer as TrainableOptions;
    const parameters = forward.parameters(layer, inputs).map((declaration): PlacedParameter => {
      const count = declaration.shape.reduce((size, n) => size * n, 1);
      const facts = { trained: trainable && !declaration.statistic, learningRateMultiplier };
      const decay = declaration.shape.length > 1;
      return { ...declaration, fullName: `${name}.${declaration.name}`, offset: 0, count, ...facts, decay };
    });
    const inner = forward.inner ? this.place(`${name}.`, inputs, forward.inner(layer)) : [];
    return { layer, forward, name, number, inputs, outputs: forward.outputs(layer, inputs), parameters, inner };
  }
}

/**
 * Gives every parameter its place in the slabs: in the order of the layers, with all running statistics at the end, so
 * that what the optimizer updates is one range.
 */
export function layOut(inputs: number, layers: readonly PlacedLayer[]): LaidNetwork {
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
  const laid = layers.map(placed);
  const parameters = everyLayer(laid).flatMap((layer) => layer.parameters);
  return { inputs, outputs: laid.at(-1)?.outputs ?? inputs, layers: laid, parameters, slabBytes: end };
}
