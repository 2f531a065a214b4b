/** What a column of numbers is told by, without sorting it. */

/**
 * Memory for numbers that are needed for a moment, used again and again: an engine collects arrays late, as it sees little of what
 * they take. What was given before is overwritten by what is asked for next.
 */
export class Scratch {
  #values = new Float64Array(0);

  /** Room for so many numbers; what it holds is left over. */
  numbers(length: number): Float64Array<ArrayBuffer> {
    if (this.#values.length < length) this.#values = new Float64Array(length);
    return this.#values.subarray(0, length);
  }
}

/** Fewer values than this are sorted sooner than counted. */
const FEW = 4096;

/** What one pass over numbers tells, NaN left out. */
export interface Summary {
  /** How many there are. */
  readonly count: number;
  readonly least: number;
  readonly most: number;
  /** Whether each is a whole number. */
  readonly whole: boolean;
}

/** Count, range, and whether all are whole numbers, NaN left out. */
export function summaryOf(values: Float64Array): Summary {
  let [count, least, most, whole] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) continue;
    count++;
    if (value < least) least = value;
    if (value > most) most = value;
    whole &&= Number.isInteger(value);
  }
  return { count, least, most, whole };
}

/** How many different values whole numbers have, NaN left out: by a mark for each, or sorted where they lie far apart. */
export function distinctIn(values: Float64Array, { count, least, most }: Summary): number {
  let distinct = 0;
  if (count === 0) return 0;
  if (most - least <= 8 * count) {
    const seen = new Uint8Array(most - least + 1);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (Number.isNaN(value) || seen[value - least] === 1) continue;
      seen[value - least] = 1;
      distinct++;
    }
    return distinct;
  }
  const sorted = present(values, count, new Scratch()).sort();
  for (let i = 0; i < sorted.length; i++) distinct += Number(i === 0 || sorted[i] !== sorted[i - 1]);
  return distinct;
}

/** Those that are no NaN. */
function present(values: Float64Array, count: number, scratch: Scratch): Float64Array {
  const there = scratch.numbers(count);
  for (let i = 0, at = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) there[at++] = values[i] as number;
  }
  return there;
}

/** The middle of the values, or of the two in the middle; 0 of none. NaN is left out. @param scratch for a copy of them */
export function medianOf(values: Float64Array, scratch = new Scratch()): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) count++;
  if (count === 0) return 0;
  const there = present(values, count, scratch);
  const middle = count >> 1;
  const upper = valueAt(there, middle);
  return count % 2 === 1 ? upper : upper / 2 + valueAt(there, middle - 1) / 2;
}

/**
 * The value that would have this place, were they sorted. Of a float64, the upper 32 bits are taken in two halves: those that have
 * the half in which the place lies are few, and only they are looked at again (radix selection), and sorted in the end.
 */
function valueAt(values: Float64Array, sortedPlace: number): number {
  let [left, place] = [values, sortedPlace];
  for (let shift = 16; shift >= 0 && left.length >= FEW; shift -= 16) {
    // as WebAssembly has them, and so every machine that this runs on: the upper half is the second
    const words = new Int32Array(left.buffer, left.byteOffset, 2 * left.length);
    const counts = new Uint32Array(1 << 16);
    for (let i = 1; i < words.length; i += 2) {
      const digit = (inOrder(words[i] as number) >>> shift) & 0xffff;
      counts[digit] = (counts[digit] as number) + 1;
    }
    let digit = 0;
    while (place >= (counts[digit] as number)) place -= counts[digit++] as number;
    const same = new Float64Array(counts[digit] as number);
    for (let i = 1, at = 0; i < words.length; i += 2) {
      if (((inOrder(words[i] as number) >>> shift) & 0xffff) === digit) same[at++] = left[i >> 1] as number;
    }
    left = same;
  }
  // `values` stays as it is
  return (left === values ? left.slice() : left).sort()[place] as number;
}

/** Bits of a float64 as those of a whole number without a sign that has the same order. */
function inOrder(upper: number): number {
  return upper < 0 ? ~upper : upper ^ 0x80000000;
}
