/** A data set in its parts, as numbers: what the command trains on and judges by. */
import type { Dataset } from '../data/index.js';
import type { Features } from '../data/table/features.js';
import { grouped } from '../report/format.js';
import type { ClassParts, NumberParts } from '../report/parts.js';
import type { TableDescription } from '../report/tabledescription.js';

/** The sets of points in the plane, which code makes. */
export const PLANE_NAMES = ['spirals', 'moons', 'circles', 'xor'] as const;

/** Name of a set of points in the plane. */
export type PlaneName = (typeof PLANE_NAMES)[number];

/** Sets that are made by code. */
export type SyntheticName = 'digits' | PlaneName;

/** The kinds of data: those that are made by code, folders of IDX files, and tables out of a file. */
export type DataKind = SyntheticName | 'idx' | 'table';

/** Are rows of this kind points in the plane? */
export function isPlane(kind: DataKind): kind is PlaneName {
  return PLANE_NAMES.some((name) => name === kind);
}

/** What is to be told of a row: one of several classes, or a number for each target. */
export type Task =
  | { readonly kind: 'classes'; readonly classes: readonly string[] }
  | {
      readonly kind: 'numbers';
      readonly targets: readonly string[];
      /** Targets are learned as log(1 + value). */
      readonly log: boolean;
    };

/** Rows as numbers. */
export interface Inputs {
  readonly data: Uint8Array | Float32Array;
  /** Rows first, then the shape of a row. */
  readonly shape: readonly number[];
}

/** Rows with what is to be told of them: class indices, or target values `[rows, targets]` as the model learns them. */
export interface Rows {
  readonly x: Inputs;
  readonly y: Uint8Array | Int32Array | Float32Array;
}

/** Rows that are read block by block, as they do not fit into memory. */
export interface Streamed {
  readonly dataset: Dataset<Int32Array | Float32Array>;
  /** Values of a row. */
  readonly width: number;
  /** Some of them in memory. */
  readonly pick: (rows: Uint32Array) => Rows;
}

/** Are rows read block by block? */
export function isStreamed(rows: Pick<Rows, 'x'> | Streamed): rows is Streamed {
  return 'dataset' in rows;
}

/** How many rows there are. */
export function rowsIn(rows: Pick<Rows, 'x'> | Streamed): number {
  return isStreamed(rows) ? rows.dataset.rows : (rows.x.shape[0] as number);
}

/** The shape of a row. */
export function rowShape(rows: Pick<Rows, 'x'> | Streamed): readonly number[] {
  return isStreamed(rows) ? [rows.width] : rows.x.shape.slice(1);
}

/** Values of a row. */
export function widthOf(rows: Pick<Rows, 'x'> | Streamed): number {
  return rowShape(rows).reduce((product, n) => product * n, 1);
}

/** The test part of a data set: what a model is judged on. */
export type TestPart = (Rows | Streamed) & {
  /** The number of each row in the whole data set (of the test files, for a folder), from 0. */
  readonly numbers: Uint32Array;
};

/** Where a table came from, and by which column its rows were parted. */
export interface TableOrigin {
  /** Name of the file, without folders. */
  readonly file: string;
  /** Tells the table from others (src/cli/table/parts.ts). */
  readonly fingerprint: string;
  readonly by: { readonly stratify?: string; readonly time?: string; readonly group?: string };
}

/** A data set in its parts. */
export interface DataSet {
  readonly kind: DataKind;
  /** What it is called: `digits`, or the name of the folder or file. */
  readonly title: string;
  /** Rows in all parts. */
  readonly rows: number;
  /** What a row is. */
  readonly about: string;
  /** How the parts came about. */
  readonly splitAbout: string;
  readonly task: Task;
  readonly train: Rows | Streamed;
  readonly validation: Rows | Streamed | undefined;
  /** Undefined for a table of too few rows: nothing then tells how well a model does. */
  readonly test: TestPart | undefined;
  /** Of a table: what became of its columns. Its rows need no further standardization. */
  readonly features?: Features;
  /** Of a table: what its report tells of it. */
  readonly facts?: { readonly description: TableDescription; readonly parts: ClassParts | NumberParts };
  /** Of a table: what a person should know of it, in plain words. */
  readonly notes?: readonly string[];
  /** Of a table, with `--folds`: the same rows in other parts, made when asked for; each row is in one test part. */
  readonly folds?: readonly (() => TestedSet)[];
  /** Of a table: what finds its test part again. */
  readonly origin?: TableOrigin;
}

/** A data set with a part to judge a model on. */
export interface TestedSet extends DataSet {
  readonly test: TestPart;
}

/** Is there a part to judge a model on? */
export function isTested(data: DataSet): data is TestedSet {
  return data.test !== undefined;
}

/** Shares of the rows, and the seed that decides which. */
export interface Split {
  /** Share of all rows; undefined for a folder, which brings its test part. */
  readonly test: number | undefined;
  /** Share of all rows that are not test rows by nature; 0 for none. */
  readonly validation: number;
  readonly seed: number;
}

/** `train 4,200 · validation 900 · test 900` */
export function splitText({ train, validation, test }: DataSet): string {
  const parts = [`train ${grouped(rowsIn(train))}`];
  if (validation) parts.push(`validation ${grouped(rowsIn(validation))}`);
  if (test) parts.push(`test ${grouped(rowsIn(test))}`);
  return parts.join(' · ');
}
