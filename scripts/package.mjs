// Checks the package as it is published: what publint and attw (are the types wrong?) say of the tarball, and its sizes.
// `npm run check:package`, after a build.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { coreSize, PARTS, predictSize } from './sizes.mjs';

const windows = process.platform === 'win32';

/** Runs a program and gives its output; ends where it fails. */
function run(program, ...args) {
  const { status, stdout, error } = spawnSync(program, args, {
    encoding: 'utf8',
    shell: windows,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status === 0) return stdout;
  console.error(
    `${stdout ?? ''}\ncheck:package: ${program} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}.`,
  );
  process.exit(1);
}

mkdirSync('build', { recursive: true });
const pack = run('npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', 'build');
const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(pack);
const tarball = join('build', filename);
const bin = (name) => join('node_modules', '.bin', name);
console.log(run(bin('publint'), 'run', tarball, '--strict').trim());
// the library is ES modules alone; of the raw kernels and the script of workers there is nothing to resolve but themselves
const raw = ['./simd.wasm', './relaxed.wasm', './predict.wasm', './worker.js'];
console.log(run(bin('attw'), tarball, '--profile', 'esm-only', '--exclude-entrypoints', ...raw).trim());
console.log(`${tarball}: ${entryCount} files, ${size} bytes, ${unpackedSize} unpacked`);
for (const [name, bytes] of Object.entries(PARTS)) console.log(`${String(bytes()).padStart(8)} bytes gzipped: ${name}`);
console.log(`${String(coreSize()).padStart(8)} bytes gzipped: lanegrad, all of it`);
console.log(`${String(predictSize()).padStart(8)} bytes gzipped: lanegrad/predict, all of it`);
