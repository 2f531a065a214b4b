import { NETS, type Net, netText } from '../nets.js';
import { type Row, rowOf, type Section } from '../section.js';
import { measureSteps } from '../steps.js';
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
      const what = `${net.name} ${netText(net)}`;
      for (const { kernel, times, ceiling, optimizer, loss } of await measureSteps(kernels, net, rounds, 0.2, before)) {
        if (net === SMALLEST) {
          rows.push(rowOf(what, kernel, 'µs a step', times, (seconds) => seconds * 1e6));
          continue;
        }
        const row = rowOf(what, kernel, 'samples/s', times, (seconds) => 1 / seconds);
        rows.push({ ...row, facts: { ceiling, share: row.value / ceiling, optimizer, loss } });
      }
    }
    return rows;
  },
  notes: ({ facts }) =>
    facts?.ceiling === undefined
      ? ''
      : `${Math.round(100 * Number(facts.share))} % of ${compact(Number(facts.ceiling))}`,
};
