/** What the register tiles of the matrix product have in common. A family of classes without fields: see CONTRIBUTING.md. */

/** The micro-kernels of one tile. Each output is summed in the order that assembly/gemm/gemm.ts states, whatever the tile. */
export abstract class TileKernels {
  /** Rows of a tile. */
  abstract rows(): i32;

  /** Columns of a tile, and of a panel of B. */
  abstract columns(): i32;

  /** Panels that a single row is multiplied with at once. */
  abstract rowPanels(): i32;

  /** Whether the kernels write so many of a panel's columns and not one more; else a panel goes through scratch. */
  abstract exact(columns: i32): bool;

  /**
   * `rows` rows of A times one panel of B. Of each row of C so many floats are written, and of `base` read, as `columns`
   * (1 to those of the tile) come to in whole vectors, or in whole tiles where they are not `exact`.
   *
   *     a: the first element of the first row; rows lie aStride bytes apart
   *     b: one packed panel, `columns()` floats per p          c, base: rows lie cStride and baseStride bytes apart
   */
  abstract panel(
    columns: i32,
    a: usize,
    aStride: usize,
    b: usize,
    depth: i32,
    c: usize,
    cStride: usize,
    base: usize,
    baseStride: usize,
    rows: i32,
  ): void;

  /** One row of A times `rowPanels()` neighbouring whole panels, `panelStride` bytes apart. */
  abstract rowOfPanels(a: usize, b: usize, panelStride: usize, depth: i32, c: usize, base: usize): void;
}
