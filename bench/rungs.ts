/**
 * The ladder of matrix products (bench/ladder, docs/performance.md): its rungs in order, their compilation, and the memory that they
 * work on.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KERNELS } from './kernels.js';
import { unit } from './nets.js';

/** m, n and k of C = A · B. */
export type Sides = readonly [m: number, n: number, k: number];

/** A version of the product, and the process that it is timed in: flags of the engine are those of a kernel. */
export interface Rung {
  readonly name: string;
  /** What it has that `before` has not. */
  readonly adds: string;
  readonly kernel: keyof typeof KERNELS;
  /** `javascript`: a function of JAVASCRIPT; `product`: the library's own; else the module of bench/ladder. */
  readonly from: 'javascript' | 'simd' | 'relaxed' | 'product';
  /** The function. */
  readonly export: string;
  /** The rung that it stands on; none below the first. */
  readonly before: string | undefined;
}

const rung = (
  name: string,
  kernel: Rung['kernel'],
  [from, exported]: readonly [Rung['from'], string],
  adds: string,
  before?: string,
): Rung => ({ name, adds, kernel, from, export: exported, before });

/** From the first, which all others are compared with, to the last. */
export const RUNGS: readonly Rung[] = [
  rung('0 JavaScript', 'simd', ['javascript', 'naive'], 'three loops over Float32Arrays, sums in float64'),
  rung('0 JavaScript, i-p-j', 'simd', ['javascript', 'ordered'], 'along rows of B', '0 JavaScript'),
  rung('1 naive', 'simd', ['simd', 'naive'], 'three loops in WebAssembly', '0 JavaScript'),
  rung('2 order i-p-j', 'simd', ['simd', 'ordered'], 'along rows of B', '1 naive'),
  rung('3 vectors', 'simd', ['simd', 'vectors'], 'four columns in one operation', '2 order i-p-j'),
  rung('4 tile 3×12', 'simd', ['simd', 'tiled'], 'nine sums stay in registers', '3 vectors'),
  rung('5 panels', 'simd', ['simd', 'panels'], 'B copied into reading order', '4 tile 3×12'),
  rung('6 blocks', 'simd', ['simd', 'blocks'], 'parts that fit the caches', '5 panels'),
  rung('7 fused', 'relaxed', ['relaxed', 'blocks'], 'multiplication and addition in one operation', '6 blocks'),
  rung('8 wide, 128 bits', 'relaxed', ['relaxed', 'wide'], 'a tile of 6 × 16: too large here', '7 fused'),
  rung('8 wide, 256 bits', 'turbo', ['relaxed', 'wide'], 'its operations joined in pairs', '7 fused'),
  rung('lanegrad simd', 'simd', ['product', 'run'], 'kernels for edges, any layout, threads', '6 blocks'),
  rung('lanegrad relaxed', 'relaxed', ['product', 'run'], 'kernels for edges, any layout, threads', '7 fused'),
  rung('lanegrad turbo', 'turbo', ['product', 'run'], 'kernels for edges, any layout, threads', '8 wide, 256 bits'),
];

/** How far an element may be from that of the first rung, as a share of the largest element. */
export const TOLERANCE = 1e-5;

/** Compiles bench/ladder with and without relaxed SIMD, as scripts/build.mjs does the kernels, and returns the folder. */
export function compileLadder(): string {
  const folder = resolve('build/ladder');
  mkdirSync(folder, { recursive: true });
  for (const module of ['simd', 'relaxed']) {
    const features = ['--enable', 'simd', ...(module === 'relaxed' ? ['--enable', 'relaxed-simd'] : [])];
    const flags = ['--runtime', 'stub', ...features, '--initialMemory', '1', '-O1', '--noAssert'];
    // from its own folder, where the asconfig.json of the kernels does not apply
    execFileSync(
      process.execPath,
      [
        resolve('node_modules/assemblyscript/bin/asc.js'),
        'index.ts',
        ...flags,
        '--outFile',
        `${folder}/${module}.wasm`,
      ],
      { stdio: 'inherit', cwd: 'bench/ladder' },
    );
  }
  return folder;
}

type Product = (sides: Sides, a: Float32Array, b: Float32Array, c: Float32Array) => void;

/** The rungs in plain JavaScript; the first is what all others are compared with. */
export const JAVASCRIPT: Readonly<Record<'naive' | 'ordered', Product>> = {
  naive([m, n, k], a, b, c) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += (a[i * k + p] as number) * (b[p * n + j] as number);
        c[i * n + j] = sum;
      }
    }
  },
  ordered([m, n, k], a, b, c) {
    c.fill(0);
    for (let i = 0; i < m; i++) {
      for (let p = 0; p < k; p++) {
        const x = a[i * k + p] as number;
        for (let j = 0; j < n; j++) c[i * n + j] = (c[i * n + j] as number) + x * (b[p * n + j] as number);
      }
    }
  },
};

/** A and B of a size: uniform in ±½. */
export function operands([m, n, k]: Sides): { a: Float32Array<ArrayBuffer>; b: Float32Array<ArrayBuffer> } {
  const values = (count: number, from: number) => Float32Array.from({ length: count }, (_, i) => unit(i + from) - 0.5);
  return { a: values(m * k, 0), b: values(k * n, 5e6) };
}

/** A rung on matrices of its own. */
export interface Work {
  run(): void;
  result(): Float32Array;
}

/** Below the matrices: zeros that first blocks are added to. */
const START = 1024;

/** A rung in JavaScript, or of the module in `file`, which is compiled here: after the engine has got its flags. */
export function work({ from, export: name }: Pick<Rung, 'from' | 'export'>, sides: Sides, folder: string): Work {
  const { a, b } = operands(sides);
  const [m, n, k] = sides;
  if (from === 'javascript') {
    const c = new Float32Array(m * n);
    const run = JAVASCRIPT[name as keyof typeof JAVASCRIPT];
    return { run: () => run(sides, a, b, c), result: () => c };
  }
  const module = new WebAssembly.Module(readFileSync(`${folder}/${from}.wasm`));
  const { exports } = new WebAssembly.Instance(module, { env: { abort: () => undefined } });
  const memory = exports.memory as WebAssembly.Memory;
  // a row of B more than there is, as tiles at the rim read on; panels of B are at most a tile wider than it
  const [atA, atB, atC, scratch, end] = places([m * k + 6 * k, k * n + n, m * n, 128 + (n + 16) * k]);
  memory.grow(Math.ceil((end as number) / 2 ** 16));
  new Float32Array(memory.buffer, atA, a.length).set(a);
  new Float32Array(memory.buffer, atB, b.length).set(b);
  const product = exports[name] as (...numbers: readonly (number | undefined)[]) => void;
  return {
    run: () => product(m, n, k, atA, atB, atC, scratch),
    result: () => new Float32Array(memory.buffer, atC, m * n).slice(),
  };
}

/** Where so many floats each begin, on cache lines, and where they all end. */
function places(counts: readonly number[]): number[] {
  let at = START;
  const starts = counts.map((count) => {
    const start = at;
    at += Math.ceil(count / 16) * 64;
    return start;
  });
  return [...starts, at];
}

/** The largest difference of two matrices, as a share of the largest element; NaN where there is one in either. */
export function relativeDifference(found: Float32Array, expected: Float32Array): number {
  const most = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return found.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (expected[i] as number))), 0) / most;
}
