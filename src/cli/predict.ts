/** `lanegrad predict`: what a saved model answers for every row, as CSV. */
import { writeFileAtomic } from '../node/index.js';
import { counted } from '../report/format.js';
import type { Arguments, Verb } from './arguments.js';
import { MODEL_AND_DATA, openModelAndRows } from './evaluate.js';
import { answersOf } from './judging.js';
import { checkFile, PREDICTIONS_MARK } from './output.js';
import { Terminal } from './terminal.js';

/** A CSV field: quoted where it must be, with quotes doubled (RFC 4180). */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table of row number, likeliest class, and the probability of every class, to seven digits. */
export function predictionTable(
  numbers: Uint32Array,
  classes: readonly string[],
  predictions: Int32Array,
  probabilities: Float32Array,
): string {
  const head = PREDICTIONS_MARK + classes.map((name) => csvField(`probability_${name}`)).join(',');
  const lines = Array.from(predictions, (prediction, i) => {
    const own = probabilities.subarray(i * classes.length, (i + 1) * classes.length);
    const shares = Array.from(own, (p) => String(Number(p.toPrecision(7))));
    return [numbers[i], csvField(classes[prediction] as string), ...shares].join(',');
  });
  return `${[head, ...lines].join('\n')}\n`;
}

async function run(args: Arguments): Promise<void> {
  const out = typeof args.out === 'string' ? args.out : undefined;
  if (out !== undefined) await checkFile('predict', out, 'predictions', args.force === true);
  const { opened, rows } = await openModelAndRows('predict', args);
  const { model, classes } = opened;
  const { predictions, probabilities } = answersOf(model, rows.x, classes.length);
  const text = predictionTable(rows.numbers, classes, predictions, probabilities);
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

const FLAGS = {
  ...MODEL_AND_DATA,
  out: { type: 'string', valueHint: 'FILE', description: 'where the table goes; default is stdout' },
  force: { type: 'boolean', description: 'overwrite FILE even if this command did not write it' },
} as const;

/** The verb. */
export const predict: Verb = {
  usage: 'MODEL DATA [FLAGS]',
  about: 'Writes what a saved model answers, as CSV: class and probabilities.',
  groups: { flags: FLAGS },
  run,
};
