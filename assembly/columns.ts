/**
 * How kernels walk down the columns of a matrix: in blocks of 16 columns, one cache line of every row, and the columns
 * that are left over in fours. `Block` is a type, so that code beyond its vectors is not even compiled.
 */
import { Simd } from './simd';

/** A block of columns: four vectors of four, or one. A family of classes without fields. */
export abstract class Block {
  abstract wide(): bool;
}

/** Sixteen columns. */
export class Wide extends Block {
  @inline wide(): bool {
    return true;
  }
}

/** Up to four columns. */
export class Narrow extends Block {
  @inline wide(): bool {
    return false;
  }
}

/** What a narrow block leaves behind. */
export class Columns {
  /** Stores the first `count` lanes of `value`: all four, or what is left of the row. */
  @inline static put(pointer: usize, value: v128, count: i32): void {
    if (count >= 4) v128.store(pointer, value);
    else Simd.storePartial(pointer, value, count);
  }
}
