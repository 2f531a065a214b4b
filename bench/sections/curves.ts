import { execFileSync } from 'node:child_process';
import { type Net, productFlops } from '../nets.js';
import { type Row, rowOf, type Section } from '../section.js';
import { measureSteps } from '../steps.js';
import { figure } from '../table.js';

/** Powers of two. */
const powers = (from: number, to: number): number[] =>
  Array.from({ length: Math.log2(to / from) + 1 }, (_, i) => from * 2 ** i);

/** An epoch takes some milliseconds: floating-point operations of its products, and floats of its rows at most. */
const EPOCH_WORK = 1e8;
const MOST_FLOATS = 2 ** 21;

function net(name: string, sizes: readonly number[], batch: number): Net {
  const bare = { name, sizes, batch, rows: 0, checkSteps: 2 };
  const steps = Math.min(EPOCH_WORK / productFlops(bare), MOST_FLOATS / (batch * (sizes[0] as number)));
  return { ...bare, rows: batch * Math.max(2, Math.floor(steps)) };
}

/** What is varied: the title, and the nets by the value that varies. */
export interface Curve {
  readonly title: string;
  /** Of the axis. */
  readonly over: string;
  readonly nets: readonly (readonly [value: number, net: Net])[];
}

/** Rows of a step where something else is varied. */
const BATCH = 64;

/** Three ways to make a net's step larger. */
export const CURVES: readonly Curve[] = [
  {
    title: `Width: W-W-10, batch ${BATCH}`,
    over: 'W',
    nets: powers(16, 2048).map((width) => [width, net(`width ${width}`, [width, width, 10], BATCH)]),
  },
  {
    title: `Depth: hidden layers of 256, batch ${BATCH}`,
    over: 'hidden layers',
    nets: powers(1, 32).map((depth) => [
      depth,
      net(`depth ${depth}`, [256, ...new Array<number>(depth).fill(256), 10], BATCH),
    ]),
  },
  {
    title: 'Batch: 512-512-10',
    over: 'rows of a batch',
    nets: powers(1, 1024).map((batch) => [batch, net(`batch ${batch}`, [512, 512, 10], batch)]),
  },
];

/** The title of the rows about threads, and their widths. */
export const THREADS = `Threads: W-W-10, batch ${BATCH}`;
const THREAD_WIDTHS = powers(32, 2048);

/** How the cost of a step grows. */
export const curves: Section = {
  title: 'How cost grows',
  about:
    'microseconds of a training step, behind it those of one sample and the share of the net’s own ceiling (its matrix ' +
    'products at the measured peak, and its optimizer), on one thread; then how many times as fast more threads are',
  document: 'docs/performance.md',
  async measure({ kernels, rounds, node, rows: before }) {
    const mine = kernels.filter(({ name }) => name === 'relaxed' || name === 'turbo');
    const rows: Row[] = [];
    for (const { title, over, nets } of CURVES) {
      for (const [value, one] of nets) {
        for (const { kernel, times, ceiling } of await measureSteps(mine, one, rounds, 0.05, before)) {
          const row = rowOf(`${over} ${value}`, kernel, 'µs a step', times, (seconds) => seconds * one.batch * 1e6);
          const least = (one.batch / ceiling) * 1e6;
          rows.push({ ...row, facts: { group: title, at: value, batch: one.batch, least } });
        }
      }
    }
    for (const { name } of mine) {
      const sizes = THREAD_WIDTHS.map((width) => [BATCH, width, width, 10].join('-'));
      const text = execFileSync(node, ['build/bench/scaling.js', String(rounds), name, ...sizes], { encoding: 'utf8' });
      for (const row of JSON.parse(text) as Row[]) {
        const { facts = {} } = row;
        const at = Number(row.what.split('-')[0]);
        const times = Number(facts['times one thread']);
        rows.push({ ...row, what: `W ${at}`, value: times, unit: '× one thread', facts: { group: THREADS, at } });
      }
    }
    return rows.filter(({ who }) => !who.endsWith(' 1 thread'));
  },
  group: ({ facts }) => String(facts?.group),
  notes: ({ value, facts }) =>
    facts?.least === undefined
      ? ''
      : `${figure(value / Number(facts.batch))}; ${Math.round((100 * Number(facts.least)) / value)} %`,
};
