/** Parts of documents that commands write: between `<!-- figures: NAME -->` and `<!-- end: NAME -->`, and nothing else. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Host } from './host.js';

/** Where the figures and their charts are. */
export const DOCUMENT = 'docs/benchmarks.md';
/** The folder of the charts. */
export const CHARTS = 'docs/benchmarks';

/** Puts parts in their places. @throws Error where a document has no such place. */
export function fill(path: string, parts: Readonly<Record<string, string>>): void {
  let text = readFileSync(path, 'utf8');
  for (const [name, part] of Object.entries(parts)) {
    const [begin, end] = [`<!-- figures: ${name} -->`, `<!-- end: ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${path} has no place for ${name}: ${begin} … ${end}`);
    text = `${text.slice(0, from + begin.length)}\n${part.trim()}\n${text.slice(to)}`;
  }
  writeFileSync(path, text);
}

/** How figures are taken unless a section says otherwise. */
export function medians(rounds: number): string {
  return rounds === 1 ? 'one round' : `medians of ${rounds} interleaved rounds`;
}

/** Under which circumstances figures were taken, in a sentence; what the table below it came from. */
export function provenance(command: string, host: Host, how: string): string {
  const { load, share = 1 } = host;
  const got = `its processes got ${Math.round(100 * share)} % of a core each`;
  const busy =
    share < 0.98 || load >= 0.2
      ? ` The machine was busy with other work (${load} cores, ${got}): these are preliminary.`
      : '';
  return (
    `\`${command}\`, ${host.date}, commit ${host.commit}: ${host.cpu}, ${host.cores} cores, ${host.memory}, ${host.system}, ` +
    `Node ${host.node}; ${how}.${busy}`
  );
}
