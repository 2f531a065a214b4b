import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { checkBytes } from '../../data/table/csv.js';
import { FormatError } from '../../errors.js';
import { systemCode } from '../files.js';

/** Bytes that are read at a time. */
const PIECE = 1 << 20;

/**
 * Bytes of a file from its beginning, in two buffers by turns: while one piece is looked at, the next one is read. A piece is there
 * until the next one is asked for.
 */
async function* piecesOf(handle: Pick<FileHandle, 'read'>): AsyncGenerator<Uint8Array> {
  let buffers = [new Uint8Array(PIECE), new Uint8Array(PIECE)] as const;
  let reading = handle.read(buffers[0], 0, PIECE, 0);
  try {
    for (let at = 0; ; ) {
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) return;
      at += bytesRead;
      buffers = [buffers[1], buffers[0]];
      reading = handle.read(buffers[0], 0, PIECE, at);
      // whoever stops here never hears of it
      reading.catch(() => undefined);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    // the file must not be closed under it
    await reading.catch(() => undefined);
  }
}

/** Bytes of a file from its beginning, unpacked where they are gzip. @throws (rejects) FormatError for damaged gzip. */
async function* bytesOf(path: string, handle: FileHandle): AsyncGenerator<Uint8Array> {
  const magic = new Uint8Array(2);
  await handle.read(magic, 0, 2, 0);
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) {
    if (path.endsWith('.gz')) {
      throw new FormatError(`${path}: the file must be gzip, as its name says. Help: fetch it again, or rename it.`);
    }
    yield* piecesOf(handle);
    return;
  }
  const file = handle.createReadStream({ autoClose: false, highWaterMark: PIECE, start: 0 });
  const unpacked = createGunzip({ chunkSize: PIECE });
  // what goes wrong ends `unpacked`, and so the loop below
  pipeline(file, unpacked, () => undefined);
  try {
    yield* unpacked;
  } catch (error) {
    if (!/^Z_/.test(systemCode(error))) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`${path}: the file must be whole gzip data. Received: ${reason}. Help: fetch it again.`, {
      cause: error,
    });
  }
}

/** The text of a file, piece by piece, without a byte order mark. @throws (rejects) FormatError where it is none. */
export async function* textOf(path: string, handle: FileHandle): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let at = 0;
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw new FormatError(`${path}: the text is not UTF-8, near byte ${at}. Help: save the file in UTF-8.`);
    }
  };
  for await (const bytes of bytesOf(path, handle)) {
    if (at === 0) checkBytes(path, bytes);
    yield decode(bytes);
    at += bytes.length;
  }
  yield decode();
}
