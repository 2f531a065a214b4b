/** What `fitFeatures` learns of a table, as plain data: all that turns raw rows into numbers, and numbers into answers. */

/** Center and spread over the training rows; a value becomes (value − mean) / deviation. */
export interface Scale {
  /** The mean, in units of the column. */
  readonly mean: number;
  /** Standard deviation, population form, in the same units; 1 where the values do not vary. */
  readonly deviation: number;
}

interface FieldFacts {
  /** The column's name. */
  readonly name: string;
  /** Training rows without a value; where there are any, the last input of the column is 1 for a missing value, and else 0. */
  readonly missing: number;
}

/** A column of numbers: one input, and a second one where training rows had gaps (1 where the value is missing). */
export interface NumberField extends FieldFacts, Scale {
  /** A column of numbers. */
  readonly kind: 'number';
  /** What stands in for a missing value. */
  readonly median: number;
}

/** Yes or no: as a number that is 0 or 1, but for a missing value the mean stands in. */
export interface BooleanField extends FieldFacts, Scale {
  /** Yes or no. */
  readonly kind: 'boolean';
}

/** One of a few names: one input for each category, which is 1 for that category and else 0. */
export interface CategoryField extends FieldFacts {
  /** One of a few names. */
  readonly kind: 'category';
  /** Names that have an input of their own, the most frequent first. */
  readonly categories: readonly string[];
  /** Whether all others share one more input. */
  readonly other: boolean;
}

/** Parts of a date that are inputs. */
export type DatePart = 'year' | 'month' | 'weekday' | 'hour' | 'day';

/** The order of day, month and year in a column of dates. */
export type DateOrder = 'ymd' | 'dmy' | 'mdy';

/** A date: one input for each part that varies in the training rows; where it is missing, the means stand in. */
export interface DateField extends FieldFacts {
  /** A date. */
  readonly kind: 'date';
  /** The order of day, month and year in its texts. */
  readonly order: DateOrder;
  /** Its inputs, with the scale of each. */
  readonly parts: readonly (Scale & {
    /**
     * Which part of the date: `weekday` counts from Monday, 0; `day` is days from 1970-01-01, with the time as their
     * fraction.
     */
    readonly part: DatePart;
  })[];
}

/** A column that is input. */
export type Field = NumberField | BooleanField | CategoryField | DateField;

/** A column that is no input, and why. */
export interface LeftOut {
  /** The column's name. */
  readonly name: string;
  /** What it was taken for; `dropped` by the option `drop`. */
  readonly kind: 'text' | 'identifier' | 'constant' | 'empty' | 'dropped';
  /** Why it is left out, in plain words. */
  readonly why: string;
}

/** What a column is taken for. */
export type ColumnKind = Field['kind'] | Exclude<LeftOut['kind'], 'dropped'>;

/** What turns rows of a table into numbers, fitted on training rows by `fitFeatures`; plain data, saved in the model. */
export interface Features {
  /** The column that is predicted, or several. */
  readonly target: string | readonly string[];
  /** Whether the target is one of several classes, or numbers. */
  readonly task: 'classification' | 'regression';
  /** Names of the columns that are inputs. */
  readonly columns: readonly string[];
  /** Names of the classes by index, where the task is classification. */
  readonly classes?: readonly string[];
  /** Scale of each target, where the task is regression; of its logarithm with `log`. */
  readonly scales?: readonly Scale[];
  /** Whether targets are learned as log(1 + value). */
  readonly log: boolean;
  /** What becomes of each column that is input, in the order of `columns`. */
  readonly fields: readonly Field[];
  /** Columns that are no input. */
  readonly leftOut: readonly LeftOut[];
  /** Values that a row becomes. */
  readonly width: number;
  /** Training rows they were fitted on. */
  readonly rows: number;
  /** What a person should know of the data, in plain words. */
  readonly notes: readonly string[];
}

/** Names of the target columns. */
export function targetsOf({ target }: Pick<Features, 'target'>): readonly string[] {
  return typeof target === 'string' ? [target] : target;
}

/** Inputs that a column becomes. */
export function widthOf(field: Field): number {
  const gap = field.missing > 0 ? 1 : 0;
  switch (field.kind) {
    case 'category':
      return field.categories.length + Number(field.other) + gap;
    case 'date':
      return field.parts.length + gap;
    default:
      return 1 + gap;
  }
}

const KINDS: readonly string[] = ['number', 'boolean', 'category', 'date'] satisfies readonly Field['kind'][];

const isScale = (one: Partial<Scale> | undefined): boolean =>
  Number.isFinite(one?.mean) && Number.isFinite(one?.deviation) && one?.deviation !== 0;

function isField(field: Field): boolean {
  if (!KINDS.includes(field?.kind) || typeof field.name !== 'string' || !(field.missing >= 0)) return false;
  if (field.kind === 'category') return Array.isArray(field.categories);
  if (field.kind === 'date') return Array.isArray(field.parts) && field.parts.every(isScale);
  return isScale(field) && (field.kind === 'boolean' || Number.isFinite(field.median));
}

/** Whether something is features, whole enough to encode rows with: they may come out of a file. */
export function isFeatures(given: unknown): given is Features {
  const features = given as Partial<Features> | null | undefined;
  if (typeof features !== 'object' || features === null || !Array.isArray(features.fields)) return false;
  const { fields, columns, target, classes, scales, width } = features as Features;
  const targets = Array.isArray(target) ? target : [target];
  return (
    fields.every(isField) &&
    fields.reduce((sum, field) => sum + widthOf(field), 0) === width &&
    width > 0 &&
    Array.isArray(columns) &&
    columns.join() === fields.map(({ name }) => name).join() &&
    targets.every((name) => typeof name === 'string') &&
    (classes ? classes.length > 1 && targets.length === 1 : scales?.length === targets.length && scales.every(isScale))
  );
}
