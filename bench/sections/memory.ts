import { Contestant } from '../contestant.js';
import { type KERNELS, kernelEntry } from '../kernels.js';
import { NETS, netText, writeNet } from '../nets.js';
import type { Row, Section } from '../section.js';

const MIB = 2 ** 20;

/** What a process takes: before there is a net, and at most while it trains L. Of each a process of its own. */
export const memory: Section = {
  title: 'Memory',
  about: 'resident memory of a process in MiB: with the library loaded, and the most it took while training L',
  how: 'one process each',
  async measure({ kernels, node }) {
    const net = writeNet(NETS.L);
    const rows: Row[] = [];
    for (const { name } of kernels) {
      const fresh = await Contestant.start(kernelEntry(name as keyof typeof KERNELS, node));
      const { resident = Number.NaN } = await fresh.ask({ ask: 'memory' });
      await fresh.prepare('train', { kind: 'train', net });
      await fresh.time('train', 1);
      const { peak = Number.NaN } = await fresh.ask({ ask: 'memory' });
      fresh.stop();
      const figure = (what: string, bytes: number): Row => ({
        what,
        who: name,
        value: bytes / MIB,
        unit: 'MiB',
        spread: 0,
        samples: 1,
      });
      rows.push(figure('library loaded', resident), figure(`training L ${netText(NETS.L)}`, peak));
    }
    return rows;
  },
};
