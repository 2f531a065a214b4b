import type { TextsInPieces } from '../../data/table/texts.js';

/** Texts of a dictionary, piece by piece, in its order. */
export type TextPieces = () => Iterable<readonly string[]>;

/** A column of texts that are read when somebody asks for them: many look at the codes alone. */
export class LentTexts implements TextsInPieces {
  readonly type = 'text';
  readonly codes: Int32Array;
  readonly size: number;
  readonly #pieces: TextPieces;
  #dictionary: readonly string[] | undefined;

  constructor(codes: Int32Array, size: number, pieces: TextPieces) {
    this.codes = codes;
    this.size = size;
    this.#pieces = pieces;
  }

  get dictionary(): readonly string[] {
    if (this.#dictionary) return this.#dictionary;
    const texts: string[] = [];
    for (const piece of this.#pieces()) for (let i = 0; i < piece.length; i++) texts.push(piece[i] as string);
    this.#dictionary = texts;
    return texts;
  }

  pieces(): Iterable<readonly string[]> {
    return this.#dictionary ? [this.#dictionary] : this.#pieces();
  }

  /** The text of a code. */
  at(code: number): string | undefined {
    let left = code;
    for (const texts of this.pieces()) {
      if (left < texts.length) return texts[left];
      left -= texts.length;
    }
    return undefined;
  }
}
