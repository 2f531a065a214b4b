/**
 * CRC-32 (ISO 3309, as in gzip and PNG; polynomial 0xEDB88320 reflected) of several byte runs in a row: finds every
 * single flipped bit, and bursts up to 32 bits.
 */
export function crc32(...runs: readonly Uint8Array[]): number {
  tables ??= makeTables();
  const [t0, t1, t2, t3] = tables as [Int32Array, Int32Array, Int32Array, Int32Array];
  let crc = -1;
  for (const run of runs) {
    const words = wordsOf(run);
    for (let from = 0; from < words.length; from += PIECE) {
      crc = pieceOf(crc, words, from, Math.min(from + PIECE, words.length), t0, t1, t2, t3);
    }
    for (let i = 4 * words.length; i < run.length; i++) {
      crc = (t0[(crc ^ (run[i] as number)) & 0xff] as number) ^ (crc >>> 8);
    }
  }
  return ~crc >>> 0;
}

/** Words that are summed up in one call: an engine compiles what is called again sooner than a loop that goes on. */
const PIECE = 256;

/** The sum after the words from ≤ i < to: four bytes in one step ("slicing", Kounavis and Berry 2005). */
function pieceOf(
  crc: number,
  words: Int32Array,
  from: number,
  to: number,
  t0: Int32Array,
  t1: Int32Array,
  t2: Int32Array,
  t3: Int32Array,
): number {
  for (let i = from; i < to; i++) {
    const word = crc ^ (words[i] as number);
    crc =
      (t3[word & 0xff] as number) ^
      (t2[(word >>> 8) & 0xff] as number) ^
      (t1[(word >>> 16) & 0xff] as number) ^
      (t0[word >>> 24] as number);
  }
  return crc;
}

/** The bytes, but for the last ones, as little-endian words; signed, which engines hold as integers throughout. */
function wordsOf(run: Uint8Array): Int32Array {
  const { buffer, byteOffset, length } = run.byteOffset % 4 === 0 ? run : new Uint8Array(run);
  return new Int32Array(buffer, byteOffset, length >> 2);
}

let tables: readonly Int32Array[] | undefined;

/** What a byte does to the sum, and what it does when one, two or three zero bytes follow. */
function makeTables(): readonly Int32Array[] {
  const first = new Int32Array(256).map((_, value) => {
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 && 0xedb88320);
    return value;
  });
  const list = [first];
  for (let zeros = 1; zeros < 4; zeros++) {
    list.push((list.at(-1) as Int32Array).map((value) => (value >>> 8) ^ (first[value & 0xff] as number)));
  }
  return list;
}
