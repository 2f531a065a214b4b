/** What the register tiles of the matrix product have in common. Families of classes without fields: see CONTRIBUTING.md. */

/** A number known at compile time, so that code beyond the count vanishes. */
export abstract class Count {
  abstract count(): i32;
}

/** 1 */
export class One extends Count {
  @inline count(): i32 {
    return 1;
  }
}

/** 2 */
export class Two extends Count {
  @inline count(): i32 {
    return 2;
  }
}

/** 3 */
export class Three extends Count {
  @inline count(): i32 {
    return 3;
  }
}

/** 4 */
export class Four extends Count {
  @inline count(): i32 {
    return 4;
  }
}

/** 6 */
export class Six extends Count {
  @inline count(): i32 {
    return 6;
  }
}

/** The micro-kernels of one tile. Each output is summed in the order that assembly/gemm/gemm.ts states, whatever the tile. */
export abstract class TileKernels {
  /** Rows of a tile. */
  abstract rows(): i32;

  /** Columns of a tile, and of a panel of B. */
  abstract columns(): i32;

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

  /** One row of A times three neighbouring whole panels, `panelStride` bytes apart. */
  abstract rowOfPanels(a: usize, b: usize, panelStride: usize, depth: i32, c: usize, base: usize): void;
}
