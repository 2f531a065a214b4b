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

/** A stretch whose parameters are updated alike: by one record. */
interface UpdateRange extends Range {
  readonly multiplier: number;
  readonly decay: number;
}

/** The elements of a range in one of the slabs, as one row. */
function slice(space: Space, { name, offset, bytes }: Range): Tensor {
  const named = { parameters: name, gradients: `d ${name}` }[space as string] ?? `${space} of ${name}`;
  return { name: name ? named : space, rows: 1, columns: bytes / 4, type: 'f32', space, offset };
}

function rangeOf({ fullName, offset, count }: PlacedParameter): Range {
  return { name: fullName, offset, bytes: align(count * 4) };
}

/** The trained parameters in stretches that are as long as neighbours share their facts: mostly a single one. */
function updateRanges({ network, optimizer }: UpdateFacts): UpdateRange[] {
  const { weightDecay, decayAll } = updateOf(optimizer);
  const ranges: UpdateRange[] = [];
  const trained = network.parameters.filter((parameter) => parameter.trained);
  for (const parameter of trained.sort((a, b) => a.offset - b.offset)) {
    const { learningRateMultiplier: multiplier } = parameter;
    const decay = decayAll || parameter.decay ? weightDecay : 0;
    const next = { ...rangeOf(parameter), multiplier, decay };
    const last = ranges.at(-1);
    const alike = last && last.multiplier === multiplier && last.decay === decay;
    if (last && alike && last.offset + last.bytes === next.offset) {
      const name = `${last.name.split(' … ')[0]} … ${next.name}`;
      ranges[ranges.length - 1] = { ...last, name, bytes: last.bytes + next.bytes };
    } else ranges.push(next);
  }
  const [only, ...others] = ranges;
  return only && others.length === 0 ? [{ ...only, name: '' }] : ranges;
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
    b.layer = parameter.fullName.slice(0, parameter.fullName.lastIndexOf('.'));
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
  const ranges = updateRanges(facts);
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
export function updateParameters(b: ProgramBuilder, facts: UpdateFacts): void {
  const { rule, decaying, states, hyper } = updateOf(facts.optimizer);
  for (const range of updateRanges(facts)) {
    const slabs = (['state0', 'state1'] as const).slice(0, states).map((space) => slice(space, range));
    const { multiplier, decay } = range;
    const kind = decay > 0 ? decaying : rule;
    b.optimizer(slice('parameters', range), slice('gradients', range), slabs, { kind, hyper, multiplier, decay });
  }
  for (const parameter of facts.network.parameters.filter(({ trained }) => trained)) {
    const { shape, regularizer, constraint, learningRateMultiplier } = parameter;
    const penalty = penaltyOf(regularizer);
    const w = slice('parameters', rangeOf(parameter));
    if (penalty?.proximal) b.softThreshold(w, penalty.l1 * learningRateMultiplier);
    if (constraint) b.maxNorm({ ...w, rows: shape[0] as number, columns: shape[1] as number }, constraint.limit);
  }
}
