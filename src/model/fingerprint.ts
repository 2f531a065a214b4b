import { crc32 } from '../format/crc32.js';
import type { Examples } from './resident.js';

/** Bytes of inputs, of targets and of weights that are looked at: some 0.1 ms, which even the shortest fit can spare. */
const SAMPLE_BYTES = 16 * 1024;

/** Whole rows at even distances, as bytes; at least two of them, and never the whole of a large array. */
function sample(values: Float32Array | Int32Array | Uint8Array, rows: number): Uint8Array {
  const { buffer, byteOffset, byteLength } = values;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const size = byteLength / rows;
  const count = Math.min(rows, Math.max(2, Math.floor(SAMPLE_BYTES / size)));
  if (count === rows) return bytes;
  const chosen = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    // the first one and the last one among them
    const row = Math.round((i * (rows - 1)) / (count - 1));
    chosen.set(bytes.subarray(row * size, (row + 1) * size), i * size);
  }
  return chosen;
}

/**
 * The CRC-32 of a sample of rows with their targets and weights: what tells other data from the same, cheaply. It does not
 * see a change of rows that are not in the sample.
 */
export function fingerprint({ x, t, weights }: Examples): number {
  const form = Float64Array.of(x.rows, x.columns, x.scale, weights ? 1 : 0);
  const parts = [sample(x.data, x.rows), sample(t.data, x.rows), ...(weights ? [sample(weights, x.rows)] : [])];
  return crc32(new Uint8Array(form.buffer), ...parts);
}
