/**
 * CRC-32 (ISO 3309, as in gzip and PNG; polynomial 0xEDB88320 reflected) of several byte runs in a row: finds every
 * single flipped bit, and bursts up to 32 bits.
 */
export function crc32(...runs: readonly Uint8Array[]): number {
  table ??= makeTable();
  let crc = -1;
  for (const run of runs) {
    const { buffer, byteOffset, length } = aligned(run);
    // signed, which engines hold as integers throughout; little-endian
    const words = new Int32Array(buffer, byteOffset, length >> 2);
    for (let from = 0; from < words.length; from += PIECE) {
      crc = pieceOf(crc, words, from, Math.min(from + PIECE, words.length), table);
    }
    for (let i = 4 * words.length; i < run.length; i++) {
      crc = (table[(crc ^ (run[i] as number)) & 0xff] as number) ^ (crc >>> 8);
    }
  }
  return ~crc >>> 0;
}

/** Words that are summed up in one call: an engine compiles what is called again sooner than a loop that goes on. */
const PIECE = 256;

/** The sum after the words from ≤ i < to: four bytes in one step ("slicing", Kounavis and Berry 2005). */
function pieceOf(crc: number, words: Int32Array, from: number, to: number, t: Int32Array): number {
  for (let i = from; i < to; i++) {
    const word = crc ^ (words[i] as number);
    crc =
      (t[768 | (word & 0xff)] as number) ^
      (t[512 | ((word >>> 8) & 0xff)] as number) ^
      (t[256 | ((word >>> 16) & 0xff)] as number) ^
      (t[word >>> 24] as number);
  }
  return crc;
}

/** The same bytes where words may begin: themselves, or a copy. */
export function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
}

let table: Int32Array | undefined;

/** What each byte does to the sum, and in three more rows of 256 what it does when one, two or three zero bytes follow. */
function makeTable(): Int32Array {
  const made = new Int32Array(1024);
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 && 0xedb88320);
    made[i] = value;
  }
  for (let i = 256; i < 1024; i++) {
    const value = made[i - 256] as number;
    made[i] = (value >>> 8) ^ (made[value & 0xff] as number);
  }
  return made;
}
