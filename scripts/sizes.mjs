// What the published files weigh, gzipped (level 9), as a server sends them.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const CHOICES = { '#wasm': './embedded.js' };

/** The files that importing a file of dist/ loads in Node, itself first. */
export function filesOf(entry) {
  const found = [entry];
  for (const file of found) {
    for (const [, specifier] of readFileSync(join(root, file), 'utf8').matchAll(/\bfrom\s*["']([^"']+)["']/g)) {
      const target = join(dirname(file), CHOICES[specifier] ?? specifier);
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

/** All that `import 'lanegrad'` loads of this package. */
export const coreSize = () => gzipped(...filesOf('dist/index.js'));

/** All that `import 'lanegrad/predict'` loads. */
export const predictSize = () => gzipped('dist/predict.js');

/** The parts. */
export const PARTS = {
  'lanegrad, JavaScript': () => gzipped(...filesOf('dist/index.js').filter((file) => !file.endsWith('embedded.js'))),
  'lanegrad, both kernels': () => gzipped('dist/embedded.js'),
  'lanegrad, what a background fit loads': () => gzipped('dist/background.js'),
  'lanegrad/estimators, beside lanegrad': () => gzipped('dist/estimators.js', 'dist/features.js'),
  'lanegrad/predict, JavaScript': () => gzipped('dist/predict-workerd.js'),
};
