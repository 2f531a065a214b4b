import type { Inputs } from '../data/inputs.js';
import { holdOut, holdOutTail, type Parts as Split } from '../data/split.js';
import { fitStandardization, type Standardization } from '../data/standardize.js';
import type { TargetMatrix } from '../data/targets.js';
import { refuse, words } from '../errors.js';
import { classCount } from '../nn/losses.js';
import { drawRows } from './diagnose.js';
import {
  type ClassWeight,
  checkWeightsUsed,
  classNames,
  classWeights,
  countClasses,
  type ExampleForm,
  labelsOf,
  readExamples,
  rowWeights,
  scaleTargets,
} from './examples.js';
import { fingerprint } from './fingerprint.js';
import type { CheckedFitOptions } from './options.js';
import type { ArrayData, ArrayPart } from './placing.js';
import type { Examples } from './resident.js';
import type { ModelState } from './state.js';
import type { Lessons, Parts, TrainingData, Use } from './trainingdata.js';

/** Mean and scale of each output over the training rows. */
function fitTargets(t: TargetMatrix, rows: Uint32Array | undefined): Standardization | undefined {
  if (t.kind !== 'values') return undefined;
  return fitStandardization({ data: t.data, rows: t.rows, columns: t.columns, scale: 1 }, t.columns, rows);
}

/** Arrays of a caller's as they were read: plain data, which another thread may be given. */
export interface ArrayRows {
  readonly examples: Examples;
  /** Rows that train, and rows that were held out of them; undefined: all train. */
  readonly split: Split | undefined;
  /** Class names, once these rows have had their say. */
  readonly classes: readonly string[] | undefined;
}

/** Reads arrays to train on. @throws ArgumentError for data, a split or weights that cannot be used. */
export function readRows(
  where: string,
  state: ModelState,
  [x, y]: readonly [x: Inputs, y: unknown],
  { sampleWeight, classWeight }: { readonly sampleWeight?: Float32Array; readonly classWeight?: ClassWeight },
  { split: asked }: CheckedFitOptions,
): ArrayRows {
  const classes = classNames(`${where}, y`, state.form, y);
  const form: ExampleForm = { ...state.form, classes };
  const examples = readExamples(where, form, x, y);
  const { rows } = examples.x;
  if (asked && rows < 2) refuse(where, '`validationSplit` needs at least two rows', words(`${rows} row`));
  const split =
    asked &&
    (asked.tail
      ? holdOutTail(rows, asked.share)
      : holdOut(rows, asked.share, state.core.seed, labelsOf(form, examples.t)));
  const kept = split?.kept;
  const members = (): Float64Array => {
    const counts = new Float64Array(classCount(form));
    countClasses(where, form, examples.t, kept, counts);
    return counts;
  };
  const weights = rowWeights(where, form, examples, sampleWeight, classWeights(where, form, classWeight, members));
  checkWeightsUsed(where, weights, kept);
  if (weights && split && !split.heldOut.some((row) => (weights[row] as number) > 0)) {
    refuse(where, 'at least one validation row must have a weight above 0', 0, 'use `validationData`.');
  }
  return { examples: { ...examples, weights }, split, classes };
}

/** Training on arrays of the caller's. */
export class ArrayTraining implements TrainingData {
  readonly rows: number;
  readonly given: number;
  readonly classes: readonly string[] | undefined;
  /** The arrays. */
  readonly read: ArrayRows;
  readonly #state: ModelState;
  readonly #examples: Examples;
  readonly #split: Split | undefined;

  constructor(state: ModelState, read: ArrayRows) {
    const { examples, split, classes } = read;
    this.#state = state;
    this.read = read;
    this.#examples = examples;
    this.#split = split;
    this.classes = classes;
    this.given = examples.x.rows;
    this.rows = split?.kept.length ?? examples.x.rows;
  }

  *learn(_use: Use, pause: () => boolean): Generator<undefined, Lessons> {
    const { compiled, inputs: known, targets: knownTargets } = this.#state;
    const { standardize, standardizeTarget } = compiled.config;
    const { x, t } = this.#examples;
    const kept = this.#split?.kept;
    const inputs = standardize && !known ? fitStandardization(x, compiled.channels, kept) : undefined;
    if (pause()) yield;
    return { inputs, targets: standardizeTarget && !knownTargets ? fitTargets(t, kept) : undefined };
  }

  identity(): { readonly data: number } {
    return { data: fingerprint(this.#examples) };
  }

  parts(use: Use, targets: Standardization | undefined): Parts {
    const { kept, heldOut } = this.#split ?? {};
    const label = 'training data';
    const data: ArrayData = { label, examples: { ...this.#examples, t: scaleTargets(this.#examples.t, targets) } };
    const part = (rows: Uint32Array | undefined, unit: number, ordered: boolean): ArrayPart => {
      return { label, data, rows, unit, ordered };
    };
    const all = (): Uint32Array => kept ?? Uint32Array.from({ length: this.given }, (_, i) => i);
    const { batchSize, chunk, looked, shuffle } = use;
    return {
      training: part(kept, batchSize, shuffle),
      heldOut: heldOut && part(heldOut, chunk, false),
      diagnosed: looked > 0 ? part(drawRows(looked, all(), this.#state.core.seed), looked, false) : undefined,
    };
  }
}
