import type { TextColumn } from './column.js';

/** A column of a table on disk, whose dictionary need not be in memory as a whole. */
export interface TextsInPieces extends TextColumn {
  /** How many texts the dictionary has. */
  readonly size: number;
  /** The dictionary piece by piece, in its order. */
  pieces(): Iterable<readonly string[]>;
}

function isInPieces(column: Pick<TextColumn, 'dictionary'>): column is TextsInPieces {
  return 'pieces' in column;
}

/** How many texts the dictionary of a column has. */
export function sizeOf(column: Pick<TextColumn, 'dictionary'>): number {
  return isInPieces(column) ? column.size : column.dictionary.length;
}

/** The dictionary of a column, in pieces where it comes in such. */
export function textsOf(column: TextColumn): Iterable<readonly string[]> {
  return isInPieces(column) ? column.pieces() : [column.dictionary];
}
