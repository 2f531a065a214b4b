import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeOrders } from '../orders.js';
import type { Row, Section } from '../section.js';
import { estimate } from '../statistics.js';

/** Rows of the CSV: some 250 MB. */
const ROWS = 1_000_000;
/** Processes for each way, at most: each takes some ten seconds. */
const MOST_ROUNDS = 3;

const MIB = 2 ** 20;

interface Figures {
  readonly seconds: Readonly<Record<'reading' | 'splitting' | 'features' | 'training' | 'testing', number>>;
  readonly cpu: number;
  readonly bytes: number;
  readonly rows: number;
  readonly trained: number;
  readonly peak: number;
  readonly accuracy: number;
}

function run(node: string, mode: string, path: string): Figures {
  const { status, stdout, stderr } = spawnSync(node, ['build/bench/tablefile.js', mode, path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tablefile.js ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout) as Figures;
}

/** What is told of a run. */
const FIGURES: readonly (readonly [what: string, unit: string, of: (figures: Figures) => number])[] = [
  ['reading', 'MB/s', ({ bytes, seconds }) => bytes / 1e6 / seconds.reading],
  ['reading, for each second of a core', 'MB/s', ({ bytes, cpu }) => bytes / 1e6 / cpu],
  ['reading, rows', 'rows/s', ({ rows, seconds }) => rows / seconds.reading],
  ['splitting and features', 's', ({ seconds }) => seconds.splitting + seconds.features],
  ['3 epochs, with validation', 'rows/s', ({ trained, seconds }) => trained / seconds.training],
  ['from the CSV to the test', 's', ({ seconds }) => Object.values(seconds).reduce((sum, one) => sum + one, 0)],
  ['most memory', 'MiB', ({ peak }) => peak / MIB],
  ['accuracy on test rows', '%', ({ accuracy }) => 100 * accuracy],
];

/** A CSV of a million rows to a trained model, on disk and in memory. */
export const tableSection: Section = {
  title: 'Tables',
  document: 'docs/streaming.md',
  byKernel: false,
  about:
    'a CSV of 1,000,000 rows and 30 columns (253 MB: amounts with gaps, dates, words, an order number; made by seed) to a tested model ' +
    '79-64-32-1, 3 epochs in batches of 256, in a process of its own; the file is in the cache of the system',
  how: `medians of at most ${MOST_ROUNDS} interleaved rounds`,
  async measure({ rounds, node }) {
    const folder = mkdtempSync(join(tmpdir(), 'lanegrad-bench-'));
    const path = join(folder, 'orders.csv');
    try {
      writeOrders(path, ROWS);
      const found: Record<string, Figures[]> = { openTable: [], readTable: [] };
      for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
        found.openTable?.push(run(node, 'open', path));
        found.readTable?.push(run(node, 'read', path));
      }
      return FIGURES.flatMap(([what, unit, of]) =>
        Object.entries(found).map(([who, figures]): Row => {
          const { median, spread, samples } = estimate(figures.map(of));
          return { what, who, value: median, unit, spread, samples };
        }),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
