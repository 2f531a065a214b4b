/** What the library says of a table, in the words of the command. */
import { ArgumentError, FormatError } from '../../errors.js';

/** Options of functions, and the flags that stand for them. */
const FLAGS: readonly (readonly [pattern: RegExp, flag: string])[] = [
  [/task: ['"](\w+)['"]/g, '`--task $1`'],
  [/give kinds: \{ "?([^:"]+)"?: '(\w+)' \}/g, 'give `--kind $1=$2`'],
  [/with `kinds`/g, 'with `--kind`'],
  [/^([^:]+)(: gives the target away, .*; if it is not known when you predict), `drop` it/g, '$1$2, `--drop $1`'],
  [/give drop: \["?([^"\]]+)"?\]/g, 'give `--drop $1`'],
  [/name them with `missing` of parseCsv/g, 'leave their fields empty'],
  [/, or name the `delimiter`/g, ''],
  [/`(log|time|group|drop|test|validation)`/g, '`--$1`'],
];

/** A sentence of the library with flags in the place of options. */
export function inFlags(text: string): string {
  return FLAGS.reduce((sentence, [pattern, flag]) => sentence.replace(pattern, flag), text);
}

/**
 * Does work of the library on a file.
 * @throws what it throws, with the file in the place of the function's name
 */
export function onFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ArgumentError || error instanceof FormatError)) throw error;
    const told = error.message.replace(/^[A-Za-z]+(, \w+)?: /, '');
    const own = error.message.startsWith(`${path}: `) ? error.message.slice(path.length + 2) : told;
    const Kind = error instanceof FormatError ? FormatError : ArgumentError;
    throw new Kind(`${path}: ${inFlags(own)}`, { cause: error });
  }
}
