/** What a model answers for the rows of a table, piece by piece: neither the rows nor the answers need to fit into memory. */
import { encode, type Features, type Table } from '../../data/index.js';
import { numberIn } from '../../data/table/column.js';
import { gapsIn } from '../../data/table/which.js';
import { show } from '../../errors.js';
import { grouped } from '../../report/format.js';
import { fail } from '../arguments.js';
import { csvField } from '../csvfield.js';
import type { Task } from '../dataset.js';
import { answersOf, type Judged, numbersOf } from '../judging.js';
import { inputsOf } from './load.js';
import { readPieces } from './read.js';
import { onFile } from './words.js';

/** Rows that are answered at a time: as many as a piece of a file has, in blocks that are not too large. */
const BLOCK = 8192;

/** What was strange about rows, counted. */
export interface Strange {
  rows: number;
  /** By column: values that training rows did not have. */
  readonly unseen: Map<string, number>;
  /** By column: gaps where training rows had none. */
  readonly missing: Map<string, number>;
}

function count(counts: Map<string, number>, name: string, n: number): void {
  if (n > 0) counts.set(name, (counts.get(name) ?? 0) + n);
}

/** Refuses text in a column of numbers, by its row in the whole file. */
function checkNumbers(path: string, { fields }: Features, table: Table, first: number): void {
  for (const { name, kind } of fields) {
    if (kind !== 'number' || !table.has(name)) continue;
    const column = table.column(name);
    if (column.type === 'number') continue;
    const strange = column.dictionary.map((text) => Number.isNaN(numberIn(text)));
    const row = column.codes.findIndex((code) => strange[code] === true);
    if (row < 0) continue;
    const text = column.dictionary[column.codes[row] as number];
    fail(
      'predict',
      `${path}: row ${first + row} (from 0), column \`${name}\` must hold a number, not ${show(text)}; ` +
        'leave the field empty where there is no value.',
    );
  }
}

/** Seven digits, as many as float32 has. */
const digits = (value: number): string => String(Number(value.toPrecision(7)));

/** The head of the table of answers. */
function headOf(task: Task): string {
  if (task.kind === 'numbers') {
    const [only, ...more] = task.targets;
    return [
      'row',
      ...(only !== undefined && more.length === 0
        ? ['prediction']
        : task.targets.map((name) => csvField(`prediction_${name}`))),
    ].join(',');
  }
  return ['row', 'prediction', ...task.classes.map((name) => csvField(`probability_${name}`))].join(',');
}

/** A line for each row: its number, from 0, and the answer. */
function linesOf(model: Judged, task: Task, x: ReturnType<typeof inputsOf>, first: number): string[] {
  const rows = x.shape[0] as number;
  if (task.kind === 'numbers') {
    const values = numbersOf(model.predict(x), task);
    const outputs = task.targets.length;
    return Array.from({ length: rows }, (_, row) => {
      const own = Array.from(values.subarray(row * outputs, (row + 1) * outputs), digits);
      return [first + row, ...own].join(',');
    });
  }
  const { classes } = task;
  const names = classes.map(csvField);
  const { predictions, probabilities } = answersOf(model, x, classes.length);
  return Array.from(predictions, (prediction, row) => {
    const own = Array.from(probabilities.subarray(row * classes.length, (row + 1) * classes.length), digits);
    return [first + row, names[prediction], ...own].join(',');
  });
}

function* blocksOf(table: Table): Generator<Table> {
  if (table.rows <= BLOCK) return yield table;
  for (let at = 0; at < table.rows; at += BLOCK) {
    yield table.pick(Uint32Array.from({ length: Math.min(BLOCK, table.rows - at) }, (_, i) => at + i));
  }
}

/**
 * The table of answers, as text, piece by piece.
 * @param strange what was strange about the rows is added to it
 * @throws ArgumentError, FormatError for a file that cannot be read, a column that is absent, and text in a column of numbers,
 * by row and column.
 */
export async function* tablePredictions(
  path: string,
  model: Judged,
  features: Features,
  task: Task,
  strange: Strange,
): AsyncGenerator<string> {
  for await (const piece of readPieces(path)) {
    for (const table of blocksOf(piece)) {
      const first = strange.rows;
      checkNumbers(path, features, table, first);
      const { x, rows, unseen } = onFile(path, () => encode(features, table, path));
      for (const [name, n] of Object.entries(unseen)) count(strange.unseen, name, n);
      for (const { name, missing } of features.fields) {
        if (missing === 0) count(strange.missing, name, gapsIn(table.column(name)));
      }
      strange.rows += rows;
      // only once it is known that the first rows can be answered
      if (first === 0) yield `${headOf(task)}\n`;
      yield `${linesOf(model, task, inputsOf(x, rows), first).join('\n')}\n`;
    }
  }
}

/** What was strange, in words. */
export function strangeText({ rows, unseen, missing }: Strange): string[] {
  const of = (n: number) => `${grouped(n)} of ${grouped(rows)} rows`;
  return [
    ...Array.from(unseen, ([name, n]) => `${name}: ${of(n)} hold what training rows did not, and count as missing`),
    ...Array.from(missing, ([name, n]) => `${name}: ${of(n)} have no value, and training rows all had one`),
  ];
}
