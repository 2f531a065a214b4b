// What the published files weigh, gzipped (level 9), as a server sends them.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const CHOICES = { '#wasm': './embedded.js', '#predict': './predict-embedded.js' };

/** The files that importing a file of dist/ loads in Node, itself first; the one package among them too. */
export function filesOf(entry) {
  const found = [entry];
  for (const file of found) {
    for (const [, specifier] of readFileSync(join(root, file), 'utf8').matchAll(/\bfrom\s*["']([^"']+)["']/g)) {
      const chosen = CHOICES[specifier] ?? specifier;
      const target = chosen.startsWith('.') ? join(dirname(file), chosen) : join('node_modules', chosen, 'index.js');
      if (!specifier.startsWith('node:') && !found.includes(target)) found.push(target);
    }
  }
  return found;
}

/** Bytes of files together, gzipped as one; without files that are not there. */
export function gzipped(...files) {
  const there = files.filter((file) => existsSync(join(root, file)));
  return gzipSync(Buffer.concat(there.map((file) => readFileSync(join(root, file)))), { level: 9 }).length;
}

const ours = (entry) => filesOf(entry).filter((file) => file.startsWith('dist'));

/** All that `import 'lanegrad'` loads of this package. */
export const coreSize = () => gzipped(...ours('dist/index.js'));

/** All that `import 'lanegrad/predict'` loads. */
export const predictSize = () => gzipped(...ours('dist/predict.js'));

/** The parts. */
export const PARTS = {
  'lanegrad, JavaScript': () => gzipped(...ours('dist/index.js').filter((file) => !file.endsWith('embedded.js'))),
  'lanegrad, both kernels': () => gzipped('dist/embedded.js'),
  'lanegrad, what a background fit loads': () => gzipped('dist/background.js'),
  'lanegrad/estimators, beside lanegrad': () => gzipped('dist/estimators.js', 'dist/features.js'),
  '@assemblyscript/loader': () => gzipped('node_modules/@assemblyscript/loader/index.js'),
  'lanegrad/predict, JavaScript': () => gzipped('dist/predict.js'),
  'lanegrad/predict, kernels': () => gzipped('dist/predict-embedded.js'),
};
