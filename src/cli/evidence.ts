/** What a report shows of a training besides its result: errors in detail, what the answers rest on, the data and its parts. */
import { type Features, widthOf } from '../data/table/features.js';
import { InternalError } from '../errors.js';
import { accuracy, r2 } from '../metrics/index.js';
import { type InputBlock, permutationImportance } from '../metrics/permutation.js';
import { reliabilityOf } from '../report/calibration.js';
import type { CostlyImportances, Importances } from '../report/importance.js';
import type { ClassParts, NumberParts } from '../report/parts.js';
import type { Residuals } from '../report/residuals.js';
import {
  calibrationSection,
  importanceSection,
  partsSection,
  residualsSection,
  type Section,
  tableSection,
} from '../report/sections.js';
import { thinned } from '../report/thinned.js';
import { answerTo, SCORES } from './answer.js';
import { type DataSet, isStreamed, isTested, rowsIn, type TestedSet } from './dataset.js';
import type { Built } from './fitting.js';
import { answersOf, numbersOf, type Verdict } from './judging.js';
import type { TrainOptions } from './options.js';

/** As scikit-learn has it. */
const REPEATS = 5;
const MOST_ROWS = 5000;
const FEWEST_ROWS = 200;
/**
 * Multiplications that the importance may cost: about half a second. They are counted rather than timed, so that the same command
 * gives the same report.
 */
const MOST_WORK = 4e9;
/** Where the fewest rows would cost more than this, some seconds, the report says so instead: many columns and a large network. */
const TOO_MUCH_WORK = 4e10;

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** What each column of a table became. */
export function blocksOf({ fields }: Features): InputBlock[] {
  let at = 0;
  return fields.map((field) => {
    const block = { name: field.name, at, width: widthOf(field) };
    at += block.width;
    return block;
  });
}

/** Some of the test rows as numbers; undefined where they are none of a table. */
function sampleOf({ test }: TestedSet, numbers: Uint32Array, width: number): Float32Array | undefined {
  const { data } = isStreamed(test) ? test.pick(numbers).x : test.x;
  if (!(data instanceof Float32Array)) return undefined;
  return isStreamed(test) ? data : picked(data, numbers, width);
}

/** Some of the rows of values, one after another. */
function picked(values: Float32Array, numbers: Uint32Array, width: number): Float32Array {
  const some = new Float32Array(numbers.length * width);
  numbers.forEach((row, i) => {
    some.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return some;
}

/** The score of answers for some of the test rows, as the head of the report has it for all of them. */
function scorer({ task }: DataSet, model: Built['model'], verdict: Verdict, numbers: Uint32Array, width: number) {
  const inputs = (data: Float32Array) => ({ data, shape: [numbers.length, width] });
  if (task.kind === 'numbers' && verdict.kind === 'numbers') {
    const outputs = task.targets.length;
    const truth = picked(verdict.truth, numbers, outputs);
    return (x: Float32Array) => {
      // rows that are put together by chance may lead to answers whose exponential is beyond float32
      const predictions = numbersOf(model.predict(inputs(x)), task).map((value) => Math.min(value, LARGEST));
      return r2(truth, predictions, { outputs });
    };
  }
  if (task.kind !== 'classes' || verdict.kind !== 'classes') throw new InternalError('a verdict is of another task.');
  const labels = Int32Array.from(numbers, (row) => verdict.labels[row] as number);
  return (x: Float32Array) => accuracy(labels, answersOf(model, inputs(x), task.classes.length).predictions);
}

/** Of a table of several columns, what each is worth, or what it would cost to know. */
function importancesOf(
  { bagging, seed }: TrainOptions,
  data: TestedSet,
  { model, parameters }: Built,
  verdict: Verdict,
): Importances | CostlyImportances | undefined {
  const { features, test } = data;
  if (!features || features.fields.length < 2) return undefined;
  const blocks = blocksOf(features);
  const columns = blocks.length;
  const networks = bagging?.members ?? 1;
  const perRow = columns * REPEATS * parameters * networks;
  const rows = Math.min(FEWEST_ROWS, rowsIn(test));
  if (perRow * rows > TOO_MUCH_WORK) {
    return { columns, repeats: REPEATS, parameters, networks, rows, most: TOO_MUCH_WORK };
  }
  const most = Math.max(FEWEST_ROWS, Math.min(MOST_ROWS, Math.floor(MOST_WORK / perRow)));
  const numbers = thinned(rowsIn(test), most, seed);
  const { width } = features;
  const x = sampleOf(data, numbers, width);
  if (!x) return undefined;
  const score = scorer(data, model, verdict, numbers, width);
  return {
    columns: permutationImportance(x, width, blocks, score, { repeats: REPEATS, seed }),
    score: SCORES[answerTo(data).score].label,
    rows: numbers.length,
    of: rowsIn(test),
    repeats: REPEATS,
  };
}

function column(values: Float32Array, targets: number, t: number): Float64Array {
  return Float64Array.from({ length: values.length / targets }, (_, row) => values[row * targets + t] as number);
}

/** The parts: of a table as it was read, of other data, which are classes in memory, by their labels. */
function partsOf({ facts, task, train, validation, test }: DataSet): ClassParts | NumberParts | undefined {
  if (facts || task.kind !== 'classes') return facts?.parts;
  const { classes } = task;
  const given = [
    { name: 'training', rows: train },
    { name: 'validation', rows: validation },
    { name: 'test', rows: test },
  ];
  const parts = given.flatMap(({ name, rows }) => {
    if (!rows || isStreamed(rows)) return [];
    const counts = classes.map(() => 0);
    for (const label of rows.y) counts[label] = (counts[label] as number) + 1;
    return [{ name, rows: rowsIn(rows), counts }];
  });
  return { kind: 'classes', classes, parts };
}

function errorSection(verdict: Verdict, { task }: DataSet, seed: number): Section | undefined {
  if (task.kind === 'classes' && verdict.kind === 'classes') {
    return calibrationSection(reliabilityOf(verdict.labels, verdict.probabilities, task.classes));
  }
  if (task.kind !== 'numbers' || verdict.kind !== 'numbers') return undefined;
  const { truth, predictions } = verdict;
  const targets = task.targets.map((target, t): Residuals => {
    const { length } = task.targets;
    return { target, truth: column(truth, length, t), predictions: column(predictions, length, t) };
  });
  return residualsSection(targets, seed);
}

/** What only test rows tell. */
function testSections(options: TrainOptions, data: TestedSet, built: Built, verdict: Verdict) {
  const importances = importancesOf(options, data, built, verdict);
  return [errorSection(verdict, data, options.seed), importances && importanceSection(importances)];
}

/** The sections, in their order on the page; without a verdict, those that tell of the data alone. */
export function evidenceSections(
  options: TrainOptions,
  data: DataSet,
  built: Built,
  verdict: Verdict | undefined,
): readonly (Section | undefined)[] {
  const parts = partsOf(data);
  return [
    ...(verdict && isTested(data) ? testSections(options, data, built, verdict) : []),
    data.facts && tableSection(data.facts.description),
    parts && partsSection(parts, data.splitAbout),
  ];
}
