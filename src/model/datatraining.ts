import { checkDataset, type Dataset } from '../data/dataset.js';
import { tailRows } from '../data/split.js';
import type { Standardization } from '../data/standardize.js';
import { refuse, words } from '../errors.js';
import { classCount, lossRow } from '../nn/losses.js';
import { BlockReader } from './blockreader.js';
import { Blocks, blockRows } from './blocks.js';
import { drawRows } from './diagnose.js';
import { type ClassWeight, classWeights, scaleTargets } from './examples.js';
import { fingerprint } from './fingerprint.js';
import type { CheckedFitOptions } from './options.js';
import type { ArrayPart, DataPart } from './placing.js';
import type { EpochShape } from './position.js';
import { type Examples, pickRows } from './resident.js';
import type { ModelState } from './state.js';
import type { Waiting } from './supply.js';
import { type Answers, readOne, survey } from './survey.js';
import type { Lessons, Parts, TrainingData, Use } from './trainingdata.js';

/** Rows `first` … of a data set in blocks of whole batches of `unit` rows. */
export function blocksOf(
  state: ModelState,
  { blockRows: wanted }: Dataset<unknown>,
  rows: number,
  unit: number,
  first = 0,
) {
  const { inputs, outputs } = state.compiled.network;
  return new Blocks(rows, blockRows(unit, inputs + outputs, wanted), unit, first);
}

/** Training on a data set, block by block. */
export class DataTraining implements TrainingData {
  readonly rows: number;
  readonly given: number;
  readonly classes: readonly string[] | undefined;
  readonly #where: string;
  readonly #state: ModelState;
  readonly #reader: BlockReader;
  readonly #balanced: boolean;
  #form: Examples | undefined;
  /** Rows that are looked at after every epoch, with targets in their own units. */
  #looked: Examples | undefined;

  /** @throws ArgumentError for a data set that is none, and for options that need all rows in memory. */
  constructor(
    where: string,
    state: ModelState,
    dataset: Dataset<unknown>,
    { sampleWeight, classWeight }: { readonly sampleWeight?: Float32Array; readonly classWeight?: ClassWeight },
    { split }: CheckedFitOptions,
  ) {
    checkDataset(where, dataset);
    const { rows } = dataset;
    if (sampleWeight !== undefined) {
      const help = 'give `sampleWeight` with each block that `read` returns.';
      refuse(where, '`sampleWeight` is an option for arrays', sampleWeight, help);
    }
    if (split && !split.tail) {
      const help = 'use validationSplit: { tail: 0.1 }, which takes the last rows, or `validationData`.';
      refuse(where, 'rows of a data set cannot be held out at random', split.share, help);
    }
    if (split && rows < 2) refuse(where, '`validationSplit` needs at least two rows', words(`${rows} row`));
    const { form } = state;
    this.#where = where;
    this.#state = state;
    this.#balanced = classWeight === 'balanced';
    this.#reader = new BlockReader(where, dataset, state);
    if (classWeight !== undefined && lossRow(form.loss).targets === 'values') {
      refuse(where, '`classWeight` needs targets that are classes', form.loss, 'give weights with the blocks.');
    }
    // until they are counted, rows have weights, which are all the same
    const members = (): Float64Array => new Float64Array(classCount(form)).fill(1);
    this.#reader.perClass = classWeights(where, form, classWeight, members);
    this.classes = form.classes;
    this.given = rows;
    this.rows = split ? rows - tailRows(rows, split.share) : rows;
  }

  *learn({ batchSize, looked }: Use, pause: () => boolean): Generator<Waiting, Lessons> {
    const { compiled, inputs, targets, form } = this.#state;
    const { standardize, standardizeTarget } = compiled.config;
    const reader = this.#reader;
    // the first row tells what form rows have, and so what programs there must be
    this.#form = yield* readOne(reader, { first: 0, rows: 1 });
    const questions = {
      inputs: standardize && !inputs ? compiled.channels : undefined,
      targets: standardizeTarget === true && !targets,
      classes: this.#balanced ? classCount(form) : undefined,
    };
    let found: Answers = { inputs: undefined, targets: undefined, members: undefined };
    if (Object.values(questions).some((asked) => asked !== undefined && asked !== false)) {
      const blocks = blocksOf(this.#state, reader.dataset, this.rows, 1);
      found = yield* survey(this.#where, reader, form, blocks, questions, pause);
    }
    const { members } = found;
    if (members) reader.perClass = classWeights(this.#where, form, 'balanced', () => members);
    if (looked > 0) {
      // of the first block, because any other rows would have to be read one by one
      const range = blocksOf(this.#state, reader.dataset, this.rows, batchSize).at(0);
      const all = Uint32Array.from({ length: range.rows }, (_, i) => i);
      const rows = drawRows(Math.min(looked, range.rows), all, this.#state.core.seed);
      this.#looked = pickRows(yield* readOne(reader, range), rows);
    }
    return found;
  }

  /** Of its rows only the first one is known, so that nothing is read for this. */
  identity({ batchSize, shuffle }: Use): Pick<EpochShape, 'blockRows' | 'data'> {
    const blocks = blocksOf(this.#state, this.#reader.dataset, this.rows, batchSize);
    const blockRows = shuffle ? blocks.at(0).rows : undefined;
    return { blockRows, data: fingerprint(this.#form as Examples) };
  }

  parts(use: Use, targets: Standardization | undefined): Parts {
    const state = this.#state;
    const reader = this.#reader;
    reader.targets = targets;
    const form = this.#form as Examples;
    const { batchSize, chunk, shuffle } = use;
    const blocks = blocksOf(state, reader.dataset, this.rows, batchSize);
    const training: DataPart = { label: 'training block', reader, form, blocks, unit: batchSize, ordered: shuffle };
    const tail = this.given - this.rows;
    const heldOut: DataPart | undefined =
      tail > 0
        ? {
            label: 'validation block',
            reader,
            form,
            blocks: blocksOf(state, reader.dataset, tail, chunk, this.rows),
            unit: chunk,
            ordered: false,
          }
        : undefined;
    return { training, heldOut, diagnosed: this.#diagnosed(targets) };
  }

  #diagnosed(targets: Standardization | undefined): ArrayPart | undefined {
    const examples = this.#looked;
    if (!examples) return undefined;
    const label = 'rows of diagnoses';
    const data = { label, examples: { ...examples, t: scaleTargets(examples.t, targets) } };
    return { label, data, rows: undefined, unit: examples.x.rows, ordered: false };
  }
}
