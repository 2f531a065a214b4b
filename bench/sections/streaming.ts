import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KERNELS } from '../kernels.js';
import { NETS, type Net, netText, unit } from '../nets.js';
import type { Row, Section } from '../section.js';
import { estimate } from '../statistics.js';

/** Bytes of the file that is trained on. */
const FILE_BYTES = 2e9;
/** Bytes of the rows in memory that it is compared with: what a block of the file has, so that caches help both alike. */
const RESIDENT_BYTES = 4 * 2 ** 20;
/** Pairs of fits, at most: each takes seconds. */
const MOST_ROUNDS = 3;

const MIB = 2 ** 20;

/** A file of rows of inputs with a class behind them; the same 4096 rows again and again. */
function writeRows(path: string, { sizes }: Net): void {
  const [inputs, outputs] = [sizes[0] as number, sizes.at(-1) as number];
  const width = inputs + 1;
  const rows = Float32Array.from({ length: 4096 * width }, (_, i) => {
    return i % width === inputs ? Math.floor(i / width) % outputs : unit(i) - 0.5;
  });
  const file = openSync(path, 'w');
  try {
    for (let left = Math.floor(FILE_BYTES / (4 * width)); left > 0; left -= 4096) {
      writeSync(file, new Uint8Array(rows.buffer, 0, Math.min(left, 4096) * width * 4));
    }
  } finally {
    closeSync(file);
  }
}

interface Figures {
  readonly rowsPerSecond: number;
  readonly waited: number;
  readonly peak?: number;
}

function run(node: string, kernel: string, path: string, { sizes, batch }: Net, resident: boolean): Figures {
  const [name = 'simd', reproducible] = KERNELS[kernel as keyof typeof KERNELS] as readonly string[];
  const rows = Math.floor(RESIDENT_BYTES / (4 * (sizes[0] as number)));
  const args = [name, String(reproducible !== undefined), path, sizes.join(), String(batch)];
  const more = resident ? [String(rows - (rows % batch))] : [];
  const { status, stdout, stderr } = spawnSync(node, ['build/bench/stream.js', ...args, ...more], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`stream.js ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout) as Figures;
}

/** A file larger than memory could be: one epoch of it, beside rows that are in memory. */
export const streaming: Section = {
  title: 'Streaming',
  document: 'docs/streaming.md',
  about:
    'one epoch over a file of 2 GB, in a process of its own: rows per second beside those of rows in memory, the share of the ' +
    'time in which the loop waited for a block, and the most memory that the process took; the file is in the cache of the ' +
    'system, so the disk is not what is measured',
  how: `medians of at most ${MOST_ROUNDS} interleaved rounds`,
  async measure({ kernels, rounds, node }) {
    const folder = mkdtempSync(join(tmpdir(), 'lanegrad-bench-'));
    const path = join(folder, 'rows.f32');
    const rows: Row[] = [];
    try {
      for (const net of [NETS.S, NETS.M]) {
        writeRows(path, net);
        const found = kernels.map(({ name }) => ({ name, streamed: [] as Figures[], resident: [] as Figures[] }));
        for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
          for (const { name, streamed, resident } of found) {
            streamed.push(run(node, name, path, net, false));
            resident.push(run(node, name, path, net, true));
          }
        }
        for (const { name, streamed, resident } of found) {
          const add = (what: string, unitName: string, values: readonly number[]) => {
            const { median, spread, samples } = estimate(values);
            rows.push({ what: `${netText(net)}: ${what}`, who: name, value: median, unit: unitName, spread, samples });
          };
          const ratios = streamed.map(({ rowsPerSecond }, i) => rowsPerSecond / (resident[i] as Figures).rowsPerSecond);
          add(
            'from the file',
            'rows/s',
            streamed.map(({ rowsPerSecond }) => rowsPerSecond),
          );
          add(
            'from memory',
            'rows/s',
            resident.map(({ rowsPerSecond }) => rowsPerSecond),
          );
          add('file / memory', '', ratios);
          add(
            'time spent waiting',
            '%',
            streamed.map(({ waited }) => 100 * waited),
          );
          add(
            'most memory',
            'MiB',
            streamed.map(({ peak = Number.NaN }) => peak / MIB),
          );
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return rows;
  },
};
