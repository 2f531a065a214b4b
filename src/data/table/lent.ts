import type { TextColumn } from './column.js';

/** Texts of a dictionary, piece by piece, in its order. */
export type TextPieces = () => Iterable<readonly string[]>;

/** A column of texts that are read when somebody asks for them: many look at the codes alone. */
export class LentTexts implements TextColumn {
  readonly type = 'text';
  readonly codes: Int32Array;
  /** How many texts the dictionary has. */
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

  /** The dictionary piece by piece, without all of it in memory. */
  pieces(): Iterable<readonly string[]> {
    return this.#dictionary ? [this.#dictionary] : this.#pieces();
  }
}

/** How many texts the dictionary of a column has. */
export function sizeOf(column: Pick<TextColumn, 'dictionary'>): number {
  return column instanceof LentTexts ? column.size : column.dictionary.length;
}

/** A text of a dictionary. */
export function textAt(column: TextColumn, code: number): string | undefined {
  let left = code;
  for (const texts of textsOf(column)) {
    if (left < texts.length) return texts[left];
    left -= texts.length;
  }
  return undefined;
}

/** The dictionary of a column, in pieces where it comes in such. */
export function textsOf(column: TextColumn): Iterable<readonly string[]> {
  return column instanceof LentTexts ? column.pieces() : [column.dictionary];
}
