// Builds everything: kernels (asc), their bytes as a module, the library (tsc), and the command with its libraries in one
// file (rolldown). `npm run build`; runs by itself after `npm install` in a clone.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lessonCode } from './code.mjs';
import { assemble, hoistConstants } from './constants.mjs';
import { tilesText } from './tiles.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

/** Runs a program out of node_modules/.bin, and ends the build where it fails. */
function run(name, ...args) {
  const { status, error } = spawnSync(join('node_modules', '.bin', name), args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  console.error(`build: ${name} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}.`);
  process.exit(1);
}

/** Writes the compiled kernels into a module as base64: no runtime then has to find, fetch or read a file. */
function embed() {
  const texts = ['simd', 'relaxed'].map((name) => {
    const bytes = readFileSync(`build/${name}.wasm`);
    return `/** ${bytes.length} bytes */\nexport const ${name}: string =\n  '${bytes.toString('base64')}';\n`;
  });
  const path = 'src/runtime/kernels.generated.ts';
  const text = `/** The kernels, written by scripts/build.mjs: do not edit. */\n${texts.join('')}`;
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

/** Writes what the lessons of the course show of their source (scripts/code.mjs) into a module. */
function embedCode() {
  const path = 'src/course/code.generated.ts';
  const text =
    '/** The code of every lesson by its name, written by scripts/build.mjs: do not edit. */\n' +
    `export const CODE: Readonly<Record<string, string>> = ${JSON.stringify(lessonCode('src/course/lessons'), null, 2)};\n`;
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

mkdirSync('build', { recursive: true });
writeFileSync('assembly/gemm/tiles.generated.ts', tilesText());
embedCode();
for (const kernels of ['simd', 'relaxed']) {
  run('asc', 'assembly/index.ts', '--target', kernels);
  writeFileSync(`build/${kernels}.wasm`, assemble(hoistConstants(readFileSync(`build/${kernels}.wat`, 'utf8'))));
}
embed();
if (process.argv.includes('--kernels')) process.exit(0);
rmSync('dist', { recursive: true, force: true });
// documentation belongs in the types; the code that is downloaded and parsed goes without
run('tsc', '-p', 'tsconfig.build.json', '--emitDeclarationOnly');
run('tsc', '-p', 'tsconfig.build.json', '--declaration', 'false', '--removeComments');
for (const name of ['simd', 'relaxed']) copyFileSync(`build/${name}.wasm`, `dist/${name}.wasm`);
run('rolldown', '-c', 'rolldown.config.mjs', '--log-level', 'warn');
