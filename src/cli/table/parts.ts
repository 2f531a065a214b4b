/** Which rows of a table are for training, validation and test. */
import { createHash } from 'node:crypto';
import { cutValidation, dealFolds } from '../../data/folds.js';
import { type Column, split, Table } from '../../data/index.js';
import { namesOf } from '../../data/table/cells.js';
import { textsOf } from '../../data/table/texts.js';
import { everyRow, isThere, rowsWhere } from '../../data/table/which.js';
import { refuse, words } from '../../errors.js';
import { counted } from '../../report/format.js';
import type { Split } from '../dataset.js';

/** By what rows are parted, where it is not by chance alone: a column, in one of these ways. */
export interface SplitBy {
  readonly stratify?: string;
  readonly time?: string;
  readonly group?: string;
}

/** Numbers of the rows of each part, in ascending order; rows without a target are in none. */
export interface Parts {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
  /** What a person should know of them. */
  readonly notes: readonly string[];
}

/** Rows that have a value in all of these columns. */
export function rowsWith(table: Table, names: readonly string[]): Uint32Array {
  const columns = names.map((name) => table.column(name));
  return rowsWhere(table.rows, (row) => columns.every((column) => isThere(column, row)));
}

/** Name of the column with the numbers of rows, which no file has. */
const ROW = '\u0000row';

/**
 * Parts the rows that have a target. The same table, shares, seed and columns give the same parts, so that `evaluate` finds the
 * test part again. Training comes first: where rows are too few for all parts, there is no validation part, and where there are
 * even fewer, no test part. So do the rows of a class that only validation or test would have (of numbers that would all be the
 * same in training, those that are not): they go to the training part, or where time or groups decide, into no part.
 * @param classes the target column, where the task is classification
 * @throws ArgumentError as `split`, and where time or groups leave training rows of one class, or of one number.
 */
export function partsOf(
  table: Table,
  targets: readonly string[],
  { test, validation, seed }: Split,
  by: SplitBy,
  classes: string | undefined,
): Parts {
  const all = rowsWith(table, targets);
  const names = Object.values(by).filter((name): name is string => name !== undefined);
  const columns = new Map(names.map((name) => [name, table.column(name)]));
  const numbers: Column = { type: 'number', values: new Float64Array(everyRow(table.rows)) };
  const whole = new Table(new Map<string, Column>([...columns, [ROW, numbers]]), table.rows);
  const slim = all.length < table.rows ? whole.pick(all) : whole;
  // what training can do without: it takes two rows, and one group
  const groups = by.group === undefined ? all.length : new Set(namesOf(slim.column(by.group)).codes).size;
  const spare = Math.min(all.length - 2, groups - 1);
  const shares = { test: test ?? 0, validation: spare > 1 ? validation : 0 };
  const parts = spare > 0 ? split(slim, { ...shares, seed, ...by }) : undefined;
  const rowsOf = (part: Table | undefined): Uint32Array => {
    const column = part?.column(ROW);
    return column?.type === 'number' ? new Uint32Array(column.values) : new Uint32Array(0);
  };
  const drawn = {
    train: parts ? rowsOf(parts.train) : all,
    validation: rowsOf(parts?.validation),
    test: rowsOf(parts?.test),
  };
  return judged(learnable(drawn, table, targets, by, classes), validation > 0, all.length);
}

/** What is said of parts that there are no rows for. A single part to judge by is the test. */
function judged({ train, validation, test, notes }: Parts, validated: boolean, rows: number): Parts {
  const none = new Uint32Array(0);
  if (test.length > 0 && (validation.length > 0 || !validated)) return { train, validation, test, notes };
  const parts = test.length > 0 ? { train, validation, test } : { train, validation: none, test: validation };
  const few = train.length + validation.length + test.length < rows ? 'no row is left' : 'too few rows';
  const missing =
    parts.test.length === 0
      ? `${few} for a test part: nothing tells how well the model answers for rows that it was not trained on.`
      : `${few} for a validation part: the weights of the last epoch are kept, as nothing tells which are best.`;
  return { ...parts, notes: [...notes, missing] };
}

/**
 * Deals the rows that have a target out to folds; each is the test part of one. The share of validation rows among those that are not
 * tested is that of a single training.
 */
