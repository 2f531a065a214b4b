import { closeSync, fstatSync, openSync, read } from 'node:fs';
import { stat } from 'node:fs/promises';
import { endianness } from 'node:os';
import { promisify } from 'node:util';
import { FormatError } from '../errors.js';
import { checkPath, rethrow } from './files.js';
import { checkUnchanged, type Identity, refuseChange } from './identity.js';

const readSome = promisify(read);

/** Most bytes that are asked of the system at once. */
const MOST_BYTES = 1 << 30;

/** Types of the values in a file of rows. @inline */
export type ValueType = 'float32' | 'uint8';

/** Bytes of a value. */
export const VALUE_BYTES = { float32: 4, uint8: 1 } as const;

/** What a row of a file is. */
export interface RowLayout {
  readonly type: ValueType;
  /** Values in a row. */
  readonly values: number;
  /** Bytes in front of the first row. */
  readonly skip: number;
}

/** A file that is nothing but rows of one length. It is open only while rows are read: there is nothing to close. */
export class RowFile {
  readonly path: string;
  readonly rows: number;
  readonly #rowBytes: number;
  readonly #layout: RowLayout;
  /** The file as it was when it was opened: while it is read, it must not change. */
  readonly #identity: Identity;

  private constructor(path: string, layout: RowLayout, identity: Identity) {
    this.path = path;
    this.#layout = layout;
    this.#rowBytes = layout.values * VALUE_BYTES[layout.type];
    this.rows = (identity.size - layout.skip) / this.#rowBytes;
    this.#identity = identity;
  }

  /**
   * Looks at a file without reading it.
   * @param name of the option that the path is, for messages
   * @throws (rejects) ArgumentError for a path that cannot be used, FormatError for a size that is no whole number of rows.
   */
  static async open(name: string, path: unknown, layout: RowLayout): Promise<RowFile> {
    checkPath('openRows', name, path);
    try {
      const found = await stat(path);
      if (found.isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
      const file = new RowFile(path, layout, found);
      if (!Number.isInteger(file.rows) || file.rows < 1) {
        const { type, values, skip } = layout;
        const rule = `whole rows of ${values} ${type} values, ${file.#rowBytes} bytes each`;
        throw new FormatError(
          `${path}: the file must hold ${rule}${skip > 0 ? `, behind ${skip} bytes` : ''}. ` +
            `Received: ${found.size} bytes. Help: check \`columns\`, \`type\`, \`targets\` and \`skip\` of openRows.`,
        );
      }
      return file;
    } catch (error) {
      rethrow('openRows', name, path, error);
    }
  }

  /**
   * The bytes of some rows, in this machine's order of bytes.
   * @param spare bytes that may be written over and handed out again
   * @throws (rejects) FormatError if the file is no longer what it was.
   */
  async read(first: number, count: number, spare: Uint8Array | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = count * this.#rowBytes;
    const room = spare && spare.buffer.byteLength >= bytes ? (spare.buffer as ArrayBuffer) : new ArrayBuffer(bytes);
    const into = new Uint8Array(room, 0, bytes);
    const begin = this.#layout.skip + first * this.#rowBytes;
    // what is quick is done at once: every await here would take a turn of the event loop, which training gives back seldom
    let handle: number;
    try {
      handle = openSync(this.path, 'r');
    } catch (error) {
      rethrow('openRows', 'path', this.path, error);
    }
    try {
      let done = 0;
      while (done < bytes) {
        const length = Math.min(bytes - done, MOST_BYTES);
        const { bytesRead } = await readSome(handle, into, done, length, begin + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      checkUnchanged('openRows', this.path, this.#identity, fstatSync(handle));
      if (done < bytes) refuseChange('openRows', this.path, 'it ended too early');
    } finally {
      closeSync(handle);
    }
    if (this.#layout.type === 'float32' && endianness() === 'BE') Buffer.from(room, 0, bytes).swap32();
    return into;
  }
}
