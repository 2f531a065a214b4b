/** The folder that a training writes to. Nothing that another program made is overwritten unasked. */
import { constants } from 'node:fs';
import { access, mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PICTURE_MARK } from '../course/picture.js';
import { FormatError } from '../errors.js';
import { rethrow, systemCode } from '../node/files.js';
import { writeFileAtomic } from '../node/index.js';
import { REPORT_MARK } from '../report/report.js';
import { fail } from './arguments.js';
import { found } from './found.js';
import { isCheckpoint, runOf } from './models.js';

/** First words of every table of predictions: what the command recognizes its own files by. */
export const PREDICTIONS_MARK = 'row,prediction';

/** Whether the content of a file is the command's own work, by name of its kind. */
const OWN = {
  model: (bytes: Uint8Array): boolean => isModel(() => runOf(bytes, 'train') !== undefined),
  checkpoint: (bytes: Uint8Array): boolean => isModel(() => isCheckpoint(bytes)),
  report: (bytes: Uint8Array): boolean => beginsWith(bytes, REPORT_MARK),
  predictions: (bytes: Uint8Array): boolean => beginsWith(bytes, PREDICTIONS_MARK),
  picture: (bytes: Uint8Array): boolean => beginsWith(bytes, PICTURE_MARK),
} as const;

/** A file that is no model at all is another program's. */
function isModel(look: () => boolean): boolean {
  try {
    return look();
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

function beginsWith(bytes: Uint8Array, mark: string): boolean {
  return new TextDecoder().decode(bytes.subarray(0, mark.length)) === mark;
}

/** What stands at a path of `--out`. */
const entry = (path: string) => found('lanegrad', '--out', path);

/** Refuses a path that holds something the command did not write, unless `force`. */
export async function checkReplaceable(
  verb: string,
  path: string,
  kind: keyof typeof OWN,
  force: boolean,
): Promise<void> {
  const there = await entry(path);
  if (!there) return;
  if (!there.isFile()) fail(verb, `${path} is not a file.`);
  if (force || OWN[kind](await readFile(path))) return;
  const what = kind === 'model' || kind === 'checkpoint' ? ', or is damaged' : '';
  const help = 'name another place with --out, or overwrite it with --force.';
  fail(verb, `${path} was not written by this command${what}; ${help}`);
}

/** Refuses a folder that cannot be written to or created. */
export async function checkFolder(verb: string, folder: string): Promise<void> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    const there = await entry(path);
    if (!there) continue;
    if (!there.isDirectory()) fail(verb, `${path} is not a folder.`);
    await access(path, constants.W_OK).catch((error: unknown) => rethrow(`lanegrad ${verb}`, '--out', path, error));
    return;
  }
}

/**
 * Makes a folder and those above it that are missing, one by one: for a folder that the system refuses with ENOENT, such as
 * `/proc/x`, Node's recursive mkdir (20, 22) tries again without end.
 */
export async function makeFolder(verb: string, folder: string): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(folder); !(await entry(path)); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    try {
      await mkdir(path);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EEXIST') continue; // another process was faster
      if (code === 'ENOENT') fail(verb, `the folder ${path} cannot be made; name another place with --out.`);
      rethrow(`lanegrad ${verb}`, '--out', path, error);
    }
  }
}

/** `checkFolder` for a single file, in a folder that must exist. */
export async function checkFile(verb: string, path: string, kind: keyof typeof OWN, force: boolean): Promise<void> {
  const folder = dirname(path);
  if (!(await entry(folder))) fail(verb, `the folder ${folder} does not exist.`);
  await checkFolder(verb, folder);
  await checkReplaceable(verb, path, kind, force);
}

/** Where the files of a training go. */
export interface Output {
  readonly model: string;
  readonly report: string;
  /** Where a training that can be gone on with is kept. */
  readonly checkpoint: string;
  /** Where a table of predictions would go. */
  readonly predictions: string;
  write(model: Uint8Array, report: string): Promise<void>;
}

/** Makes sure, before any work is done, that the results can be written. Creates nothing yet. */
export async function claimFolder(
  verb: string,
  folder: string,
  force: boolean,
  keepsCheckpoint: boolean,
): Promise<Output> {
  const model = join(folder, 'model.safetensors');
  const report = join(folder, 'report.html');
  const checkpoint = join(folder, 'checkpoint.safetensors');
  await checkFolder(verb, folder);
  await checkReplaceable(verb, model, 'model', force);
  await checkReplaceable(verb, report, 'report', force);
  if (keepsCheckpoint) await checkReplaceable(verb, checkpoint, 'checkpoint', force);
  return {
    model,
    report,
    checkpoint,
    predictions: join(folder, 'predictions.csv'),
    async write(modelBytes, reportText) {
      await makeFolder(verb, folder);
      await writeFileAtomic(model, modelBytes);
      await writeFileAtomic(report, new TextEncoder().encode(reportText));
    },
  };
}
