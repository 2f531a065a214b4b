import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { estimateOf, takeTurns } from '../contestant.js';
import { type Row, rowOf, type Section } from '../section.js';

/** Independent sums; each is one vector of 128 bits, or two neighbours for 256. */
const CHAINS = [8, 9, 10, 11, 12, 13, 14];
const ITERATIONS = 200_000;

/** What each kernel's arithmetic is: rounded twice or fused, and how many vectors go together. */
const FORMS: Readonly<Record<string, { readonly module: 'simd' | 'relaxed'; readonly vectors: 1 | 2 }>> = {
  simd: { module: 'simd', vectors: 1 },
  relaxed: { module: 'relaxed', vectors: 1 },
  'turbo reproducible': { module: 'simd', vectors: 2 },
  turbo: { module: 'relaxed', vectors: 2 },
};

/**
 * aᵢ ← aᵢ · x + y for each chain i, as AssemblyScript: nothing but registers inside the loop. Around it neighbours are loaded
 * and stored together: stores of neighbours are what revectorization starts from.
 */
function loop(chains: number, vectors: number, fused: boolean): string {
  const names = Array.from({ length: chains * vectors }, (_, i) => `a${i}`);
  const update = (a: string) => (fused ? `f32x4.relaxed_madd(${a}, x, y)` : `f32x4.add(f32x4.mul(${a}, x), y)`);
  return `export function chains${chains}x${vectors}(iterations: i32): void {
  store<f32>(0, 0.999999);
  store<f32>(4, 0.000001);
  const x = v128.load32_splat(0);
  const y = v128.load32_splat(4);
${names.map((a, i) => `  let ${a} = v128.load(64, ${16 * i});`).join('\n')}
  while (iterations > 0) {
${names.map((a) => `    ${a} = ${update(a)};`).join('\n')}
    iterations--;
  }
${names.map((a, i) => `  v128.store(64, ${a}, ${16 * i});`).join('\n')}
}
`;
}

/** Compiles the loops: build/peak/simd.wasm and relaxed.wasm. */
function compile(): void {
  mkdirSync('build/peak', { recursive: true });
  const asc = resolve('node_modules', '.bin', 'asc');
  for (const module of ['simd', 'relaxed'] as const) {
    const loops = [1, 2].flatMap((vectors) => CHAINS.map((chains) => loop(chains, vectors, module === 'relaxed')));
    writeFileSync(`build/peak/${module}.ts`, loops.join('\n'));
    const features = ['--enable', 'simd', ...(module === 'relaxed' ? ['--enable', 'relaxed-simd'] : [])];
    const flags = ['--runtime', 'stub', ...features, '--initialMemory', '1', '-O1', '--noAssert'];
    // in a folder of its own, where the asconfig.json of the kernels does not apply
    execFileSync(asc, [`${module}.ts`, ...flags, '--outFile', `${module}.wasm`], {
      stdio: 'inherit',
      cwd: 'build/peak',
    });
  }
}

/**
 * What this machine and engine reach in registers alone, for 8 to 14 independent chains: fewer are bound by latency, more
 * spill. For the kernels that round twice it is a yardstick more than a limit: each multiplication waits for its chain's
 * addition here, while in a matrix product it does not, so a good product can pass the best of these loops.
 */
export const peak: Section = {
  title: 'Peaks in registers',
  about:
    'multiply and add in registers alone, by independent chains: the best of a column is what its kernel is held to',
  async measure({ kernels, rounds }) {
    compile();
    const rows: Row[] = [];
    for (const chains of CHAINS) {
      for (const kernel of kernels) {
        const { module, vectors } = FORMS[kernel.name] ?? { module: 'simd', vectors: 1 };
        const file = resolve(`build/peak/${module}.wasm`);
        await kernel.prepare('peak', {
          kind: 'peak',
          file,
          export: `chains${chains}x${vectors}`,
          iterations: ITERATIONS,
        });
      }
      const times = await takeTurns(kernels, 'peak', rounds, 0.03);
      for (const { name } of kernels) {
        const vectors = FORMS[name]?.vectors ?? 1;
        // four lanes, a multiplication and an addition each
        const rate = (seconds: number) => (chains * vectors * 8 * ITERATIONS) / seconds / 1e9;
        rows.push(rowOf(`${chains} chains`, name, 'GFLOP/s', estimateOf(times, name), rate));
      }
    }
    return rows;
  },
};
