/** The help texts, made from the same definitions that the arguments are read by. */
import type { ArgsDef } from 'citty';
import type { Verb } from './arguments.js';
import type { Style } from './terminal.js';

/** Width that texts are broken at. */
const WIDTH = 100;

/** Text in lines of at most `width` characters, broken at spaces. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Names on the left, texts beside them. */
function listing(rows: readonly (readonly [name: string, text: string])[], style: Style): string {
  const column = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows
    .flatMap(([name, text]) =>
      wrap(text, WIDTH - column - 2).map((line, i) => `  ${style.cyan((i === 0 ? name : '').padEnd(column))}${line}`),
    )
    .join('\n');
}

function flagRows(flags: ArgsDef): (readonly [string, string])[] {
  return Object.entries(flags).map(([name, { type, valueHint, description = '' }]) => {
    if (type === 'positional') return [name.toUpperCase(), description];
    return [`--${name}${valueHint ? ` ${valueHint}` : ''}`, description];
  });
}

/** Help of the whole program. */
export function programHelp(verbs: Readonly<Record<string, Verb>>, version: string, style: Style): string {
  const rows = Object.entries(verbs).map(([name, { usage, about }]) => [`${name} ${usage}`.trim(), about] as const);
  return [
    `${style.bold('lanegrad')} ${version}: trains neural networks on the CPU`,
    '',
    style.bold('usage'),
    '  lanegrad COMMAND [ARGUMENTS] [FLAGS]',
    '',
    style.bold('commands'),
    listing(rows, style),
    '',
    style.bold('flags'),
    listing(
      [
        ['--help', 'this text, or the flags of a command: `lanegrad train --help`'],
        ['--version', 'the version'],
      ],
      style,
    ),
    '',
    style.bold('try'),
    '  lanegrad train             trains on digits drawn by code, and writes a model and a report',
    '  lanegrad train orders.csv --target churned',
    '  lanegrad train spirals',
    '  lanegrad train path/to/mnist --epochs 5',
  ].join('\n');
}

/** Help of one command. */
export function verbHelp(name: string, { usage, about, groups, examples = [] }: Verb, style: Style): string {
  const shown = Object.entries(groups).filter(([, flags]) => Object.keys(flags).length > 0);
  return [
    about,
    '',
    style.bold('usage'),
    `  ${`lanegrad ${name} ${usage}`.trim()}`,
    ...shown.flatMap(([title, flags]) => ['', style.bold(title), listing(flagRows(flags), style)]),
    // each on one line, however long: that is how it can be copied
    ...(examples.length > 0 ? ['', style.bold('examples'), ...examples.map((line) => `  ${line}`)] : []),
  ].join('\n');
}
