import { checkOneOf, checkOptions, checkPositiveInteger, refuse, suggest, words } from '../../errors.js';
import { Audit } from './audit.js';
import { namesOf, numbersOf, truthOf } from './cells.js';
import { type Column, numbersByCode } from './column.js';
import { dateParts } from './dates.js';
import { describeFeatures } from './describe.js';
import {
  type ColumnKind,
  type DateField,
  type DateOrder,
  type DatePart,
  type Features,
  type Field,
  type LeftOut,
  widthOf,
} from './features.js';
import { countsOf, dateOrderOf, type Judgement, judge } from './kinds.js';
import { doubtNotes, leftOutNotes } from './notes.js';
import { medianOf, Scratch } from './numbers.js';
import { scaleOf } from './scale.js';
import { checkTable, type Table } from './table.js';
import { fitTarget } from './target.js';
import { gapsIn, isThere, rowsWhere } from './which.js';

/** Options of `fitFeatures`. */
export interface FeatureOptions {
  /** The column that is to be predicted; several columns, if all are numbers. */
  readonly target: string | readonly string[];
  /**
   * Default: regression of several targets, and with `log`; of one target classification where it is texts, or whole numbers that
   * repeat and are two, or at most 20 that count from 0 or 1; else regression. A note says so where it could be otherwise.
   */
  readonly task?: Features['task'];
  /** Columns that are not to be inputs. Default: none. */
  readonly drop?: readonly string[];
  /** What columns are, where it is not what they seem: `{ zip: 'category' }`. Default: what `kindsOf` says. */
  readonly kinds?: Readonly<Record<string, Field['kind']>>;
  /** Learns log(1 + target), for numbers above −1 that span magnitudes; predictions are in the target's own units. Default false. */
  readonly log?: boolean;
  /** Most categories of a column that have an input of their own; all others share one. Default 64. */
  readonly maxCategories?: number;
}

/** Features as `fitFeatures` returns them: plain data, and a table for people. */
export class FittedFeatures implements Features {
  readonly target: Features['target'];
  readonly task: Features['task'];
  readonly columns: readonly string[];
  declare readonly classes?: readonly string[];
  declare readonly scales?: NonNullable<Features['scales']>;
  readonly log: boolean;
  readonly fields: readonly Field[];
  readonly leftOut: readonly LeftOut[];
  readonly width: number;
  readonly rows: number;
  readonly notes: readonly string[];

  /** Of plain data, such as `features` of a model that was loaded. */
  constructor(data: Features) {
    this.target = data.target;
    this.task = data.task;
    this.columns = data.columns;
    if (data.classes) this.classes = data.classes;
    if (data.scales) this.scales = data.scales;
    this.log = data.log;
    this.fields = data.fields;
    this.leftOut = data.leftOut;
    this.width = data.width;
    this.rows = data.rows;
    this.notes = data.notes;
  }

  /** What became of each column, as a table of text, with the notes below. */
  describe(): string {
    return describeFeatures(this);
  }
}

const INPUT_KINDS: readonly Field['kind'][] = ['number', 'boolean', 'category', 'date'];
const PARTS: readonly DatePart[] = ['year', 'month', 'weekday', 'hour', 'day'];

function withMedian(values: Float64Array, median: number, scratch: Scratch): Float64Array {
  const filled = scratch.numbers(values.length);
  for (let i = 0; i < filled.length; i++) filled[i] = Number.isNaN(values[i]) ? median : (values[i] as number);
  return filled;
}

/** What a column becomes. @throws ArgumentError where it is not of that kind, by row. */
function fitField(
  where: string,
  name: string,
  column: Column,
  judgement: Judgement,
  maxCategories: number,
  kept: Uint32Array | undefined,
  scratch: Scratch,
): Field {
  const missing = gapsIn(column);
  switch (judgement.kind as Field['kind']) {
    case 'number': {
      const values = numbersOf(where, column, name, kept);
      const median = medianOf(values, scratch);
      const { mean, spread } = scaleOf(missing > 0 ? withMedian(values, median, scratch) : values);
      if (!Number.isFinite(spread))
        refuse(where, `the numbers of \`${name}\` must not span more than float64 does`, spread);
      return { kind: 'number', name, missing, median, mean, deviation: spread || 1 };
    }
    case 'boolean': {
      const { mean, spread } = scaleOf(truthsOf(where, name, column, kept, scratch));
      return { kind: 'boolean', name, missing, mean, deviation: spread || 1 };
    }
    case 'category': {
      const { codes, dictionary } = namesOf(column);
      const counts = countsOf({ codes, dictionary });
      const present = [...dictionary.keys()].filter((code) => (counts[code] as number) > 0);
      // the most frequent first, then by name: the order of rows makes no difference
      const nameOf = (code: number) => dictionary[code] as string;
      present.sort((a, b) => (counts[b] as number) - (counts[a] as number) || (nameOf(a) < nameOf(b) ? -1 : 1));
      const categories = present.slice(0, maxCategories).map(nameOf);
      return { kind: 'category', name, missing, categories, other: present.length > maxCategories };
    }
    case 'date':
      return fitDate(where, name, column, judgement.order, missing, kept, scratch);
  }
}

