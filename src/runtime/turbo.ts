/**
 * Turbo: V8's experimental revectorization joins neighbouring 128-bit operations into AVX2's 256 bits. It is a flag of the
 * whole process, so it is only ever set on request; and whether it does anything is found out by a run, not by a version.
 */
import { Header, Op, RECORD_BYTES, SCRATCH_BYTES, STEP_BYTES, Tile, Word } from '../../assembly/abi.js';
import { align } from './arena.js';
import type { Arithmetic } from './binary.js';
import { builtin, v8Version } from './host.js';
import { instantiateKernels, type Kernels, kernelModule } from './wasm.js';

/** Flags of V8 with the first version that knows them: it complains on stderr about others. */
const FLAGS = {
  '--experimental-wasm-relaxed-simd': 11,
  '--experimental-wasm-revectorize': 12,
} as const;

/**
 * Sets a flag of V8, where the engine is Node's (20.16, 22.3 or later); it must happen before the kernels are compiled.
 * Returns whether it was set.
 */
export function setEngineFlag(flag: keyof typeof FLAGS): boolean {
  if (v8Version() < FLAGS[flag]) return false;
  const v8 = builtin('node:v8');
  if (!v8?.setFlagsFromString) return false;
  v8.setFlagsFromString(flag);
  return true;
}

/** Sizes of the product of the self-test: whole tiles of every shape, and a few microseconds of work. */
const [M, N, K] = [48, 96, 64];
/** Products that are timed together. */
const RUNS = 8;
/** Milliseconds that the engine gets to translate the kernels for good, in the background. */
const PATIENCE_MS = 60;
/** How many times as fast as its first translation the final one of a kernel is at least (it is some five times). */
const TRANSLATED = 2;
/** So many looks in a row must agree that it is there, and that the wide tile is faster. */
const AGREEMENT = 3;
/** The wide tile must be at least this much faster, or the one for 128 bits stays. */
const GAIN = 1.2;

/** A program of one product: B is packed, then multiplied. Everything it touches, in bytes from 64 on. */
class Probe {
  readonly #memory = new WebAssembly.Memory({ initial: 8, maximum: 8 });
  readonly #kernels: Kernels;
  readonly #programs: ReadonlyMap<Tile, number>;
  readonly #result: number;

  constructor(module: WebAssembly.Module, tiles: readonly Tile[]) {
    this.#kernels = instantiateKernels(module, this.#memory);
    let end = 64;
    const take = (bytes: number): number => {
      const at = end;
      end += align(bytes + 16);
      return at;
    };
    const [a, b, panels] = [take(4 * M * K), take(4 * K * N), take(4 * K * N)];
    this.#result = take(4 * M * N);
    const [step, scratch] = [take(STEP_BYTES), take(SCRATCH_BYTES)];
    const values = new Float32Array(this.#memory.buffer);
    for (let i = a / 4; i < panels / 4; i++) values[i] = ((i * 7919) % 255) / 128 - 1;
    const programs = tiles.map((tile): [Tile, number] => {
      const program = take(3 * RECORD_BYTES);
      const words = new Uint32Array(this.#memory.buffer, program, (3 * RECORD_BYTES) / 4);
      words[Header.Count] = 2;
      words[Header.Step] = step;
      words[Header.Scratch] = scratch;
      const record = (index: number, fields: readonly (readonly [word: Word, value: number])[]): void => {
        for (const [word, value] of fields) words[(index * RECORD_BYTES) / 4 + word] = value;
      };
      const sizes = [
        [Word.M, M],
        [Word.N, N],
        [Word.K, K],
      ] as const;
      const head = (op: Op) =>
        [
          [Word.Op, op],
          [Word.Kind, tile],
        ] as const;
      record(1, [...head(Op.PackB), [Word.A, b], [Word.B, panels], ...sizes]);
      record(2, [...head(Op.Gemm), [Word.A, a], [Word.B, panels], [Word.C, this.#result], ...sizes]);
      return [tile, program];
    });
    this.#programs = new Map(programs);
  }

  #run(tile: Tile): void {
    this.#kernels.run(this.#programs.get(tile) as number, 0, 2, 0, 1);
  }

  /** Milliseconds of one product: the mean of a few. */
  time(tile: Tile): number {
    const start = performance.now();
    for (let i = 0; i < RUNS; i++) this.#run(tile);
    return (performance.now() - start) / RUNS;
  }

  /** The product's bits. */
  bits(tile: Tile): Uint32Array {
    this.#run(tile);
    return new Uint32Array(this.#memory.buffer, this.#result, M * N).slice();
  }
}

/** What a self-test found. */
export interface TurboTest {
  readonly works: boolean;
  /** How many times as fast as the other tile the wide one was. */
  readonly gain: number;
  readonly sameBits: boolean;
}

const tested = new Map<Arithmetic, TurboTest>();

/** Modules that are compiled with the flag on. */
export const TURBO_MARK = 'turbo';

/**
 * Whether the wide tile is faster on this engine than `other`, the best for 128 bits, and gives the same bits. Runs once per
 * process and arithmetic.
 */
export function testTurbo(arithmetic: Arithmetic, other: Tile): TurboTest {
  const known = tested.get(arithmetic);
  if (known) return known;
  const probe = new Probe(kernelModule(arithmetic, TURBO_MARK), [other, Tile.Wide]);
  const end = performance.now() + PATIENCE_MS;
  const first = [probe.time(other), probe.time(Tile.Wide)] as const;
  let [least, leastWide] = first;
  for (let agreeing = 0; agreeing < AGREEMENT && performance.now() < end; ) {
    least = Math.min(least, probe.time(other));
    leastWide = Math.min(leastWide, probe.time(Tile.Wide));
    const translated = least * TRANSLATED < first[0] && leastWide * TRANSLATED < first[1];
    agreeing = translated && least >= GAIN * leastWide ? agreeing + 1 : 0;
  }
  const gain = least / leastWide;
  const wide = probe.bits(Tile.Wide);
  const sameBits = probe.bits(other).every((word, i) => word === wide[i]);
  const result = { works: sameBits && gain >= GAIN, gain, sameBits };
  tested.set(arithmetic, result);
  return result;
}
