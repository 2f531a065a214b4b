// What parts of the library weigh in a program that imports `sequential`, `dense` and `adam`, gzipped (level 9): the program
// without one part, and without all parts up to that one. A part that is left out is an empty module, so the program would not
// run: this is what could be gained at most if the part were loaded when it is first needed. `node scripts/shares.mjs`, after a build.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { parseAst } from 'rolldown/parseAst';
import { gzipped } from './sizes.mjs';

const PARTS = {
  tables: ['data/table/*', 'model/tablemodel', 'model/tablearchitecture'],
  threads: ['runtime/threads', 'runtime/team', 'runtime/hostthread', 'runtime/worker', 'runtime/turbo', 'program/pace'],
  'data sets, and arrays beyond the limit of memory': [
    'data/dataset',
    'model/blockreader',
    'model/blocks',
    'model/datasupply',
    'model/datatraining',
    'model/placing',
    'model/readahead',
    'model/resident',
    'model/streamed',
    'model/survey',
  ],
  'summary, profile, diagnose, listings of programs': [
    'model/diagnose',
    'model/network',
    'model/steps',
    'model/summary',
    'model/taps',
    'program/cost',
    'program/print',
  ],
  'checks of programs, warnings, divergence': ['model/divergence', 'model/warnings', 'program/verify'],
  'saving, checkpoints, going on': [
    'format/*',
    'model/checkpoint',
    'model/counters',
    'model/fingerprint',
    'model/position',
    'model/restore',
    'model/snapshot',
    'model/stopping',
    'model/underway',
  ],
  'layers but dense, schedules, penalties, augmentation': [
    'data/augment',
    'nn/batchnorm',
    'nn/constraints',
    'nn/dropout',
    'nn/layernorm',
    'nn/orthogonal',
    'nn/regularizers',
    'nn/residual',
    'nn/schedules',
  ],
};

const pathOf = (pattern) => fileURLToPath(new URL(`../src/${pattern.replace(/\/?\*$/, '')}`, import.meta.url));
for (const pattern of Object.values(PARTS).flat()) {
  if (!existsSync(pathOf(pattern) + (pattern.endsWith('*') ? '' : '.ts')))
    throw new Error(`there is no src/${pattern}`);
}

/** The program, bundled and minified, with an empty module for everything that matches a pattern. */
async function program(patterns) {
  const left = patterns.map((pattern) => pathOf(pattern) + (pattern.endsWith('*') ? '/' : '.ts'));
  const { outputFiles } = await build({
    stdin: {
      contents: "export { adam, dense, sequential } from './src/index.ts'",
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    external: ['node:*', '#wasm', '#background'],
    // what is empty has none of the names that are imported
    logLevel: 'silent',
    plugins: [
      {
        name: 'without',
        setup(steps) {
          steps.onLoad({ filter: /\.ts$/ }, ({ path }) =>
            left.some((start) => path.startsWith(start))
              ? { contents: 'module.exports = {}', loader: 'js' }
              : undefined,
          );
        },
      },
    ],
  });
  return outputFiles[0].text;
}

/** The same code with every text of several words empty: those are the sentences for people. */
function speechless(code) {
  const spans = [];
  const visit = (node) => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) return node.forEach(visit);
    const text = node.type === 'Literal' ? node.value : node.type === 'TemplateElement' ? node.value.cooked : undefined;
    if (typeof text === 'string' && text.trim().split(' ').length > 2) {
      const quote = node.type === 'Literal' ? 1 : 0;
      spans.push([node.start + quote, node.end - quote]);
    }
    for (const value of Object.values(node)) visit(value);
  };
  visit(parseAst(code).body);
  spans.sort(([a], [b]) => b - a);
  return spans.reduce((rest, [start, end]) => rest.slice(0, start) + rest.slice(end), code);
}

const weigh = (text) => gzipSync(text, { level: 9 }).length;
const whole = await program([]);
const kernels = gzipped('dist/embedded.js');
const line = (what, bytes, together) =>
  console.log(
    `${what.padEnd(56)} ${String(bytes).padStart(7)} ${String(together).padStart(9)} ${String(together + kernels).padStart(13)}`,
  );
console.log(`${'JavaScript of the program, gzipped bytes'.padEnd(56)} without  without   with both`);
console.log(`${''.padEnd(56)}    it   all so far  kernels`);
line('whole', weigh(whole), weigh(whole));
const gone = [];
for (const [name, patterns] of Object.entries(PARTS)) {
  gone.push(...patterns);
  line(name, weigh(await program(patterns)), weigh(await program(gone)));
}
line('sentences', weigh(speechless(whole)), weigh(speechless(await program(gone))));
