/** `lanegrad doctor`: what this machine and engine can do, what lanegrad will use of it, and why. */
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os';
import { createRuntime } from '../index.js';
import { counted } from '../report/format.js';
import { formatBytes } from '../runtime/runtime.js';
import { engineFeatures } from '../runtime/wasm.js';
import type { Arguments, Verb } from './arguments.js';
import { packageVersion } from './invocation.js';
import { Terminal } from './terminal.js';
import { table } from './verdict.js';

function examine() {
  const { simd } = engineFeatures();
  const library = simd ? createRuntime() : undefined;
  // as `train` does by itself: it may set flags of the engine, which the features below then have
  const runtime = simd ? createRuntime({ kernel: 'turbo' }) : undefined;
  return {
    lanegrad: packageVersion(),
    node: process.versions.node,
    v8: process.versions.v8,
    system: `${platform()} ${arch()} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: { total: totalmem(), free: freemem(), limit: runtime?.memoryLimit ?? 0 },
    ...engineFeatures(),
    library: library?.kernel,
    uses: runtime ? { kernel: runtime.kernel, threads: runtime.threads, reason: runtime.reason } : undefined,
  };
}

function run(args: Arguments): void {
  const terminal = new Terminal({ json: args.json === true, quiet: false });
  const found = examine();
  terminal.event('doctor', found);
  const { style } = terminal;
  const { memory, uses } = found;
  const yes = (available: boolean): string => (available ? style.green('yes') : style.yellow('no'));
  const rows = [
    ['lanegrad', found.lanegrad, ''],
    ['engine', `Node ${found.node}`, `V8 ${found.v8}`],
    ['system', found.system, ''],
    ['processor', found.processor, ''],
    ['cores', String(found.cores), 'available to this process'],
    [
      'memory',
      formatBytes(memory.total),
      `${formatBytes(memory.free)} free; a model with its data may take ${formatBytes(memory.limit)}`,
    ],
    ['SIMD', yes(found.simd), 'WebAssembly fixed-width SIMD, which the kernels are made of'],
    ['relaxed SIMD', yes(found.relaxedSimd), 'fused multiply-add, which kernel relaxed is made of'],
    ['library', found.library ?? '–', "what `createRuntime()` takes: 'auto'; the command takes 'turbo' where it can"],
    ['shared memory', yes(found.sharedMemory), 'what threads need'],
  ];
  terminal.print(
    table(
      rows.map(([name = '', ...rest]) => [style.bold(name), ...rest]),
      ['left', 'left', 'left'],
    ),
  );
  terminal.print('');
  if (uses)
    terminal.result('uses', `kernel ${uses.kernel}, ${counted(uses.threads, 'thread')}   ${style.dim(uses.reason)}`);
  else {
    terminal.result('uses', style.red('nothing: lanegrad needs WebAssembly SIMD, which this engine lacks'));
    process.exitCode = 1;
  }
}

/** The verb. */
export const doctor: Verb = {
  usage: '',
  about: 'Shows what this machine offers, what is used of it, and why.',
  groups: { flags: { json: { type: 'boolean', description: 'as one JSON object' } } },
  run,
};
