/**
 * The matrix product C [m, n] = A [m, k] · B [k, n] (+ bias), float32, row-major. After Goto and van de Geijn, Anatomy of
 * High-Performance Matrix Multiplication (2008), in the words of BLIS (Van Zee and van de Geijn 2015). Five loops:
 *
 *     PC   blocks of BLOCK_DEPTH of k                gemm             a block of B      L2 or L3 cache
 *     IC   blocks of at most BLOCK_ROWS rows of A    gemm             a block of A      L2
 *     JR   panels of a tile's columns of B            blockProduct     a panel of B      L1
 *     IR   strips of a tile's rows of A               a tile's panel   a strip of A      L2 to L1
 *     P    the depth of the block                     a tile           a tile of C       registers
 *
 * (BLIS' loop JC over columns is missing: B comes packed as a whole, which for layers of a network is small enough.)
 *
 * The order of additions, and so every bit of C, depends on k alone: a block is summed from zero in ascending p, the first
 * block is stored, the next ones are added to C in ascending order, the bias last. Neither the tile, nor the position in
 * it, nor the number of rows, nor the thread count has a say. Parallel over rows or columns of C, never over k.
 */
import { BLOCK_DEPTH, BLOCK_ROWS, BLOCK_STRIDE, Tile, WIDE_COLUMNS } from '../abi';
import { Simd } from '../simd';
import { Share } from '../thread';
import { turnA } from './pack';
import { TileKernels } from './tile';
import { Narrow, NarrowUnrolled, Tall, Wide, WideFused } from './tiles.generated';

/** Where in a thread's scratch the sums of an edge panel wait, whole rows of it, behind the turned block of A … */
const EDGE: usize = BLOCK_ROWS * BLOCK_STRIDE * 4;
/** … and behind them the zeros that a first block is added to: a row of as many columns as the widest kernel has. */
const ZEROS: usize = EDGE + BLOCK_ROWS * WIDE_COLUMNS * 4;
const ZEROS_BYTES: usize = 3 * WIDE_COLUMNS * 4;

/**
 * C = A·B, and + bias [n] in every row where `bias` is not 0. A [m, k] is stored as it is or (`transposedA`) as [k, m];
 * B is `packed` by packB; C must not overlap an operand. `scratch` has SCRATCH_BYTES of this thread's own. m, n, k ≥ 1.
 * Parallel over strips of rows or panels of columns, whichever gives the more even shares.
 */
export function gemm(
  tile: i32,
  a: usize,
  transposedA: bool,
  packed: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  bias: usize,
  scratch: usize,
  thread: i32,
  threads: i32,
): void {
  // each module has the tiles that its arithmetic is fast with (src/runtime/wasm.ts)
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (tile === Tile.Tall) {
      product<Tall>(a, transposedA, packed, c, m, n, k, bias, scratch, thread, threads);
    } else if (tile === Tile.Wide) {
      product<WideFused>(a, transposedA, packed, c, m, n, k, bias, scratch, thread, threads);
    } else unreachable();
  } else {
    if (tile === Tile.Narrow) {
      product<Narrow>(a, transposedA, packed, c, m, n, k, bias, scratch, thread, threads);
    } else if (tile === Tile.NarrowUnrolled) {
      product<NarrowUnrolled>(a, transposedA, packed, c, m, n, k, bias, scratch, thread, threads);
    } else if (tile === Tile.Wide) {
      product<Wide>(a, transposedA, packed, c, m, n, k, bias, scratch, thread, threads);
    } else unreachable();
  }
}

