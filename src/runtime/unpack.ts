/** What scripts/pack.mjs packed is unpacked here: the kernels travel as text, the second module as a patch to the first. */

/** Bytes as text. */
export interface Packed {
  /** How many there are. */
  readonly bytes: number;
  readonly text: string;
}

/** Characters that stand for bytes: printable ASCII, without what strings of JavaScript give a meaning to. */
const LETTERS = Array.from({ length: 95 }, (_, i) => 32 + i).filter(
  (code) => !'"$\'\\`'.includes(String.fromCharCode(code)),
);
/** The last two say that the next letter is one of the second or third part of the alphabet. */
const [SECOND, THIRD] = LETTERS.splice(-2) as [number, number];
/** Codes of letters are less than this. */
const CODES = 128;

/**
 * The bytes that a text stands for.
 * @param frequent which bytes take one letter: a bit each, four in a hexadecimal digit, the lowest first. They come first in
 * the alphabet of bytes, then all others, each in the order of numbers.
 */
export function unpack({ bytes, text }: Packed, frequent: string): Uint8Array<ArrayBuffer> {
  const every = Array.from({ length: 256 }, (_, byte) => byte);
  const rare = every.map((byte) => !((Number.parseInt(frequent[byte >> 2] as string, 16) >> (byte & 3)) & 1));
  const alphabet = [...every.filter((byte) => !rare[byte]), ...every.filter((byte) => rare[byte])];
  const values = new Uint8Array(3 * CODES);
  alphabet.forEach((byte, i) => {
    const part = Math.floor(i / LETTERS.length);
    values[part * CODES + (LETTERS[i - part * LETTERS.length] as number)] = byte;
  });
  const out = new Uint8Array(bytes);
  for (let read = 0, written = 0; written < bytes; written++) {
    const code = text.charCodeAt(read++);
    const part = code === SECOND ? CODES : code === THIRD ? 2 * CODES : 0;
    out[written] = values[part === 0 ? code : part + text.charCodeAt(read++)] as number;
  }
  return out;
}

/** Refuses what scripts/pack.mjs did not make; `kernelModule` says it to the user. */
function damaged(): never {
  throw new RangeError('damaged');
}

/**
 * `length` bytes made from others by a patch: see scripts/pack.mjs.
 * @throws RangeError where it is none for these bytes.
 */
export function patched(from: Uint8Array, patch: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let [read, written, place] = [0, 0, 0];
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = patch[read++] ?? damaged();
      if (shift > 21) damaged();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  for (;;) {
    const fresh = number();
    if (read + fresh > patch.length || written + fresh > length) damaged();
    out.set(patch.subarray(read, read + fresh), written);
    read += fresh;
    written += fresh;
    if (written === length) return out;
    const way = number();
    place += way & 1 ? -((way + 1) >> 1) : way >> 1;
    const copied = number();
    if (place < 0 || place + copied > from.length || written + copied > length) damaged();
    out.set(from.subarray(place, place + copied), written);
    written += copied;
    place += copied;
  }
}
