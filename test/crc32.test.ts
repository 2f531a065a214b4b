/** The checksum of saved models, against its definition bit by bit. */
import { describe, expect, it } from 'vitest';
import { crc32 } from '../src/format/crc32.js';
import { generator } from './oracle/operation.js';

/** ISO 3309, one bit at a time. */
function reference(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const random = generator('crc32');
const bytes = Uint8Array.from({ length: 5000 }, () => Math.floor(random() * 256));

describe('crc32', () => {
  it('is that of everybody else', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    expect(crc32()).toBe(0);
  });

  it.each([0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 299, 1023, 1024, 1025, 4103])(
    'is its definition for %i bytes, wherever they begin',
    (length) => {
      for (let from = 0; from < 5 && from + length <= bytes.length; from++) {
        const run = bytes.subarray(from, from + length);
        expect(crc32(run), String(from)).toBe(reference(run));
        // a slice of a Buffer is no copy
        expect(crc32(Buffer.from(bytes.buffer).subarray(from, from + length)), String(from)).toBe(reference(run));
      }
    },
  );

  it('goes on from run to run', () => {
    for (const [a, b] of [
      [1, 2],
      [3, 8],
      [8, 11],
      [40, 299],
      [1021, 4099],
    ] as const) {
      expect(crc32(bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b))).toBe(reference(bytes));
    }
  });
});
