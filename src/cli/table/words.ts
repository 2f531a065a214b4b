/** What the library says of a table, in the words of the command. */
import { ArgumentError, FormatError } from '../../errors.js';

/** Options of functions, and the flags that stand for them. */
const FLAGS: readonly (readonly [pattern: RegExp, flag: string])[] = [
  [/task: ['"](\w+)['"]/g, '`--task $1`'],
  [/give kinds: \{ "?([^:"]+)"?: '(\w+)' \}/g, 'give `--kind $1=$2`'],
  [/with `kinds`/g, 'with `--kind`'],
  [/and `kinds` are for inputs/g, 'and `--kind` are for inputs'],
  [/the option `task` says what the target is: 'classification' or 'regression'/g, '`--task` says what it is'],
  [/^([^:]+)(: gives the target away, .*; if it is not known when you predict), `drop` it/g, '$1$2, `--drop $1`'],
  [/give drop: \["?([^"\]]+)"?\]/g, 'give `--drop $1`'],
  [/name them with `missing` of parseCsv/g, 'leave their fields empty'],
  [/, or name (the|its) `(delimiter|format)`/g, ''],
  [/Help: call \w+ again/g, 'Help: try again once it is complete'],
  [/`(log|time|group|folds|drop|test|validation)`/g, '`--$1`'],
];

/** A sentence of the library with flags in the place of options. */
export function inFlags(text: string): string {
  return FLAGS.reduce((sentence, [pattern, flag]) => sentence.replace(pattern, flag), text);
}

/** An error of the library with the file in the place of the function's name; any other as it is. */
function told(path: string, error: unknown): unknown {
  if (!(error instanceof ArgumentError || error instanceof FormatError)) return error;
  const { message } = error;
  const own = message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message.replace(/^\w+(, \w+)?: /, '');
  const Kind = error instanceof FormatError ? FormatError : ArgumentError;
  return new Kind(`${path}: ${inFlags(own)}`, { cause: error });
}

/** Does work of the library on a file. @throws what it throws, in the words of the command */
export function onFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw told(path, error);
  }
}

/** The same for work that takes a while. */
export async function ownWords<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw told(path, error);
  }
}
