import type { Contestant } from './contestant.js';
import type { Estimate } from './statistics.js';

/** One figure of a section: what was measured, on whom. All sections, and the peers, have this form. */
export interface Row {
  /** The size, the net, the operation. */
  readonly what: string;
  /** The kernel, or the library. */
  readonly who: string;
  readonly value: number;
  readonly unit: string;
  /** Median absolute deviation as a share of the median; 0 where there was one sample. */
  readonly spread: number;
  readonly samples: number;
  readonly facts?: Readonly<Record<string, string | number>>;
}

/** Who did not take part, in what (undefined: in anything), and why. */
export interface Absence {
  readonly name: string;
  readonly what?: string;
  readonly reason: string;
}

/** What a section may use. */
export interface Context {
  /** A running process for each kernel that this engine has. */
  readonly kernels: readonly Contestant[];
  /** Rounds of interleaved samples. */
  readonly rounds: number;
  /** The program that runs the contestants. */
  readonly node: string;
  /** The program that runs scikit-learn. */
  readonly python: string;
  /** The folder of a section's files, where one was named. */
  readonly data: string | undefined;
  /** Seeds of the trainings whose results are judged. */
  readonly seeds: readonly number[];
  /** Figures of the sections before: the peaks come first. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
}

/** A part of `npm run bench`. */
export interface Section {
  readonly title: string;
  /** What the figures say, for the reader. */
  readonly about: string;
  measure(context: Context): Promise<Row[]>;
  /** Whether its figures are those of each kernel, so that kernels which this engine lacks are named below them. Default true. */
  readonly byKernel?: boolean;
  /** What its command needs besides its name. */
  readonly flags?: string;
  /** How its figures are taken, where they are not medians over the rounds. */
  readonly how?: string;
  /** What stands in brackets behind a figure. */
  notes?(row: Row): string;
  /** Rows with the same answer have a table of their own under that title. Default: one table. */
  group?(row: Row): string;
  /** The file that its tables are in. Default docs/benchmarks.md. */
  readonly document?: string;
}

/** A row from times: `per(seconds)` makes the value. */
export function rowOf(what: string, who: string, unit: string, times: Estimate, per: (seconds: number) => number): Row {
  return { what, who, value: per(times.median), unit, spread: times.spread, samples: times.samples };
}

/** The best peak of a kernel in GFLOP/s; NaN where none was measured. */
export function peakOf(rows: Context['rows'], who: string): number {
  const values = (rows.peak ?? []).filter((row) => row.who === who).map(({ value }) => value);
  return values.length > 0 ? Math.max(...values) : Number.NaN;
}
