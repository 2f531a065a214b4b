import { estimateOf, takeTurns } from '../contestant.js';
import { NETS, netText, writeNet } from '../nets.js';
import { type Row, rowOf, type Section } from '../section.js';

/** The nets and rows that predictions are timed on. */
export const PREDICTIONS = [
  [NETS.M, 1],
  [NETS.L, 1],
  [NETS.M, 256],
  [NETS.L, 256],
] as const;

/** Predictions into an array that is there. */
export const inference: Section = {
  title: 'Inference',
  about: '`model.predict(x, { out })`, softmax included: microseconds for one row, rows per second for 256',
  async measure({ kernels, rounds }) {
    const rows: Row[] = [];
    for (const [net, count] of PREDICTIONS) {
      const job = `predict ${net.name} ${count}`;
      const files = writeNet(net);
      for (const kernel of kernels) await kernel.prepare(job, { kind: 'predict', net: files, rows: count });
      const times = await takeTurns(kernels, job, rounds, 0.1);
      const what = `${net.name} ${netText(net).replace(/,.*/, '')}, ${count === 1 ? 'one row' : `${count} rows`}`;
      for (const kernel of kernels) {
        const per = count === 1 ? (seconds: number) => seconds * 1e6 : (seconds: number) => 1 / seconds;
        rows.push(rowOf(what, kernel.name, count === 1 ? 'µs' : 'rows/s', estimateOf(times, kernel.name), per));
        await kernel.ask({ ask: 'drop', job });
      }
    }
    return rows;
  },
};