function truthsOf(
  where: string,
  name: string,
  column: Column,
  kept: Uint32Array | undefined,
  scratch: Scratch,
): Float64Array {
  const { codes, dictionary } = namesOf(column);
  const values = numbersByCode(codes, dictionary.map(truthOf), scratch.numbers(codes.length));
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    if (code >= 0 && Number.isNaN(values[row])) {
      refuse(where, `row ${kept?.[row] ?? row}, column \`${name}\` must hold yes or no`, dictionary[code]);
    }
  }
  return values;
}

function fitDate(
  where: string,
  name: string,
  column: Column,
  known: DateOrder | undefined,
  missing: number,
  kept: Uint32Array | undefined,
  scratch: Scratch,
): DateField {
  const { codes, dictionary } = namesOf(column);
  const counts = countsOf({ codes, dictionary });
  const order = known ?? dateOrderOf(dictionary.filter((_, code) => (counts[code] as number) > 0))?.order ?? 'ymd';
  const dates = dictionary.map((text) => dateParts(text, order));
  const strange = codes.findIndex((code) => code >= 0 && !dates[code]);
  if (strange >= 0) {
    const help = 'dates are written 2024-03-31, 31.3.2024 or 3/31/2024, all in one way, with or without a time.';
    refuse(
      where,
      `row ${kept?.[strange] ?? strange}, column \`${name}\` must hold a date`,
      dictionary[codes[strange] as number],
      help,
    );
  }
  const parts = PARTS.flatMap((part) => {
    const values = dates.map((date) => date?.[part] ?? Number.NaN);
    const { mean, spread } = scaleOf(numbersByCode(codes, values, scratch.numbers(codes.length)));
    return spread > 0 ? [{ part, mean, deviation: spread }] : [];
  });
  return { kind: 'date', name, missing, order, parts };
}

interface CheckedOptions {
  readonly targets: readonly string[];
  readonly task: Features['task'] | undefined;
  readonly drop: readonly string[];
  readonly kinds: Readonly<Record<string, Field['kind']>>;
  readonly log: boolean;
  readonly maxCategories: number;
}

function checkFeatureOptions(where: string, table: Table, options: FeatureOptions): CheckedOptions {
  checkTable(where, table);
  checkOptions(where, options, ['target', 'task', 'drop', 'kinds', 'log', 'maxCategories']);
  const { target, task, drop = [], kinds = {}, log = false, maxCategories = 64 } = options;
  const targets = typeof target === 'string' ? [target] : target;
  if (!Array.isArray(targets) || targets.length === 0 || new Set(targets).size !== targets.length) {
    refuse(where, '`target` must be the name of a column, or several different ones', target);
  }
  const check = (option: string, name: unknown) => {
    if (typeof name === 'string' && table.has(name)) return;
    refuse(where, `\`${option}\` must name columns of the table`, name, suggest(String(name), table.names));
  };
  for (const name of targets) check('target', name);
  if (task !== undefined) checkOneOf(where, 'task', task, ['classification', 'regression']);
  if (!Array.isArray(drop)) refuse(where, '`drop` must be an array of names', drop);
  for (const name of drop) check('drop', name);
  if (typeof kinds !== 'object' || kinds === null)
    refuse(where, "`kinds` must be kinds by name, as in { zip: 'category' }", kinds);
  for (const [name, kind] of Object.entries(kinds)) {
    check('kinds', name);
    checkOneOf(where, `kinds.${name}`, kind, INPUT_KINDS);
  }
  for (const name of [...drop, ...Object.keys(kinds)]) {
    if (targets.includes(name)) {
      const help = "the option `task` says what the target is: 'classification' or 'regression'.";
      refuse(where, '`drop` and `kinds` are for inputs, and this is the target', name, help);
    }
  }
  if (typeof log !== 'boolean') refuse(where, '`log` must be true or false', log);
  checkPositiveInteger(where, 'maxCategories', maxCategories);
  return { targets, task, drop, kinds, log, maxCategories };
}

