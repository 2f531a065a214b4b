/** PNG pictures (W3C, Portable Network Graphics, third edition), 8 bits per channel, without loss. */
import { deflateSync } from 'node:zlib';
import { crc32 } from '../format/crc32.js';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** The color type of a picture by its number of channels. */
const COLOR_TYPES = { 1: 0, 3: 2, 4: 6 } as const;

/** length, type, data, CRC-32 of type and data */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/**
 * The bytes of a PNG file.
 * @param pixels row by row from the top: grey, red-green-blue, or red-green-blue-alpha
 */
export function encodePng(pixels: Uint8Array, width: number, height: number, channels: 1 | 3 | 4): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, COLOR_TYPES[channels]], 8);
  // each line begins with the number of its filter: 0, none
  const line = width * channels;
  const lines = new Uint8Array((line + 1) * height);
  for (let y = 0; y < height; y++) lines.set(pixels.subarray(y * line, (y + 1) * line), y * (line + 1) + 1);
  const parts = [
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ];
  return Buffer.concat(parts);
}

/** A picture as an address that holds the picture itself. */
export function pngAddress(pixels: Uint8Array, width: number, height: number, channels: 1 | 3 | 4): string {
  return `data:image/png;base64,${Buffer.from(encodePng(pixels, width, height, channels)).toString('base64')}`;
}
