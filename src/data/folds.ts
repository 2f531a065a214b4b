import { checkNumber, checkOptions, checkPositiveInteger, refuse, words } from '../errors.js';
import { checkSeed, Domain, Random } from '../random.js';
import { tailRows } from './split.js';

/** What tells rows apart: a name or number for each. */
export type RowNames = ArrayLike<string | number | null>;

/** Options of `kFold`. */
export interface KFoldOptions {
  /** How many folds: at least 2, and at most as many as there are rows (or groups). Default 5. */
  readonly folds?: number;
  /** Drives the draw: same seed, same folds. An integer from 0 to 2⁵³ − 1; default 0. */
  readonly seed?: number;
  /**
   * The class of each row: each fold is tested on each class in its share, to within one row. Not beside `groups`. Default:
   * none.
   */
  readonly labels?: RowNames;
  /** The group of each row, such as a customer: all rows of a group are tested in one fold. Default: each row by itself. */
  readonly groups?: RowNames;
}

/** Row numbers (from 0) of a fold, each list in ascending order. */
export interface Fold {
  /** Rows to train on: all that are not tested. */
  readonly train: Uint32Array;
  /** Rows to test on. */
  readonly test: Uint32Array;
}

/** Streams of `Domain.split`: 0 is that of single splits. */
const FOLDS = 1;
const VALIDATION = 2;

/** Rows of each name, in the order of first appearance. */
function rowsByName(names: RowNames, rows: Uint32Array): number[][] {
  const members = new Map<string | number | null, number[]>();
  for (const row of rows) {
    const name = names[row] as string | number | null;
    const known = members.get(name);
    if (known) known.push(row);
    else members.set(name, [row]);
  }
  return [...members.values()];
}

function checkNames(where: string, option: string, names: unknown, rows: number): void {
  const rule = `\`${option}\` must be an array with one value for each of the ${rows} rows`;
  if (!Array.isArray(names) && !ArrayBuffer.isView(names)) refuse(where, rule, names);
  const { length } = names as ArrayLike<unknown>;
  if (length !== rows) refuse(where, rule, words(`${length} values`));
}

/** The fold that each row is tested in. */
function places(where: string, rows: number, folds: number, seed: number, by: KFoldOptions): Uint32Array {
  const { labels, groups } = by;
  const random = new Random(seed, Domain.split, FOLDS);
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  const place = new Uint32Array(rows);
  if (groups) {
    const lists = rowsByName(groups, all);
    if (lists.length < folds) {
      refuse(where, `\`groups\` must name at least ${folds} groups, one for each fold`, words(`${lists.length}`));
    }
    // the largest first, each where there are fewest rows: as scikit-learn's GroupKFold, ties drawn
    const drawn = Array.from(random.shuffle(Uint32Array.from(lists.keys())), (i) => lists[i] as number[]);
    const order = drawn.sort((a, b) => b.length - a.length);
    const sizes = new Array<number>(folds).fill(0);
    for (const list of order) {
      const smallest = sizes.indexOf(Math.min(...sizes));
      sizes[smallest] = (sizes[smallest] as number) + list.length;
      for (const row of list) place[row] = smallest;
    }
    return place;
  }
  // dealt out one by one, class after class, without starting anew: shares and sizes are then within one row
  let next = 0;
  for (const list of labels ? rowsByName(labels, all) : [Array.from(all)]) {
    for (const row of random.shuffle(list)) place[row] = next++ % folds;
  }
  return place;
}

/** Refuses a class that a fold could not train on because its only row is tested. */
function checkLabels(where: string, labels: RowNames): void {
  const counts = new Map<unknown, number>();
  for (let row = 0; row < labels.length; row++) counts.set(labels[row], (counts.get(labels[row]) ?? 0) + 1);
  for (const [label, count] of counts) {
    if (count > 1 || label === null) continue;
    const help = 'drop such rows, or put rare classes together.';
    refuse(where, 'every label must be that of at least two rows', words(`one row of ${JSON.stringify(label)}`), help);
  }
}

