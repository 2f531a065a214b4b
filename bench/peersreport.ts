/** What `npm run bench:peers` writes into docs/benchmarks.md and the README. */
import { saveBars } from './charts.js';
import { CHARTS, DOCUMENT, fill, medians, provenance } from './document.js';
import type { Host } from './host.js';
import type { Absence, Row } from './section.js';
import { cells, figure, markdown } from './table.js';

/** The content of build/peers.json. */
export interface PeerResults {
  readonly host: Host;
  readonly rounds: number;
  readonly seconds: number;
  /** What each contestant said of itself. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  /** Who could not take part at all. */
  readonly absent: readonly Absence[];
  readonly parts: Readonly<
    Record<
      string,
      {
        readonly rows: readonly Row[];
        readonly ratios: readonly Row[];
        readonly absent: readonly Absence[];
      }
    >
  >;
  /** Sizes of the nets by name. */
  readonly nets: Readonly<Record<string, string>>;
}

/** What the chart of a part says to those who do not see it. */
const WORDS: Readonly<Record<string, string>> = {
  training: 'Samples per second in training, lanegrad and its peers',
  inference: 'Predictions, lanegrad and its peers',
  product: 'Matrix products, lanegrad and its peers',
};

/** Libraries down, disciplines across. */
function turned(rows: readonly Row[]): string[][] {
  const flipped = rows.map((row) => ({ ...row, what: row.who, who: `${row.what}, ${row.unit}` }));
  const mark = ({ facts }: Row) => (facts?.comparable === 'no' ? 'another computation' : '');
  return cells(flipped, mark).map(([name = '', , ...values]) => [name, ...values]);
}

/** Peers down, disciplines across: how many times as fast one of ours is. */
function ratioTable(ratios: readonly Row[], kernel: string): string[][] {
  const mine = ratios.filter(({ who }) => who === kernel);
  const flipped = mine.map((row) => ({ ...row, what: row.unit, who: row.what }));
  return cells(flipped).map(([name = '', , ...values], i) => [i === 0 ? kernel : name, ...values]);
}

/** One line for each name and reason, with all disciplines that it holds for. */
function absences(absent: readonly Absence[]): string {
  const lines = new Map<string, { readonly absence: Absence; readonly whats: string[] }>();
  for (const absence of absent) {
    const key = `${absence.name}: ${absence.reason}`;
    const line = lines.get(key) ?? { absence, whats: [] };
    if (absence.what !== undefined) line.whats.push(absence.what);
    lines.set(key, line);
  }
  return [...lines.values()]
    .map(({ absence: { name, reason }, whats }) => {
      const where = whats.length > 0 ? ` (${whats.join('; ')})` : '';
      return `- ${name}${where}: ${reason.replaceAll('|', '\\|').slice(0, 300)}`;
    })
    .join('\n');
}

/** The widest gap between what a contestant and the reference computed. */
function agreement(rows: readonly Row[]): string {
  const differences = rows.flatMap(({ facts }) => (typeof facts?.difference === 'number' ? [facts.difference] : []));
  return differences.length > 0
    ? `Results differ from those of lanegrad simd by at most ${Math.max(...differences).toExponential(1)}.`
    : '';
}

/** Tables, charts, and who is missing. */
export async function documentPeers(results: PeerResults, ours: (who: string) => boolean): Promise<void> {
  const { host, rounds, parts, absent, versions, nets } = results;
  const places: Record<string, string> = {};
  for (const [part, { rows, ratios, absent: out }] of Object.entries(parts)) {
    const how = part === 'memory' ? 'one process each' : medians(part === 'start' ? Math.min(rounds, 5) : rounds);
    const from = provenance(`npm run bench:peers -- ${part}`, host, how);
    const kernels = [...new Set(ratios.map(({ who }) => who))];
    const tables = kernels.map((kernel) => markdown(ratioTable(ratios, kernel)));
    const heading =
      tables.length > 0 ? ['How many times as fast, medians of the ratios within each round:', ...tables] : [];
    const missing = out.length > 0 ? ['Did not take part:', absences(out)] : [];
    places[`peers ${part}`] = [markdown(turned(rows)), agreement(rows), from, ...heading, ...missing]
      .filter((text) => text !== '')
      .join('\n\n');
    const words = WORDS[part];
    if (words) {
      const named = rows.map((row) => ({
        ...row,
        what: nets[row.what] ? `${row.what}: ${nets[row.what]}` : row.what,
        who: row.facts?.comparable === 'no' ? `${row.who}, another computation` : row.who,
      }));
      saveBars(part, words, named, ours);
    }
  }
  const list = Object.entries(versions).map(([name, facts]) => {
    const known = Object.entries(facts).map(([key, value]) => `${key} ${value}`);
    return `- ${name}: ${known.join(', ')}`;
  });
  const missing = absent.length > 0 ? `\n\nCould not be started:\n\n${absences(absent)}` : '';
  fill(DOCUMENT, { ...places, 'peers versions': `${list.join('\n')}${missing}` });
  if (parts.training) fill('README.md', { training: shortTable(results, parts.training.rows) });
  console.log(`written to ${DOCUMENT}, ${CHARTS} and README.md`);
}

/** Who the README shows. */
const SHORT = [
  'lanegrad turbo, 2 threads',
  'lanegrad turbo',
  'lanegrad relaxed',
  'lanegrad simd',
  'PyTorch, 1 thread',
  'scikit-learn, 1 thread',
  'jax-js',
  'tfjs-wasm',
];

function shortTable({ host, rounds, nets }: PeerResults, rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ what }) => what))];
  const body = SHORT.filter((who) => rows.some((row) => row.who === who)).map((who) => [
    who,
    ...names.map((what) => figure(rows.find((row) => row.what === what && row.who === who)?.value ?? Number.NaN)),
  ]);
  const head = ['samples per second', ...names.map((name) => nets[name] ?? name)];
  return `${markdown([head, ...body])}\n\n${provenance('npm run bench:peers', host, medians(rounds))}`;
}
