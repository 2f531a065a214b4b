// Builds everything: kernels (asc), their bytes as a module, the library (tsc), and the command with its libraries in one
// file (rolldown). `npm run build`; runs by itself after `npm install` in a clone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { lessonCode } from './code.mjs';
import { assemble, shareConstants } from './constants.mjs';
import { orderFunctions } from './order.mjs';
import { packed, patch, unshared, withSection } from './pack.mjs';
import { tilesText } from './tiles.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

/** The custom section of the kernels, and what it begins with. */
const SECTION = 'lanegrad';
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

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

/** Writes a module of TypeScript that is made here, where it is another one than before. */
function write(path, text) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

/** Modules of kernels as asc made them, with a section that says what they are: createRuntime({ module }) asks for it. */
function kernelsOf(name) {
  return withSection(readFileSync(`build/${name}.wasm`), SECTION, `${version} ${name}`);
}

/** A module of TypeScript that holds packed kernels. */
function generated(about, { frequent, ...parts }) {
  const lines = Object.entries(parts).map(([name, value]) => {
    if (typeof value === 'number') return `  ${name}: ${value},`;
    return `  ${name}: {\n    bytes: ${value.bytes},\n    text:\n      '${value.text}',\n  },`;
  });
  return `/** ${about}, written by scripts/build.mjs: do not edit. */
export const PACKED = {
  /** Bytes that take one letter (scripts/pack.mjs). */
  frequent: '${frequent}',
${lines.join('\n')}
};
`;
}

/** Writes the compiled kernels into modules as text: no runtime then has to find, fetch or read a file. */
function embed() {
  const [simd, relaxed] = ['simd', 'relaxed'].map(kernelsOf);
  const both = packed(simd, patch(simd, relaxed));
  const [first, second] = both.parts;
  write(
    'src/runtime/kernels.generated.ts',
    generated('The kernels: the module `simd`, and the patch that makes `relaxed` of it, with its bytes', {
      frequent: both.frequent,
      simd: first,
      patch: second,
      relaxed: relaxed.length,
    }),
  );
  const { frequent, parts } = packed(kernelsOf('predict'));
  write(
    'src/runtime/predict.generated.ts',
    generated('The kernels of lanegrad/predict', { frequent, kernels: parts[0] }),
  );
}

/** Writes what the lessons of the course show of their source (scripts/code.mjs) into a module. */
function embedCode() {
  const text =
    '/** The code of every lesson by its name, written by scripts/build.mjs: do not edit. */\n' +
    `export const CODE: Readonly<Record<string, string>> = ${JSON.stringify(lessonCode('src/course/lessons'), null, 2)};\n`;
  write('src/course/code.generated.ts', text);
}

/** Bundles what a worker needs to train into a module as text (src/model/background/script.ts). */
async function embedTrainer() {
  const worker = '../src/model/background/worker.ts';
  const outside = fileURLToPath(new URL('outside.mjs', import.meta.url));
  const build = await rolldown({
    input: fileURLToPath(new URL(worker, import.meta.url)),
    platform: 'neutral',
    treeshake: { moduleSideEffects: false },
    plugins: [{ name: 'outside', resolveId: (name) => (name === '#wasm' ? outside : null) }],
  });
  const keepNames = { class: true, function: false };
  const minify = { compress: { keepNames }, mangle: { keepNames } };
  const { output } = await build.generate({ format: 'iife', name: 'trainer', minify });
  await build.close();
  const text = JSON.stringify(output[0].code.trim());
  write(
    'src/model/background/trainer.generated.ts',
    `/** src/model/background/worker.ts with all that it imports, written by scripts/build.mjs: do not edit. */\nexport const TRAINER = ${text};\n`,
  );
}

mkdirSync('build', { recursive: true });
writeFileSync('assembly/gemm/tiles.generated.ts', tilesText());
embedCode();
write(
  'src/runtime/version.generated.ts',
  `/** The version of the package, written by scripts/build.mjs: do not edit. */\nexport const VERSION = '${version}';\n`,
);
/** Makes the modules that are shipped of those that asc made. */
function finish(names, options) {
  const texts = names.map((name) => shareConstants(readFileSync(`build/${name}.wat`, 'utf8'), options));
  orderFunctions(...texts).forEach((text, i) => {
    writeFileSync(`build/${names[i]}.wasm`, assemble(text));
  });
}

for (const kernels of ['simd', 'relaxed']) run('asc', 'assembly/index.ts', '--target', kernels);
finish(['simd', 'relaxed']);
// small rather than fast where it must be one of the two
run('asc', '--config', 'asconfig.predict.json');
finish(['predict'], { locals: false });
embed();
await embedTrainer();
if (process.argv.includes('--kernels')) process.exit(0);
rmSync('dist', { recursive: true, force: true });
// for scripts of this repository and for the types; what is published is bundled from the sources
run('tsc', '-p', 'tsconfig.build.json');
for (const name of ['simd', 'relaxed']) writeFileSync(`dist/${name}.wasm`, unshared(kernelsOf(name)));
writeFileSync('dist/predict.wasm', kernelsOf('predict'));
const { SCRIPT } = await import('../dist/src/model/background/script.js');
writeFileSync('dist/worker.js', SCRIPT);
writeFileSync('dist/worker.d.ts', '// the script of a worker, for `workerUrl`: not to be imported\nexport {};\n');
writeFileSync('dist/wasm.d.ts', 'declare const module: WebAssembly.Module;\nexport default module;\n');
run('rolldown', '-c', 'rolldown.config.mjs', '--log-level', 'warn');
