/** What stands at a path that a user gave. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { rethrow, systemCode } from '../node/files.js';

/**
 * What stands at a path; undefined for nothing.
 * @param name the argument that gives the path, for messages
 * @throws ArgumentError where the system does not let this process look.
 */
export async function found(where: string, name: string, path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    return rethrow(where, name, path, error);
  }
}
