import { estimateOf, takeTurns } from './contestant.js';
import { NETS, netText, writeNet } from './nets.js';
import { peakOf, type Row, rowOf, type Section } from './section.js';

/** Steps of whole nets, beside what each could reach at most. */
export const training: Section = {
  title: 'Training',
  about:
    'samples per second and, behind it, the share of the net’s own ceiling: the operations of its matrix products at the ' +
    'measured peak, and its optimizer',
  async measure({ kernels, rounds, rows: before }) {
    const rows: Row[] = [];
    for (const net of Object.values(NETS)) {
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
      const times = await takeTurns(kernels, job, rounds, 0.2);
      for (const kernel of kernels) {
        const { name } = kernel;
        const { flops, optimizer, loss } = facts.get(name) ?? { flops: 0, optimizer: 0, loss: 0 };
        const row = rowOf(
          `${net.name} ${netText(net)}`,
          name,
          'samples/s',
          estimateOf(times, name),
          (seconds) => 1 / seconds,
        );
        const ceiling = net.batch / (flops / (peakOf(before, name) * 1e9) + optimizer);
        rows.push({ ...row, facts: { ceiling, share: row.value / ceiling, optimizer, loss } });
        await kernel.ask({ ask: 'drop', job });
      }
    }
    return rows;
  },
  notes: ({ facts }) => `${Math.round(100 * Number(facts?.share))} % of ${compact(Number(facts?.ceiling))}`,
};

/** 107K */
function compact(value: number): string {
  return Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 }).format(value);
}
