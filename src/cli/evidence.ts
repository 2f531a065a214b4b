/** What a report shows of a training besides its result: errors in detail, what the answers rest on, the data and its parts. */
import { type Features, widthOf } from '../data/table/features.js';
import { r2 } from '../metrics/index.js';
import { type InputBlock, permutationImportance } from '../metrics/permutation.js';
import { Domain, Random } from '../random.js';
import { reliabilityOf } from '../report/calibration.js';
import type { Importances } from '../report/importance.js';
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
import { answerTo, SCORES } from './answer.js';
import { type DataSet, type Rows, rowsIn } from './dataset.js';
import type { Built } from './fitting.js';
import { answersOf, numbersOf, type Verdict } from './judging.js';
import type { TrainOptions } from './options.js';

/** As scikit-learn has it. */
const REPEATS = 5;
const MOST_ROWS = 5000;
const FEWEST_ROWS = 200;
/**
 * Multiplications that the importance may cost: about a second. It is counted rather than timed, so that the same command gives the
 * same report.
 */
const MOST_WORK = 4e9;

/** What each column of a table became. */
function blocksOf({ fields }: Features): InputBlock[] {
  let at = 0;
  return fields.map((field) => {
    const block = { name: field.name, at, width: widthOf(field) };
    at += block.width;
    return block;
  });
}

/** Some rows by the seed, in their order. */
function someRows({ x, y }: Rows, most: number, seed: number): Rows {
  const rows = rowsIn({ x });
  if (rows <= most) return { x, y };
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  const numbers = new Random(seed, Domain.permutation, 0xffffffff).shuffle(all).slice(0, most).sort();
  const take = <T extends Uint8Array | Int32Array | Float32Array>(from: T, to: T): T => {
    const width = from.length / rows;
    numbers.forEach((row, i) => {
      to.set(from.subarray(row * width, (row + 1) * width), i * width);
    });
    return to;
  };
  const [wide, tall] = [(x.data.length / rows) * most, (y.length / rows) * most];
  return {
    x: {
      data: take(x.data, new (x.data.constructor as Float32ArrayConstructor)(wide)),
      shape: [most, ...x.shape.slice(1)],
    },
    y: take(y, new (y.constructor as Float32ArrayConstructor)(tall)),
  };
}

function importancesOf(
  { bagging, seed }: TrainOptions,
  data: DataSet,
  { model, parameters }: Built,
): Importances | undefined {
  const { features, task, test } = data;
  if (!features || features.fields.length < 2) return undefined;
  const blocks = blocksOf(features);
  const perRow = blocks.length * REPEATS * parameters * (bagging?.members ?? 1);
  const most = Math.max(FEWEST_ROWS, Math.min(MOST_ROWS, Math.floor(MOST_WORK / perRow)));
  const { x, y } = someRows(test, most, seed);
  if (!(x.data instanceof Float32Array)) return undefined;
  const rows = rowsIn({ x });
  const score = (values: Float32Array): number => {
    const inputs = { data: values, shape: x.shape };
    if (task.kind === 'numbers') {
      const predictions = numbersOf(model.predict(inputs), task);
      return r2(numbersOf(y as Float32Array, task), predictions, { outputs: task.targets.length });
    }
    const { predictions } = answersOf(model, inputs, task.classes.length);
    return predictions.reduce((right, prediction, row) => right + Number(prediction === y[row]), 0) / rows;
  };
  return {
    columns: permutationImportance(x.data, features.width, blocks, score, { repeats: REPEATS, seed }),
    score: SCORES[answerTo(data).score].label,
    rows,
    of: rowsIn(test),
    repeats: REPEATS,
  };
}

function column(values: Float32Array, targets: number, t: number): Float64Array {
  return Float64Array.from({ length: values.length / targets }, (_, row) => values[row * targets + t] as number);
}

function partsOf({ task, train, validation, test }: DataSet): ClassParts | NumberParts {
  const parts = [
    { name: 'training', ...train },
    ...(validation ? [{ name: 'validation', ...validation }] : []),
    { name: 'test', ...test },
  ];
  if (task.kind === 'classes') {
    const { classes } = task;
    return {
      kind: 'classes',
      classes,
      parts: parts.map(({ name, x, y }) => {
        const counts = classes.map(() => 0);
        for (const label of y) counts[label] = (counts[label] as number) + 1;
        return { name, rows: rowsIn({ x }), counts };
      }),
    };
  }
  return {
    kind: 'numbers',
    targets: task.targets,
    parts: parts.map(({ name, x, y }) => {
      const values = numbersOf(y as Float32Array, task);
      return { name, rows: rowsIn({ x }), values: task.targets.map((_, t) => column(values, task.targets.length, t)) };
    }),
  };
}

function errorSection(verdict: Verdict, { task, test }: DataSet, seed: number): Section | undefined {
  if (task.kind === 'classes' && verdict.kind === 'classes') {
    return calibrationSection(reliabilityOf(test.y, verdict.probabilities, task.classes));
  }
  if (task.kind !== 'numbers' || verdict.kind !== 'numbers') return undefined;
  const { truth, predictions } = verdict;
  const targets = task.targets.map((target, t): Residuals => {
    const { length } = task.targets;
    return { target, truth: column(truth, length, t), predictions: column(predictions, length, t) };
  });
  return residualsSection(targets, seed);
}

/** The sections, in their order on the page. */
export function evidenceSections(
  options: TrainOptions,
  data: DataSet,
  built: Built,
  verdict: Verdict,
): readonly (Section | undefined)[] {
  const importances = importancesOf(options, data, built);
  return [
    errorSection(verdict, data, options.seed),
    importances && importanceSection(importances),
    data.description && tableSection(data.description),
    partsSection(partsOf(data), data.splitAbout),
  ];
}
