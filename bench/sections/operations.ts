import { SETUPS } from '../profiles.js';
import type { Row, Section } from '../section.js';
import { estimate } from '../statistics.js';

/** Every family of operations, at a size that stays in the second-level cache. */
export const operations: Section = {
  title: 'Operations',
  about:
    'bytes read and written per second, 128 rows of 512 unless the operation has other sizes; from `model.profile`',
  async measure({ kernels, rounds }) {
    const rows: Row[] = [];
    for (const setup of Object.keys(SETUPS)) {
      for (const kernel of kernels) await kernel.prepare(setup, { kind: 'profile', setup });
      const samples = new Map<string, Map<string, number[]>>();
      for (let round = -1; round < rounds; round++) {
        for (const kernel of kernels) {
          const { parts = {} } = await kernel.ask({ ask: 'time', job: setup, seconds: 0 });
          // the first round warms up
          if (round < 0) continue;
          for (const [operation, rate] of Object.entries(parts)) {
            const what = operation.toLowerCase() === setup.replaceAll(' ', '') ? operation : `${operation} (${setup})`;
            const mine = samples.get(what) ?? new Map<string, number[]>();
            samples.set(what, mine.set(kernel.name, [...(mine.get(kernel.name) ?? []), rate]));
          }
        }
      }
      for (const [what, byKernel] of samples) {
        for (const [who, rates] of byKernel) {
          const { median, spread, samples: count } = estimate(rates);
          rows.push({ what, who, value: median / 1e9, unit: 'GB/s', spread, samples: count });
        }
      }
      for (const kernel of kernels) await kernel.ask({ ask: 'drop', job: setup });
    }
    return rows;
  },
};
