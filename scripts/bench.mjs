// Compiles the benchmarks (they import the built library by its name, as users do) and runs them:
// `npm run bench`, or `npm run bench -- gemm training --node path/to/another/node`; bench/main.ts lists the options.
// `npm run bench:peers` runs bench/peers.ts, after installing the peers in their own folder.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
if (!existsSync('dist')) {
  console.error('bench: build the library first: `npm run build`.');
  process.exit(2);
}
const tsc = (project) => spawnSync(join('node_modules', '.bin', 'tsc'), ['-p', project], { stdio: 'inherit' }).status;
if (tsc('bench/tsconfig.json') !== 0) process.exit(1);
const peers = process.argv[2] === '--peers';
if (peers) {
  if (!existsSync('bench/peers/node_modules')) {
    // what cannot be installed is named in the results
    spawnSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: 'bench/peers', stdio: 'inherit' });
  }
  // the types of a peer that is missing are missing too: the others run all the same
  if (tsc('bench/peers/tsconfig.json') !== 0) console.error('bench: some peers did not compile; they will be named.');
}
const program = join('build', 'bench', peers ? 'peers.js' : 'main.js');
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(peers ? 3 : 2)], { stdio: 'inherit' });
process.exit(status ?? 1);
