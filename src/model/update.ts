import { type Optimizer, updateOf } from '../nn/optimizers.js';
import { penaltyOf } from '../nn/regularizers.js';
import type { ProgramBuilder } from '../program/builder.js';
import { partials } from '../program/ops.js';
import type { Space, Tensor } from '../program/tensor.js';
import { align } from '../runtime/arena.js';
import type { Network, PlacedParameter } from './network.js';

/** What becomes of a step's gradients, once they are there. */
export interface UpdateFacts {
  readonly network: Network;
  readonly optimizer: Optimizer;
  /** The gradient's largest norm; undefined for any. */
  readonly clipNorm?: number | undefined;
  /** The largest size of a gradient's element; undefined for any. */
  readonly clipValue?: number | undefined;
}

/** A stretch of the slabs. */
interface Range {
  /** The parameters in it; `''` for all that are trained. */
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** The elements of a range in one of the slabs, as one row. */
function slice(space: Space, { name, offset, bytes }: Range): Tensor {
  const named = { parameters: name, gradients: `d ${name}` }[space as string] ?? `${space} of ${name}`;
  return { name: name ? named : space, rows: 1, columns: bytes / 4, type: 'f32', space, offset };
}

function rangeOf({ fullName, offset, count }: PlacedParameter): Range {
  return { name: fullName, offset, bytes: align(count * 4) };
}

/** The name of the layer that a parameter belongs to. */
function layerOf({ fullName }: PlacedParameter): string {
  return fullName.slice(0, fullName.lastIndexOf('.'));
}

/** A stretch of parameters, and what they have in common. */
interface Stretch<F> extends Range {
  readonly facts: F;
}

/** The trained parameters in stretches that are as long as neighbours share the given facts: mostly a single one. */
function stretches<F extends readonly number[]>(network: Network, factsOf: (parameter: PlacedParameter) => F) {
  const found: Stretch<F>[] = [];
  const trained = network.parameters.filter((parameter) => parameter.trained);
  for (const parameter of trained.sort((a, b) => a.offset - b.offset)) {
    const next = { ...rangeOf(parameter), facts: factsOf(parameter) };
    const last = found.at(-1);
    if (last && last.offset + last.bytes === next.offset && last.facts.join() === next.facts.join()) {
      const name = `${last.name.split(' … ')[0]} … ${next.name}`;
      found[found.length - 1] = { ...last, name, bytes: last.bytes + next.bytes };
    } else found.push(next);
  }
  const [only, ...others] = found;
  return only && others.length === 0 ? [{ ...only, name: '' }] : found;
}

/** Room for partial sums of several ranges, and each range's own part of it. */
function parts(b: ProgramBuilder, name: string, ranges: readonly Range[]): { all: Tensor; of: Tensor[] } {
  const counts = ranges.map(({ bytes }) => partials(bytes / 4));
  const all = b.doubles(
    name,
    counts.reduce((sum, count) => sum + count, 0),
  );
  let first = 0;
  const of = counts.map((columns): Tensor => {
    const part = { ...all, columns, part: { of: all, offset: first * 8 } };
    first += columns;
    return part;
  });
  return { all, of };
}

/**
 * The penalties of all regularized parameters; their partial sums stand one after another.
 * @param receives whether the penalty of a parameter is added to its gradient
 */
export function penalties(
  b: ProgramBuilder,
  network: Network,
  receives: (parameter: PlacedParameter) => boolean,
): Tensor | undefined {
  const regularized = network.parameters.flatMap((parameter) => {
    const penalty = penaltyOf(parameter.regularizer);
    return penalty ? [{ parameter, penalty, range: rangeOf(parameter) }] : [];
  });
  if (regularized.length === 0) return undefined;
  const room = parts(
    b,
    'penalties',
    regularized.map(({ range }) => range),
  );
  regularized.forEach(({ parameter, penalty, range }, i) => {
    b.layer = layerOf(parameter);
    const g = receives(parameter) ? slice('gradients', range) : undefined;
    b.penalty(slice('parameters', range), g, penalty, room.of[i] as Tensor);
  });
  b.layer = '';
  return room.all;
}

/** In training a proximal penalty acts after the update, and a frozen parameter has no gradient. */
export function penaltyActs({ trained, regularizer }: PlacedParameter): boolean {
  return trained && !penaltyOf(regularizer)?.proximal;
}

/** The partial sums of the squared gradient, after clipping by value where `facts` has it. */
export function gradientSquares(b: ProgramBuilder, facts: UpdateFacts): Tensor | undefined {
  const ranges = stretches(facts.network, () => []);
  if (ranges.length === 0) return undefined;
  const squares = parts(b, 'squares', ranges);
  ranges.forEach((range, i) => {
    const g = slice('gradients', range);
    if (facts.clipValue !== undefined) b.clip(g, facts.clipValue);
    b.squareSum(g, squares.of[i] as Tensor);
  });
  return squares.all;
}

/** The optimizer's pass over all trained parameters, and what follows it: proximal steps, then constraints. */
export function updateParameters(b: ProgramBuilder, { network, optimizer }: UpdateFacts): void {
  const { rule, decaying, states, hyper, weightDecay, decayAll } = updateOf(optimizer);
  const ranges = stretches(network, ({ learningRateMultiplier, decay }) => {
    return [learningRateMultiplier, decayAll || decay ? weightDecay : 0] as const;
  });
  for (const range of ranges) {
    const [multiplier, decay] = range.facts;
    const slabs = (['state0', 'state1'] as const).slice(0, states).map((space) => slice(space, range));
    const kind = decay > 0 ? decaying : rule;
    b.optimizer(slice('parameters', range), slice('gradients', range), slabs, { kind, hyper, multiplier, decay });
  }
  for (const parameter of network.parameters.filter(({ trained }) => trained)) {
    const { shape, regularizer, constraint, learningRateMultiplier } = parameter;
    const penalty = penaltyOf(regularizer);
    const w = slice('parameters', rangeOf(parameter));
    b.layer = layerOf(parameter);
    if (penalty?.proximal) b.softThreshold(w, penalty.l1 * learningRateMultiplier);
    if (constraint) b.maxNorm({ ...w, rows: shape[0] as number, columns: shape[1] as number }, constraint.limit);
  }
  b.layer = '';
}
