import { type Contestant, estimateOf, ratio, type Timed, takeTurns } from '../contestant.js';
import { compileLadder, RUNGS, type Rung, type Sides, TOLERANCE } from '../rungs.js';
import { type Row, rowOf, type Section } from '../section.js';

/** Where every rung must be right before it is timed: one size with edges on every side, and the one that is timed. */
const ODD: Sides = [129, 65, 173];
/** What is timed: a size that common second-level caches hold, and one that none holds. */
const SIZES: readonly Sides[] = [
  [512, 512, 512],
  [2048, 2048, 2048],
];
/** The rungs without tiles would take many seconds for each product of the larger size. */
const SLOW = 5;

/** A rung in its process, ready to be timed. */
interface Ready extends Timed {
  readonly rung: Rung;
  readonly kernel: Contestant;
  readonly job: string;
}

/** Prepares one. @throws Error where it computes something else than the first. */
async function ready(kernel: Contestant, rung: Rung, sides: Sides, folder: string): Promise<Ready> {
  const job = `${rung.name} ${sides.join('×')}`;
  const spec = { kind: 'rung', rung, sides, folder, check: sides !== SIZES[1] } as const;
  const { facts } = await kernel.prepare(job, spec);
  if (spec.check && !(Number(facts?.difference) <= TOLERANCE))
    throw new Error(`ladder: ${job} differs from the first rung by ${facts?.difference} of the largest element`);
  return { name: rung.name, time: (_, seconds) => kernel.time(job, seconds), rung, kernel, job };
}

const drop = ({ kernel, job }: Ready) => kernel.ask({ ask: 'drop', job });

/** From three loops to the product's own kernels: what each idea wins. */
export const ladder: Section = {
  title: 'Ladder',
  about:
    'C = A · B, each version with one idea more, GFLOP/s and behind it how many times as fast as the one it stands on ' +
    `(sources in \`bench/ladder\`; at 512×512×512 and at ${ODD.join('×')} every element is within ${TOLERANCE.toExponential()} of the largest of the first version’s)`,
  document: 'docs/performance.md',
  async measure({ kernels, rounds }) {
    const folder = compileLadder();
    const all = RUNGS.flatMap((rung) => {
      const kernel = kernels.find(({ name }) => name === rung.kernel);
      return kernel ? [{ rung, kernel }] : [];
    });
    for (const { rung, kernel } of all) await drop(await ready(kernel, rung, ODD, folder));
    const rows: Row[] = [];
    for (const sides of SIZES) {
      const [m, n, k] = sides;
      const rungs: Ready[] = [];
      for (const [i, { rung, kernel }] of all.entries())
        if (sides === SIZES[0] || i >= SLOW) rungs.push(await ready(kernel, rung, sides, folder));
      const times = await takeTurns(rungs, 'ladder', rounds, 0.05);
      for (const { rung } of rungs) {
        const rate = (seconds: number) => (2 * m * n * k) / seconds / 1e9;
        const row = rowOf(rung.name, sides.join('×'), 'GFLOP/s', estimateOf(times, rung.name), rate);
        const step = rung.before === undefined ? Number.NaN : ratio(times, rung.name, rung.before);
        rows.push({ ...row, facts: { adds: rung.adds, step } });
      }
      for (const one of rungs) await drop(one);
    }
    return rows;
  },
  notes: ({ facts }) => (Number.isFinite(facts?.step) ? `× ${Number(facts?.step).toFixed(2)}` : ''),
};
