/**
 * `npm run bench:peers [-- training inference product start memory] [--rounds 7] [--seconds 0.3] [--nets S,M,L,XL]
 * [--node PATH] [--other-node PATH] [--python PATH]`: lanegrad and its peers in turn. Writes build/peers.json, its parts of
 * docs/benchmarks.md with their charts, and the short table of the README.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { contest, type Discipline } from './contest.js';
import type { Contestant } from './contestant.js';
import { entries, isOurs, startEntry } from './entries.js';
import { measureMemory, measureStart } from './fresh.js';
import { describeHost } from './host.js';
import { NETS, type NetName, netText, writeNet } from './nets.js';
import { documentPeers, type PeerResults } from './peersreport.js';
import type { Absence, Row } from './section.js';
import { type Shape, shapeName } from './sections/gemm.js';
import { PREDICTIONS } from './sections/inference.js';
import { list } from './table.js';

const PARTS = ['training', 'inference', 'product', 'start', 'memory'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.3' },
    nets: { type: 'string', default: Object.keys(NETS).join() },
    node: { type: 'string', default: process.execPath },
    'other-node': { type: 'string' },
    // Debian's: PyTorch and scikit-learn are its packages python3-torch and python3-sklearn
    python: { type: 'string', default: '/usr/bin/python3' },
  },
});

function refuse(what: string): never {
  console.error(`bench:peers: ${what}`);
  process.exit(2);
}

const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
if (!(Number.isInteger(rounds) && rounds > 0)) refuse(`--rounds must be a positive integer, not ${values.rounds}.`);
if (!(seconds > 0)) refuse(`--seconds must be a positive number, not ${values.seconds}.`);
for (const name of positionals) {
  if (!PARTS.some((part) => part === name)) refuse(`there is no part ${name}; there are ${PARTS.join(', ')}.`);
}
const nets = values.nets.split(',').map((name) => {
  if (!Object.hasOwn(NETS, name)) refuse(`there is no net ${name}; there are ${Object.keys(NETS).join(', ')}.`);
  return NETS[name as NetName];
});
const wanted = (part: (typeof PARTS)[number]) => positionals.length === 0 || positionals.includes(part);

const described = describeHost(values.node);
const all = entries({ node: values.node, otherNode: values['other-node'], python: values.python });
const absent: Absence[] = [];
const contestants: Contestant[] = [];
for (const entry of all) {
  const contestant = await startEntry(entry, absent);
  if (contestant) contestants.push(contestant);
}
console.log(`lanegrad ${described.version} (${described.commit}) · ${described.cpu}, ${described.cores} cores`);
for (const { name, facts } of contestants) {
  console.log(
    `  ${name}: ${['version', 'node', 'python'].flatMap((key) => (facts[key] ? [`${key} ${facts[key]}`] : [])).join(', ')}`,
  );
}
for (const { name, reason } of absent) console.log(`  without ${name}: ${reason}`);

const parts: Record<string, { rows: Row[]; ratios: Row[]; absent: Absence[] }> = {};
const SHAPES: readonly Shape[] = [
  [512, 512, 512],
  [1024, 1024, 1024],
  [128, 512, 784, 'B'],
  [512, 784, 128, 'A'],
];

/** The disciplines of a part. */
function disciplines(part: string): Discipline[] {
  if (part === 'training') {
    return nets.map((net) => ({
      what: net.name,
      spec: { kind: 'train', net: writeNet(net) },
      unit: 'samples/s',
      per: (time) => 1 / time,
      tolerance: 1e-4,
      rounds,
      seconds,
    }));
  }
  if (part === 'inference') {
    return PREDICTIONS.map(([net, count]) => ({
      what: `${net.name}, ${count === 1 ? 'one row' : `${count} rows`}`,
      spec: { kind: 'predict', net: writeNet(net), rows: count },
      unit: count === 1 ? 'µs' : 'rows/s',
      per: (time) => (count === 1 ? time * 1e6 : 1 / time),
      tolerance: 1e-4,
      rounds,
      seconds: seconds / 2,
    }));
  }
  return SHAPES.map((shape) => {
    const [m, n, k, transposed] = shape;
    return {
      what: shapeName(shape),
      spec: { kind: 'product', m, n, k, ...(transposed && { transposed }) },
      unit: 'GFLOP/s',
      per: (time) => (2 * m * n * k) / time / 1e9,
      tolerance: 1e-4,
      rounds,
      seconds: seconds / 3,
    };
  });
}

for (const part of PARTS.slice(0, 3).filter(wanted)) {
  const sum = { rows: [] as Row[], ratios: [] as Row[], absent: [] as Absence[] };
  for (const discipline of disciplines(part)) {
    const outcome = await contest(contestants, discipline);
    sum.rows.push(...outcome.rows);
    sum.ratios.push(...outcome.ratios);
    sum.absent.push(...outcome.absent);
    console.log(`\n${part} ${discipline.what}\n${list(outcome.rows)}`);
  }
  parts[part] = sum;
}
for (const contestant of contestants) contestant.stop();
const shares = contestants.filter(({ name }) => isOurs(name)).map(({ share }) => share);
// parts without samples say nothing
const share = Math.min(1, ...shares.filter(Number.isFinite));
const host = { ...described, share };
console.log(`\nlanegrad got ${Math.round(100 * share)} % of a core or more while it was timed.`);

const taking = all.filter(({ name }) => contestants.some((one) => one.name === name));
for (const [part, measure] of [
  ['start', measureStart],
  ['memory', measureMemory],
] as const) {
  if (!wanted(part)) continue;
  const rows = await measure(taking, rounds);
  parts[part] = { rows, ratios: [], absent: [] };
  console.log(`\n${part}\n${list(rows)}`);
}

const versions = Object.fromEntries(contestants.map(({ name, facts }) => [name, facts]));
const results: PeerResults = {
  host,
  rounds,
  seconds,
  versions,
  absent,
  parts,
  nets: Object.fromEntries(nets.map((net) => [net.name, netText(net)])),
};
mkdirSync('build', { recursive: true });
writeFileSync('build/peers.json', `${JSON.stringify(results, undefined, 2)}\n`);
console.log('\nwritten to build/peers.json');
await documentPeers(results, isOurs);
