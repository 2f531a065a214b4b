/** What a report tells of a table's columns: plain and small, so that the table itself need not stay in memory. */
import type { Column, Table } from '../../data/index.js';
import { namesOf, numbersOf } from '../../data/table/cells.js';
import { numbersByCode } from '../../data/table/column.js';
import { dateParts } from '../../data/table/dates.js';
import { becomes, targetText } from '../../data/table/describe.js';
import { type Features, type Field, targetsOf } from '../../data/table/features.js';
import { countsOf } from '../../data/table/kinds.js';
import { gapsIn } from '../../data/table/which.js';
import { figure, percent } from '../../report/format.js';
import { extentOf, histogramOf } from '../../report/histogram.js';
import { type ClassParts, type NumberParts, numberParts } from '../../report/parts.js';
import type { ColumnDescription, TableDescription } from '../../report/tabledescription.js';

type Spread = Pick<ColumnDescription, 'counts' | 'values'>;

const MOST_BINS = 30;
/** Most frequent values that have a bar, and those that are named. */
const MOST_NAMES = 20;
const NAMED = 3;
const NOTHING: Spread = { counts: [], values: '' };

function numbersSpread(values: Float64Array): Spread {
  const ends = extentOf(values);
  if (!ends) return NOTHING;
  return {
    counts: histogramOf(values, MOST_BINS, ends)?.counts ?? [],
    values: `${figure(ends[0])} – ${figure(ends[1])}`,
  };
}

function namesSpread(column: Column): Spread {
  const named = namesOf(column);
  const counts = countsOf(named);
  const total = counts.reduce((sum, n) => sum + n, 0);
  const present = [...named.dictionary.keys()].filter((code) => (counts[code] as number) > 0);
  present.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  const first = present
    .slice(0, NAMED)
    .map((code) => `${named.dictionary[code]} ${percent((counts[code] as number) / total)}`);
  const rest = present.length - first.length;
  return {
    counts: present.slice(0, MOST_NAMES).map((code) => counts[code] as number),
    values: `${first.join(', ')}${rest > 0 ? `, ${rest} more` : ''}`,
  };
}

function datesSpread(column: Column, order: Extract<Field, { kind: 'date' }>['order']): Spread {
  const { codes, dictionary } = namesOf(column);
  const days = dictionary.map((text) => dateParts(text, order)?.day ?? Number.NaN);
  const values = numbersByCode(codes, days);
  const ends = extentOf(values);
  if (!ends) return NOTHING;
  const [first, last] = ends.map((day) => dictionary[days.indexOf(day)]);
  return { counts: histogramOf(values, MOST_BINS, ends)?.counts ?? [], values: `${first} – ${last}` };
}

function spreadOf(column: Column, field?: Field): Spread {
  if (field?.kind === 'date') return datesSpread(column, field.order);
  return field?.kind !== 'category' && field?.kind !== 'boolean' && column.type === 'number'
    ? numbersSpread(column.values)
    : namesSpread(column);
}

/** The parts of a table, by its target. */
export function tableParts(
  features: Features,
  parts: readonly { readonly name: string; readonly table: Table }[],
): ClassParts | NumberParts {
  const { classes } = features;
  const targets = targetsOf(features);
  const filled = parts.filter(({ table }) => table.rows > 0);
  if (!classes) {
    return numberParts(
      targets,
      filled.map(({ name, table }) => ({
        name,
        values: targets.map((target) => numbersOf('train', table.column(target), target)),
      })),
    );
  }
  return {
    kind: 'classes',
    classes,
    parts: filled.map(({ name, table }) => {
      const named = namesOf(table.column(targets[0] as string));
      const counts = countsOf(named);
      const places = new Map(named.dictionary.map((one, code) => [one, counts[code] as number]));
      return { name, rows: table.rows, counts: classes.map((one) => places.get(one) ?? 0) };
    }),
  };
}

/**
 * What a training saw of a table.
 * @param train the rows that the features were fitted on
 * @param unseen of the test rows, by column, how many hold what training rows did not
 * @param notes what a person should know of the data
 */
export function describeTable(
  features: Features,
  train: Table,
  test: { readonly rows: number; readonly unseen: Readonly<Record<string, number>> },
  notes: readonly string[],
): TableDescription {
  const targets = targetsOf(features);
  const fields = new Map(features.fields.map((field) => [field.name, field]));
  const leftOut = new Map(features.leftOut.map((one) => [one.name, one]));
  const describe = (name: string, column: Column): ColumnDescription[] => {
    const missing = gapsIn(column);
    const t = targets.indexOf(name);
    if (t >= 0) {
      const spread = features.classes ? namesSpread(column) : spreadOf(column);
      return [
        { name, kind: 'target', used: false, becomes: targetText(features, t), missing, unseen: undefined, ...spread },
      ];
    }
    const field = fields.get(name);
    if (field) {
      const unseen = field.kind === 'number' ? undefined : (test.unseen[name] ?? 0);
      return [
        { name, kind: field.kind, used: true, becomes: becomes(field), missing, unseen, ...spreadOf(column, field) },
      ];
    }
    const out = leftOut.get(name);
    return out
      ? [{ name, kind: out.kind, used: false, becomes: `left out: ${out.why}`, missing, unseen: undefined, ...NOTHING }]
      : [];
  };
  return {
    columns: train.names.flatMap((name) => train.lend(name, (column) => describe(name, column))),
    training: train.rows,
    test: test.rows,
    inputs: features.width,
    notes,
  };
}
