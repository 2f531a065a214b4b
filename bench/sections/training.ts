import { estimateOf, takeTurns } from '../contestant.js';
import { NETS, type Net, netText, writeNet } from '../nets.js';
import { peakOf, type Row, rowOf, type Section } from '../section.js';
import { compact } from '../table.js';

/** A step with next to no arithmetic: what it takes is an upper bound of all work outside kernels. */
const SMALLEST: Net = { name: 'smallest', sizes: [1, 2], batch: 1, rows: 1000, checkSteps: 20 };

/** Steps of whole nets, beside what each could reach at most. */
export const training: Section = {
  title: 'Training',
  about:
    'samples per second and, behind it, the share of the net’s own ceiling: the operations of its matrix products at the ' +
    'measured peak, and its optimizer; the smallest net bounds what a step costs outside kernels',
  async measure({ kernels, rounds, rows: before }) {
    const rows: Row[] = [];
    for (const net of [SMALLEST, ...Object.values(NETS)]) {
      const job = `train ${net.name}`;
      const files = writeNet(net);
      const facts = new Map<string, { flops: number; optimizer: number; loss: number }>();
      for (const kernel of kernels) {
        const answer = await kernel.prepare(job, { kind: 'train', net: files });
        const { flops, optimizer } = answer.facts ?? {};
        facts.set(kernel.name, {
          flops: Number(flops),
          optimizer: Number(optimizer),
          loss: answer.check?.[0] ?? Number.NaN,
        });
      }
      const rounded = await takeTurns(kernels, job, rounds, 0.2);
      for (const kernel of kernels) {
        const { name } = kernel;
        const { flops, optimizer, loss } = facts.get(name) ?? { flops: 0, optimizer: 0, loss: 0 };
        const what = `${net.name} ${netText(net)}`;
        const times = estimateOf(rounded, name);
        if (net === SMALLEST) {
          rows.push(rowOf(what, name, 'µs a step', times, (seconds) => seconds * 1e6));
          continue;
        }
        const row = rowOf(what, name, 'samples/s', times, (seconds) => 1 / seconds);
        const ceiling = net.batch / (flops / (peakOf(before, name) * 1e9) + optimizer);
        rows.push({ ...row, facts: { ceiling, share: row.value / ceiling, optimizer, loss } });
      }
      for (const kernel of kernels) await kernel.ask({ ask: 'drop', job });
    }
    return rows;
  },
  notes: ({ facts }) =>
    facts?.ceiling === undefined
      ? ''
      : `${Math.round(100 * Number(facts.share))} % of ${compact(Number(facts.ceiling))}`,
};
