import { NARROW_COLUMNS, TALL_COLUMNS, Tile, WIDE_COLUMNS } from '../../assembly/abi.js';

/** Columns of a tile, and of a panel. */
export const TILE_COLUMNS: Readonly<Record<Tile, number>> = {
  [Tile.Narrow]: NARROW_COLUMNS,
  [Tile.NarrowUnrolled]: NARROW_COLUMNS,
  [Tile.Tall]: TALL_COLUMNS,
  [Tile.Wide]: WIDE_COLUMNS,
};

/** Floats of a packed B [k, n]: whole panels. */
export function packedElements(tile: Tile, k: number, n: number): number {
  return k * Math.ceil(n / TILE_COLUMNS[tile]) * TILE_COLUMNS[tile];
}
