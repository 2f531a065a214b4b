/**
 * CRC-32 (ISO 3309, as in gzip and PNG; polynomial 0xEDB88320 reflected) of several byte runs in a row: finds every
 * single flipped bit, and bursts up to 32 bits.
 */
export function crc32(...runs: readonly Uint8Array[]): number {
  tables ??= makeTables();
  const [t0, t1, t2, t3] = tables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  let crc = 0xffffffff;
  for (const run of runs) {
    const words = wordsOf(run);
    for (let i = 0; i < words.length; i++) {
      crc ^= words[i] as number;
      crc =
        (t3[crc & 0xff] as number) ^
        (t2[(crc >>> 8) & 0xff] as number) ^
        (t1[(crc >>> 16) & 0xff] as number) ^
        (t0[crc >>> 24] as number);
    }
    for (let i = 4 * words.length; i < run.length; i++) {
      crc = (t0[(crc ^ (run[i] as number)) & 0xff] as number) ^ (crc >>> 8);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The bytes, but for the last ones, as little-endian words: four steps in one ("slicing", Kounavis and Berry 2005). */
function wordsOf(run: Uint8Array): Uint32Array {
  const { buffer, byteOffset, length } = run.byteOffset % 4 === 0 ? run : new Uint8Array(run);
  return new Uint32Array(buffer, byteOffset, length >> 2);
}

let tables: readonly Uint32Array[] | undefined;

/** What a byte does to the sum, and what it does when one, two or three zero bytes follow. */
function makeTables(): readonly Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  const list = [first];
  for (let zeros = 1; zeros < 4; zeros++) {
    list.push((list.at(-1) as Uint32Array).map((value) => (value >>> 8) ^ (first[value & 0xff] as number)));
  }
  return list;
}
