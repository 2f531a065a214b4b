/** What stands at a path that a user gave. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { systemCode } from '../node/files.js';
import { fail } from './arguments.js';

/** What stands at a path; undefined for nothing. @throws ArgumentError where the system does not let this process look. */
export async function found(verb: string, path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    return fail(verb, `this process cannot look at ${path}: the system says ${code || String(error)}.`);
  }
}
