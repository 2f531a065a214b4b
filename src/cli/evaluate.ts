/** `lanegrad evaluate`: judges a saved model on rows that it was not trained on. */
import { figure, grouped } from '../report/format.js';
import { type Arguments, fail, Values, type Verb } from './arguments.js';
import { DATA_HELP, dataKind } from './data.js';
import { isStreamed, rowsIn, widthOf } from './dataset.js';
import { type ClassVerdict, type NumberVerdict, scoresOf, verdictOn } from './judging.js';
import { type OpenedModel, openModel } from './models.js';
import { tableTestRows } from './table/judge.js';
import { TABLE_NAMES } from './table/read.js';
import { Terminal } from './terminal.js';
import { type TestRows, testRows } from './testrows.js';
import { classTable, scoresText, targetTable, verdictFields, verdictText } from './verdict.js';

/** MODEL, DATA and the seed, as `evaluate` and `predict` take them. */
export const MODEL_AND_DATA = {
  model: { type: 'positional', required: true, description: 'a model file, such as lanegrad-out/model.safetensors' },
  data: {
    type: 'positional',
    required: true,
    description: `a table (${TABLE_NAMES}), ${DATA_HELP}, or a folder of IDX files`,
  },
  seed: {
    type: 'string',
    valueHint: 'N',
    description:
      'for data made by code: default is the seed of the training, whose test part is taken; another seed makes new rows',
  },
} as const;

/** Opens MODEL and takes the rows of DATA that it was not trained on. */
export async function openModelAndRows(
  verb: string,
  args: Arguments,
): Promise<{ opened: OpenedModel; rows: TestRows; path: string }> {
  const values = new Values(verb, args);
  const path = values.text('model') as string;
  const data = values.text('data') as string;
  const opened = await openModel(verb, path);
  const kind = await dataKind(verb, data);
  const seed = values.whole('seed', 0);
  if (kind !== 'idx' && kind !== 'table')
    return { opened, rows: fitting(verb, opened, data, await testRows(kind, data, opened, seed)), path };
  if (seed !== undefined) {
    fail(verb, `\`--seed\` is for data made by code, and DATA is a ${kind === 'idx' ? 'folder' : 'table'}.`);
  }
  const rows = kind === 'table' ? await tableTestRows(data, opened) : await testRows(kind, data, opened, seed);
  return { opened, rows: fitting(verb, opened, data, rows), path };
}

/** Rows that the model can take. @throws ArgumentError where it cannot, in one sentence. */
function fitting(verb: string, { inputs, features, run }: OpenedModel, data: string, rows: TestRows): TestRows {
  if (features && rows.features !== features) {
    fail(
      verb,
      `the model takes rows of a table${run?.table ? ` such as ${run.table.file}` : ''}, and ${data} is none.`,
    );
  }
  const width = widthOf(rows);
  if (width !== inputs) fail(verb, `the model takes rows of ${inputs} values, and those of ${data} have ${width}.`);
  return rows;
}

/** What is said of classes beside the accuracy. */
function classDetails(terminal: Terminal, verdict: ClassVerdict): object {
  const { judgement, labels } = verdict;
  const { classes, confusion } = judgement;
  const scores = scoresOf(verdict, labels, classes);
  terminal.note('scores', scoresText(scores));
  terminal.print('');
  terminal.print(classTable(judgement, terminal.style));
  return { scores, classes, confusion };
}

function numberDetails(terminal: Terminal, { judgement }: NumberVerdict): object {
  if (judgement.targets.length > 1) {
    terminal.print('');
    terminal.print(targetTable(judgement, terminal.style));
  }
  return {};
}

async function run(args: Arguments): Promise<void> {
  const terminal = new Terminal({ json: args.json === true, quiet: false });
  const { opened, rows, path } = await openModelAndRows('evaluate', args);
  const { model, task } = opened;
  // of a table, features know the classes
  if (task.kind === 'classes' && !isStreamed(rows)) {
    const largest = (rows.y as Uint8Array).reduce((a, b) => Math.max(a, b), 0);
    const { length } = task.classes;
    if (largest >= length)
      fail('evaluate', `the model tells ${length} classes apart, and the data has class ${largest}.`);
  }
  const verdict = await verdictOn(model, rows, task);
  terminal.note('model', path);
  terminal.note('data', `${grouped(rowsIn(rows))} rows: ${rows.about}`);
  if (rows.warning) terminal.note('warning', terminal.style.yellow(rows.warning));
  rows.notes?.forEach((note, i) => {
    terminal.note(i === 0 ? 'notes' : '', note);
  });
  terminal.result('test', `${verdictText(verdict, terminal.style)}   loss ${figure(verdict.loss)}`);
  const details = verdict.kind === 'classes' ? classDetails(terminal, verdict) : numberDetails(terminal, verdict);
  terminal.event('result', {
    model: path,
    data: rows.about,
    warning: rows.warning,
    notes: rows.notes,
    test: verdictFields(verdict),
    ...details,
  });
}

/** The verb. */
export const evaluate: Verb = {
  usage: 'MODEL DATA [FLAGS]',
  about: 'Judges a saved model on rows it was not trained on, in all and by class.',
  groups: { flags: { ...MODEL_AND_DATA, json: { type: 'boolean', description: 'the result as one JSON object' } } },
  run,
};
