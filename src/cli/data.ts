/** The data sets that the command knows, and their parts. */
import { basename, resolve } from 'node:path';
import { circles, digits, moons, type Points, spirals, xor } from '../data/index.js';
import { holdOut } from '../data/split.js';
import { suggest } from '../errors.js';
import { readIdx } from '../node/index.js';
import { fail } from './arguments.js';
import {
  type DataKind,
  PLANE_NAMES,
  type Rows,
  type Split,
  type SyntheticName,
  type TestedSet,
  type TestPart,
  widthOf,
} from './dataset.js';
import { found } from './found.js';
import { isTableName, TABLE_NAMES } from './table/read.js';

/** What DATA may be, for help texts. */
export const DATA_HELP = `\`digits\`, ${PLANE_NAMES.map((name) => `\`${name}\``).join(', ')} (made by code)`;

/** Rows whose classes are bytes: all but those of tables. */
interface ByteRows extends Rows {
  readonly y: Uint8Array;
}

/** A data set that is made by code. */
interface Synthetic {
  /** `rows` of them, or as many as there are by default. */
  make(rows: number | undefined, seed: number): ByteRows;
  readonly classes: readonly string[];
  readonly about: string;
}

/** A set of points in the plane. */
function plane(about: string, make: (options: { readonly rows?: number; readonly seed: number }) => Points): Synthetic {
  return {
    make: (rows, seed) => make({ seed, ...(rows !== undefined && { rows }) }),
    classes: ['0', '1'],
    about: `points in the plane, ${about}`,
  };
}

/** The data sets that are made by code. */
export const SYNTHETIC: Readonly<Record<SyntheticName, Synthetic>> = {
  digits: {
    make: (rows, seed) => digits({ seed, ...(rows !== undefined && { rows }) }),
    classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
    about: 'images of 16 × 16, digits drawn by code',
  },
  spirals: plane('on two spirals', spirals),
  moons: plane('on two half circles', moons),
  circles: plane('on two circles, one within the other', circles),
  xor: plane('around the corners of a square', xor),
};

const SYNTHETIC_NAMES = Object.keys(SYNTHETIC) as SyntheticName[];

/** Which kind of data a word on the command line means: a known name, or else a folder. */
export async function dataKind(verb: string, data: string): Promise<DataKind> {
  const known = SYNTHETIC_NAMES.find((name) => name === data);
  if (known) return known;
  const there = await found(`lanegrad ${verb}`, 'DATA', data);
  if (there?.isDirectory()) return 'idx';
  if (isTableName(data)) {
    if (there) return 'table';
    fail(verb, `the file ${data} does not exist.`);
  }
  if (there) {
    fail(
      verb,
      `${JSON.stringify(data)} is a file that is no table (${TABLE_NAMES}); of images, DATA is the folder of the IDX files.`,
    );
  }
  const help = /[\\/.]/.test(data) ? '' : `: ${suggest(data, SYNTHETIC_NAMES)}`;
  fail(verb, `${JSON.stringify(data)} is neither a known data set, a table nor a folder${help || '.'}`);
}

/** Some rows of a data set, copied. */
function take({ x, y }: ByteRows, rows: Uint32Array): ByteRows {
  const width = widthOf({ x });
  const data = new (x.data.constructor as new (length: number) => typeof x.data)(rows.length * width);
  rows.forEach((row, i) => {
    data.set(x.data.subarray(row * width, (row + 1) * width), i * width);
  });
  return {
    x: { data, shape: [rows.length, ...x.shape.slice(1)] },
    y: Uint8Array.from(rows, (row) => y[row] as number),
  };
}

/** Parts the rows, each class by the same shares: a test part first, then a validation part out of what is left. */
function partition(
  rows: ByteRows,
  { test, validation, seed }: Split,
): { kept: Rows; held: Rows | undefined; test: TestPart } {
  const labels = Int32Array.from(rows.y);
  const outer = holdOut(labels.length, test ?? 0, seed, labels);
  const rest = take(rows, outer.kept);
  const share = (validation * labels.length) / outer.kept.length;
  return { ...holdValidation(rest, share, seed), test: { ...take(rows, outer.heldOut), numbers: outer.heldOut } };
}

function holdValidation(rows: ByteRows, share: number, seed: number): { kept: Rows; held: Rows | undefined } {
  if (share === 0) return { kept: rows, held: undefined };
  const parts = holdOut(rows.y.length, share, seed, Int32Array.from(rows.y));
  return { kept: take(rows, parts.kept), held: take(rows, parts.heldOut) };
}

function synthetic(kind: SyntheticName, rows: number | undefined, split: Split): TestedSet {
  const { make, classes, about } = SYNTHETIC[kind];
  const all = make(rows, split.seed);
  const { kept, held, test } = partition(all, split);
  return {
    kind,
    title: kind,
    rows: all.y.length,
    about: `${about} (seed ${split.seed})`,
    splitAbout: `at random, each class by the same shares, seed ${split.seed}`,
    task: { kind: 'classes', classes },
    train: kept,
    validation: held,
    test,
  };
}

async function folder(path: string, { validation, seed }: Split): Promise<TestedSet> {
  const { train, test } = await readIdx(path);
  const { kept, held } = holdValidation(train, validation, seed);
  const last = [train.y, test.y].reduce((most, y) => y.reduce((a, b) => Math.max(a, b), most), 0);
  const sizes = train.x.shape.slice(1).join(' × ');
  return {
    kind: 'idx',
    title: basename(resolve(path)),
    rows: train.y.length + test.y.length,
    about: `images of ${sizes}, ${path}`,
    splitAbout: `test: the t10k files${held ? `; validation: out of the train files, each class by its share, seed ${seed}` : ''}`,
    task: { kind: 'classes', classes: Array.from({ length: last + 1 }, (_, c) => String(c)) },
    train: kept,
    validation: held,
    test: { ...test, numbers: Uint32Array.from(test.y, (_, i) => i) },
  };
}

/** Makes a data set again by code, or reads a folder, and parts it. `rows` is for sets made by code; their own default if undefined. */
export function madeData(
  kind: Exclude<DataKind, 'table'>,
  data: string,
  split: Split,
  rows?: number,
): Promise<TestedSet> | TestedSet {
  return kind === 'idx' ? folder(data, split) : synthetic(kind, rows, split);
}
