/** What scripts/pack.mjs packed is unpacked here: the kernels travel deflated, the second module as a patch to the first. */
import { builtin } from './host.js';

/** Lengths of copies by code − 257 (RFC 1951, 3.2.5); the last one has no more bits, the first eight neither. */
const LENGTHS = '3 4 5 6 7 8 9 10 11 13 15 17 19 23 27 31 35 43 51 59 67 83 99 115 131 163 195 227 258'
  .split(' ')
  .map(Number);
const LAST_LENGTH = 28;
const LONGEST_CODE = 15;
/** Bytes that may be read behind the end, as zeros, where a symbol has fewer bits than are looked at. */
const AHEAD = 2;
/** The order in which the lengths of the codes of code lengths come (3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** The kind of block that has codes of its own (3.2.3). */
const DYNAMIC = 2;
/** Symbols: the end of a block; among code lengths, to repeat the last one, and to repeat 0. */
const END = 256;
const [REPEAT, FEW_ZEROS] = [16, 17];

/** Refuses what scripts/pack.mjs did not make; `unpacked` in engine.ts says it to the user. */
function damaged(): never {
  throw new RangeError('damaged');
}

/**
 * A canonical Huffman code (3.2.2) as a table: for what the next bits may be, the symbol they begin with, times 16, + its
 * length. As long as the longest code asks.
 */
function tableOf(lengths: Uint8Array): Uint16Array {
  const longest = Math.max(...lengths);
  const table = new Uint16Array(1 << longest);
  const symbols = [...lengths.keys()].filter((symbol) => lengths[symbol] !== 0);
  for (let length = 1, code = 0; length <= longest; length++, code <<= 1) {
    for (const symbol of symbols) {
      if (lengths[symbol] !== length) continue;
      // codes come with their highest bit first, and all else with its lowest
      let at = 0;
      for (let bit = 0; bit < length; bit++) at |= ((code >> bit) & 1) << (length - 1 - bit);
      for (; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length;
      code++;
    }
  }
  return table;
}

/**
 * `length` bytes out of deflated ones (RFC 1951): blocks with codes of their own alone, which is what zlib makes here. Ours,
 * because browsers have none that answers at once. Whatever the bytes are, it ends.
 * @throws RangeError for other blocks, and for bytes that are not `length` deflated ones.
 */
export function inflate(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let [read, written, held, count] = [0, 0, 0, 0];
  /** The next `bits` ≤ 16 as a number, the lowest first. */
  const take = (bits: number): number => {
    for (; count < bits; count += 8) held |= (bytes[read++] as number) << count;
    const value = held & ((1 << bits) - 1);
    held >>>= bits;
    count -= bits;
    return value;
  };
  const symbol = (table: Uint16Array): number => {
    // zeros behind the end
    for (; count < LONGEST_CODE; count += 8) held |= (bytes[read++] as number) << count;
    const entry = table[held & (table.length - 1)] as number;
    held >>>= entry & 15;
    count -= entry & 15;
    return entry >> 4;
  };
  for (let last = 0; last === 0; ) {
    last = take(1);
    if (take(2) !== DYNAMIC) damaged();
    const [literals, distances, outer] = [take(5) + 257, take(5) + 1, take(4) + 4];
    const lengthsOfLengths = new Uint8Array(ORDER.length);
    for (let i = 0; i < outer; i++) lengthsOfLengths[ORDER[i] as number] = take(3);
    const table = tableOf(lengthsOfLengths);
    const lengths = new Uint8Array(literals + distances);
    for (let at = 0; at < lengths.length; ) {
      const code = symbol(table);
      if (code < REPEAT) {
        lengths[at++] = code;
        continue;
      }
      const times = code === REPEAT ? 3 + take(2) : code === FEW_ZEROS ? 3 + take(3) : 11 + take(7);
      lengths.fill(code === REPEAT ? (lengths[at - 1] as number) : 0, at, at + times);
      at += times;
    }
    const literalTable = tableOf(lengths.subarray(0, literals));
    const distanceTable = tableOf(lengths.subarray(literals));
    for (let code = symbol(literalTable); code !== END; code = symbol(literalTable)) {
      // a symbol that is none asks for no bits, a length that is none makes `written` NaN
      if (!(written < length && read <= bytes.length + AHEAD)) damaged();
      if (code < END) {
        out[written++] = code;
        continue;
      }
      const i = code - END - 1;
      const copied = (LENGTHS[i] as number) + (i < 8 || i === LAST_LENGTH ? 0 : take((i >> 2) - 1));
      const far = symbol(distanceTable);
      const more = Math.max(0, (far >> 1) - 1);
      const distance = (far < 2 ? far : (2 + (far & 1)) << more) + take(more) + 1;
      if (distance > written) damaged();
      if (distance >= copied) out.copyWithin(written, written - distance, written - distance + copied);
      else for (let j = written; j < written + copied; j++) out[j] = out[j - distance] as number;
      written += copied;
    }
    if (read > bytes.length + AHEAD) damaged();
  }
  return written === length ? out : damaged();
}

/** The bytes of base64 text. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/**
 * `length` bytes out of base64 text of deflated ones: by Node's zlib where it is, which takes 2 ms where `inflate`, not yet
 * translated, takes 5.
 * @throws RangeError where the text is damaged, or what zlib and `atob` throw.
 */
export function unpack(text: string, length: number): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(text);
  const native = builtin('node:zlib')?.inflateRawSync?.(bytes);
  if (!native) return inflate(bytes, length);
  return native.length === length ? new Uint8Array(native) : damaged();
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
