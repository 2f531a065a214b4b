/**
 * `npm run bench [-- peak gemm training scaling] [--rounds 15] [--profile]`: medians over interleaved rounds, the machine's own
 * limit from the same run, and everything as JSON in build/bench.json.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureGemm } from './gemm.js';
import { measurePeak } from './peak.js';
import { measureScaling } from './scaling.js';
import { measureTraining } from './training.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '15' }, profile: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const unknown = positionals.filter((name) => !['peak', 'gemm', 'training', 'scaling'].includes(name));
if (unknown.length > 0) {
  console.error(`bench: there is no section ${unknown.join(', ')}; there are peak, gemm, training, scaling.`);
  process.exit(2);
}
const wanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    // a tarball has no history
    return 'unknown';
  }
}

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, v8: process.versions.v8 };
console.log(`lanegrad ${version} (${commit()}) · ${machine.cpu} · Node ${machine.node} · baseline SIMD, one thread`);

const peaks = await measurePeak(rounds);
const peak = Math.max(...peaks.map(({ gflops }) => gflops));
console.log(
  `\n128-bit multiply-add in registers, by independent chains; the best, ${peak.toFixed(1)} GFLOP/s, is the yardstick`,
);
for (const { chains, gflops, spread } of peaks) {
  console.log(`  ${`${chains} chains`.padEnd(16)} ${gflops.toFixed(1).padStart(6)} GFLOP/s  ± ${percent(spread)}`);
}

const gemm = wanted('gemm') ? await measureGemm(rounds) : [];
if (gemm.length > 0) console.log('\nmatrix product m×n×k, packing included');
for (const { name, gflops, spread } of gemm) {
  const share = percent(gflops / peak).padStart(7);
  console.log(
    `  ${name.padEnd(16)} ${gflops.toFixed(1).padStart(6)} GFLOP/s  ${share} of the yardstick  ± ${percent(spread)}`,
  );
}

const training = wanted('training') ? await measureTraining(rounds) : [];
if (training.length > 0)
  console.log(
    '\ntraining, relu, softmax cross entropy, Adam; the smallest net bounds what a step costs outside kernels',
  );
for (const net of training) {
  const rate = Math.round(net.samplesPerSecond).toLocaleString('en');
  console.log(
    `  ${net.name.padEnd(28)} ${rate.padStart(10)} samples/s  ${net.microsecondsPerStep.toFixed(2).padStart(9)} µs a step` +
      `  ± ${percent(net.spread)}`,
  );
}
if (values.profile) for (const { profile } of training) console.log(`\n${profile}`);

const scaling = wanted('scaling') ? measureScaling(rounds) : [];
if (scaling.length > 0)
  console.log('\ntraining by threads: the fastest step, the middle one, and the first against one thread');
for (const { net, threads, fastest, median, speedup } of scaling) {
  const [best, middle] = [fastest, median].map((rate) => Math.round(rate).toLocaleString('en').padStart(10));
  console.log(
    `  ${net.padEnd(36)} ${String(threads).padStart(4)}  ${best} ${middle} samples/s  × ${speedup.toFixed(2)}`,
  );
}

const results = { version, commit: commit(), machine, rounds, peaks, gemm, training, scaling };
writeFileSync('build/bench.json', `${JSON.stringify(results, undefined, 2)}\n`);
console.log('\nwritten to build/bench.json');
