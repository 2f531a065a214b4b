import { execFileSync } from 'node:child_process';
import type { Row, Section } from '../section.js';

/** Training with 1, 2 … threads and with `auto`, each kernel in a process of its own (bench/scaling.ts). */
export const scaling: Section = {
  title: 'Scaling over threads',
  about: "samples per second in training with as many threads, and with `threads: 'auto'`",
  how: 'short turns in one process; the ratio to one thread is the median of the rounds',
  async measure({ kernels, rounds, node }) {
    const names = kernels.map(({ name }) => name).filter((name) => name === 'relaxed' || name === 'turbo');
    return names.flatMap((name): Row[] => {
      const text = execFileSync(node, ['build/bench/scaling.js', String(rounds), name], { encoding: 'utf8' });
      return JSON.parse(text) as Row[];
    });
  },
  notes: ({ facts }) => `× ${facts?.['times one thread']} of one thread`,
};
