// Compiles the benchmarks (they import the built library by its name, as users do) and runs them:
// `npm run bench`, or `npm run bench -- gemm training`.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
if (!existsSync('dist')) {
  console.error('bench: build the library first: `npm run build`.');
  process.exit(2);
}
const { status } = spawnSync(join('node_modules', '.bin', 'tsc'), ['-p', 'bench/tsconfig.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
const run = spawnSync(process.execPath, ['--expose-gc', 'build/bench/main.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
