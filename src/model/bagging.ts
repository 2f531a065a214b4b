import { checkNumber, checkOptions, checkPositiveInteger, refuse } from '../errors.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { checkSeed } from '../random.js';
import { createRuntime } from '../runtime/runtime.js';
import { Architecture } from './architecture.js';
import type { CompileOptions } from './config.js';
import { Ensemble } from './ensemble.js';
import type { CheckedBagging } from './ensembleoptions.js';
import { ModelState } from './state.js';
import { memberSeed } from './vote.js';

/** Options of `bagging`. */
export interface BaggingOptions {
  /** How many models, at least 1. */
  readonly members: number;
  /** Size of each member's sample, as a share of the training rows, above 0 up to 1. Default 1. */
  readonly sampleFraction?: number;
  /**
   * Drives the samples, and the seeds of all members but the first. An integer from 0 to 2⁵³ − 1. Default: the
   * architecture's.
   */
  readonly seed?: number;
}

/** Checks options of bagging and fills in the defaults. @throws ArgumentError */
export function checkBagging(options: BaggingOptions, standard: number): CheckedBagging {
  const where = 'bagging';
  if (typeof options !== 'object' || options === null || options.members === 0) {
    const help = 'write bagging(architecture, { members: 10 }); one member is the single model.';
    refuse(where, '`members` must be a positive integer', options?.members ?? options, help);
  }
  checkOptions(where, options, ['members', 'sampleFraction', 'seed']);
  const { members, sampleFraction = 1, seed = standard } = options;
  checkPositiveInteger(where, 'members', members);
  checkNumber(where, 'sampleFraction', sampleFraction, 0, 1);
  if (sampleFraction === 0) refuse(where, '`sampleFraction` must be above 0', sampleFraction);
  checkSeed(where, seed);
  return { members, sampleFraction, seed };
}

/** An architecture of which several models are to be made, without memory. */
export class BaggedArchitecture {
  /** What each member is made from. */
  readonly architecture: Architecture;
  /** How many models. */
  readonly members: number;
  /** Size of each member's sample, as a share of the training rows, above 0 up to 1. */
  readonly sampleFraction: number;
  /** Drives the samples, and the seeds of all members but the first. */
  readonly seed: number;

  constructor(architecture: Architecture, options: BaggingOptions) {
    if (!(architecture instanceof Architecture)) {
      const help =
        'it comes before compile; of a table, give `input: features.width`, and fit what encodeExamples returns.';
      refuse('bagging', 'what `sequential` returns for rows of numbers is needed', architecture, help);
    }
    const { members, sampleFraction, seed } = checkBagging(options, architecture.seed);
    this.architecture = architecture;
    this.members = members;
    this.sampleFraction = sampleFraction;
    this.seed = seed;
  }

  /**
   * Gives every member memory, initial weights of its own, the loss and the optimizer; all share one runtime.
   * @throws ArgumentError, MemoryLimitError and UnsupportedError as `compile` of a single model.
   */
  compile<const L extends LossName, const M extends MetricName = never>(options: CompileOptions<L, M>): Ensemble<L, M> {
    const { compiled, runtime = createRuntime() } = this.architecture.prepare(options);
    const { members, sampleFraction, seed } = this;
    const states: ModelState[] = [];
    try {
      for (let i = 0; i < members; i++) {
        const own = memberSeed(compiled.seed, seed, i);
        states.push(new ModelState({ ...compiled, seed: own, config: { ...compiled.config, seed: own } }, runtime));
      }
    } catch (error) {
      for (const { core } of states) core.release();
      throw error;
    }
    return new Ensemble<L, M>({ members, sampleFraction, seed }, states);
  }
}

/**
 * Bootstrap aggregating (Breiman, Bagging predictors, 1996): several models of one architecture, each with initial weights
 * of its own and trained on rows drawn with replacement; the prediction is the mean of theirs, and varies less. A single
 * member with the full sample has nothing to differ from: it trains on all rows, and is the model that the architecture
 * alone would be, bit for bit.
 *
 * @example
 * const ensemble = bagging(sequential({ … }), { members: 10 }).compile({ loss: 'crossEntropy', metrics: ['accuracy'] });
 * const { outOfBag } = await ensemble.fit(x, y, { epochs: 20 });
 *
 * @throws ArgumentError for what is no architecture, no members, a sampleFraction outside (0, 1], a bad seed, an unknown option;
 * for an architecture of a table, whose rows `encodeExamples` of `lanegrad/data` makes numbers of (`docs/tables.md`).
 */
export function bagging(architecture: Architecture, options: BaggingOptions): BaggedArchitecture {
  return new BaggedArchitecture(architecture, options);
}
