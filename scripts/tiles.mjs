// The micro-kernels of the matrix product (assembly/gemm/gemm.ts), printed as AssemblyScript into
// assembly/gemm/tiles.generated.ts by scripts/build.mjs. AssemblyScript has no way to say "this many accumulators" or "these
// lines, four times": so a tile is described here by a few numbers, and the lines are written out, as XNNPACK does it.
//
// A kernel computes one register tile
//
//     C[i, j] = Σₚ A[i, p] · B[p, j] + base[i, j]        rows × 4·vectors, p = 0 … depth − 1 in this order
//
// with one accumulator per output, which starts at +0 and takes one multiplication and one addition per p, whatever the tile
// and however many p are written out per turn of the loop. `base` is what the sum is added to: C itself, a row of biases, or
// zeros (which change no bit, because a sum that started at +0 is never −0).
//
// What decides about speed, per engine, is in docs/gemm.md. In short: accumulators, the vectors of a row of B, and the
// elements of A must fit into 15 registers; V8 before 13 wants a `while` loop of a single p, and stores from the last
// accumulator to the first, without a branch; V8's revectorization wants pointers that move, each row's loads before its
// stores, and stores that ascend.

/**
 * The tiles. `rows` × 4·`vectors` is what a whole tile computes, of `steps` p per turn. `partial`: whether fewer vectors have
 * kernels of their own, at the right edge of C. `pairs`: stores ascend, for revectorization. `panels`: how many neighbouring
 * panels a single row is multiplied with at once, so that its sums do not wait for each other.
 */
export const TILES = {
  Narrow: { rows: 3, vectors: 3, steps: 1, partial: true, pairs: false, panels: 3 },
  NarrowUnrolled: { rows: 3, vectors: 3, steps: 4, partial: true, pairs: false, panels: 3, edges: 'Narrow' },
  // for lanegrad/predict: Narrow without kernels for the right edge, which is computed in whole tiles instead
  Whole: { rows: 3, vectors: 3, steps: 1, partial: false, pairs: false, panels: 3, edges: 'Narrow' },
  Tall: { rows: 6, vectors: 2, steps: 1, partial: true, pairs: false, panels: 4 },
  WideFused: { rows: 6, vectors: 4, steps: 1, partial: false, pairs: true, panels: 3 },
  Wide: { rows: 4, vectors: 4, steps: 4, partial: false, pairs: true, panels: 3 },
};

/** 0 … count − 1, each put into text; joined by newlines. */
const lines = (count, line) => Array.from({ length: count }, (_, i) => line(i)).join('\n');
const indices = (count) => Array.from({ length: count }, (_, i) => i);

/** An offset as the last argument of a load or a store. */
const at = (bytes) => (bytes === 0 ? '' : `, ${bytes}`);

/** One p of a tile: a row of the panel, and for each row of A its element times that row. */
function step(rows, vectors, panelBytes, p) {
  const b = lines(vectors, (j) => `    b${j} = v128.load(b${at(p * panelBytes + 16 * j)});`);
  const row = (i) =>
    `    x = v128.load32_splat(a${i}${at(4 * p)});\n` +
    lines(vectors, (j) => `    c${i}${j} = Simd.multiplyAdd(x, b${j}, c${i}${j});`);
  return `${b}\n${lines(rows, row)}`;
}

/** The loop over p: `steps` of them per turn, then one by one what is left. */
function loop(rows, vectors, panelBytes, steps) {
  const turn = (count) => `  while (depth > ${count - 1}) {
${lines(count, (p) => step(rows, vectors, panelBytes, p))}
${lines(rows, (i) => `    a${i} += ${4 * count};`)}
    b += ${panelBytes * count};
    depth -= ${count};
  }`;
  return steps > 1 ? `${turn(steps)}\n${turn(1)}` : turn(1);
}

/** c = sum + base for the accumulators of one row. Everything is loaded before anything is stored. */
function epilogue(i, vectors, pairs, c, base) {
  const order = pairs ? indices(vectors) : indices(vectors).reverse();
  const sums = lines(vectors, (j) => `  c${i}${j} = f32x4.add(c${i}${j}, v128.load(base${i}${at(16 * j)}));`);
  const stores = order.map((j) => `  v128.store(to${i}, c${i}${j}${at(16 * j)});`).join('\n');
  return `  const base${i} = ${base};\n${sums}\n  const to${i} = ${c};\n${stores}`;
}

/** The epilogues of all rows, in the order that the engine wants. */
function epilogues(rows, vectors, pairs, c, base) {
  const order = pairs ? indices(rows) : indices(rows).reverse();
  return order.map((i) => epilogue(i, vectors, pairs, `c + ${c(i)}`, `base + ${base(i)}`)).join('\n');
}

/** One tile of so many rows and vectors, out of a panel of `panelVectors` vectors a row. */
function tile(name, rows, vectors, { vectors: panelVectors, pairs }, steps) {
  return `/** ${rows} × ${4 * vectors}${steps > 1 ? `, ${steps} p per turn` : ''} */
function ${name}(
  a0: usize, aStride: usize, b: usize, depth: i32, c: usize, cStride: usize, base: usize, baseStride: usize,
): void {
${lines(rows, (i) => lines(vectors, (j) => `  let c${i}${j} = f32x4.splat(0);`))}
${lines(rows - 1, (i) => `  let a${i + 1} = a${i} + aStride;`)}
${lines(vectors, (j) => `  let b${j}: v128;`)}
  let x: v128;
${loop(rows, vectors, 16 * panelVectors, steps)}
${epilogues(
  rows,
  vectors,
  pairs,
  (i) => `${i} * cStride`,
  (i) => `${i} * baseStride`,
)}
}`;
}