export function foldsOf(
  table: Table,
  targets: readonly string[],
  folds: number,
  { test = 0, validation, seed }: Split,
  by: SplitBy,
  classes: string | undefined,
): Parts[] {
  const all = rowsWith(table, targets);
  const names = (name: string | undefined) => {
    if (name === undefined) return undefined;
    const { codes, dictionary } = namesOf(table.column(name));
    return Array.from(all, (row) => dictionary[codes[row] as number] ?? null);
  };
  const [labels, groups] = [names(by.stratify), names(by.group)];
  const how = { folds, seed, ...(labels && { labels }), ...(groups && { groups }) };
  const numbersOf = (rows: Uint32Array) => rows.map((row) => all[row] as number);
  return dealFolds('train', all.length, how).map((fold, index) => {
    const { kept, heldOut } =
      validation > 0 && fold.train.length > 2
        ? cutValidation('train', fold.train, validation / (1 - test), index, how)
        : { kept: fold.train, heldOut: new Uint32Array(0) };
    const drawn = { train: numbersOf(kept), validation: numbersOf(heldOut), test: numbersOf(fold.test) };
    const parts = learnable(drawn, table, targets, by, classes);
    if (parts.test.length > 0) return parts;
    const rule = 'every fold must have two different rows to learn from, those of every class, and one more to test on';
    const received = words(`${all.length} rows in ${folds} folds`);
    return refuse('train', rule, received, 'gather more rows, or leave `folds` out.');
  });
}

/** The same parts with training rows that can be learned from, for every target. */
function learnable(
  drawn: Omit<Parts, 'notes'>,
  table: Table,
  targets: readonly string[],
  by: SplitBy,
  classes: string | undefined,
): Parts {
  let parts: Parts = { ...drawn, notes: [] };
  for (const name of targets) parts = withKnown(parts, table, name, by, classes !== undefined);
  return parts;
}

/** The same parts, where training rows know every class of a target, or two different numbers. */
function withKnown(drawn: Parts, table: Table, name: string, { time, group }: SplitBy, areClasses: boolean): Parts {
  const column = table.column(name);
  const keys = column.type === 'number' ? column.values : column.codes;
  const known = new Set<number>();
  const isKnown = (row: number) => (!areClasses && known.size > 1) || known.has(keys[row] as number);
  const learn = (rows: Uint32Array): void => {
    for (const row of rows) if (!isKnown(row)) known.add(keys[row] as number);
  };
  const strange = (rows: Uint32Array) => rows.filter((row) => !isKnown(row));
  learn(drawn.train);
  if (time !== undefined || group !== undefined) {
    if (known.size < 2) {
      const rule = `the training rows must have two ${areClasses ? 'classes' : 'different numbers'} of \`${name}\` at least`;
      const how = time === undefined ? `drawn by ${group}` : `the earliest by ${time}`;
      const received = words(`one in ${counted(drawn.train.length, 'row')}, ${how}`);
      refuse('train', rule, received, `leave \`${time === undefined ? 'group' : 'time'}\` out, or gather more rows.`);
    }
    const rows = strange(drawn.validation).length + strange(drawn.test).length;
    if (rows === 0) return drawn;
    const left = { validation: drawn.validation.filter(isKnown), test: drawn.test.filter(isKnown) };
    const note = `${name}: ${counted(rows, 'row')} for validation or test with classes that no training row has, and are left out.`;
    return { train: drawn.train, ...left, notes: [...drawn.notes, note] };
  }
  // validation gives its rows first: what it has of a class, test need not give
  const given = strange(drawn.validation);
  learn(given);
  const more = strange(drawn.test);
  const moved = new Set([...given, ...more]);
  if (moved.size === 0) return drawn;
  const rest = (rows: Uint32Array) => rows.filter((row) => !moved.has(row));
  const why = areClasses ? 'of the rarest classes' : 'of other numbers than all others';
  return {
    train: Uint32Array.from([...drawn.train, ...moved]).sort(),
    validation: rest(drawn.validation),
    test: rest(drawn.test),
    notes: [...drawn.notes, `${name}: ${counted(moved.size, 'row')} ${why}, moved to the training part.`],
  };
}

/** How parts come about, in words. */
export function splitAbout({ stratify, time, group }: SplitBy): string {
  if (time !== undefined) return `by time: the latest rows by ${time} are the test`;
  if (group !== undefined) return `at random, all rows of one ${group} in one part`;
  return `at random${stratify === undefined ? '' : ', each class by the same shares'}`;
}

/** What tells a table from others: a hash over names and values, whatever file they are in. */
export function fingerprintOf(table: Table): string {
  const hash = createHash('sha256');
  for (const name of table.names) {
    table.lend(name, (column) => {
      hash.update(JSON.stringify([name, column.type, table.rows]));
      if (column.type === 'number') hash.update(column.values);
      else {
        // the dictionary as JSON, of which only a part need be in memory
        hash.update(column.codes).update('[');
        let before = '';
        for (const texts of textsOf(column)) {
          if (texts.length === 0) continue;
          hash.update(`${before}${JSON.stringify(texts).slice(1, -1)}`);
          before = ',';
        }
        hash.update(']');
      }
    });
  }
  return hash.digest('hex').slice(0, 32);
}
