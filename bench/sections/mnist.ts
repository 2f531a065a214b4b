import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PHASES } from '../phasenames.js';
import type { Row, Section } from '../section.js';
import { estimate } from '../statistics.js';

/** What the command is given besides the folder: the rest are its defaults for a folder. */
const FLAGS = ['--hidden', '128', '--epochs', '5'];

/** Columns of the table: threads as the command chooses them, and one. */
const THREADS = ['auto', '1'] as const;

/** One run of the command: milliseconds by phase, and the share of the test images that it got right. */
function train(
  node: string,
  data: string,
  out: string,
  threads: string,
): { times: Map<string, number>; accuracy: number } {
  const words = ['bin/lanegrad.cjs', 'train', data, ...FLAGS, '--threads', threads, '--out', out];
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(
    node,
    ['--import', './build/bench/phases.js', ...words, '--force', '--quiet', '--json'],
    { encoding: 'utf8' },
  );
  const whole = performance.now() - begin;
  if (status !== 0) throw new Error(`mnist: the command ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
  const ends = JSON.parse(/^phases (.*)$/m.exec(stderr)?.[1] ?? '{}') as Readonly<Record<string, number>>;
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { test: { accuracy: number } };
  const times = new Map<string, number>([['from the command to its end', whole]]);
  let last = 0;
  for (const phase of PHASES) {
    const end = ends[phase];
    if (end === undefined) throw new Error(`mnist: nobody saw the end of ${JSON.stringify(phase)}`);
    times.set(phase, end - last);
    last = end;
  }
  return { times: times.set('ending', whole - last), accuracy: result.test.accuracy };
}

/** The command on MNIST, phase by phase. */
export const mnist: Section = {
  title: 'MNIST by the command',
  about:
    `milliseconds of \`lanegrad train FOLDER ${FLAGS.join(' ')}\`, from its start to its end with model and report saved, phase by ` +
    'phase as seen from outside (`bench/phases.ts`), and the share of the test images that it got right',
  flags: ' --data FOLDER',
  async measure({ rounds, node, data }) {
    if (data === undefined) throw new Error('mnist: there is no folder of IDX files.');
    const out = mkdtempSync(join(tmpdir(), 'lanegrad-bench-'));
    const runs = new Map<string, ReturnType<typeof train>[]>(THREADS.map((threads) => [threads, []]));
    try {
      for (let round = 0; round < rounds; round++)
        for (const threads of THREADS) runs.get(threads)?.push(train(node, data, join(out, threads), threads));
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
    return [...runs].flatMap(([threads, mine]): Row[] => {
      const who = `--threads ${threads}`;
      const figure = (what: string, unit: string, values: readonly number[]): Row => {
        const { median, spread, samples } = estimate(values);
        return { what, who, value: median, unit, spread, samples };
      };
      const phases = [...(mine[0]?.times.keys() ?? [])];
      return [
        ...phases.map((phase) =>
          figure(
            phase,
            'ms',
            mine.map(({ times }) => times.get(phase) as number),
          ),
        ),
        figure(
          'test images right',
          '%',
          mine.map(({ accuracy }) => 100 * accuracy),
        ),
      ];
    });
  },
};
