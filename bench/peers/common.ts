/** What the peers in JavaScript have in common. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The learning rate of the updates whose losses are compared, as in bench/worker.ts. */
export const RATE = 1e-3;
/** The learning rate of the steps that are timed. */
export const TIMED_RATE = 1e-6;

/** `[rows, columns]` as `[columns, rows]`. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = values[i * columns + j] as number;
  }
  return turned;
}

/** The version of an installed package. */
export function versionOf(name: string): string {
  const require = createRequire(import.meta.url);
  // some packages do not export their package.json: look beside where they resolve
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as { version: string }).version;
    } catch {
      // not in this folder
    }
  }
  return 'unknown';
}
