/** Runs the built command, for tests of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { digits } from '../../src/data/index.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const program = join(root, 'bin', 'lanegrad.cjs');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command in a folder. `watch` sees stderr as it grows. */
export function start(
  folder: string,
  args: readonly string[],
  watch?: (child: ChildProcess, stderr: string) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
    watch?.(child, stderr);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Writes digits as a folder of IDX files; `spoil` changes the labels of the test part. */
export function writeIdx(path: string, spoil = false): void {
  mkdirSync(path, { recursive: true });
  for (const [part, rows, seed] of [
    ['train', 600, 1],
    ['t10k', 200, 2],
  ] as const) {
    const { x, y } = digits({ rows, seed });
    const images = Buffer.alloc(16 + x.data.length);
    images.set([0, 0, 8, 3]);
    [rows, 16, 16].forEach((size, i) => {
      images.writeUInt32BE(size, 4 + 4 * i);
    });
    images.set(x.data, 16);
    const labels = Buffer.alloc(8 + y.length);
    labels.set([0, 0, 8, 1]);
    labels.writeUInt32BE(rows, 4);
    labels.set(spoil && part === 't10k' ? y.map((digit) => (digit + 1) % 10) : y, 8);
    writeFileSync(join(path, `${part}-images-idx3-ubyte.gz`), gzipSync(images));
    writeFileSync(join(path, `${part}-labels-idx1-ubyte`), labels);
  }
}
