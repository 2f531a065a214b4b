/** How sums leave their registers, and what tiles at the rim of C need. */
export class Edges {
  /** An address below all matrices where 64 bytes stay zero: what a first block is added to. */
  static readonly ZEROS: usize = 64;

  /** c = x + base, 12 columns. */
  @inline static add3(c: usize, x0: v128, x1: v128, x2: v128, base: usize): void {
    x0 = f32x4.add(x0, v128.load(base));
    x1 = f32x4.add(x1, v128.load(base, 16));
    x2 = f32x4.add(x2, v128.load(base, 32));
    v128.store(c, x2, 32);
    v128.store(c, x1, 16);
    v128.store(c, x0);
  }

  /** c = x + base, 16 columns. V8 joins pairs only where all is loaded before anything is stored. */
  @inline static add4(c: usize, x0: v128, x1: v128, x2: v128, x3: v128, base: usize): void {
    x0 = f32x4.add(x0, v128.load(base));
    x1 = f32x4.add(x1, v128.load(base, 16));
    x2 = f32x4.add(x2, v128.load(base, 32));
    x3 = f32x4.add(x3, v128.load(base, 48));
    v128.store(c, x0);
    v128.store(c, x1, 16);
    v128.store(c, x2, 32);
    v128.store(c, x3, 48);
  }

  /**
   * Copies `rows` × `columns` floats; rows lie `fromStride` and `toStride` bytes apart. A tile at the rim is computed whole in a
   * place of its own, and the part of it that exists is copied.
   */
  static copy(from: usize, fromStride: usize, to: usize, toStride: usize, rows: i32, columns: i32): void {
    for (let i = 0; i < rows; i++) {
      let j = 0;
      for (; j + 4 <= columns; j += 4) v128.store(to + <usize>j * 4, v128.load(from + <usize>j * 4));
      for (; j < columns; j++) store<f32>(to + <usize>j * 4, load<f32>(from + <usize>j * 4));
      from += fromStride;
      to += toStride;
    }
  }
}
