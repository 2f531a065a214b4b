// The shape of the code in figures: `npm run shape`. test/structure.test.ts holds the rules; this only counts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { coreSize } from './sizes.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

/** All TypeScript files below a folder, without generated ones. */
function sources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.generated.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name));
}

const linesOf = (file) => readFileSync(file, 'utf8').split('\n').length - 1;
const total = (files) => files.reduce((sum, file) => sum + linesOf(file), 0);

/** Files that a file imports, types included, as paths from the root. */
function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path]) => {
    const target = normalize(join(dirname(file), path)).replace(/\.js$/, '');
    return `${target}.ts`;
  });
}

/** Groups of files that import each other in a circle (Tarjan's strongly connected components). */
function cycles(files) {
  const graph = new Map(files.map((file) => [file, importsOf(file)]));
  const index = new Map();
  const low = new Map();
  const stack = [];
  const groups = [];
  const visit = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue;
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node), low.get(next)));
    }
    if (low.get(node) === index.get(node)) groups.push(stack.splice(stack.indexOf(node)));
  };
  for (const file of files) if (!index.has(file)) visit(file);
  return groups.filter((group) => group.length > 1);
}

const code = [...sources('assembly'), ...sources('src')];
const tests = sources('test');
const sizes = code.map((file) => ({ file, lines: linesOf(file) })).sort((a, b) => a.lines - b.lines);
const text = code.map((file) => readFileSync(file, 'utf8')).join('\n');
const bare = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
const index = readFileSync('src/index.ts', 'utf8');
const exported = [...index.matchAll(/export (?:type )?\{([^}]*)\}/g)]
  .flatMap(([, names]) => names.split(','))
  .filter((name) => name.trim());
const wasm = existsSync('build/simd.wasm') ? readFileSync('build/simd.wasm') : undefined;

const longest = sizes.at(-1);
const rows = [
  ['files (assembly + src)', code.length],
  ['lines (assembly + src)', total(code)],
  ['test lines', total(tests)],
  ['longest file', `${longest.lines} ${longest.file}`],
  ['median file', sizes[sizes.length >> 1].lines],
  ['import cycles, types included', cycles(code).length],
  ['@ts-ignore and the like', (text.match(/@ts-(ignore|nocheck|expect-error)/g) ?? []).length],
  ['lines with `any` as a type', (bare.match(/[:<(,|]\s*any\b/g) ?? []).length],
  ['lint suppressions', (text.match(/biome-ignore/g) ?? []).length],
  ['public names (lanegrad)', exported.length],
  ['wasm bytes', wasm ? `${wasm.length} (${gzipSync(wasm).length} gzipped)` : 'not built'],
  [
    'wasm exports',
    wasm
      ? WebAssembly.Module.exports(new WebAssembly.Module(wasm))
          .map(({ name }) => name)
          .join(', ')
      : 'not built',
  ],
  ['core bytes, gzipped', existsSync('dist/index.js') ? coreSize() : 'not built'],
];
const width = Math.max(...rows.map(([name]) => name.length));
for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${value}`);
for (const group of cycles(code)) console.log(`cycle: ${group.join(' → ')}`);
