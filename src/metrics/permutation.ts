/** Permutation importance: what a column is worth to a model that is trained. */
import { Domain, Random } from '../random.js';

/** Values of a row that belong together: all that one column became. */
export interface InputBlock {
  readonly name: string;
  /** The first of its values in a row. */
  readonly at: number;
  /** How many values there are. */
  readonly width: number;
}

/** How much the score falls without what a column says. */
export interface Importance {
  readonly name: string;
  /** Score as it is minus the score with the column shuffled, mean over the repeats. Below 0 by chance alone. */
  readonly mean: number;
  /** Standard deviation over the repeats, population form. */
  readonly deviation: number;
}

/** Options of `permutationImportance`. */
export interface PermutationOptions {
  /** How often every column is shuffled. */
  readonly repeats: number;
  /** Drives the shuffles: same seed, same order. */
  readonly seed: number;
}

/**
 * How much the score of a model falls when the values of one column are shuffled among the rows, so that they say nothing about
 * their own row any more (Breiman, Random forests, 2001, section 10; the definition of scikit-learn's `permutation_importance`).
 * A column is shuffled whole, whatever inputs it became: of a row every block is taken from one other row. Two columns that say the
 * same may both have little importance, as the model can do with the other.
 *
 * @param x rows of values, one after another; they are as they were when it returns
 * @param width values of a row
 * @param blocks the columns
 * @param score what the model is worth on rows with such values; higher is better. It must not keep the array.
 */
export function permutationImportance(
  x: Float32Array,
  width: number,
  blocks: readonly InputBlock[],
  score: (x: Float32Array) => number,
  { repeats, seed }: PermutationOptions,
): Importance[] {
  const rows = x.length / width;
  const whole = score(x);
  const shuffled = x.slice();
  return blocks.map(({ name, at, width: own }, block) => {
    const random = new Random(seed, Domain.permutation, block);
    const order = Uint32Array.from({ length: rows }, (_, row) => row);
    const falls = Float64Array.from({ length: repeats }, () => {
      random.shuffle(order);
      order.forEach((from, row) => {
        for (let i = at; i < at + own; i++) shuffled[row * width + i] = x[from * width + i] as number;
      });
      return whole - score(shuffled);
    });
    for (let row = 0; row < rows; row++) {
      for (let i = at; i < at + own; i++) shuffled[row * width + i] = x[row * width + i] as number;
    }
    const mean = falls.reduce((sum, fall) => sum + fall, 0) / repeats;
    const squares = falls.reduce((sum, fall) => sum + (fall - mean) * (fall - mean), 0);
    return { name, mean, deviation: Math.sqrt(squares / repeats) };
  });
}
