/** `lanegrad course`: the claims of the course, each with a run that shows it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { boundText, codeOf, DOCUMENT_SEED, figureText } from '../course/document.js';
import { holds, type Lesson } from '../course/lesson.js';
import { LESSONS } from '../course/lessons.js';
import { suggest } from '../errors.js';
import { writeFileAtomic } from '../node/index.js';
import { counted } from '../report/format.js';
import { type Arguments, fail, Values, type Verb } from './arguments.js';
import { DEFAULT_FOLDER } from './defaults.js';
import { checkFolder, checkReplaceable } from './output.js';
import { Terminal } from './terminal.js';
import { table } from './verdict.js';

/** Where pictures go unless --out says otherwise. */
const FOLDER = join(DEFAULT_FOLDER, 'course');

/** The lessons that NAME stands for. */
function chosen(name: string): readonly Lesson[] {
  if (name === 'all') return LESSONS;
  const found = LESSONS.find((lesson) => lesson.name === name);
  if (found) return [found];
  const names = LESSONS.map((lesson) => lesson.name);
  return fail('course', `there is no lesson ${JSON.stringify(name)}: ${suggest(name, names)}`);
}

function list(terminal: Terminal): void {
  const { style } = terminal;
  for (const { name, title } of LESSONS) {
    terminal.print(`  ${style.cyan(name)}\n      ${title}`);
    terminal.event('lesson', { name, title });
  }
  terminal.print('');
  terminal.print('  lanegrad course NAME runs one and leaves its picture; lanegrad course all runs them all.');
}

/** Runs a lesson; whether its claim held. */
async function show(terminal: Terminal, lesson: Lesson, seed: number, folder: string): Promise<boolean> {
  const { style } = terminal;
  const { name, title, formula, about } = lesson;
  const indented = (text: string) => text.trimEnd().replace(/^(?=.)/gm, '  ');
  terminal.print(`${style.bold(name)}: ${title}\n\n${style.cyan(indented(formula))}\n\n${indented(about)}\n`);
  if (!terminal.quiet) terminal.print(`${style.dim(indented(codeOf(lesson)))}\n`);
  const { checks, picture } = await lesson.run(seed);
  const path = join(folder, `${name}.svg`);
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(path, new TextEncoder().encode(picture));
  const rows = checks.map((check) => [
    holds(check) ? style.green('✓') : style.red('✗'),
    check.says,
    figureText(check.value),
    boundText(check),
  ]);
  terminal.print(table(rows, ['left', 'left', 'right', 'left']));
  terminal.result('picture', path);
  const held = checks.every(holds);
  if (!held) {
    terminal.result('claim', style.yellow(`not seen with seed ${seed}; bounds are set from ten seeds, try another`));
  }
  terminal.print('');
  terminal.event('outcome', { name, seed, holds: held, checks, picture: path });
  return held;
}

async function run(args: Arguments): Promise<void> {
  const terminal = new Terminal({ json: args.json === true, quiet: args.quiet === true });
  const values = new Values('course', args);
  const name = values.text('name');
  if (name === undefined) return list(terminal);
  const lessons = chosen(name);
  const seed = values.whole('seed', 0) ?? DOCUMENT_SEED;
  const folder = values.text('out') ?? FOLDER;
  await checkFolder('course', folder);
  for (const lesson of lessons) {
    await checkReplaceable('course', join(folder, `${lesson.name}.svg`), 'picture', args.force === true);
  }
  let missed = 0;
  for (const lesson of lessons) if (!(await show(terminal, lesson, seed, folder))) missed++;
  if (lessons.length > 1) terminal.result('course', `${counted(lessons.length, 'lesson')}, ${missed} not seen`);
  if (missed > 0) process.exitCode = 1;
}

/** The verb. */
export const course: Verb = {
  usage: '[NAME] [FLAGS]',
  about: 'Lists the lessons of the course; with NAME (or all) runs one, checks its claim and draws its picture.',
  groups: {
    arguments: {
      name: { type: 'positional', required: false, description: 'a lesson, or `all`; without it, all are listed' },
    },
    flags: {
      seed: { type: 'string', valueHint: 'N', description: `decides data and first weights; default ${DOCUMENT_SEED}` },
      out: { type: 'string', valueHint: 'FOLDER', description: `where pictures go; default ${FOLDER}` },
      force: { type: 'boolean', description: 'overwrite files there that this command did not write' },
      json: { type: 'boolean', description: 'one JSON object per line on stdout, and nothing else' },
      quiet: { type: 'boolean', description: 'without the code' },
    },
  },
  run,
};