/** The rows that have every target, where not all have. @throws ArgumentError where none has. */
function rowsWith(where: string, table: Table, targets: readonly string[], notes: string[]): Uint32Array | undefined {
  const columns = targets.map((name) => table.column(name));
  const rows = rowsWhere(table.rows, (row) => columns.every((one) => isThere(one, row)));
  const count = rows.length;
  if (count === table.rows && count > 0) return undefined;
  if (count === 0) {
    refuse(where, `the target ${targets.map((name) => `\`${name}\``).join(', ')} must have values`, words('none'));
  }
  notes.push(`${table.rows - count} of ${table.rows} rows have no target, and are left out.`);
  return rows;
}

/**
 * Learns from training rows, and from no others, how rows of this table become numbers: what each column is, what stands in for
 * missing values, means and deviations, categories, classes. Plain data, for `sequential({ input: features, … })`, `encode` and
 * files; `docs/tables.md` says what becomes of each kind.
 *
 * @example
 * const { train, validation, test } = split(parseCsv(text), { validation: 0.15, test: 0.15, stratify: 'species' });
 * const features = fitFeatures(train, { target: 'species' });
 *
 * @throws ArgumentError for fewer than two rows with a target; for a target that is not there, empty, constant, of one class or
 * of too many, no number (by row) or beyond float32; for `kinds` that a column is not of (by row); where no column is left; for
 * what is no table, an unknown option or value.
 */
export function fitFeatures(train: Table, options: FeatureOptions): FittedFeatures {
  const where = 'fitFeatures';
  const { targets, task, drop, kinds, log, maxCategories } = checkFeatureOptions(where, train, options);
  const notes: string[] = [];
  const kept = rowsWith(where, train, targets, notes);
  const given = kept ? train.pick(kept) : train;
  // what other rows of the file hold is nothing to these
  const table = given.narrowed();
  const target = fitTarget(where, new Map(targets.map((name) => [name, table.column(name)])), task, log, notes, kept);
  const judged = new Map<string, Judgement>();
  const fields: Field[] = [];
  const leftOut: LeftOut[] = [];
  // each column is read once, for it may be on disk
  const audit = new Audit(table, targets, target);
  const scratch = new Scratch();
  const fitColumn = (name: string, column: Column): void => {
    audit.addToRows(column);
    if (targets.includes(name)) return;
    if (drop.includes(name)) {
      leftOut.push({ name, kind: 'dropped', why: 'you said so' });
      return;
    }
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    const seen = judge(column, name, maxCategories);
    const judgement: Judgement = kind && seen.kind !== 'empty' ? { kind } : seen;
    judged.set(name, judgement);
    if (!isInput(judgement.kind)) {
      leftOut.push({ name, kind: judgement.kind, why: judgement.why ?? '' });
      return;
    }
    const field = fitField(where, name, column, judgement, maxCategories, kept, scratch);
    if (widthOf(field) > 0) {
      fields.push(field);
      audit.addField(field, column);
    } else leftOut.push({ name, kind: 'constant', why: 'it does not vary' });
  };
  for (const name of table.names) table.lend(name, (column) => fitColumn(name, column));
  if (fields.length === 0) {
    const received = leftOut.map(({ name, why }) => `${name} (${why})`).join(', ') || 'no column but the target';
    refuse(where, 'at least one column must be left as an input', words(received), 'say what they are with `kinds`.');
  }
  notes.push(...leftOutNotes(leftOut));
  notes.push(...doubtNotes(judged));
  notes.push(...audit.notes());
  const names = typeof options.target === 'string' ? options.target : [...targets];
  return new FittedFeatures({
    target: names,
    ...target,
    columns: fields.map(({ name }) => name),
    log,
    fields,
    leftOut,
    width: fields.reduce((sum, field) => sum + widthOf(field), 0),
    rows: table.rows,
    notes,
  });
}

function isInput(kind: ColumnKind): kind is Field['kind'] {
  return (INPUT_KINDS as readonly ColumnKind[]).includes(kind);
}
