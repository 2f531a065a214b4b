import { precompiled } from '#wasm';
import { Tile } from '../../assembly/abi.js';
import { refuse, words } from '../errors.js';
import type { Arithmetic } from './binary.js';
import { kernelsIn } from './given.js';
import { v8Version } from './host.js';
import { setEngineFlag, TURBO_MARK, testTurbo } from './turbo.js';
import { kernelModule, supports } from './wasm.js';

/** Names of the kernels, as createRuntime takes them. */
export const KERNEL_NAMES = ['auto', 'simd', 'relaxed', 'turbo'] as const;

/** One of them. */
export type KernelName = (typeof KERNEL_NAMES)[number];

/** Kernels that were chosen for an engine. */
export interface KernelChoice {
  readonly kernel: Exclude<KernelName, 'auto'>;
  /** The same seed gives the same bits on every engine and machine. */
  readonly reproducible: boolean;
  /** The kernels, for a memory of one thread or for one that threads share; compiled when first asked for. */
  readonly module: (shared: boolean) => WebAssembly.Module;
  readonly tile: Tile;
  /** Why these kernels are for one thread, in words; undefined where they are for several. */
  readonly alone?: string | undefined;
  /** Why these, in words. */
  readonly reason: string;
}

/** V8 from this version on does not spill registers where the sum is written out in several steps (docs/gemm.md). */
const V8_UNROLLS = 13;

/** The tile for registers of 128 bits on this engine. A matter of speed alone. */
function tileOf(arithmetic: Arithmetic): Tile {
  if (arithmetic === 'relaxed') return Tile.Tall;
  return v8Version() >= V8_UNROLLS ? Tile.NarrowUnrolled : Tile.Narrow;
}

/** Why there are no threads where the kernels come compiled. */
const ALONE = precompiled ? 'kernels that come compiled are for one' : undefined;

/** Work at hand for which `'auto'` means the reproducible kernels. */
let reproducing = 0;

/**
 * Runs work whose runtimes are reproducible unless they are told otherwise: what a document says must come out on every
 * machine, without a word about runtimes in the code that it shows.
 */
export async function reproducibly<T>(work: () => T | Promise<T>): Promise<T> {
  reproducing++;
  try {
    return await work();
  } finally {
    reproducing--;
  }
}

/** Files of kernels that users may compile themselves. */
const FILES = { simd: 'lanegrad/simd.wasm', relaxed: 'lanegrad/relaxed.wasm' } as const;

/**
 * The kernels in a module that the user compiled.
 * @throws ArgumentError where it holds none of this version, or others than those asked for.
 */
export function chooseGiven(given: WebAssembly.Module, name: KernelName, reproducible: boolean): KernelChoice {
  const kernel = kernelsIn('createRuntime', given, FILES);
  const exact = kernel === 'simd';
  if ((name !== 'auto' && name !== kernel) || (reproducible && !exact)) {
    const asked = reproducible ? '`reproducible: true`' : `kernel '${name}'`;
    refuse('createRuntime', `\`module\` must be the kernels asked for (${asked})`, words(`kernels '${kernel}'`));
  }
  const reason = `kernels '${kernel}' of \`module\``;
  const rest = { tile: tileOf(kernel), alone: 'the kernels of `module` are for one', reason };
  return { kernel, reproducible: exact, module: () => given, ...rest };
}

/**
 * Chooses the kernels for this engine. `simd` is the reproducible one; `relaxed` fuses multiplications and additions;
 * `auto` takes relaxed where the engine has it; `turbo` sets V8's flag for revectorization, for the whole process, and
 * takes the wide tile where a self-test finds it right and faster.
 * @param reproducible asks for the arithmetic of `simd`, whatever else
 * @throws UnsupportedError where the engine lacks what was asked for by name; ArgumentError for a contradiction.
 */
export function chooseKernels(name: KernelName, reproducible: boolean): KernelChoice {
  if (name === 'relaxed' && reproducible) {
    const help = "use kernel 'simd', or 'turbo' with `reproducible`.";
    refuse('createRuntime', "kernel 'relaxed' is not reproducible", words('`reproducible: true`'), help);
  }
  // what is compiled already, no flag changes
  if (name === 'turbo') return precompiled ? chooseKernels('auto', reproducible) : chooseTurbo(reproducible);
  const asked = reproducible || (name === 'auto' && reproducing > 0);
  const exact = name === 'simd' || asked || (name === 'auto' && !supports('relaxed'));
  const kernel: Arithmetic = exact ? 'simd' : 'relaxed';
  const module = (shared: boolean) => kernelModule(kernel, '', shared);
  const reason = {
    simd: name === 'auto' && !asked ? 'this engine has no relaxed SIMD' : 'the same bits on every machine',
    relaxed: 'fused multiply-add: faster, its bits depend on the machine',
  }[kernel];
  return { kernel, reproducible: exact, module, tile: tileOf(kernel), alone: ALONE, reason };
}

function chooseTurbo(reproducible: boolean): KernelChoice {
  const set = setEngineFlag('--experimental-wasm-revectorize');
  if (!reproducible && !supports('relaxed')) setEngineFlag('--experimental-wasm-relaxed-simd');
  const arithmetic: Arithmetic = reproducible || !supports('relaxed') ? 'simd' : 'relaxed';
  const exact = arithmetic === 'simd';
  const tile = tileOf(arithmetic);
  const rest = { reproducible: exact, module: (shared: boolean) => kernelModule(arithmetic, TURBO_MARK, shared) };
  if (!set) return { ...rest, kernel: arithmetic, tile, reason: 'no turbo: this engine has no revectorization' };
  const { works, gain, sameBits } = testTurbo(arithmetic, tile);
  if (works) {
    const bits = exact ? 'the same bits on every machine' : 'fused multiply-add';
    return { ...rest, kernel: 'turbo', tile: Tile.Wide, reason: `256 bits from pairs of 128, ${bits}` };
  }
  const found = sameBits ? `wide tiles are ${gain.toFixed(2)} times as fast` : 'wide tiles give other bits';
  const reason = `no turbo: this engine does not join pairs of 128 bits (${found})`;
  return { ...rest, kernel: arithmetic, tile, reason };
}