/** PC and IC: this thread's share, block by block. */
export function product<Kernels extends TileKernels>(
  a: usize,
  transposedA: bool,
  packed: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  bias: usize,
  scratch: usize,
  thread: i32,
  threads: i32,
): void {
  const tileRows = changetype<Kernels>(0).rows();
  const tileColumns = changetype<Kernels>(0).columns();
  const strips = (m + tileRows - 1) / tileRows;
  const panels = (n + tileColumns - 1) / tileColumns;
  const byRows = <i64>ceilDivide(strips, threads) * panels <= <i64>ceilDivide(panels, threads) * strips;
  const firstRow = byRows ? Share.start(m, tileRows, thread, threads) : 0;
  const lastRow = byRows ? Share.start(m, tileRows, thread + 1, threads) : m;
  const firstPanel = byRows ? 0 : Share.start(panels, 1, thread, threads);
  const lastPanel = byRows ? panels : Share.start(panels, 1, thread + 1, threads);
  if (firstRow === lastRow || firstPanel === lastPanel) return;
  for (let at: usize = 0; at < ZEROS_BYTES; at += 16) v128.store(scratch + ZEROS + at, i32x4.splat(0));
  const aStride = (<usize>(transposedA ? m : k)) << 2;
  const cStride = (<usize>n) << 2;
  // blocks as even as whole strips allow: a last block of a few rows would read all of B for little work
  const blocks = ceilDivide(lastRow - firstRow, BLOCK_ROWS);
  const height = ceilDivide(lastRow - firstRow, blocks * tileRows) * tileRows;
  for (let p = 0; p < k; p += BLOCK_DEPTH) {
    const depth = min(BLOCK_DEPTH, k - p);
    const bBlock = packed + <usize>p * <usize>panels * <usize>(tileColumns << 2);
    for (let i = firstRow; i < lastRow; i += height) {
      const rows = min(height, lastRow - i);
      const cBlock = c + <usize>i * cStride;
      const base = p > 0 ? cBlock : depth === k ? bias : 0;
      const baseStride = p > 0 ? cStride : 0;
      let aBlock = a + <usize>i * aStride + ((<usize>p) << 2);
      let rowStride = aStride;
      if (transposedA) {
        turnA(a + <usize>p * aStride + ((<usize>i) << 2), aStride, scratch, rows, depth);
        aBlock = scratch;
        rowStride = BLOCK_STRIDE * 4;
      }
      blockProduct<Kernels>(
        aBlock,
        rowStride,
        bBlock,
        depth,
        cBlock,
        n,
        base,
        baseStride,
        rows,
        firstPanel,
        lastPanel,
        scratch,
      );
      if (bias && p > 0 && p + depth === k) {
        addBias(cBlock, n, bias, rows, firstPanel * tileColumns, min(n, lastPanel * tileColumns));
      }
    }
  }
}

/** x / y, rounded up. */
function ceilDivide(x: i32, y: i32): i32 {
  return (x + y - 1) / y;
}

/** JR: `rows` rows of A times the panels of one block of B. `base` is 0, the biases, or C as it stands. */
function blockProduct<Kernels extends TileKernels>(
  a: usize,
  aStride: usize,
  b: usize,
  depth: i32,
  c: usize,
  n: i32,
  base: usize,
  baseStride: usize,
  rows: i32,
  firstPanel: i32,
  lastPanel: i32,
  scratch: usize,
): void {
  const kernels = changetype<Kernels>(0);
  const tileColumns = kernels.columns();
  const panelRow = <usize>(tileColumns << 2);
  const cStride = (<usize>n) << 2;
  const panelStride = <usize>depth * panelRow;
  const lastWhole = min(lastPanel, n / tileColumns);
  let panel = firstPanel;
  if (rows === 1) {
    const together = kernels.rowPanels();
    for (; panel + together <= lastWhole; panel += together) {
      const at = <usize>panel * panelRow;
      kernels.rowOfPanels(a, b + at * depth, panelStride, depth, c + at, base ? base + at : scratch + ZEROS);
    }
  }
  for (; panel < lastPanel; panel++) {
    const at = <usize>panel * panelRow;
    const source = b + at * depth;
    const from = base ? base + at : scratch + ZEROS;
    const columns = min(tileColumns, n - panel * tileColumns);
    if (kernels.exact(columns)) {
      kernels.panel(columns, a, aStride, source, depth, c + at, cStride, from, baseStride, rows);
    } else {
      kernels.panel(columns, a, aStride, source, depth, scratch + EDGE, panelRow, scratch + ZEROS, 0, rows);
      addRows(scratch + EDGE, panelRow, c + at, cStride, from, baseStride, rows, columns);
    }
  }
}

/** c = x + base for the first `columns` floats of `rows` rows: what leaves scratch for an edge of C. */
function addRows(
  x: usize,
  xStride: usize,
  c: usize,
  cStride: usize,
  base: usize,
  baseStride: usize,
  rows: i32,
  columns: i32,
): void {
  const whole = (<usize>(columns & ~3)) << 2;
  const rest = columns & 3;
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < whole; at += 16) {
      v128.store(c + at, f32x4.add(v128.load(x + at), v128.load(base + at)));
    }
    if (rest > 0) {
      // Simd.storePartial, without a call per row
      const sum = f32x4.add(v128.load(x + whole), v128.load(base + whole));
      v128.store32_lane(c + whole, sum, 0);
      if (rest > 1) v128.store32_lane(c + whole, sum, 1, 4);
      if (rest > 2) v128.store32_lane(c + whole, sum, 2, 8);
    }
    x += xStride;
    c += cStride;
    base += baseStride;
  }
}

/** C += bias in every row, for the columns first ≤ j < last of this share: after the last of several blocks. */
function addBias(c: usize, n: i32, bias: usize, rows: i32, first: i32, last: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j = first; j < last; j += 4) {
      const at = (<usize>j) << 2;
      const x = f32x4.add(v128.load(c + at), v128.load(bias + at));
      if (j + 4 <= last) v128.store(c + at, x);
      else Simd.storePartial(c + at, x, last - j);
    }
    c += (<usize>n) << 2;
  }
}