/** One row times neighbouring whole panels: each output is summed exactly as in a tile. */
function rowOfPanels(name, { vectors, panels, pairs }) {
  const bytes = 16 * vectors;
  const each = (line) => lines(panels, (q) => lines(vectors, (j) => line(q, j)));
  return `/** 1 × ${4 * vectors * panels}, out of ${panels} neighbouring panels that lie \`panelStride\` bytes apart. */
function ${name}(a: usize, b0: usize, panelStride: usize, depth: i32, c: usize, base: usize): void {
${each((q, j) => `  let c${q}${j} = f32x4.splat(0);`)}
${lines(panels - 1, (q) => `  let b${q + 1} = b${q} + panelStride;`)}
  while (depth > 0) {
    const x = v128.load32_splat(a);
${each((q, j) => `    c${q}${j} = Simd.multiplyAdd(x, v128.load(b${q}${at(16 * j)}), c${q}${j});`)}
    a += 4;
${lines(panels, (q) => `    b${q} += ${bytes};`)}
    depth--;
  }
${epilogues(
  panels,
  vectors,
  pairs,
  (q) => q * bytes,
  (q) => q * bytes,
)}
}`;
}

/** `rows` rows of A times one panel: whole tiles, then one with the rows that are left. */
function strips(name, vectors, family, nameOf) {
  const { rows } = family;
  const args = 'a, aStride, b, depth, c, cStride, base, baseStride';
  return `/** IR: strip by strip, ${4 * vectors} columns; the last strip has the rows that are left. */
function ${name}(
  a: usize, aStride: usize, b: usize, depth: i32, c: usize, cStride: usize, base: usize, baseStride: usize, rows: i32,
): void {
  for (; rows >= ${rows}; rows -= ${rows}) {
    ${nameOf(rows, vectors)}(${args});
    a += aStride * ${rows};
    c += cStride * ${rows};
    base += baseStride * ${rows};
  }
  switch (rows) {
${lines(rows - 1, (i) => `    case ${i + 1}:\n      ${nameOf(i + 1, vectors)}(${args});\n      break;`)}
  }
}`;
}

/** All kernels of one tile, and the class by which gemm.ts knows them. */
function family(name, facts) {
  const { rows, vectors, steps, partial, panels, edges = name } = facts;
  const prefix = name[0].toLowerCase() + name.slice(1);
  const others = edges[0].toLowerCase() + edges.slice(1);
  const own = (r, v) => r === rows && v === vectors;
  const nameOf = (r, v) => `${own(r, v) ? prefix : others}${r}x${4 * v}`;
  const widths = partial ? indices(vectors).map((v) => v + 1) : [vectors];
  const parts = [];
  for (const v of widths) {
    // another tile's strips do for what is not whole
    if (edges !== name && v < vectors) continue;
    for (let r = 1; r <= rows; r++) {
      if (edges === name || own(r, v)) parts.push(tile(nameOf(r, v), r, v, facts, own(r, v) ? steps : 1));
    }
    parts.push(strips(`${prefix}Strips${4 * v}`, v, facts, nameOf));
  }
  if (edges === name) parts.push(rowOfPanels(`${prefix}Row`, facts));
  const stripsOf = (v) => `${v === vectors ? prefix : others}Strips${4 * v}`;
  const call = (v) => `${stripsOf(v)}(a, aStride, b, depth, c, cStride, base, baseStride, rows);`;
  const choice = widths.map((v) => (v === vectors ? '' : `if (columns <= ${4 * v}) ${call(v)}\n    else `)).join('');
  parts.push(`/** The tile of ${rows} × ${4 * vectors}. */
export class ${name} extends TileKernels {
  @inline rows(): i32 {
    return ${rows};
  }

  @inline columns(): i32 {
    return ${4 * vectors};
  }

  @inline rowPanels(): i32 {
    return ${panels};
  }

  @inline exact(columns: i32): bool {
    return ${partial ? 'columns % 4 === 0' : `columns === ${4 * vectors}`};
  }

  @inline panel(
    columns: i32, a: usize, aStride: usize, b: usize, depth: i32,
    c: usize, cStride: usize, base: usize, baseStride: usize, rows: i32,
  ): void {
    ${choice}${call(vectors)}
  }

  @inline rowOfPanels(a: usize, b: usize, panelStride: usize, depth: i32, c: usize, base: usize): void {
    ${others}Row(a, b, panelStride, depth, c, base);
  }
}`);
  return parts.join('\n\n');
}

/** The whole file. */
export function tilesText() {
  const families = Object.entries(TILES).map(([name, facts]) => family(name, facts));
  return `/** The micro-kernels of the matrix product, printed by scripts/tiles.mjs: do not edit. */
import { Simd } from '../simd';
import { TileKernels } from './tile';

${families.join('\n\n')}
`;
}
