/**
 * CRC-32 (ISO 3309, as in gzip and PNG; polynomial 0xEDB88320 reflected) of several byte runs in a row: finds every
 * single flipped bit, and bursts up to 32 bits.
 */
export function crc32(...runs: readonly Uint8Array[]): number {
  table ??= makeTable();
  let crc = 0xffffffff;
  for (const run of runs) {
    for (let i = 0; i < run.length; i++) {
      crc = (table[(crc ^ (run[i] as number)) & 0xff] as number) ^ (crc >>> 8);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

let table: Uint32Array | undefined;

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value >>> 0;
  });
}
