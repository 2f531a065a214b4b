/**
 * How far an epoch has come that was left in the middle: part of an exact checkpoint, so that slices of any size end with the
 * bytes of one uninterrupted run.
 */
import { Step } from '../../assembly/abi.js';
import { refuse, words } from '../errors.js';
import type { Program } from '../program/program.js';
import type { Runtime } from '../runtime/runtime.js';
import type { PlannedProgram } from './programs.js';

/** What an epoch is made of: another one could not be gone on with in its place. */
export interface EpochShape {
  /** Training rows. */
  readonly totalRows: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
}

/** An epoch that is under way. */
export interface EpochPosition extends EpochShape {
  /** Rows that are done, at least one; all of them where a schedule has yet to see the figures of the epoch. */
  readonly rows: number;
  /** Sums over these rows: of loss and data loss times weight, and of weights. */
  readonly totals: readonly number[];
  /** The sums that each metric is computed from. */
  readonly metrics: Readonly<Record<string, readonly number[]>>;
}

/** A training program, and what it is planned as. */
interface Training {
  readonly program: Program;
  readonly planned: PlannedProgram;
}

const TOTALS = [Step.TotalLoss, Step.TotalDataLoss, Step.TotalWeight] as const;

/** A position that stays what it is. */
export function standing(position: EpochPosition | undefined): () => EpochPosition | undefined {
  return () => position;
}

/** Copies the sums of an epoch so far; undefined where they are not finite, as after a divergence. */
export function positionOf(
  runtime: Runtime,
  { program, planned }: Training,
  shape: EpochShape,
  rows: number,
): EpochPosition | undefined {
  const totals = TOTALS.map((field) => program.step.double(field));
  const sums = [...planned.metrics].map(
    ([name, tensor]) => [name, [...runtime.doubles(program.address(tensor), tensor.columns)]] as const,
  );
  if (![totals, ...sums.map(([, values]) => values)].every((values) => values.every(Number.isFinite))) return undefined;
  return { ...shape, rows, totals, metrics: Object.fromEntries(sums) };
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

/**
 * Refuses to go on with an epoch that was begun with other rows or other batches.
 * @throws ArgumentError saying with what it was begun.
 */
export function checkResumed(where: string, position: EpochPosition | undefined, shape: EpochShape): void {
  if (!position) return;
  const told = ({ totalRows, batchSize, shuffle }: EpochShape): string =>
    `${totalRows} training rows in batches of ${batchSize}, ${shuffle ? 'shuffled' : 'in their order'}`;
  if (told(position) === told(shape)) return;
  const rule = `the epoch under way was begun with ${told(position)}, and \`resume\` goes on with the same`;
  refuse(
    where,
    rule,
    words(told(shape)),
    'pass the same data and options, or leave `resume` out to begin another epoch.',
  );
}

/** Whether what a file holds can be a position. */
export function isPosition(value: unknown): value is EpochPosition {
  if (typeof value !== 'object' || value === null) return false;
  const { rows, totalRows, batchSize, shuffle, totals, metrics } = value as Partial<EpochPosition>;
  const count = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) > 0;
  const finite = (list: unknown): boolean => Array.isArray(list) && list.every(Number.isFinite);
  if (!count(rows) || !count(totalRows) || !count(batchSize) || rows > totalRows) return false;
  if (typeof shuffle !== 'boolean' || !finite(totals) || totals?.length !== TOTALS.length) return false;
  return typeof metrics === 'object' && metrics !== null && Object.values(metrics).every(finite);
}
