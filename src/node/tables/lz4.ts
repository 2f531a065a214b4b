/** LZ4, which Node has not: what Feather files are packed with unless told otherwise. */

/** What a frame begins with. */
const MAGIC = 0x184d2204;

/**
 * Unpacks a block (LZ4 Block Format, lz4.org) behind what `output` holds already, which it may refer to.
 * @returns where its end is in `output`
 * @throws RangeError for a block that is damaged
 */
export function unpackBlock(input: Uint8Array, output: Uint8Array, start: number): number {
  let [from, to] = [0, start];
  const long = (length: number): number => {
    if (length < 15) return length;
    let more: number;
    let sum = length;
    do {
      more = input[from++] ?? Number.NaN;
      sum += more;
    } while (more === 255);
    return sum;
  };
  while (from < input.length) {
    const token = input[from++] as number;
    const literals = long(token >> 4);
    if (!(from + literals <= input.length && to + literals <= output.length)) throw new RangeError('LZ4: cut short');
    output.set(input.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from >= input.length) break; // the last sequence is literals alone
    const back = (input[from] as number) | ((input[from + 1] ?? 0) << 8);
    from += 2;
    const length = long(token & 15) + 4;
    if (!(back > 0 && back <= to && to + length <= output.length)) throw new RangeError('LZ4: no such place');
    // byte by byte: the copy may run into itself
    for (let i = 0; i < length; i++, to++) output[to] = output[to - back] as number;
  }
  return to;
}

/**
 * Unpacks a frame (LZ4 Frame Format, lz4.org). Checksums are not looked at.
 * @throws RangeError for a frame that is damaged
 */
export function unpackFrame(input: Uint8Array): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('LZ4: this is no frame');
  const flags = view.getUint8(4);
  const largest = 1 << (8 + 2 * ((view.getUint8(5) >> 4) & 7)); // of a block
  let at = 6 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0) + 1;
  let output = new Uint8Array(largest);
  let to = 0;
  for (;;) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) return output.subarray(0, to);
    const packed = word >>> 31 === 0;
    const length = word & 0x7fffffff;
    const block = input.subarray(at, at + length);
    if (block.length < length || length > largest) throw new RangeError('LZ4: cut short');
    if (to + largest > output.length) {
      const larger = new Uint8Array(2 * output.length);
      larger.set(output);
      output = larger;
    }
    if (packed) to = unpackBlock(block, output, to);
    else {
      output.set(block, to);
      to += length;
    }
    at += length + (flags & 16 ? 4 : 0);
  }
}
