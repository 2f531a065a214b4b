/** The package as users get it: packed, installed into an empty project without install scripts, and bundled there. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const here = dirname(fileURLToPath(import.meta.url));
/** The repository. */
export const root = dirname(dirname(here));

const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** Packs the library as it is built and installs it, with other packages; returns the folder. */
export function makeProject(...packages) {
  const folder = mkdtempSync(join(tmpdir(), 'lanegrad-runtimes-'));
  npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], root);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
  npm(['install', '--silent', ...options, `./${tarball}`, ...packages], folder);
  for (const name of ['subject', 'process', 'page', 'edge'])
    cpSync(join(here, `${name}.mjs`), join(folder, `${name}.mjs`));
  return folder;
}

/**
 * One file of JavaScript from `entry` and all that it imports, found by these conditions; modules of WebAssembly stay
 * beside it, by their names.
 */
export async function bundle(folder, entry, { conditions = [], format = 'es', external = [] } = {}) {
  const wasm = new Map();
  const beside = {
    name: 'wasm',
    resolveId(source, importer) {
      if (!/\.wasm(\?module)?$/.test(source)) return null;
      const path = join(dirname(importer), source.replace('?module', ''));
      wasm.set(basename(path), readFileSync(path));
      return { id: `./${basename(path)}`, external: true };
    },
  };
  const build = await rolldown({
    cwd: folder,
    input: join(folder, entry),
    external,
    plugins: [beside],
    platform: 'neutral',
    resolve: { conditionNames: [...conditions, 'import', 'default'], mainFields: ['module', 'main'] },
    logLevel: 'warn',
  });
  const { output } = await build.generate({ format, codeSplitting: false });
  await build.close();
  return { code: output[0].code, wasm };
}
