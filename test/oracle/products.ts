/** References of the matrix product, the packing in front of it, and the sum over rows. */
import { BLOCK_DEPTH, BLOCK_ROWS, Flag, NARROW_COLUMNS, TALL_COLUMNS, Tile, WIDE_COLUMNS } from '../../assembly/abi.js';
import { exactly, generator, type OperationCase, reals, SHAPES, SIZES, UNIT, within } from './operation.js';

/** The transpose of x [rows, columns]. */
function transposed(x: Float32Array, rows: number, columns: number): Float32Array {
  return x.map((_, at) => x[(at % rows) * columns + Math.floor(at / rows)] as number);
}

/**
 * B [k, n] as the product reads it: blocks of BLOCK_DEPTH rows, in each the panels of a tile's columns one after
 * another, in each row by row; columns from n on are zero.
 */
function packed(tile: Tile, b: Float32Array, k: number, n: number): Float32Array {
  const columns = COLUMNS[tile];
  const panels = Math.ceil(n / columns);
  const out = new Float32Array(k * panels * columns);
  let at = 0;
  for (let first = 0; first < k; first += BLOCK_DEPTH) {
    for (let panel = 0; panel < panels; panel++) {
      for (let p = first; p < Math.min(first + BLOCK_DEPTH, k); p++) {
        for (let j = panel * columns; j < (panel + 1) * columns; j++) {
          out[at++] = j < n ? (b[p * n + j] as number) : 0;
        }
      }
    }
  }
  return out;
}

/** The columns of every tile. */
const COLUMNS = {
  [Tile.Narrow]: NARROW_COLUMNS,
  [Tile.NarrowUnrolled]: NARROW_COLUMNS,
  [Tile.Tall]: TALL_COLUMNS,
  [Tile.Wide]: WIDE_COLUMNS,
} as const satisfies Record<Tile, number>;

const TILES = Object.keys(COLUMNS).map((tile) => Number(tile) as Tile);

/** The sizes of one product C [m, n] = A [m, k] · B [k, n]. */
type Product = readonly [m: number, n: number, k: number];

/** Every pair of odd sizes for C, with a depth that goes round them too. */
const PRODUCTS: readonly Product[] = SIZES.flatMap((m, i) =>
  SIZES.map((n, j): Product => [m, n, SIZES[(i + j) % SIZES.length] as number]),
);

/** Where something changes: a vector, a tile, three panels of a single row, a block of the depth, a block of rows. */
const CORNERS: readonly Product[] = [
  ...Object.values(COLUMNS).flatMap((columns): readonly Product[] => [
    [1, columns, 4],
    [3, columns, 8],
    [2, columns - 1, 9],
    [4, columns + 1, 9],
    [6, columns, 5],
    [11, 2 * columns, 5],
    [1, 3 * columns, 33],
    [1, 3 * columns + 5, 33],
    [1, 6 * columns + 1, BLOCK_DEPTH + 1],
  ]),
  [2, 4, 2],
  [2, 8, 2],
  [4, 30, BLOCK_DEPTH],
  [4, 26, BLOCK_DEPTH + 1],
  [5, 11, 2 * BLOCK_DEPTH - 1],
  [1, 1, 2 * BLOCK_DEPTH + 3],
  [BLOCK_ROWS, 10, 12],
  [BLOCK_ROWS + 1, 13, 12],
  [2 * BLOCK_ROWS + 1, 25, 3],
  [BLOCK_ROWS + 2, 14, BLOCK_DEPTH + 2],
];

function gemmCase(tile: Tile, [m, n, k]: Product, transposeA: boolean, withBias: boolean): OperationCase {
  const sizes = `${m}×${n}×${k}${transposeA ? ' transposeA' : ''}${withBias ? ' bias' : ''}`;
  // the same numbers for every tile, so that their results can be compared
  const next = generator(`gemm ${sizes}`);
  const a = reals(next, m * k);
  const b = reals(next, k * n);
  const bias = reals(next, n);
  return {
    label: `${Tile[tile]} ${sizes}`,
    record: { kind: tile, m, n, k, flags: transposeA ? Flag.TransposeA : 0 },
    inputs: { a: transposeA ? transposed(a, m, k) : a, panels: packed(tile, b, k, n), ...(withBias && { bias }) },
    outcome: () => {
      const c = new Float64Array(m * n);
      const magnitudes = new Float64Array(m * n);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = withBias ? (bias[j] as number) : 0;
          let magnitude = Math.abs(sum);
          for (let p = 0; p < k; p++) {
            const term = (a[i * k + p] as number) * (b[p * n + j] as number);
            sum += term;
            magnitude += Math.abs(term);
          }
          c[i * n + j] = sum;
          magnitudes[i * n + j] = magnitude;
        }
      }
      // a term is rounded when it is made, and at each addition in its block, of the blocks after it, and of the bias
      const roundings = Math.min(k, BLOCK_DEPTH) + Math.ceil(k / BLOCK_DEPTH) + 1;
      return { operands: { c: within(c, { relative: roundings * UNIT }, magnitudes) } };
    },
  };
}

function packCase(tile: Tile, [, n, k]: Product, transposeB: boolean): OperationCase {
  const label = `${Tile[tile]} ${k}×${n}${transposeB ? ' transposeB' : ''}`;
  const b = reals(generator(`pack ${label}`), k * n);
  return {
    label,
    record: { kind: tile, n, k, flags: transposeB ? Flag.TransposeB : 0 },
    inputs: { b: transposeB ? transposed(b, k, n) : b },
    outcome: () => ({ operands: { panels: exactly(packed(tile, b, k, n)) } }),
  };
}

function columnSumCase(m: number, n: number): OperationCase {
  const label = `${m}×${n}`;
  const x = reals(generator(`columnSum ${label}`), m * n);
  return {
    label,
    record: { m, n },
    inputs: { x },
    outcome: () => {
      const y = new Float64Array(n);
      const magnitudes = new Float64Array(n);
      x.forEach((value, at) => {
        y[at % n] = (y[at % n] as number) + value;
        magnitudes[at % n] = (magnitudes[at % n] as number) + Math.abs(value);
      });
      return { operands: { y: within(y, { relative: (m - 1) * UNIT }, magnitudes) } };
    },
  };
}

/** C = A · B (+ bias) */
export const gemm = {
  cases: TILES.flatMap((tile) =>
    [...PRODUCTS, ...CORNERS].flatMap((product, i) => [
      gemmCase(tile, product, false, i % 2 === 0),
      gemmCase(tile, product, true, i % 2 === 1),
    ]),
  ),
};

/** B into panels; the row counts of the products do not matter, so equal ones are dropped. */
export const packB = {
  cases: [
    ...new Map(
      TILES.flatMap((tile) =>
        [...PRODUCTS, ...CORNERS].flatMap((product) =>
          [packCase(tile, product, false), packCase(tile, product, true)].map((one) => [one.label, one] as const),
        ),
      ),
    ).values(),
  ],
};

/** y[j] = Σᵢ x[i, j] */
export const columnSum = { cases: SHAPES.map(([m, n]) => columnSumCase(m, n)) };
