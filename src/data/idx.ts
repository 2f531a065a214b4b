/**
 * IDX, the format of MNIST and its relatives (LeCun, Cortes, Burges, The MNIST database of handwritten digits):
 *
 *     byte 0   1   2     3     4 … 4 · rank + 3              then
 *          0   0   type  rank  size of each axis, u32 each   values, row-major
 *
 * Everything is big-endian. Only type 0x08, bytes, is read here: it is what every published image set uses.
 */
import { FormatError, refuse } from '../errors.js';
import type { Labelled } from './labelled.js';

/** Values of an IDX file, row-major, and the size of each axis. */
export interface Idx {
  /** All values, row-major, from 0 to 255; a view of the file's bytes. */
  readonly data: Uint8Array;
  /** The size of each axis, at least 1: `[60000, 28, 28]`. */
  readonly shape: readonly number[];
}

/** The element type that is read. */
const UINT8 = 0x08;

/** The other element types of the format, by their code. */
const otherTypes: Readonly<Record<number, string>> = {
  9: 'int8',
  11: 'int16',
  12: 'int32',
  13: 'float32',
  14: 'float64',
};

/** Kinds of file that are handed in by mistake, by their first bytes. */
const foreign: readonly { readonly kind: string; readonly starts: readonly number[]; readonly help?: string }[] = [
  { kind: 'gzip data', starts: [0x1f, 0x8b], help: 'unpack it first, with gunzip or DecompressionStream.' },
  { kind: 'a PNG picture', starts: [0x89, 0x50, 0x4e, 0x47] },
  { kind: 'a JPEG picture', starts: [0xff, 0xd8, 0xff] },
  { kind: 'a zip archive', starts: [0x50, 0x4b], help: 'unpack it first.' },
];

/** Throws the one kind of error of this file. */
function fault(name: string, expected: string, found: string, help?: string): never {
  throw new FormatError(`${name}: ${expected}. Received: ${found}.${help ? ` Help: ${help}` : ''}`);
}

/** `1 byte`, `2 bytes`. */
function count(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}

/** Refuses bytes that do not begin like IDX, naming what they look like. */
function checkMagic(bytes: Uint8Array, name: string): void {
  if (bytes[0] === 0 && bytes[1] === 0) return;
  const expected = 'an IDX file begins with two zero bytes';
  const match = foreign.find(({ starts }) => starts.every((byte, i) => bytes[i] === byte));
  if (match) fault(name, expected, match.kind, match.help);
  const head = bytes.subarray(0, 16);
  if (head.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13)) {
    fault(name, expected, `text that begins with ${JSON.stringify(String.fromCharCode(...head))}`);
  }
  fault(name, expected, Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' '));
}

/**
 * Reads the bytes of an unpacked IDX file of type uint8. `data` is a view of `bytes`, not a copy.
 * @param name what messages begin with, default `'IDX'`
 * @throws FormatError for a file that is foreign, damaged, cut short or too long, or of another type than uint8.
 *
 * @example
 * const { data, shape } = parseIdx(bytes, 'train-images-idx3-ubyte') // shape [60000, 28, 28]
 */
export function parseIdx(bytes: Uint8Array, name = 'IDX'): Idx {
  if (!(bytes instanceof Uint8Array)) refuse('parseIdx', 'the bytes of an IDX file are needed, as a Uint8Array', bytes);
  if (bytes.length === 0) fault(name, 'an IDX file has a header of at least 8 bytes', 'no bytes at all');
  checkMagic(bytes, name);
  if (bytes.length < 4) fault(name, 'an IDX file has a header of at least 8 bytes', count(bytes.length));
  const type = bytes[2] as number;
  if (type !== UINT8) {
    const code = `0x${type.toString(16).padStart(2, '0')}`;
    const known = otherTypes[type];
    fault(
      name,
      'only element type 0x08 (uint8) is read',
      known ? `type ${code} (${known})` : `type ${code}, which IDX does not have`,
    );
  }
  const rank = bytes[3] as number;
  if (rank === 0) fault(name, 'an IDX file has at least one axis', 'rank 0');
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    fault(name, `a header of rank ${rank} is ${header} bytes long`, count(bytes.length), 'the file is cut short.');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, header);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const sizes = shape.join(' × ');
  if (shape.includes(0)) fault(name, 'every axis must have a size of at least 1', `the sizes ${sizes}`);
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (!Number.isSafeInteger(size)) fault(name, 'sizes must multiply to less than 2^53 bytes', `the sizes ${sizes}`);
  if (bytes.length !== header + size) {
    fault(
      name,
      `with the sizes ${sizes} the file is ${count(header + size)} long`,
      count(bytes.length),
      bytes.length < header + size ? 'the file is cut short: fetch it again.' : 'bytes follow after the data.',
    );
  }
  return { data: new Uint8Array(bytes.buffer, bytes.byteOffset + header, size), shape };
}

/**
 * Images and their class indices as one data set.
 * @param images of two axes or more, the first one being that of the rows
 * @param labels of one axis
 * @param where what messages begin with, default `'labelled'`
 * @throws FormatError for labels that are no list, images without a shape of their own, and different counts.
 */
export function labelled(images: Idx, labels: Idx, where = 'labelled'): Labelled {
  for (const given of [images, labels]) {
    if (!Array.isArray(given?.shape)) refuse(where, 'images and labels must be as parseIdx gives them', given);
  }
  if (labels.shape.length !== 1) {
    fault(where, 'labels must have one axis', `the sizes ${labels.shape.join(' × ')}`, 'are the two files exchanged?');
  }
  if (images.shape.length < 2) {
    fault(where, 'images must have two axes or more', `the size ${images.shape.join(' × ')}`);
  }
  if (images.shape[0] !== labels.shape[0]) {
    fault(
      where,
      'there must be one label for each image',
      `${images.shape[0]} images and ${labels.shape[0]} labels`,
      'the two files do not belong together.',
    );
  }
  return { x: images, y: labels.data };
}
