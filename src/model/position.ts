/**
 * How far an epoch has come that was left in the middle: part of an exact checkpoint, so that slices of any size end with the
 * bytes of one uninterrupted run.
 */
import { Step } from '../../assembly/abi.js';
import type { Program } from '../program/program.js';
import type { Runtime } from '../runtime/runtime.js';
import type { PlannedProgram } from './programs.js';

/** What an epoch is made of: another one could not be gone on with in its place. */
export interface EpochShape {
  /** Training rows. */
  readonly totalRows: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  /** Rows in a block of a data set, which are shuffled among themselves; undefined for arrays, and in stored order. */
  readonly blockRows?: number | undefined;
  /** Fingerprint of the rows; missing in files of earlier versions. */
  readonly data?: number | undefined;
}

/** Sums over the rows of an epoch that are done. */
export interface Sums {
  /** Of loss and data loss times weight, and of weights. */
  readonly totals: readonly number[];
  /** What each metric is computed from. */
  readonly metrics: Readonly<Record<string, readonly number[]>>;
}

/** An epoch that is under way. */
export interface EpochPosition extends EpochShape, Sums {
  /** Rows that are done, at least one; all of them where the figures of the epoch have yet to be seen by who watches them. */
  readonly rows: number;
}

/** A training program, and what it is planned as. */
interface Training {
  readonly program: Program;
  readonly planned: PlannedProgram;
}

const TOTALS = [Step.TotalLoss, Step.TotalDataLoss, Step.TotalWeight] as const;

/** Copies the sums of an epoch so far. */
export function sumsOf(runtime: Runtime, { program, planned }: Training): Sums {
  const totals = TOTALS.map((field) => program.step.double(field));
  const sums = [...planned.metrics].map(
    ([name, tensor]) => [name, [...runtime.doubles(program.address(tensor), tensor.columns)]] as const,
  );
  return { totals, metrics: Object.fromEntries(sums) };
}

/** The position after so many rows; undefined where their sums are not finite, as after a divergence. */
export function positionOf(sums: Sums, shape: EpochShape, rows: number): EpochPosition | undefined {
  const all = [sums.totals, ...Object.values(sums.metrics)];
  return all.every((values) => values.every(Number.isFinite)) ? { ...shape, rows, ...sums } : undefined;
}

/** Puts the sums back. */
export function restoreSums(runtime: Runtime, { program, planned }: Training, position: EpochPosition): void {
  TOTALS.forEach((field, i) => {
    program.step.setDouble(field, position.totals[i] as number);
  });
  for (const [name, tensor] of planned.metrics) {
    const sums = runtime.doubles(program.address(tensor), tensor.columns);
    // a metric that the model did not have then has seen nothing of this epoch
    const known = position.metrics[name] ?? [];
    if (known.length === sums.length) sums.set(known);
  }
}

/** What an epoch is made of, in words. */
export function shapeText({ totalRows, batchSize, shuffle, blockRows }: EpochShape): string {
  const blocks = blockRows === undefined ? '' : `, in blocks of ${blockRows}`;
  return `${totalRows} training rows in batches of ${batchSize}, ${shuffle ? 'shuffled' : 'in their order'}${blocks}`;
}

function isCount(n: unknown): n is number {
  return Number.isSafeInteger(n) && (n as number) > 0;
}

/** Whether what a file holds can be the shape of an epoch. */
export function isShape(value: unknown): value is EpochShape {
  if (typeof value !== 'object' || value === null) return false;
  const { totalRows, batchSize, shuffle, blockRows, data } = value as Partial<EpochShape>;
  if (!isCount(totalRows) || !isCount(batchSize) || typeof shuffle !== 'boolean') return false;
  return (blockRows === undefined || isCount(blockRows)) && (data === undefined || Number.isSafeInteger(data));
}

/** Whether what a file holds can be a position. */
export function isPosition(value: unknown): value is EpochPosition {
  if (typeof value !== 'object' || value === null) return false;
  const { rows, totals, metrics } = value as Partial<EpochPosition>;
  const finite = (list: unknown): boolean => Array.isArray(list) && list.every(Number.isFinite);
  if (!isShape(value) || !isCount(rows) || rows > value.totalRows) return false;
  if (!finite(totals) || totals?.length !== TOTALS.length) return false;
  return typeof metrics === 'object' && metrics !== null && Object.values(metrics).every(finite);
}
