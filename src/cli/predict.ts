/** `lanegrad predict`: what a saved model answers for every row, as CSV. */
import { writePiecesAtomic } from '../node/files.js';
import { writeFileAtomic } from '../node/index.js';
import { counted } from '../report/format.js';
import { type Arguments, fail, Values, type Verb } from './arguments.js';
import { csvField } from './csvfield.js';
import { dataKind } from './data.js';
import { isStreamed } from './dataset.js';
import { MODEL_AND_DATA, openModelAndRows } from './evaluate.js';
import { answersOf } from './judging.js';
import { openModel } from './models.js';
import { checkFile, PREDICTIONS_MARK } from './output.js';
import { type Strange, strangeText, tablePredictions } from './table/predict.js';
import { styleOf, Terminal } from './terminal.js';

/** A table of row number, likeliest class, and the probability of every class, to seven digits. */
export function predictionTable(
  numbers: Uint32Array,
  classes: readonly string[],
  predictions: Int32Array,
  probabilities: Float32Array,
): string {
  const head = [PREDICTIONS_MARK, ...classes.map((name) => csvField(`probability_${name}`))].join(',');
  const lines = Array.from(predictions, (prediction, i) => {
    const own = probabilities.subarray(i * classes.length, (i + 1) * classes.length);
    const shares = Array.from(own, (p) => String(Number(p.toPrecision(7))));
    return [numbers[i], csvField(classes[prediction] as string), ...shares].join(',');
  });
  return `${[head, ...lines].join('\n')}\n`;
}

/** Answers for rows that are numbers already: the test part of data made by code, or of a folder. */
async function predictRows(args: Arguments, out: string | undefined): Promise<void> {
  const { opened, rows } = await openModelAndRows('predict', args);
  const { model, task } = opened;
  if (task.kind !== 'classes' || isStreamed(rows))
    fail('predict', 'the model takes rows of a table, and DATA is none.');
  const { predictions, probabilities } = answersOf(model, rows.x, task.classes.length);
  const text = predictionTable(rows.numbers, task.classes, predictions, probabilities);
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFileAtomic(out, new TextEncoder().encode(text));
  const terminal = new Terminal({ json: false, quiet: false });
  terminal.note('data', rows.about);
  if (rows.warning) terminal.note('warning', terminal.style.yellow(rows.warning));
  terminal.result('saved', `${out}: ${counted(predictions.length, 'row')}`);
}

/** Writes to stdout, no faster than it is read; ends early where nobody reads on. */
async function toStdout(pieces: AsyncIterable<string>): Promise<void> {
  const { stdout } = process;
  for await (const piece of pieces) {
    if (stdout.destroyed || stdout.writableEnded) return;
    if (stdout.write(piece)) continue;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stdout.off('drain', done).off('error', done).off('close', done);
        resolve();
      };
      stdout.on('drain', done).on('error', done).on('close', done);
    });
  }
}

/** Answers for all rows of a table, written while they are read. What was strange about them is told on stderr. */
async function predictTable(args: Arguments, path: string, out: string | undefined): Promise<void> {
  const { model, task, features } = await openModel('predict', new Values('predict', args).text('model') as string);
  if (args.seed !== undefined) fail('predict', '`--seed` is for data made by code, and DATA is a table.');
  if (!features) return fail('predict', `the model takes rows of numbers, and ${path} is a table.`);
  const strange: Strange = { rows: 0, unseen: new Map(), missing: new Map() };
  const pieces = tablePredictions(path, model, features, task, strange);
  if (out === undefined) await toStdout(pieces);
  else await writePiecesAtomic(out, pieces);
  const style = styleOf(process.stderr);
  for (const text of strangeText(strange)) process.stderr.write(`  ${style.yellow('warning')}  ${text}\n`);
  if (out === undefined) return;
  const terminal = new Terminal({ json: false, quiet: false });
  terminal.note('data', `all rows of ${path}`);
  terminal.result('saved', `${out}: ${counted(strange.rows, 'row')}`);
}

async function run(args: Arguments): Promise<void> {
  const out = typeof args.out === 'string' ? args.out : undefined;
  if (out !== undefined) await checkFile('predict', out, 'predictions', args.force === true);
  const data = new Values('predict', args).text('data') as string;
  if ((await dataKind('predict', data)) === 'table') await predictTable(args, data, out);
  else await predictRows(args, out);
}

const FLAGS = {
  ...MODEL_AND_DATA,
  out: { type: 'string', valueHint: 'FILE', description: 'where the table goes; default is stdout' },
  force: { type: 'boolean', description: 'overwrite FILE even if this command did not write it' },
} as const;

/** The verb. */
export const predict: Verb = {
  usage: 'MODEL DATA [FLAGS]',
  about: 'Writes what a saved model answers, as CSV: class and probabilities, or numbers.',
  groups: { flags: FLAGS },
  run,
};
