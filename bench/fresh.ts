/** What only a fresh process can tell of a contestant: how long it takes to begin, and how much memory it takes. */
import { Contestant, type Entry } from './contestant.js';
import { NETS, writeNet } from './nets.js';
import type { Row } from './section.js';
import { estimate } from './statistics.js';

/** From the start of a process to its first prediction of one row, reading the weights included. */
export async function measureStart(entries: readonly Entry[], rounds: number): Promise<Row[]> {
  const net = writeNet(NETS.M);
  const times = new Map<string, number[]>();
  for (let round = 0; round < Math.min(rounds, 5); round++) {
    for (const entry of entries) {
      const begin = performance.now();
      try {
        const fresh = await Contestant.start(entry);
        try {
          await fresh.prepare('first', { kind: 'predict', net, rows: 1 });
          times.set(entry.name, [...(times.get(entry.name) ?? []), performance.now() - begin]);
        } finally {
          fresh.stop();
        }
      } catch {
        // who cannot predict was named above
      }
    }
  }
  return [...times].map(([who, samples]) => {
    const { median, spread, samples: count } = estimate(samples);
    return { what: 'M, first prediction', who, value: median, unit: 'ms', spread, samples: count };
  });
}

/** The most that a fresh process took while it trained L. */
export async function measureMemory(entries: readonly Entry[]): Promise<Row[]> {
  const net = writeNet(NETS.L);
  const rows: Row[] = [];
  for (const entry of entries) {
    try {
      const fresh = await Contestant.start(entry);
      try {
        await fresh.prepare('train', { kind: 'train', net });
        await fresh.time('train', 1);
        const { peak = Number.NaN } = await fresh.ask({ ask: 'memory' });
        rows.push({ what: 'training L', who: entry.name, value: peak / 2 ** 20, unit: 'MiB', spread: 0, samples: 1 });
      } finally {
        fresh.stop();
      }
    } catch {
      // who cannot train was named above
    }
  }
  return rows;
}
