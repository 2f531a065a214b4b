/** What the functions of lanegrad/metrics take, and how it is checked. */
import { checkOptions, refuse, suggest, words } from '../errors.js';

/** The class of every row: its index from 0, or its name. */
export type Labels = ArrayLike<number> | ArrayLike<string>;

/** Options of the functions that take labels. */
export interface ClassOptions {
  /**
   * Names of the classes in the order of their indices, such as `model.classes`. Without them, indices count from 0 to the
   * largest there is, and names are sorted by code unit, as a model's first fit sorts them.
   */
  readonly classes?: readonly string[] | undefined;
}

/** Labels as indices, with the names of all classes. */
export interface Indexed {
  readonly indices: readonly Int32Array[];
  readonly classes: readonly string[];
}

type Lists = Readonly<Record<string, ArrayLike<unknown>>>;

/** Most classes of indices without names: a larger number is likelier an identifier than a class. */
const MOST_CLASSES = 4096;

/** Refuses anything but lists of equally many rows, one at least. */
function checkLists(where: string, lists: Lists): void {
  let first: { readonly name: string; readonly rows: number } | undefined;
  for (const [name, list] of Object.entries(lists)) {
    if (typeof list !== 'object' || list === null || !Number.isInteger(list.length)) {
      refuse(where, `\`${name}\` must be an array or a typed array`, list);
    }
    first ??= { name, rows: list.length };
    if (list.length !== first.rows) {
      const rule = `\`${first.name}\` and \`${name}\` must have equally many values`;
      refuse(where, rule, words(`${first.rows} and ${list.length}`));
    }
  }
  if (first?.rows === 0) refuse(where, `\`${first.name}\` must have at least one row`, words('none'));
}

function checkClasses(where: string, classes: unknown): asserts classes is readonly string[] {
  const usable =
    Array.isArray(classes) &&
    classes.length > 0 &&
    classes.every((name) => typeof name === 'string') &&
    new Set(classes).size === classes.length;
  if (!usable) refuse(where, '`classes` must be a list of different names', classes);
}

/** The names that occur, sorted by code unit; undefined where no list has names. */
function namesIn(lists: Lists): string[] | undefined {
  const names = new Set<string>();
  for (const list of Object.values(lists)) {
    for (let row = 0; row < list.length; row++) {
      const label = list[row];
      if (typeof label === 'string') names.add(label);
    }
  }
  return names.size > 0 ? [...names].sort() : undefined;
}

/** The index of a label. */
function indexOf(
  where: string,
  at: { readonly list: string; readonly row: number },
  label: unknown,
  names: readonly string[] | undefined,
  places: ReadonlyMap<unknown, number>,
): number {
  const index = typeof label === 'string' ? places.get(label) : label;
  const most = names?.length ?? MOST_CLASSES;
  if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < most) return index;
  if (typeof label === 'string' && names) {
    refuse(where, `\`${at.list}\` must have names of \`classes\`, in row ${at.row} too`, label, suggest(label, names));
  }
  refuse(
    where,
    `\`${at.list}\` must have class indices from 0 to ${most - 1}${names ? ', or names' : ''}, in row ${at.row} too`,
    label,
    names || typeof label !== 'number' || label < most ? undefined : 'for more classes than that, give `classes`.',
  );
}

/**
 * Lists of labels (by the name of their argument), each of equally many rows, as class indices.
 * @throws ArgumentError for no rows, lists of different lengths, numbers that are no indices, unknown names, and names
 *   beside indices where nothing says which is which.
 */
