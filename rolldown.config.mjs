import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { without } from './scripts/without.mjs';

/** The nearest folder above a module that holds a package.json with a name. */
function packageOf(module) {
  for (let folder = dirname(module); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name) return folder;
  }
  return undefined;
}

/** Writes the licences of all bundled packages beside the bundle, into a file of that name: they ask for that. */
const licences = (fileName) => ({
  name: 'licences',
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) => chunk.moduleIds ?? []);
    const folders = new Set(modules.filter((id) => id.includes('node_modules')).map(packageOf));
    const notices = [...folders].sort().map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
      return `${name} ${version} (${license})\n\n${text}\n`;
    });
    const line = `\n${'-'.repeat(80)}\n\n`;
    this.emitFile({ type: 'asset', fileName, source: notices.join(line) });
  },
});

/** Names of classes appear in messages: they stay what they are. */
const minify = {
  compress: { keepNames: { class: true, function: false } },
  mangle: { keepNames: { class: true, function: false } },
};

/** The `.wasm` files stand beside the bundles, wherever the source that imports one stands. */
const beside = {
  name: 'beside',
  resolveId(source) {
    return /\.wasm(\?module)?$/.test(source) ? { id: source, external: 'absolute' } : undefined;
  },
};

/** The sources that importing one of them loads, types aside. */
function reachedFrom(...entries) {
  const found = new Set(entries.map((entry) => fileURLToPath(new URL(entry, import.meta.url))));
  for (const file of found) {
    const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)\.js'/gms);
    for (const [, path] of imports) {
      const target = join(dirname(file), `${path}.ts`);
      if (existsSync(target)) found.add(target);
    }
  }
  return found;
}
const core = reachedFrom('src/index.ts', 'src/kernels.ts');
const estimators = reachedFrom('src/estimators/index.ts');
const besideCore = reachedFrom('src/data/index.ts', 'src/metrics/index.ts', 'src/node/index.ts');

/** What only training asks of layers and activations, and only its planner of operations. */
const TRAINING = [
  'backward',
  'afterUpdate',
  'gradientFrom',
  'saturated',
  'dies',
  'initializer',
  'fanIn',
  'fanOut',
  'regularizer',
  'constraint',
  'gradient',
  'trained',
  'learningRateMultiplier',
  'training',
  'decay',
  'fuses',
  'check',
  'inPlace',
];

/** Each statement on a line of its own: with an error that nobody catches, Node prints the line that threw it, whole. */
const lines = {
  name: 'lines',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      const starts = parseAst(chunk.code).body.map(({ start }) => start);
      chunk.code = starts.map((start, i) => chunk.code.slice(start, starts[i + 1])).join('\n');
    }
  },
};

/** Where the kernels of lanegrad/predict come from. */
const predictKernels = (where) => ({
  name: 'predict-kernels',
  resolveId(source) {
    if (source === '#predict') return fileURLToPath(new URL(`src/runtime/predict/${where}.ts`, import.meta.url));
  },
});

/** What the library's bundles have in common. */
const library = {
  platform: 'neutral',
  plugins: [beside, without('about'), lines],
  treeshake: { moduleSideEffects: false },
  external: [/^node:/, /^#/],
};
const output = {
  dir: 'dist',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  format: 'esm',
  minify,
};

export default defineConfig([
  // The library: few files, because each one costs a look at the disk, and without a word that is not for the engine.
  {
    ...library,
    plugins: [...library.plugins, licences('data-licences.txt')],
    resolve: {
      // papaparse, for lanegrad/data: without the part that reads Node's streams
      mainFields: ['main'],
      // modules rather than what is bundled already: of them only what is used
      alias: { '@uwdata/flechette': fileURLToPath(import.meta.resolve('@uwdata/flechette/src/index.js')) },
    },
    transform: { define: { PAPA_BROWSER_CONTEXT: 'true' } },
    input: {
      index: 'src/index.ts',
      data: 'src/data/index.ts',
      estimators: 'src/estimators/index.ts',
      metrics: 'src/metrics/index.ts',
      node: 'src/node/index.ts',
      kernels: 'src/kernels.ts',
      background: 'src/model/background/fit.ts',
      nowhere: 'src/model/background/nowhere.ts',
      embedded: 'src/runtime/embedded.ts',
      workerd: 'src/runtime/workerd.ts',
      'edge-light': 'src/runtime/edge-light.ts',
    },
    output: {
      ...output,
      // what the core shares with others; of it, what kernels need, and the rest (whole, because each name that files share costs
      // bytes); of what others share, what lanegrad/estimators needs, and what reads tables
      codeSplitting: {
        groups: [
          {
            name: 'base',
            test: (id) => core.has(id) && (besideCore.has(id) || id.endsWith('runtime/host.ts')),
            priority: 2,
          },
          { name: 'core', test: /src\/(runtime|program)\/|assembly\//, minShareCount: 2, priority: 2 },
          { name: 'model', test: (id) => core.has(id) && !/kernels\.ts$/.test(id), priority: 2 },
          { name: 'features', test: (id) => estimators.has(id) && besideCore.has(id), priority: 1 },
          { name: 'tables', test: /papaparse|src\/data\//, minShareCount: 2 },
        ],
      },
    },
  },
  // lanegrad/predict shares no file with the others, which would carry what training needs of them, and is one file wherever its
  // kernels come from: each file costs a look at the disk.
  ...Object.entries({ predict: 'embedded', 'predict-workerd': 'workerd', 'predict-edge-light': 'edge-light' }).map(
    ([name, kernels]) => ({
      ...library,
      plugins: [predictKernels(kernels), beside, without('about', ...TRAINING), lines],
      external: undefined,
      input: { [name]: 'src/predict.ts' },
      output: { ...output, comments: false },
    }),
  ),
  // The command with the libraries it uses in one file: installing lanegrad for a server or a Worker brings none of them.
  {
    input: 'dist/src/cli/main.js',
    platform: 'node',
    plugins: [licences('cli-licences.txt')],
    resolve: {
      alias: {
        '#wasm': fileURLToPath(new URL('dist/src/runtime/embedded.js', import.meta.url)),
        // nobody waits for anything but the training
        '#background': fileURLToPath(new URL('dist/src/model/background/nowhere.js', import.meta.url)),
      },
    },
    output: { dir: 'dist', entryFileNames: 'cli.js', format: 'esm', minify: true, codeSplitting: false },
  },
]);
