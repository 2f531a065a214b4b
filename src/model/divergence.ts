import { DivergenceError } from '../errors.js';
import type { Culprit } from '../program/program.js';
import type { Core, LoadedProgram } from './core.js';
import { everyLayer } from './network.js';

/** A loss this many times that of the first step (or 1, if that is more) is suspicious after this many steps in a row. */
const SUSPICIOUS = 1e4;
const SUSPICIOUS_STEPS = 20;
/** The mean loss of an epoch that many times that of the first step is suspicious too. */
const SUSPICIOUS_EPOCH = 10;
/** Parameters have exploded when the largest is this many times what the largest was when the fit began (or 1). */
const EXPLOSION = 1e4;

/**
 * Watches for explosions that stay finite: Adam's bounded steps never overflow, however absurd the rate, and relu units
 * that have died leave a large constant loss. A large loss alone is no explosion (targets may grow, rows may be outliers):
 * the parameters must have exploded too.
 */
export class ExplosionWatch {
  readonly #core: Core;
  readonly #largest: number;
  #first: number | undefined;
  #count = 0;

  constructor(core: Core) {
    this.#core = core;
    this.#largest = EXPLOSION * Math.max(1, largestOf(core.view('parameters')));
  }

  /** Takes the data loss of a step; true when training has exploded. */
  afterStep(loss: number): boolean {
    this.#first ??= Math.max(1, loss);
    this.#count = loss > SUSPICIOUS * this.#first ? this.#count + 1 : 0;
    if (this.#count < SUSPICIOUS_STEPS) return false;
    this.#count = 0;
    return this.#exploded();
  }

  /** Takes the mean data loss of an epoch; true when training has exploded. */
  afterEpoch(loss: number): boolean {
    return loss > SUSPICIOUS_EPOCH * (this.#first ?? loss) && this.#exploded();
  }

  #exploded(): boolean {
    return largestOf(this.#core.view('parameters')) > this.#largest;
  }
}

function largestOf(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] as number));
  return largest;
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
    ? `the loss is far above that of the first step, and the largest parameter has grown more than ${EXPLOSION} times`
    : 'the loss or its gradient is not finite';
  const where = culprit
    ? ` First${exploded ? ' large value' : ''} in layer ${culprit.layer}, operation ${culprit.operation}: element ${culprit.element} of ` +
      `${found?.operand} is ${found?.value}.`
    : '';
  const state = exploded
    ? 'The parameters are those of this step, all finite'
    : 'The parameters are those of the step before';
  const error = new DivergenceError(
    `Training diverged at step ${step}, epoch ${epoch}: ${what}.${where} ${state}. ` +
      `Help: likely causes are a learning rate that is too high (it is ${core.rate.latest}), inputs or targets far from ` +
      'unit size (try `standardize: true`), or initial weights that are too large.',
    { step, epoch, culprit, history },
  );
  return error;
}

/** The layer with the largest gradient: where a norm overflows although every element is finite. */
function steepestLayer(core: Core): string {
  const gradients = core.view('gradients');
  let steepest = { name: 'unknown', size: -1 };
  for (const { name, parameters } of everyLayer(core.blueprint.network.layers)) {
    // what is not trained has no gradient of this step
    for (const { offset, count } of parameters.filter(({ trained }) => trained)) {
      const size = largestOf(gradients.subarray(offset / 4, offset / 4 + count));
      if (size > steepest.size) steepest = { name, size };
    }
  }
  return steepest.name;
}

/** The first value that is larger than any healthy activation or gradient. */
function firstLarge(program: LoadedProgram['program']): Culprit | undefined {
  for (const limit of [1e6, 1e5, 1e4, 1e3, 100]) {
    const found = program.replay(limit);
    if (found) return found;
  }
  return undefined;
}
