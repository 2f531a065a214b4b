import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { measure } from './measure.js';

/** One register-only loop: how many independent multiply-add chains, and what it reached. */
export interface PeakResult {
  readonly chains: number;
  readonly gflops: number;
  readonly spread: number;
}

const CHAINS = [8, 9, 10, 11, 12, 13, 14];
const ITERATIONS = 200_000;

/** aᵢ ← aᵢ · x + y for each chain i, as AssemblyScript: nothing but registers. */
function loop(chains: number): string {
  const each = (line: (i: number) => string): string => Array.from({ length: chains }, (_, i) => line(i)).join('\n');
  return `export function chains${chains}(iterations: i32): f32 {
  const x = f32x4.splat(0.999999);
  const y = f32x4.splat(0.000001);
${each((i) => `  let a${i} = f32x4.splat(<f32>${i + 1});`)}
  for (let i = 0; i < iterations; i++) {
${each((i) => `    a${i} = f32x4.add(f32x4.mul(a${i}, x), y);`)}
  }
${each((i) => (i === 0 ? '  let s = a0;' : `  s = f32x4.add(s, a${i});`))}
  return f32x4.extract_lane(s, 0);
}
`;
}

/**
 * What this machine and engine reach with 128-bit multiply and add in registers alone, for 8 to 14 independent chains:
 * fewer are bound by latency, more spill. A yardstick more than a limit: each multiplication waits for its chain's
 * addition here, while in a matrix product it does not, so a good product can pass the best of these loops.
 */
export async function measurePeak(rounds: number): Promise<PeakResult[]> {
  mkdirSync('build/peak', { recursive: true });
  writeFileSync('build/peak/peak.ts', CHAINS.map(loop).join('\n'));
  // in a folder of its own, where the asconfig.json of the kernels does not apply
  const flags = ['--runtime', 'stub', '--enable', 'simd', '-O1', '--noAssert', '--outFile', 'peak.wasm'];
  const asc = resolve('node_modules', '.bin', 'asc');
  execFileSync(asc, ['peak.ts', ...flags], { stdio: 'inherit', cwd: 'build/peak' });
  const module = new WebAssembly.Module(readFileSync('build/peak/peak.wasm'));
  const { exports } = new WebAssembly.Instance(module, { env: { abort: () => undefined } });
  const tasks = CHAINS.map((chains) => {
    const run = exports[`chains${chains}`] as (iterations: number) => number;
    return [String(chains), () => void run(ITERATIONS)] as const;
  });
  const timings = await measure(Object.fromEntries(tasks), rounds);
  return timings.map(({ name, median, spread }) => {
    const chains = Number(name);
    // four lanes, a multiplication and an addition each
    return { chains, gflops: (chains * 8 * ITERATIONS) / median / 1e9, spread };
  });
}
