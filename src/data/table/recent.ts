/** How many texts are kept; a power of two. */
const PLACES = 2048;
/** Texts of more characters are not. */
const LONGEST = 16;

/**
 * Codes of texts that a column had lately, known by their characters: most columns have few different texts, and to find one here
 * takes no string. A text has one place, by its hash, from which it drives out the one before.
 */
export class RecentTexts {
  readonly #units = new Uint16Array(PLACES * LONGEST);
  /** Of each text; 255 where there is none. */
  readonly #lengths = new Uint8Array(PLACES).fill(255);
  readonly #codes = new Int32Array(PLACES);

  /** The code of the text between two places of `units`, where it is known. */
  find(units: Uint16Array, begin: number, end: number, hash: number): number | undefined {
    const place = placeOf(hash);
    const length = end - begin;
    if (this.#lengths[place] !== length) return undefined;
    const from = place * LONGEST;
    for (let i = 0; i < length; i++) if (this.#units[from + i] !== units[begin + i]) return undefined;
    return this.#codes[place] as number;
  }

  /** Keeps the code of such a text, unless it is long. */
  keep(units: Uint16Array, begin: number, end: number, hash: number, code: number): void {
    const length = end - begin;
    if (length > LONGEST) return;
    const place = placeOf(hash);
    const from = place * LONGEST;
    for (let i = 0; i < length; i++) this.#units[from + i] = units[begin + i] as number;
    this.#lengths[place] = length;
    this.#codes[place] = code;
  }
}

function placeOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
}
