/** Mixes a code unit into a hash: FNV-1a (Fowler, Noll and Vo). */
const mixed = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);

/**
 * Numbers for texts, in the order of their first appearance. A Map would keep each text as an object of the engine's heap; here the
 * characters stand one behind another, and a million short texts take a fifth of the memory.
 */
export class TextCodes {
  #size = 0;
  /** Characters of all texts, and where each text ends. */
  #units = new Uint16Array(1 << 10);
  #ends = new Float64Array(1 << 7);
  /** By hash: 1 more than the number of a text; 0 is a free place. */
  #places = new Int32Array(1 << 8);

  /** How many different texts there are. */
  get size(): number {
    return this.#size;
  }

  /** The number of a text; a text that is new has the next one. */
  codeOf(text: string): number {
    let hash = 0;
    for (let i = 0; i < text.length; i++) hash = mixed(hash, text.charCodeAt(i));
    const at = this.#placeOf(hash, text);
    const known = this.#places[at] as number;
    if (known > 0) return known - 1;
    const code = this.#size++;
    this.#places[at] = code + 1;
    this.#append(code, text);
    if (2 * this.#size > this.#places.length) this.#spread();
    return code;
  }

  /** The place where a text is, or where it belongs. */
  #placeOf(hash: number, text: string): number {
    const last = this.#places.length - 1;
    let at = (hash ^ (hash >>> 15)) & last;
    while ((this.#places[at] as number) > 0 && !this.#is((this.#places[at] as number) - 1, text)) at = (at + 1) & last;
    return at;
  }

  #begin(code: number): number {
    return code > 0 ? (this.#ends[code - 1] as number) : 0;
  }

  #is(code: number, text: string): boolean {
    const begin = this.#begin(code);
    if ((this.#ends[code] as number) - begin !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (this.#units[begin + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #append(code: number, text: string): void {
    const begin = this.#begin(code);
    const end = begin + text.length;
    if (end > this.#units.length) this.#units = grown(this.#units, new Uint16Array(2 * end));
    if (code === this.#ends.length) this.#ends = grown(this.#ends, new Float64Array(2 * code));
    for (let i = 0; i < text.length; i++) this.#units[begin + i] = text.charCodeAt(i);
    this.#ends[code] = end;
  }

  /** Doubles the places. */
  #spread(): void {
    const places = new Int32Array(2 * this.#places.length);
    const last = places.length - 1;
    for (let code = 0; code < this.#size; code++) {
      let hash = 0;
      for (let i = this.#begin(code); i < (this.#ends[code] as number); i++)
        hash = mixed(hash, this.#units[i] as number);
      let at = (hash ^ (hash >>> 15)) & last;
      while ((places[at] as number) > 0) at = (at + 1) & last;
      places[at] = code + 1;
    }
    this.#places = places;
  }
}

function grown<T extends Uint16Array | Float64Array>(values: T, larger: T): T {
  larger.set(values);
  return larger;
}
