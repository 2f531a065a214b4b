/** What `npm run bench -- --docs` writes into docs/benchmarks.md and docs/performance.md. */
import { existsSync, readFileSync } from 'node:fs';
import { curvesPicture, save, saveBars, saveMaps, saveProducts } from './charts.js';
import { CHARTS, DOCUMENT, fill, medians, provenance } from './document.js';
import type { Host } from './host.js';
import { KERNEL_NAMES } from './kernels.js';
import { peakOf, type Row, type Section } from './section.js';
import { MAPS, type Plane } from './sections/sizes.js';
import { cells, grouped, markdown } from './table.js';

/** The content of build/bench.json. */
export interface Results {
  readonly host: Host;
  readonly rounds: number;
  /** Kernels that this engine does not have, with the reason. */
  readonly absent: Readonly<Record<string, string>>;
  readonly rows: Readonly<Record<string, readonly Row[]>>;
}

/** Every section that was asked for, and its chart; not the peaks where they were measured as a yardstick only. */
export function documentBench(
  { host, rounds, absent, rows }: Results,
  sections: Readonly<Record<string, Section>>,
  asked: readonly string[],
): void {
  const missing = Object.entries(absent).map(([name, reason]) => `\nWithout ${name}: ${reason}.`);
  const documents = new Map<string, Record<string, string>>();
  for (const [name, mine] of Object.entries(rows)) {
    if (!asked.includes(name)) continue;
    const section = sections[name] as Section;
    const { about, notes, group, flags = '', how = medians(rounds), document = DOCUMENT, byKernel = true } = section;
    const words = `${about.charAt(0).toUpperCase()}${about.slice(1)}.`;
    const from = provenance(`npm run bench -- ${name}${flags} --docs`, host, how);
    const tables = grouped(mine, group).flatMap(([title, some]) => [
      ...(title ? [`**${title}**`] : []),
      markdown(cells(some, notes)),
    ]);
    const part = [words, ...tables, from, ...(byKernel ? missing : [])].join('\n\n');
    documents.set(document, { ...documents.get(document), [name]: part });
  }
  for (const [document, parts] of documents) fill(document, parts);
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
  if (rows.curves)
    save('curves', curvesPicture('Cost of a training step by width, depth, batch and threads', rows.curves));
  console.log(`written to ${[...documents.keys()].join(', ')} and ${CHARTS}`);
}
