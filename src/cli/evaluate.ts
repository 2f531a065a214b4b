/** `lanegrad evaluate`: judges a saved model on rows that it was not trained on. */
import { figure, grouped } from '../report/format.js';
import { type Arguments, fail, Values, type Verb } from './arguments.js';
import { DATA_HELP, dataKind } from './data.js';
import { scoresOf, verdictOn } from './judging.js';
import { type OpenedModel, openModel } from './models.js';
import { Terminal } from './terminal.js';
import { type TestRows, testRows } from './testrows.js';
import { classTable, scoresText, verdictText } from './verdict.js';

/** MODEL, DATA and the seed, as `evaluate` and `predict` take them. */
export const MODEL_AND_DATA = {
  model: { type: 'positional', required: true, description: 'a model file, such as lanegrad-out/model.safetensors' },
  data: { type: 'positional', required: true, description: `${DATA_HELP}, or a folder of IDX files` },
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
  if (kind === 'idx' && seed !== undefined) fail(verb, '`--seed` is for data made by code, and DATA is a folder.');
  const rows = await testRows(kind, data, opened, seed);
  const width = rows.x.data.length / rows.y.length;
  if (width !== opened.inputs) {
    fail(verb, `the model takes rows of ${opened.inputs} values, and those of ${data} have ${width}.`);
  }
  return { opened, rows, path };
}

async function run(args: Arguments): Promise<void> {
  const terminal = new Terminal({ json: args.json === true, quiet: false });
  const { opened, rows, path } = await openModelAndRows('evaluate', args);
  const { model, classes } = opened;
  const largest = rows.y.reduce((a, b) => Math.max(a, b), 0);
  if (largest >= classes.length) {
    fail('evaluate', `the model tells ${classes.length} classes apart, and the data has class ${largest}.`);
  }
  const verdict = await verdictOn(model, rows, classes);
  const { judgement, loss } = verdict;
  const scores = scoresOf(verdict, rows.y, classes);
  terminal.note('model', path);
  terminal.note('data', `${grouped(judgement.rows)} rows: ${rows.about}`);
  if (rows.warning) terminal.note('warning', terminal.style.yellow(rows.warning));
  terminal.result('test', `${verdictText(judgement, terminal.style)}   loss ${figure(loss)}`);
  terminal.note('scores', scoresText(scores));
  terminal.print('');
  terminal.print(classTable(judgement, terminal.style));
  const { accuracy, correct, interval, baseline, confusion } = judgement;
  terminal.event('result', {
    model: path,
    data: rows.about,
    warning: rows.warning,
    test: { accuracy, correct, rows: judgement.rows, interval, baseline, loss },
    scores,
    classes,
    confusion,
  });
}

/** The verb. */
export const evaluate: Verb = {
  usage: 'MODEL DATA [FLAGS]',
  about: 'Judges a saved model on rows it was not trained on, in all and by class.',
  groups: { flags: { ...MODEL_AND_DATA, json: { type: 'boolean', description: 'the result as one JSON object' } } },
  run,
};
