import { FormatError } from '../errors.js';
import { aligned, crc32 } from './crc32.js';

/** A named float32 array with its shape. */
export interface NamedArray {
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** The values, row-major. */
  /** What was read is a view of the file where that can be: whoever keeps it, copies it. */
  readonly data: Float32Array;
}

/** What a safetensors file holds: float32 arrays by name, and strings by name. */
export interface Contents {
  readonly tensors: ReadonlyMap<string, NamedArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

// Numbers are copied as they are: the format is little-endian, as WebAssembly is, and the machines that this library runs on.

/** Larger headers than this are refused, as the format's own reader does. */
const MOST_HEADER = 100_000_000;
const CHECKSUM = 'checksum';
const BLANK = '00000000';

/**
 * The safetensors form of `contents` (huggingface/safetensors: u64 header length, JSON header, data), readable by every
 * reader of that format. A CRC-32 of the whole file, taken with the checksum itself as zeros, stands in the metadata.
 */
export function encodeSafetensors({ tensors, metadata }: Contents): Uint8Array<ArrayBuffer> {
  const entries: Record<string, unknown> = { __metadata__: { ...metadata, [CHECKSUM]: BLANK } };
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    const start = end;
    end += data.byteLength;
    entries[name] = { dtype: 'F32', shape, data_offsets: [start, end] };
  }
  let text = JSON.stringify(entries);
  // the data begins on a multiple of eight bytes: the format asks for trailing spaces
  const utf8 = new TextEncoder();
  text += ' '.repeat((8 - (utf8.encode(text).length % 8)) % 8);
  const header = utf8.encode(text);
  const bytes = new Uint8Array(8 + header.length + end);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, header.length, true);
  bytes.set(header, 8);
  let offset = 8 + header.length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  const sum = crc32(bytes).toString(16).padStart(8, '0');
  bytes.set(utf8.encode(text.replace(`"${CHECKSUM}":"${BLANK}"`, `"${CHECKSUM}":"${sum}"`)), 8);
  return bytes;
}

/**
 * Reads what `encodeSafetensors` wrote.
 * @param where names the source in messages
 * @throws FormatError for truncated, damaged and foreign files.
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): Contents {
  const fail = (rule: string): never => {
    throw new FormatError(`${where}: ${rule}. Help: expected a file written by \`model.save()\`.`);
  };
  if (bytes.length < 10) fail(`a model has at least 10 bytes, this has ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  if (view.getUint32(4, true) !== 0 || length > MOST_HEADER || bytes[8] !== 0x7b) {
    fail('this is not a safetensors file (its header does not begin with its length and `{`)');
  }
  if (8 + length > bytes.length) {
    fail(`the file is truncated: its header needs ${8 + length} bytes, and it has ${bytes.length}`);
  }
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  const header = parseHeader(text) ?? fail('the file is damaged: its header is not JSON');
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isStrings(metadata)) return fail('the file is damaged: its metadata are not strings');
  const { [CHECKSUM]: sum, ...rest } = metadata;
  if (sum === undefined) return fail('this is a safetensors file, but not a lanegrad model');
  const data = bytes.subarray(8 + length);
  const tensors = new Map<string, NamedArray>();
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    const wellFormed = dtype === 'F32' && isSizes(shape) && isSizes(offsets) && offsets.length === 2;
    if (!wellFormed) return fail(`the file is damaged: the entry of ${name} is not a float32 array`);
    const [start = 0, end = 0] = offsets;
    const count = shape.reduce((size, n) => size * n, 1);
    if (end - start !== 4 * count)
      fail(`the file is damaged: ${name} has ${end - start} bytes instead of ${4 * count}`);
    if (end > data.length)
      fail(`the file is truncated: ${name} ends at byte ${end} of the data, which has ${data.length}`);
    const { buffer, byteOffset } = aligned(data.subarray(start, end));
    tensors.set(name, { shape, data: new Float32Array(buffer, byteOffset, count) });
  }
  const blanked = new TextEncoder().encode(text.replace(`"${CHECKSUM}":"${sum}"`, `"${CHECKSUM}":"${BLANK}"`));
  const actual = crc32(bytes.subarray(0, 8), blanked, data).toString(16).padStart(8, '0');
  if (actual !== sum) fail(`the file is damaged: its checksum is ${sum}, its content gives ${actual}`);
  return { tensors, metadata: rest };
}

function parseHeader(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    // told apart by the caller: a header that does not parse is a damaged file
    return undefined;
  }
}

function isStrings(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && Object.values(value).every((v) => typeof v === 'string');
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
