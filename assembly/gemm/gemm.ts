/**
 * The matrix product C [m, n] = A [m, k] · B [k, n] (+ bias), float32, row-major. After Goto and van de Geijn, Anatomy of
 * High-Performance Matrix Multiplication (2008), in the words of BLIS (Van Zee and van de Geijn 2015). Five loops:
 *
 *     PC   blocks of BLOCK_DEPTH of k                gemm             a block of B      L2 or L3 cache
 *     IC   blocks of at most BLOCK_ROWS rows of A    gemm             a block of A      L2
 *     JR   panels of TILE_COLUMNS columns of B       blockProduct     a panel of B      L1
 *     IR   strips of TILE_ROWS rows of A             kernel.ts        a strip of A      L2 to L1
 *     P    the depth of the block                    kernel.ts        a tile of C       registers
 *
 * (BLIS' loop JC over columns is missing: B comes packed as a whole, which for layers of a network is small enough.)
 *
 * The order of additions, and so every bit of C, depends on k alone: a block is summed from zero in ascending p, the first
 * block is stored, the next ones are added to C in ascending order, the bias last. Neither the tile, nor the position in
 * it, nor the number of rows, nor the thread count has a say. Parallel over rows or columns of C, never over k.
 */
import { BLOCK_DEPTH, BLOCK_ROWS, BLOCK_STRIDE, TILE_COLUMNS, TILE_ROWS } from '../abi';
import { Simd } from '../simd';
import { Share } from '../thread';
import { PANEL_ROW_BYTES, panelProduct, rowOfPanels } from './kernel';
import { turnA } from './pack';

/** Where in a thread's scratch the sums of an edge panel wait, whole rows of it, behind the turned block of A … */
const EDGE: usize = BLOCK_ROWS * BLOCK_STRIDE * 4;
/** … and behind them the zeros that a first block is added to: a row of as many columns as the widest kernel has. */
const ZEROS: usize = EDGE + BLOCK_ROWS * PANEL_ROW_BYTES;
const ZEROS_BYTES: usize = 3 * PANEL_ROW_BYTES;

/**
 * C = A·B, and + bias [n] in every row where `bias` is not 0. A [m, k] is stored as it is or (`transposedA`) as [k, m];
 * B is `packed` by packB; C must not overlap an operand. `scratch` has SCRATCH_BYTES of this thread's own. m, n, k ≥ 1.
 * Parallel over strips of rows or panels of columns, whichever gives the more even shares.
 */
export function gemm(
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
  const strips = (m + TILE_ROWS - 1) / TILE_ROWS;
  const panels = (n + TILE_COLUMNS - 1) / TILE_COLUMNS;
  const byRows = <i64>ceilDivide(strips, threads) * panels <= <i64>ceilDivide(panels, threads) * strips;
  const firstRow = byRows ? Share.start(m, TILE_ROWS, thread, threads) : 0;
  const lastRow = byRows ? Share.start(m, TILE_ROWS, thread + 1, threads) : m;
  const firstPanel = byRows ? 0 : Share.start(panels, 1, thread, threads);
  const lastPanel = byRows ? panels : Share.start(panels, 1, thread + 1, threads);
  if (firstRow === lastRow || firstPanel === lastPanel) return;
  for (let at: usize = 0; at < ZEROS_BYTES; at += 16) v128.store(scratch + ZEROS + at, i32x4.splat(0));
  const aStride = (<usize>(transposedA ? m : k)) << 2;
  const cStride = (<usize>n) << 2;
  // blocks as even as whole strips allow: a last block of a few rows would read all of B for little work
  const blocks = ceilDivide(lastRow - firstRow, BLOCK_ROWS);
  const height = ceilDivide(lastRow - firstRow, blocks * TILE_ROWS) * TILE_ROWS;
  for (let p = 0; p < k; p += BLOCK_DEPTH) {
    const depth = min(BLOCK_DEPTH, k - p);
    const bBlock = packed + <usize>p * <usize>panels * PANEL_ROW_BYTES;
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
      blockProduct(aBlock, rowStride, bBlock, depth, cBlock, n, base, baseStride, rows, firstPanel, lastPanel, scratch);
      if (bias && p > 0 && p + depth === k) addBias(cBlock, n, bias, rows, firstPanel, lastPanel);
    }
  }
}

/** x / y, rounded up. */
function ceilDivide(x: i32, y: i32): i32 {
  return (x + y - 1) / y;
}

/** JR: `rows` rows of A times the panels of one block of B. `base` is 0, the biases, or C as it stands. */
function blockProduct(
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
  const cStride = (<usize>n) << 2;
  const panelStride = <usize>depth * PANEL_ROW_BYTES;
  const lastWhole = min(lastPanel, n / TILE_COLUMNS);
  let panel = firstPanel;
  if (rows === 1) {
    for (; panel + 3 <= lastWhole; panel += 3) {
      const at = <usize>panel * PANEL_ROW_BYTES;
      rowOfPanels(a, b + at * depth, panelStride, depth, c + at, base ? base + at : scratch + ZEROS);
    }
  }
  for (; panel < lastPanel; panel++) {
    const at = <usize>panel * PANEL_ROW_BYTES;
    const from = base ? base + at : scratch + ZEROS;
    const columns = min(TILE_COLUMNS, n - panel * TILE_COLUMNS);
    if (columns % 4 === 0) {
      panelProduct(columns, a, aStride, b + at * depth, depth, c + at, cStride, from, baseStride, rows);
    } else {
      panelProduct(columns, a, aStride, b + at * depth, depth, scratch + EDGE, PANEL_ROW_BYTES, from, baseStride, rows);
      copyRows(scratch + EDGE, c + at, cStride, rows, columns);
    }
  }
}

/** Copies the first `columns` (not a multiple of 4) floats of `rows` rows, TILE_COLUMNS floats each, into C. */
function copyRows(source: usize, c: usize, cStride: usize, rows: i32, columns: i32): void {
  const whole = (<usize>(columns & ~3)) << 2;
  const rest = columns & 3;
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < whole; at += 16) v128.store(c + at, v128.load(source + at));
    // Simd.storePartial, without a call per row
    const x = v128.load(source + whole);
    v128.store32_lane(c + whole, x, 0);
    if (rest > 1) v128.store32_lane(c + whole, x, 1, 4);
    if (rest > 2) v128.store32_lane(c + whole, x, 2, 8);
    source += PANEL_ROW_BYTES;
    c += cStride;
  }
}

/** C += bias in every row, for the panels of this share: after the last of several blocks. */
function addBias(c: usize, n: i32, bias: usize, rows: i32, firstPanel: i32, lastPanel: i32): void {
  const first = firstPanel * TILE_COLUMNS;
  const last = min(n, lastPanel * TILE_COLUMNS);
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
