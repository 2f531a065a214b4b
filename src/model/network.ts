import { checkOneOf, refuse, words } from '../errors.js';
import type { ActivationName, ActivationOption } from '../nn/activations.js';
import { nameOf } from '../nn/choice.js';
import type { AnyLayer } from '../nn/layer.js';
import { definitionOf, LAYER_KINDS, LAYERS, type Layer } from '../nn/layers.js';
import { everyLayer, type LaidNetwork, layOut, type PlacedLayer, Placing } from './layout.js';

export { everyLayer, type PlacedLayer, type PlacedParameter } from './layout.js';

/** The layers of a model, resolved for its input width. */
export interface Network extends LaidNetwork {
  /** Trainable numbers, padding not counted. */
  readonly parameterCount: number;
  /** Fewest rows that a training step can have. */
  readonly leastRows: number;
  /** The last layer's activation. */
  readonly outputActivation: ActivationName;
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

/** Residual blocks within each other, at most. */
const DEEPEST = 64;

/** Resolves layers as a user gives them. */
class CheckedPlacing extends Placing {
  readonly #names = new Set<string>();

  protected override placeOne(given: AnyLayer | undefined, i: number, prefix: string, inputs: number): PlacedLayer {
    const where = prefix === '' ? 'sequential' : prefix.slice(0, -1);
    if (typeof given !== 'object' || given === null) {
      refuse(where, `layer ${i} must be a layer such as dense(10)`, given);
    }
    checkOneOf(`${where}, layer ${i}`, 'kind', given.kind, LAYER_KINDS);
    // as deep as no network is, but a block that holds itself
    if (prefix.split('.').length > DEEPEST) {
      refuse('sequential', `residual blocks must be at most ${DEEPEST} deep`, words('more'), 'none may hold itself.');
    }
    const layer = given as Layer;
    const name = `${prefix}${given.name ?? `${given.kind}${i}`}`;
    const { check, checkWidths } = definitionOf(layer);
    check(layer, name);
    if (this.#names.has(name)) {
      refuse('sequential', 'layers must have different names', name, 'give one of them a `name`.');
    }
    this.#names.add(name);
    const placed = super.placeOne(layer, i, prefix, inputs);
    checkWidths?.(name, inputs, placed.inner.at(-1)?.outputs ?? inputs);
    return placed;
  }
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
  // a copy, because `map` would pass over the holes of a sparse array
  const laid = layOut(inputs, new CheckedPlacing(LAYERS).place('', inputs, [...layers]));
  const last = laid.layers.at(-1);
  return {
    ...laid,
    parameterCount: laid.parameters.reduce((sum, { count, statistic }) => sum + (statistic ? 0 : count), 0),
    leastRows: Math.max(...everyLayer(laid.layers).map(({ layer }) => definitionOf(layer).leastRows ?? 1)),
    outputActivation: last ? nameOf<ActivationName>(activationOf(last)) : 'linear',
  };
}
