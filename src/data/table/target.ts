import { ArgumentError, refuse, words } from '../../errors.js';
import { namesOf } from './cells.js';
import type { Column } from './column.js';
import { targetValues } from './encode.js';
import type { Features, Scale } from './features.js';
import { countsOf } from './kinds.js';
import { distinctIn, summaryOf } from './numbers.js';
import { scaleOf } from './scale.js';

/** Whole numbers of so many different values at most may be classes, where nothing else is said. */
const FEW_CLASSES = 20;
/** A text of more different values is no class. */
const MOST_CLASSES = 1000;

/** What is learned of the target. */
export type Target = Pick<Features, 'task' | 'classes' | 'scales'>;

/** Numbers in ascending order, or texts by their code units. */
function inOrder(names: readonly string[]): string[] {
  return names.every((name) => !Number.isNaN(Number(name)))
    ? [...names].sort((a, b) => Number(a) - Number(b))
    : [...names].sort();
}

/** Few values that repeat: of whole numbers, classes, or numbers on a short scale. */
function isFew(count: number, distinct: number): boolean {
  return distinct <= FEW_CLASSES && distinct <= count / 2;
}

/**
 * What a column seems to be a target of. Texts are classes, and so are few whole numbers that repeat, where there are two of
 * them or they count from 0 or 1, as classes do that were numbered; others, such as marks from 3 to 8, have an order.
 */
function taskOf(column: Column): { readonly task: Features['task']; readonly doubt?: string } {
  if (column.type === 'text') return { task: 'classification' };
  const summary = summaryOf(column.values);
  const { count, least, most, whole } = summary;
  const distinct = whole ? distinctIn(column.values, summary) : count;
  if (!whole || !isFew(count, distinct)) return { task: 'regression' };
  if (distinct <= 2) return { task: 'classification' };
  const numbered = least === 0 || least === 1;
  const range = `${distinct} different whole numbers from ${least} to ${most} are taken for`;
  return numbered
    ? { task: 'classification', doubt: `${range} classes; task: 'regression' takes them for numbers.` }
    : { task: 'regression', doubt: `${range} numbers; task: 'classification' takes them for classes.` };
}

/** Class names of a target column. @throws ArgumentError for one class, or so many that they are none. */
function classesOf(where: string, column: Column, name: string): string[] {
  const named = namesOf(column);
  const counts = countsOf(named);
  const classes = inOrder(named.dictionary.filter((_, code) => (counts[code] as number) > 0));
  const rows = counts.reduce((sum, n) => sum + n, 0);
  if (classes.length === 1) {
    refuse(where, `the target \`${name}\` must have at least two classes`, words(`only ${JSON.stringify(classes[0])}`));
  }
  if (classes.length > MOST_CLASSES || (classes.length > FEW_CLASSES && classes.length > rows / 2)) {
    const help = 'name a target of few classes, or of numbers.';
    refuse(where, `the target \`${name}\` must have few classes`, words(`${classes.length} in ${rows} rows`), help);
  }
  return classes;
}

function targetScale(where: string, column: Column, name: string, log: boolean, kept?: Uint32Array): Scale {
  const values = targetValues(where, column, name, log, kept);
  const scale = scaleOf(values);
  // as the model sees them
  if (!Number.isFinite(Math.fround(scale.mean)) || !Number.isFinite(Math.fround(scale.spread))) {
    refuse(
      where,
      `the numbers of the target \`${name}\` must be within float32`,
      scale.spread,
      'use another unit, or `log`.',
    );
  }
  if (!(Math.fround(scale.spread) > 0)) {
    const help = 'there is nothing to learn: name another target.';
    refuse(
      where,
      `the target \`${name}\` must vary`,
      words(`${column.type === 'number' ? column.values[0] : 'one text'} in every row`),
      help,
    );
  }
  return { mean: scale.mean, deviation: scale.spread };
}

/**
 * Learns classes or scales of the target columns; notes what could be otherwise.
 * @param kept which rows of a table these are, where not all
 * @throws ArgumentError for a single row, a target that is constant, of one class, of too many classes, or text where it must be numbers.
 */
export function fitTarget(
  where: string,
  columns: ReadonlyMap<string, Column>,
  given: Features['task'] | undefined,
  log: boolean,
  notes: string[],
  kept?: Uint32Array,
): Target {
  const entries = [...columns];
  const [name, column] = entries[0] as [string, Column];
  const { length: rows } = column.type === 'number' ? column.values : column.codes;
  if (rows < 2) refuse(where, 'at least two rows with a target are needed to learn from', words('1 row'));
  const seemed = entries.length > 1 || log ? { task: 'regression' as const } : taskOf(column);
  const task = given ?? seemed.task;
  if (given === undefined && seemed.doubt !== undefined) notes.push(`${name}: ${seemed.doubt}`);
  if (task === 'regression') {
    const text = given === undefined && entries.find(([, one]) => one.type === 'text');
    if (text && entries.length > 1) {
      throw new ArgumentError(
        `${where}: of several targets each must be numbers, and \`${text[0]}\` is text. ` +
          'Help: train a model for each target that is classes.',
      );
    }
    return { task, scales: entries.map(([one, values]) => targetScale(where, values, one, log, kept)) };
  }
  if (entries.length > 1) {
    const help = 'train a model for each target that is classes.';
    refuse(where, 'classification has one target', [...columns.keys()], help);
  }
  if (log) refuse(where, '`log` is for targets of numbers', task, 'leave it out, or give task: "regression".');
  const classes = classesOf(where, column, name);
  return { task, classes };
}
