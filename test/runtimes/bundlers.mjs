/** Bundlers: each makes one program of the subject and the package, without configuration, and that program runs alone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DATE, Missing, programOf, rowsOf, runProcess, withWorker } from './engines.mjs';
import { root } from './project.mjs';

/** The bundlers that this repository has as its own. */
const own = (path) => import(pathToFileURL(join(root, 'node_modules', path)).href);

async function esbuild(folder, to) {
  const { build } = await own('esbuild/lib/main.js');
  const outfile = join(to, 'program.mjs');
  await build({ entryPoints: [join(folder, 'process.mjs')], outfile, bundle: true, minify: true, format: 'esm' });
  return [process.execPath, outfile];
}

async function vite(folder, to) {
  const { build } = await own('vite/dist/node/index.js');
  const rolldownOptions = { input: join(folder, 'process.mjs') };
  await build({ root: folder, logLevel: 'error', build: { rolldownOptions, outDir: to, target: 'esnext' } });
  // beside it is what the first background fit loads
  const name = readdirSync(join(to, 'assets')).find((one) => one.startsWith('process'));
  return [process.execPath, join(to, 'assets', name)];
}

async function denoBundle(folder, to) {
  const deno = programOf('deno', 'deno');
  const outfile = join(to, 'program.js');
  try {
    await runProcess(deno, ['bundle', 'process.mjs', '--output', outfile], folder);
  } catch (error) {
    // it fetches a bundler of its own, once
    const [, name] = /Failed loading \S+ for package "([^"]+)"/.exec(error.stderr ?? '') ?? [];
    throw name ? new Missing(`deno bundle could not fetch ${name}, which it works with`) : error;
  }
  return [deno, 'run', '--no-prompt', outfile];
}

async function bunBuild(folder, to) {
  const outfile = join(to, 'program.exe');
  await runProcess(
    programOf('bun', 'bin', 'bun.exe'),
    ['build', '--compile', 'process.mjs', '--outfile', outfile],
    folder,
  );
  return [outfile];
}

/** Bundles, and runs what came out in a folder with nothing else in it, which no package can be found from. */
async function alone(make, folder, runs) {
  const to = mkdtempSync(join(tmpdir(), 'lanegrad-bundle-'));
  try {
    const [program, ...before] = await make(folder, to);
    const threads = runs.map((run) => Number.parseInt(run, 10));
    return rowsOf(await runProcess(program, [...before, ...runs], to), threads);
  } finally {
    rmSync(to, { recursive: true, force: true });
  }
}

/**
 * What `wrangler deploy` would send, from a Worker in `cwd`: its code and its modules of WebAssembly. Nothing is sent, told or
 * written elsewhere.
 */
export async function wranglerBundle(cwd, ...args) {
  const wrangler = programOf('wrangler', 'bin', 'wrangler.js');
  const home = join(cwd, 'home');
  const [out, quiet] = [join(cwd, 'out'), { WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', CI: '1' }];
  const env = { ...quiet, HOME: home, XDG_CONFIG_HOME: home };
  await runProcess(process.execPath, [wrangler, 'deploy', ...args, '--dry-run', '--outdir', out], cwd, env);
  const names = readdirSync(out);
  const wasm = names.filter((name) => name.endsWith('.wasm')).map((name) => [name, readFileSync(join(out, name))]);
  const code = readFileSync(
    join(
      out,
      names.find((name) => name.endsWith('.js')),
    ),
    'utf8',
  );
  return { code, wasm: new Map(wasm) };
}

async function inWrangler(folder, visit) {
  const built = await wranglerBundle(folder, 'edge.mjs', '--name', 'subject', '--compatibility-date', DATE);
  return withWorker(built, visit);
}

/** With one thread and with two; what Vite makes of an `import()` needs a page, in which checks.mjs looks at it. */
const RUNS = ['1', '2'];

/** Every bundler by its name, and how what it made is run: a function of the folder, and of how a Worker is asked. */
export const BUNDLERS = [
  ['esbuild, in Node', (folder) => alone(esbuild, folder, [...RUNS, '1:background'])],
  ['Vite, in Node', (folder) => alone(vite, folder, RUNS)],
  ['wrangler, in workerd', inWrangler],
  ['deno bundle, in Deno', (folder) => alone(denoBundle, folder, [...RUNS, '1:background'])],
  ['bun build --compile', (folder) => alone(bunBuild, folder, [...RUNS, '1:background'])],
];