/**
 * Deals rows out to folds, for k-fold cross-validation: each row is tested in exactly one fold and trained on in all others. At
 * random, or with each class in its share (`labels`), or by whole groups (`groups`). Sizes differ by one row at most, unless
 * groups are kept together. (Stone, Cross-validatory choice and assessment of statistical predictions, 1974; stratified:
 * Kohavi, A study of cross-validation and bootstrap, 1995.)
 *
 * @example
 * for (const { train, test } of kFold(table.rows, { folds: 5 })) judge(table.pick(train), table.pick(test));
 *
 * @param rows how many rows there are
 * @throws ArgumentError for fewer than two folds or more than there are rows or groups, lists of another length, a label
 * that only one row has, a row without a group, both `labels` and `groups`, and for a bad seed or an unknown option.
 */
export function kFold(rows: number, options: KFoldOptions = {}): Fold[] {
  const where = 'kFold';
  checkPositiveInteger(where, 'rows', rows);
  checkOptions(where, options, ['folds', 'seed', 'labels', 'groups']);
  return dealFolds(where, rows, options);
}

/** `kFold` on behalf of someone else, whose options were checked for unknown names. */
export function dealFolds(where: string, rows: number, options: KFoldOptions): Fold[] {
  const { folds = 5, seed = 0, labels, groups } = options;
  checkPositiveInteger(where, 'folds', folds);
  if (folds < 2 || folds > rows) refuse(where, `\`folds\` must be from 2 to the number of rows, ${rows}`, folds);
  checkSeed(where, seed);
  if (labels !== undefined && groups !== undefined) {
    refuse(where, 'one of `labels` and `groups` can be used', words('both'));
  }
  if (groups !== undefined) {
    checkNames(where, 'groups', groups, rows);
    const without = Array.from(groups).findIndex((group) => group === null || group === undefined);
    if (without >= 0) refuse(where, 'every row must have a group', words(`row ${without} without`));
  }
  if (labels !== undefined) {
    checkNames(where, 'labels', labels, rows);
    checkLabels(where, labels);
  }
  const place = places(where, rows, folds, seed, options);
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  return Array.from({ length: folds }, (_, fold) => ({
    train: all.filter((row) => place[row] !== fold),
    test: all.filter((row) => place[row] === fold),
  }));
}

/**
 * Cuts a share out of the training rows of a fold, to judge by while it trains: with each class in its share, or by whole groups.
 * @param fold its number, for other draws in each
 * @throws ArgumentError where no row would be left on either side.
 */
export function cutValidation(
  where: string,
  train: Uint32Array,
  share: number,
  fold: number,
  options: KFoldOptions,
): { readonly kept: Uint32Array; readonly heldOut: Uint32Array } {
  checkNumber(where, 'validation', share, 0, 1);
  const { seed = 0, labels, groups } = options;
  const random = new Random(seed, Domain.split, VALIDATION + fold);
  if (train.length < 2) refuse(where, 'a fold must have two training rows for `validation`', words(`${train.length}`));
  const wanted = tailRows(train.length, share);
  const out = new Set<number>();
  if (groups) {
    const lists = rowsByName(groups, train);
    if (lists.length < 2) refuse(where, 'a fold must have two groups for `validation`', words(`${lists.length}`));
    const order = random.shuffle(Uint32Array.from(lists.keys()));
    for (const group of order.subarray(1)) {
      const list = lists[group] as number[];
      if (out.size > 0 && out.size + list.length / 2 > wanted) continue;
      for (const row of list) out.add(row);
    }
  } else {
    const lists = (labels ? rowsByName(labels, train) : [Array.from(train)]).map((list) => random.shuffle(list));
    // the only row of a class is trained on
    const several = lists.filter((list) => list.length > 1);
    const rows = (several.length > 0 ? several : lists).flat();
    // rows by class: every (rows / wanted)-th is held out, which is each class's share to within one row
    const count = Math.min(wanted, rows.length - 1);
    rows.forEach((row, i) => {
      if (Math.floor(((i + 1) * count) / rows.length) > Math.floor((i * count) / rows.length)) out.add(row);
    });
  }
  return { kept: train.filter((row) => !out.has(row)), heldOut: train.filter((row) => out.has(row)) };
}
