/**
 * Memory for values that are needed for a moment, used again and again: an engine collects arrays late, as it sees little of what they
 * take. What was given before is overwritten by what is asked for next.
 */
export class ColumnMemory {
  #buffer = new ArrayBuffer(0);

  /** Room for so many numbers; what it holds is left over. */
  numbers(length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#room(8 * length), 0, length);
  }

  /** The same for codes. */
  codes(length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#room(4 * length), 0, length);
  }

  /** The same for bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#room(length), 0, length);
  }

  #room(bytes: number): ArrayBuffer {
    if (this.#buffer.byteLength < bytes) this.#buffer = new ArrayBuffer(bytes);
    return this.#buffer;
  }
}
