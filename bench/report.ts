/** What `npm run bench -- --docs` writes into docs/benchmarks.md. */
import { existsSync, readFileSync } from 'node:fs';
import { saveBars, saveMaps, saveProducts } from './charts.js';
import { CHARTS, DOCUMENT, fill, medians, provenance } from './document.js';
import type { Host } from './host.js';
import { KERNEL_NAMES } from './kernels.js';
import { peakOf, type Row, type Section } from './section.js';
import { MAPS, type Plane } from './sections/sizes.js';
import { cells, markdown } from './table.js';

/** The content of build/bench.json. */
export interface Results {
  readonly host: Host;
  readonly rounds: number;
  /** Kernels that this engine does not have, with the reason. */
  readonly absent: Readonly<Record<string, string>>;
  readonly rows: Readonly<Record<string, readonly Row[]>>;
}

/** Every section that was measured, and its chart. */
export function documentBench(
  { host, rounds, absent, rows }: Results,
  sections: Readonly<Record<string, Section>>,
): void {
  const missing = Object.entries(absent).map(([name, reason]) => `\nWithout ${name}: ${reason}.`);
  const parts = Object.entries(rows).map(([name, mine]) => {
    const { about, notes, how = medians(rounds) } = sections[name] as Section;
    const words = `${about.charAt(0).toUpperCase()}${about.slice(1)}.`;
    const from = provenance(`npm run bench -- ${name} --docs`, host, how);
    return [name, [words, markdown(cells(mine, notes)), from, ...missing].join('\n\n')] as const;
  });
  fill(DOCUMENT, Object.fromEntries(parts));
  if (rows.gemm) {
    const peaks = new Map(KERNEL_NAMES.map((name) => [name, peakOf(rows, name)]));
    saveProducts('gemm', 'Speed of square matrix products by kernel, beside the peaks', rows.gemm, peaks);
  }
  if (rows.ladder) {
    // a panel for each size, a bar for each version
    const bars = rows.ladder.map((row) => ({ ...row, what: row.who, who: row.what }));
    saveBars('ladder', 'Speed of matrix products, version by version', bars, (who) => !who.startsWith('lanegrad'));
  }
  if (rows.sizes && existsSync(MAPS)) {
    const planes = JSON.parse(readFileSync(MAPS, 'utf8')) as Plane[];
    saveMaps('gemm-sizes', 'Speed of the matrix product at every size from 1 to 200', planes);
  }
  console.log(`written to ${DOCUMENT} and ${CHARTS}`);
}
