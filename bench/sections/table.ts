import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeOrders } from '../orders.js';
import type { Row, Section } from '../section.js';
import { estimate } from '../statistics.js';

/** Rows of the CSV: some 250 MB. */
const ROWS = 1_000_000;
/** Processes for each way, at most. */
const MOST_ROUNDS = 3;
/** Another round begins only where it would probably end by then: the section takes 4 minutes at most, unless its first round does. */
const MOST_SECONDS = 200;

const MIB = 2 ** 20;

type Phases = Readonly<Record<'reading' | 'splitting' | 'features' | 'training' | 'testing', number>>;

/** What `tablefile.js` prints; of the command, as one thing that has no phases. */
interface Figures {
  readonly seconds: Phases;
  /** Seconds that the processor was busy, all threads together. */
  readonly cpu: Phases;
  readonly bytes: number;
  readonly rows: number;
  readonly trained: number;
  readonly peak: number;
  readonly accuracy: number;
}

/** What it is run with, by what it is called. */
const WAYS = { openTable: 'open', readTable: 'read', 'lanegrad train': 'train' } as const;

function run(node: string, mode: string, path: string, folder: string): Figures {
  const command = ['build/bench/tablefile.js', mode, path, folder];
  const { status, stdout, stderr } = spawnSync(node, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tablefile.js ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Figures;
}

const sum = (phases: Phases): number => Object.values(phases).reduce((total, one) => total + one, 0);

/** What is told of a run; NaN where it does not tell. */
const FIGURES: readonly (readonly [what: string, unit: string, of: (figures: Figures) => number])[] = [
  ['reading', 'MB/s', ({ bytes, seconds }) => bytes / 1e6 / seconds.reading],
  ['reading, for each second of a core', 'MB/s', ({ bytes, cpu }) => bytes / 1e6 / cpu.reading],
  ['reading, rows', 'rows/s', ({ rows, seconds }) => rows / seconds.reading],
  ['splitting and features', 's', ({ seconds }) => seconds.splitting + seconds.features],
  ['splitting and features, seconds of a core', 's', ({ cpu }) => cpu.splitting + cpu.features],
  ['3 epochs, with validation', 'rows/s', ({ trained, seconds }) => trained / seconds.training],
  ['from the CSV to the test', 's', ({ seconds }) => sum(seconds)],
  ['from the CSV to the test, seconds of a core', 's', ({ cpu }) => sum(cpu)],
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
    '79-64-32-1, 3 epochs in batches of 256, in a process of its own; the command `lanegrad train` takes 79-128-64-1, dropout, more rows for ' +
    'the test, and writes a report; the file is in the cache of the system',
  how: `medians of at most ${MOST_ROUNDS} interleaved rounds, as many as fit into ${MOST_SECONDS} seconds`,
  async measure({ rounds, node }) {
    const folder = mkdtempSync(join(tmpdir(), 'lanegrad-bench-'));
    const path = join(folder, 'orders.csv');
    try {
      writeOrders(path, ROWS);
      const found = Object.entries(WAYS).map(([who, mode]) => ({ who, mode, figures: [] as Figures[] }));
      const begin = performance.now();
      for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
        const passed = (performance.now() - begin) / 1000;
        if (round > 0 && passed + passed / round > MOST_SECONDS) break;
        for (const { mode, figures } of found) figures.push(run(node, mode, path, join(folder, `${mode}${round}`)));
      }
      return FIGURES.flatMap(([what, unit, of]) =>
        found.flatMap(({ who, figures }): Row[] => {
          const values = figures.map(of).filter(Number.isFinite);
          if (values.length === 0) return [];
          const { median, spread, samples } = estimate(values);
          return [{ what, who, value: median, unit, spread, samples }];
        }),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
