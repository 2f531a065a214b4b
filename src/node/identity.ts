import type { Stats } from 'node:fs';
import { FormatError } from '../errors.js';

/** What tells a file from what it is after somebody wrote it. */
export type Identity = Pick<Stats, 'size' | 'mtimeMs' | 'ino'>;

/** @throws FormatError that a file changed while it was read. @param where the function that is to be called again */
export function refuseChange(where: string, path: string, how: string): never {
  throw new FormatError(
    `${path}: the file must stay as it is while it is read. Received: ${how}. Help: call ${where} again.`,
  );
}

/** @throws FormatError where a file is no longer what it was when it was opened. */
export function checkUnchanged(where: string, path: string, before: Identity, now: Identity): void {
  if (now.size !== before.size) {
    refuseChange(where, path, `it had ${before.size} bytes and has ${now.size}`);
  }
  if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) refuseChange(where, path, 'it was written');
}
