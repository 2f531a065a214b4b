import { DivergenceError } from '../errors.js';
import type { Culprit } from '../program/program.js';
import type { Core, LoadedProgram } from './core.js';

/**
 * A loss this many times that of the first step (or 1, if that is more), for this many steps in a row, counts as
 * diverged although it is finite: Adam's bounded steps never overflow, however absurd the rate. A single batch with an
 * outlier does not count.
 */
const EXPLOSION = 1e4;
const EXPLOSION_STEPS = 20;

/** Watches the loss of every step for explosions that stay finite. */
export class ExplosionWatch {
  #limit: number | undefined;
  #count = 0;

  /** Takes the data loss of a step; true when training has exploded. */
  exploded(loss: number): boolean {
    this.#limit ??= EXPLOSION * Math.max(1, loss);
    this.#count = loss > this.#limit ? this.#count + 1 : 0;
    return this.#count >= EXPLOSION_STEPS;
  }
}

/**
 * The error for a step whose loss or gradient is not finite (`exploded` false), or whose loss has exploded: replays the
 * step to name layer, operation and element.
 */
export function divergence(
  core: Core,
  { program }: LoadedProgram,
  epoch: number,
  exploded: boolean,
  history: unknown,
): DivergenceError {
  const step = core.updates + (exploded ? 0 : 1);
  const found = exploded ? firstLarge(program) : program.replay();
  const culprit = found && {
    layer: found.layer || steepestLayer(core),
    operation: found.operation,
    element: `[${found.row}, ${found.column}]`,
  };
  const what = exploded
    ? `the loss has been more than ${EXPLOSION} times that of the first step for ${EXPLOSION_STEPS} steps`
    : 'the loss or its gradient is not finite';
  const where = culprit
    ? ` First in layer ${culprit.layer}, operation ${culprit.operation}: element ${culprit.element} of ` +
      `${found?.operand} is ${found?.value}.`
    : '';
  const state = exploded
    ? 'The parameters are those of this step, all finite'
    : 'The parameters are those of the step before';
  const { learningRate } = core.blueprint.optimizer;
  const error = new DivergenceError(
    `Training diverged at step ${step}, epoch ${epoch}: ${what}.${where} ${state}. ` +
      `Help: likely causes are a learning rate that is too high (it is ${learningRate}), inputs or targets far from ` +
      'unit size (try `standardize: true`), or initial weights that are too large.',
    { step, epoch, culprit, history },
  );
  return error;
}

/** The layer with the largest gradient: where a norm overflows although every element is finite. */
function steepestLayer(core: Core): string {
  const gradients = core.view('gradients');
  let at = 0;
  for (let i = 0; i < gradients.length; i++) {
    if (!(Math.abs(gradients[i] as number) <= Math.abs(gradients[at] as number))) at = i;
  }
  const { layers } = core.blueprint.network;
  const owner = layers.find(({ parameters }) => parameters.some((p) => at * 4 < p.offset + p.count * 4));
  return owner?.name ?? 'unknown';
}

/** The first value that is larger than any healthy activation or gradient. */
function firstLarge(program: LoadedProgram['program']): Culprit | undefined {
  for (const limit of [1e6, 1e5, 1e4, 1e3, 100]) {
    const found = program.replay(limit);
    if (found) return found;
  }
  return undefined;
}
