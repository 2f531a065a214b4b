/** Files of lanegrad's own: written whole or not at all. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { refuse } from '../errors.js';

/** The code of a system error (`ENOENT` …), or an empty string for anything else. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** What a system error says about the path, for those that the caller can mend. */
const pathRules: Readonly<Record<string, string>> = {
  ENOENT: 'must exist (for a new file, its directory)',
  ENOTDIR: 'must lead through directories only',
  EISDIR: 'must be a file, not a directory',
  EACCES: 'must be one that this process may use',
  EPERM: 'must be one that this process may use',
  EROFS: 'must not be on a read-only file system',
  ENAMETOOLONG: 'must be shorter',
};

/**
 * Rethrows a system error: as an ArgumentError if the path is at fault, as it is otherwise (a full disk, say), with the path
 * where Node left it out.
 */
export function rethrow(where: string, name: string, path: string, error: unknown): never {
  const code = systemCode(error);
  const rule = pathRules[code];
  if (rule) refuse(where, `\`${name}\` ${rule}`, path);
  if (code !== '' && !('path' in (error as Error))) throw Object.assign(error as Error, { path });
  throw error;
}

/** Refuses anything but a string that can name something. */
export function checkPath(where: string, name: string, path: unknown): asserts path is string {
  // a name ends where the system finds a zero, so no file has one in its name
  if (typeof path !== 'string' || path === '' || path.includes('\0')) refuse(where, `\`${name}\` must be a path`, path);
}

/** Refuses anything but one or more of so many rows. */
export function checkRange(where: string, first: unknown, count: unknown, rows: number): void {
  if (Number.isSafeInteger(first) && Number.isSafeInteger(count)) {
    const [from, size] = [first as number, count as number];
    if (from >= 0 && size >= 1 && from + size <= rows) return;
  }
  const rule = `a first row and a number of rows are needed, all among the ${rows} that there are (counted from 0)`;
  refuse(where, rule, [first, count]);
}

/** Where a write to `path` ends (the target, if it is a symbolic link) and the permissions the file there has. */
async function destination(path: string): Promise<{ target: string; mode: number | undefined }> {
  try {
    const target = await realpath(path);
    return { target, mode: (await stat(target)).mode };
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return { target: path, mode: undefined };
  }
}

/** Asks the system to keep a directory's entries. Windows and some file systems cannot, and need nothing of the kind. */
async function syncDirectory(directory: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(directory, 'r');
    await handle.sync();
  } catch (error) {
    if (!['EACCES', 'EBADF', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM'].includes(systemCode(error))) throw error;
  } finally {
    await handle?.close();
  }
}

/**
 * Writes a file so that `path` holds either what it held before or all of `bytes`, even if the machine stops midway: to
 * a temporary file in the same directory, flushed to the disk, then renamed. A failure leaves no temporary file. An
 * existing file keeps its permissions, and a symbolic link stays one.
 * @throws (rejects) ArgumentError for a path that cannot be written; other faults (a full disk) as Node reports them.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  await writeAtomic('writeFileAtomic', path, bytes);
}

/** `writeFileAtomic` for text that comes in pieces: none but the last is held in memory. @throws also what `pieces` throws */
export async function writePiecesAtomic(path: string, pieces: AsyncIterable<string>): Promise<void> {
  await writeAtomic('writePiecesAtomic', path, pieces);
}

/** `writeFileAtomic`, with errors in the name of `where`. */
async function writeAtomic(where: string, path: string, bytes: Uint8Array | AsyncIterable<string>): Promise<void> {
  checkPath(where, 'path', path);
  try {
    const { target, mode } = await destination(path);
    const temporary = join(dirname(target), `${temporaryPrefix(target)}${randomUUID()}.tmp`);
    try {
      await writeAndFlush(temporary, bytes, mode);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncDirectory(dirname(target));
  } catch (error) {
    rethrow(where, 'path', path, error);
  }
}

function temporaryPrefix(target: string): string {
  return `.${basename(target).slice(0, 100)}.`;
}

/**
 * Takes away what processes that were killed in the middle of writing `path` have left beside it. Nobody else may be
 * writing it.
 */
export async function removeLeftovers(path: string): Promise<void> {
  const { target } = await destination(path);
  const prefix = temporaryPrefix(target);
  const rest = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
  for (const name of await readdir(dirname(target))) {
    if (name.startsWith(prefix) && rest.test(name.slice(prefix.length))) await rm(join(dirname(target), name));
  }
}

/** Creates a file with `bytes` and, if given, permissions `mode`, and waits until the disk has it. */
async function writeAndFlush(
  path: string,
  bytes: Uint8Array | AsyncIterable<string>,
  mode: number | undefined,
): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    if (mode !== undefined) await handle.chmod(mode & 0o7777);
    await writeFile(handle, bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Saves a model to a file, atomically (see `writeFileAtomic`).
 * @throws (rejects) as `writeFileAtomic`, and what `model.save` throws.
 *
 * @example
 * await saveFile('iris.safetensors', model)
 */
export async function saveFile(
  path: string,
  model: {
    /** Gives the bytes of the file: that of a model, or of an ensemble. */
    save(): Uint8Array;
  },
): Promise<void> {
  checkPath('saveFile', 'path', path);
  if (typeof model?.save !== 'function') refuse('saveFile', 'a model is needed, or what else has `save()`', model);
  await writeAtomic('saveFile', path, model.save());
}

/**
 * The bytes of a model file, for `load`.
 * @throws (rejects) ArgumentError for a path that cannot be read; other faults as Node reports them.
 */
export async function readModelBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  checkPath('readModelBytes', 'path', path);
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    rethrow('readModelBytes', 'path', path, error);
  }
}
