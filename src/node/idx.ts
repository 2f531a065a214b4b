/** MNIST and its relatives from a directory, under the names they are published by. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, type ZlibOptions } from 'node:zlib';
import { type Idx, labelled, parseIdx } from '../data/idx.js';
import type { Labelled } from '../data/labelled.js';
import { FormatError, refuse } from '../errors.js';
import { checkPath, rethrow } from './files.js';

/** The names one file is published under, most usual first: `train-images-idx3-ubyte`, with a dot, each packed or not. */
function publishedNames(part: string, kind: string): readonly string[] {
  return [`${part}-${kind}`, `${part}.${kind}`].flatMap((name) => [name, `${name}.gz`]);
}

/** Reads the first of `names` that is in `directory`, whose entries are `present`. */
async function readFirst(directory: string, present: readonly string[], names: readonly string[]): Promise<Idx> {
  const name = names.find((candidate) => present.includes(candidate));
  if (name === undefined) {
    refuse('readIdx', `\`directory\` must hold ${names.join(' or ')}`, directory, 'none of these is there.');
  }
  const path = join(directory, name);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    rethrow('readIdx', name, path, error);
  }
  return parseIdx(name.endsWith('.gz') ? await unpack(bytes, path) : bytes, path);
}

/** Bytes that gzip gives at a time: at zlib's own 16 KiB, MNIST would be joined from thousands of pieces. */
const CHUNK = 1 << 20;

/** Unpacks gzip; damage is a FormatError that names the file. */
async function unpack(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  try {
    return await promisify<Uint8Array, ZlibOptions, Uint8Array>(gunzip)(bytes, { chunkSize: CHUNK });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`${path}: the file must be whole gzip data. Received: ${reason}. Help: fetch it again.`, {
      cause: error,
    });
  }
}

/** Images and labels of one part. */
async function readPart(directory: string, present: readonly string[], part: string): Promise<Labelled> {
  const images = await readFirst(directory, present, publishedNames(`${part}-images`, 'idx3-ubyte'));
  const labels = await readFirst(directory, present, publishedNames(`${part}-labels`, 'idx1-ubyte'));
  return labelled(images, labels, `${join(directory, part)}-images and -labels`);
}

/**
 * Reads a data set in IDX format, such as MNIST or Fashion-MNIST, from its directory: train-images-idx3-ubyte,
 * train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, also with `.idx` for `-idx` and with `.gz`
 * added.
 * @throws (rejects) ArgumentError for a directory or file that is missing or cannot be read; FormatError for a damaged one,
 * or files that do not belong together.
 *
 * @example
 * const { train, test } = await readIdx('mnist') // train.x.shape [60000, 28, 28]
 */
export async function readIdx(directory: string): Promise<{
  /** The files `train-…`. */
  train: Labelled;
  /** The files `t10k-…`. */
  test: Labelled;
}> {
  checkPath('readIdx', 'directory', directory);
  let present: readonly string[];
  try {
    present = await readdir(directory);
  } catch (error) {
    rethrow('readIdx', 'directory', directory, error);
  }
  const train = await readPart(directory, present, 'train');
  const test = await readPart(directory, present, 't10k');
  return { train, test };
}
