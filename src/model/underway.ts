/** What is left of a fit that has not come to its end, and whether another one may go on with it. */
import { refuse, words } from '../errors.js';
import { type EpochPosition, type EpochShape, shapeText } from './position.js';
import type { Stopping } from './stopping.js';

/** A fit that is under way, or was left in the middle. */
export interface UnderWay {
  /** How far its epoch has come; undefined between epochs. */
  readonly position: EpochPosition | undefined;
  /** Undefined for a fit without early stopping. */
  readonly stopping: Stopping | undefined;
}

/** One that stays what it is. */
export function standing(underWay: UnderWay | undefined): () => UnderWay | undefined {
  return () => underWay;
}

/** What a fit that is to go on with another one looks like, as far as that decides its result. */
export interface Continuation {
  readonly shape: EpochShape;
  /** The figure that early stopping watches; undefined for none. */
  readonly monitor: string | undefined;
  readonly diagnostics: boolean;
  /** Fingerprint of the validation rows, once they are known. */
  readonly judged?: number | undefined;
}

const HELP = 'pass the same data and options, or leave `resume` out to begin another epoch.';

function stoppingText(monitor: string | undefined): string {
  return monitor === undefined ? 'no early stopping' : `early stopping by \`${monitor}\``;
}

/** Whether two checksums, as far as they are known, are those of different rows. */
function differ(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

/**
 * Refuses to go on with a fit that was begun with other rows, other batches, or another early stopping.
 * @throws ArgumentError saying with what it was begun.
 */
export function checkResumed(where: string, underWay: UnderWay | undefined, now: Continuation): void {
  const { position, stopping } = underWay ?? {};
  const shape = position ?? stopping?.record.shape;
  if (!shape) return;
  const begun = (what: string, rule: string, received: string) =>
    refuse(
      where,
      `${what} under way was begun with ${rule}, and \`resume\` goes on with the same`,
      words(received),
      HELP,
    );
  const unknown = shape.blockRows === undefined || now.shape.blockRows === undefined;
  const told = (s: EpochShape) => shapeText(unknown ? { ...s, blockRows: undefined } : s);
  if (told(shape) !== told(now.shape)) begun('the epoch', told(shape), told(now.shape));
  if (differ(shape.data, now.shape.data)) {
    begun('the epoch', `rows whose checksum is ${shape.data}`, `rows whose checksum is ${now.shape.data}`);
  }
  const monitor = stopping?.record.monitor;
  if (monitor !== now.monitor) begun('the fit', stoppingText(monitor), stoppingText(now.monitor));
  if (!stopping) return;
  const { diagnostics, judged } = stopping.record;
  const looked = (yes: boolean) => (yes ? 'diagnostics' : 'no diagnostics');
  if ((diagnostics !== undefined) !== now.diagnostics) {
    begun('the fit', looked(diagnostics !== undefined), looked(now.diagnostics));
  }
  if (differ(judged, now.judged)) {
    begun('the fit', `validation rows whose checksum is ${judged}`, `others, whose checksum is ${now.judged}`);
  }
}
