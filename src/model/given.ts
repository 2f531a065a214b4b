/** What a model's methods are called with: arrays, or a data set in their place. */
import { type Dataset, isDataset } from '../data/dataset.js';
import type { Inputs } from '../data/inputs.js';
import { refuse, words } from '../errors.js';
import type { LossName } from '../nn/losses.js';
import type { Targets } from './examples.js';
import type { Validation } from './fit.js';
import type { Given } from './judged.js';
import type { FitOptions } from './options.js';

/** Arguments of `fit`, `fitSync` and `train`. */
export type FitArguments<L extends LossName, M extends string> =
  | readonly [x: Inputs, y: Targets<L>, options?: FitOptions<Validation<L>, M> | undefined]
  | readonly [dataset: Dataset<Targets<L>>, options?: FitOptions<Validation<L>, M> | undefined];

/** Arguments of `evaluate` and `evaluateSync`. */
export type EvaluateArguments<L extends LossName> =
  | readonly [x: Inputs, y: Targets<L>]
  | readonly [dataset: Dataset<Targets<L>>];

function refuseTargets(where: string, y: unknown): never {
  refuse(where, 'a data set comes with its targets', y, 'leave out `y`.');
}

/** The data and the options among the arguments. @throws ArgumentError for targets beside a data set. */
export function fitArguments<L extends LossName, M extends string>(
  where: string,
  given: FitArguments<L, M>,
): readonly [Given, FitOptions<Validation<L>, M> | undefined] {
  const [data, second, third] = given;
  if (!isDataset(data)) return [[data as Inputs, second], third];
  if (Array.isArray(second) || ArrayBuffer.isView(second) || third !== undefined) refuseTargets(where, second);
  return [data, second as FitOptions<Validation<L>, M> | undefined];
}

/** The data among the arguments. @throws ArgumentError for targets beside a data set. */
export function evaluateArguments<L extends LossName>(where: string, given: EvaluateArguments<L>): Given {
  const [data, y] = given;
  if (!isDataset(data)) return [data as Inputs, y];
  if (y !== undefined) refuseTargets(where, y);
  return data;
}

/** Refuses to wait for rows of a data set in the middle of a call that cannot. */
export function refuseWaiting(where: string, other: string): never {
  const help = `use \`${other}\`, which waits.`;
  refuse(where, '`read` of the data set must give its rows at once', words('a promise'), help);
}
