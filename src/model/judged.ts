/** Rows that are judged and not trained on: of `evaluate`, and the validation data of a fit. */
import { checkDataset, type Dataset, isDataset } from '../data/dataset.js';
import type { Inputs } from '../data/inputs.js';
import type { Standardization } from '../data/standardize.js';
import { BlockReader } from './blockreader.js';
import { blocksOf } from './datatraining.js';
import { evaluateSlices } from './evaluate.js';
import { readExamples, scaleTargets } from './examples.js';
import { formOf, type Part, place } from './placing.js';
import { chunkRows } from './prediction.js';
import { batchForm, type Examples } from './resident.js';
import type { ModelState } from './state.js';
import type { Supply, Waiting } from './supply.js';
import { readOne } from './survey.js';

/** Data as a model is given it: arrays, or a data set. */
export type Given = readonly [x: Inputs, y: unknown] | Dataset<unknown>;

/** The same, checked: arrays with their targets in their own units, or a data set. */
export type JudgedData = Examples | BlockReader;

/**
 * Checks data that is to be judged, as far as that needs no waiting.
 * @param classes class names, where they are known
 * @throws ArgumentError
 */
export function checkJudged(
  where: string,
  state: ModelState,
  classes: readonly string[] | undefined,
  given: Given,
): JudgedData {
  if (!isDataset(given)) return readExamples(where, { ...state.form, classes }, given[0], given[1]);
  checkDataset(where, given);
  return new BlockReader(where, given, state);
}

/** The part that they are, with targets in the units of that standardization. */
export function* judgedPart(
  label: string,
  state: ModelState,
  data: JudgedData,
  targets: Standardization | undefined,
): Generator<Waiting, Part> {
  const unit = chunkRows(state.compiled.network);
  if (!(data instanceof BlockReader)) {
    const examples = { ...data, t: scaleTargets(data.t, targets) };
    return { label, data: { label, examples }, rows: undefined, unit, ordered: false };
  }
  data.targets = targets;
  const form = yield* readOne(data, { first: 0, rows: 1 });
  const blocks = blocksOf(state, data.dataset, data.dataset.rows, unit);
  return { label, reader: data, form, blocks, unit, ordered: false };
}

/** Loss, data loss and metrics over all rows. @throws ArgumentError and MemoryLimitError, see Model.evaluate. */
export function* evaluation(
  state: ModelState,
  where: string,
  given: Given,
  pause: () => boolean,
): Generator<Waiting, Record<string, number>> {
  const data = checkJudged(where, state, state.classes, given);
  const part = yield* judgedPart('evaluation data', state, data, state.targets);
  const { core } = state;
  const evaluate = batchForm(formOf(part), part.unit);
  const rows = data instanceof BlockReader ? data.dataset.rows : data.x.rows;
  const placing = { what: `${where} of ${rows} rows`, others: core.bytesOfPrograms({ evaluate }), stream: true };
  const { supplies, release } = place(core.runtime, [part], placing);
  try {
    return yield* evaluateSlices(core, supplies[0] as Supply, state.unit, pause);
  } finally {
    release();
  }
}
