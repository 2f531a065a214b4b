import { BLOCK_DEPTH, BLOCK_ROWS, TILE_COLUMNS, TILE_ROWS } from '../abi';
import { Simd } from '../simd';
import { Share } from '../thread';
import { Count, One, rowOfThree, Three, tile, Two } from './kernel';
import { packA } from './pack';

const PANEL_ROW = TILE_COLUMNS * 4;
const PACKED_STRIDE = (BLOCK_DEPTH + 16) * 4;

/** C [m, n] = A·B (+ bias) */
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
  let firstRow = 0;
  let lastRow = m;
  let firstPanel = 0;
  let lastPanel = panels;
  const stripShare = (strips + threads - 1) / threads;
  const panelShare = (panels + threads - 1) / threads;
  if (<i64>stripShare * panels <= <i64>panelShare * strips) {
    firstRow = Share.start(m, TILE_ROWS, thread, threads);
    lastRow = Share.start(m, TILE_ROWS, thread + 1, threads);
  } else {
    firstPanel = Share.start(panels, 1, thread, threads);
    lastPanel = Share.start(panels, 1, thread + 1, threads);
  }
  if (firstRow >= lastRow || firstPanel >= lastPanel) return;
  const blocks = (lastRow - firstRow + BLOCK_ROWS - 1) / BLOCK_ROWS;
  const height = ((lastRow - firstRow + blocks * TILE_ROWS - 1) / (blocks * TILE_ROWS)) * TILE_ROWS;
  const stride = (<usize>(transposedA ? m : k)) << 2;
  const cStride = (<usize>n) << 2;
  const edge = scratch + BLOCK_ROWS * PACKED_STRIDE;
  const zeros = edge + TILE_ROWS * PANEL_ROW;
  for (let j = 0; j < 9; j++) v128.store(zeros + (<usize>j << 4), i32x4.splat(0));
  for (let p = 0; p < k; p += BLOCK_DEPTH) {
    const depth = min(BLOCK_DEPTH, k - p);
    const b = packed + <usize>p * <usize>panels * PANEL_ROW;
    for (let i = firstRow; i < lastRow; i += height) {
      const rows = min(height, lastRow - i);
      let source = a + <usize>i * stride + ((<usize>p) << 2);
      let sourceStride = stride;
      if (transposedA) {
        packA(a + <usize>p * stride + ((<usize>i) << 2), stride, scratch, PACKED_STRIDE, rows, depth);
        source = scratch;
        sourceStride = PACKED_STRIDE;
      }
      for (let panel = firstPanel; panel < lastPanel; panel++) {
        const j = <usize>panel * PANEL_ROW;
        const columns = min(TILE_COLUMNS, n - panel * TILE_COLUMNS);
        const target = c + <usize>i * cStride + j;
        const bPanel = b + j * <usize>depth;
        let base = p > 0 ? target : bias && depth === k ? bias + j : zeros;
        const baseStride = p > 0 ? cStride : 0;
        if (columns & 3) {
          edges(source, sourceStride, bPanel, depth, target, cStride, base, baseStride, rows, columns, edge);
        } else if (rows === 1 && panel + 3 <= lastPanel && (panel + 3) * TILE_COLUMNS <= n) {
          rowOfThree(source, bPanel, <usize>depth * PANEL_ROW, depth, target, base);
          panel += 2;
        } else if (columns === 12) {
          column<Three>(source, sourceStride, bPanel, depth, target, cStride, base, baseStride, rows);
        } else if (columns === 8) {
          column<Two>(source, sourceStride, bPanel, depth, target, cStride, base, baseStride, rows);
        } else {
          column<One>(source, sourceStride, bPanel, depth, target, cStride, base, baseStride, rows);
        }
      }
    }
  }
}

/** all rows of a block of A times one panel of B */
function column<Vectors extends Count>(
  a: usize,
  aStride: usize,
  b: usize,
  depth: i32,
  c: usize,
  cStride: usize,
  base: usize,
  baseStride: usize,
  rows: i32,
): void {
  while (rows >= TILE_ROWS) {
    tile<Three, Vectors>(a, aStride, b, depth, c, cStride, base, baseStride);
    a += aStride * TILE_ROWS;
    c += cStride * TILE_ROWS;
    base += baseStride * TILE_ROWS;
    rows -= TILE_ROWS;
  }
  if (rows === 2) tile<Two, Vectors>(a, aStride, b, depth, c, cStride, base, baseStride);
  else if (rows === 1) tile<One, Vectors>(a, aStride, b, depth, c, cStride, base, baseStride);
}

function edges(
  a: usize,
  aStride: usize,
  b: usize,
  depth: i32,
  c: usize,
  cStride: usize,
  base: usize,
  baseStride: usize,
  rows: i32,
  columns: i32,
  edge: usize,
): void {
  while (rows > 0) {
    const height = min(rows, TILE_ROWS);
    if (columns > 8) column<Three>(a, aStride, b, depth, edge, PANEL_ROW, base, baseStride, height);
    else if (columns > 4) column<Two>(a, aStride, b, depth, edge, PANEL_ROW, base, baseStride, height);
    else column<One>(a, aStride, b, depth, edge, PANEL_ROW, base, baseStride, height);
    copyTile(edge, c, cStride, height, columns);
    a += aStride * TILE_ROWS;
    c += cStride * TILE_ROWS;
    base += baseStride * TILE_ROWS;
    rows -= TILE_ROWS;
  }
}

/** Brings the tile of an edge to C. */
function copyTile(edge: usize, c: usize, cStride: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j += 4) {
      const at = (<usize>j) << 2;
      const x = v128.load(edge + at);
      if (columns - j >= 4) v128.store(c + at, x);
      else Simd.storePartial(c + at, x, columns - j);
    }
    edge += PANEL_ROW;
    c += cStride;
  }
}