export function indexed(where: string, lists: Readonly<Record<string, Labels>>, options: ClassOptions): Indexed {
  checkOptions(where, options, ['classes']);
  checkLists(where, lists);
  const { classes } = options;
  if (classes !== undefined) checkClasses(where, classes);
  const names = classes ?? namesIn(lists);
  const places = new Map(names?.map((name, index) => [name, index]));
  let largest = 0;
  const indices = Object.entries(lists).map(([list, labels]) => {
    return Int32Array.from(labels as ArrayLike<unknown>, (label, row) => {
      if (classes === undefined && names !== undefined && typeof label !== 'string') {
        const help = 'names and indices together need `classes`, such as `model.classes`.';
        refuse(where, `\`${list}\` must have names as the others, in row ${row} too`, label, help);
      }
      const index = indexOf(where, { list, row }, label, names, places);
      largest = Math.max(largest, index);
      return index;
    });
  });
  return { indices, classes: names ?? Array.from({ length: largest + 1 }, (_, index) => String(index)) };
}

/** Labels with what a model answered for them: probabilities, or scores. */
export interface Scored {
  readonly labels: Int32Array;
  /** Columns of the scores, two or more: for one score per row, 2 as well. */
  readonly classes: number;
  /** One score per row was given, that of class 1. */
  readonly single: boolean;
  /** The name of a class. */
  nameOf(index: number): string;
  /** The score of a class in a row; where `single`, that of class 0 is 1 minus that of class 1. */
  score(row: number, index: number): number;
}

/**
 * Labels and scores: one per row, that of class 1, or `[rows, classes]` flat, as `predict` of a model gives them.
 * @param argument the name of `scores`, for messages
 * @param bounds within which scores must lie, if any
 * @throws ArgumentError for labels as in `indexed`, scores of another size, or that are not finite numbers in the bounds.
 */
export function scored(
  where: string,
  argument: string,
  labels: Labels,
  scores: ArrayLike<number>,
  options: ClassOptions,
  bounds?: readonly [least: number, most: number],
): Scored {
  const { indices, classes: names } = indexed(where, { labels }, options);
  const [own] = indices as [Int32Array];
  if (typeof scores !== 'object' || scores === null || !Number.isInteger(scores.length)) {
    refuse(where, `\`${argument}\` must be an array or a typed array`, scores);
  }
  const columns = scores.length / own.length;
  if (!Number.isInteger(columns) || columns < 1) {
    const rule = `\`${argument}\` must have one value for each row, or one for each row and class`;
    refuse(where, rule, words(`${scores.length} values for ${own.length} rows`));
  }
  const classes = Math.max(columns, 2);
  const named = options.classes !== undefined || typeof labels[0] === 'string';
  if (named ? names.length !== classes : names.length > classes) {
    const what = columns === 1 ? 'one column, which is for two classes' : `${columns} columns`;
    const help = options.classes ? undefined : 'give all names with `classes`, such as `model.classes`.';
    const rule = `\`${argument}\` must have a column for each class`;
    refuse(where, rule, words(`${names.length} classes and ${what}`), named ? help : undefined);
  }
  for (let i = 0; i < scores.length; i++) {
    const value = scores[i] as number;
    if (Number.isFinite(value) && (!bounds || (value >= bounds[0] && value <= bounds[1]))) continue;
    const range = bounds ? `numbers from ${bounds[0]} to ${bounds[1]}` : 'finite numbers';
    const at = `row ${Math.floor(i / columns)}${columns > 1 ? `, column ${i % columns}` : ''}`;
    refuse(where, `\`${argument}\` must be ${range}`, words(`${value} in ${at}`));
  }
  const single = columns === 1;
  return {
    labels: own,
    classes,
    single,
    nameOf: (index) => names[index] ?? String(index),
    score: (row, index) => {
      if (!single) return scores[row * columns + index] as number;
      const value = scores[row] as number;
      return index === 1 ? value : 1 - value;
    },
  };
}

/** Checks targets and predictions of a regression. @throws ArgumentError for no values, different lengths, and NaN. */
export function checkValues(where: string, targets: ArrayLike<number>, predictions: ArrayLike<number>): void {
  const lists = { targets, predictions };
  checkLists(where, lists);
  for (const [name, list] of Object.entries(lists)) {
    for (let i = 0; i < list.length; i++) {
      if (!Number.isFinite(list[i])) refuse(where, `\`${name}\` must be finite numbers`, words(`${list[i]} at ${i}`));
    }
  }
}
