/**
 * `npm run bench [-- SECTION …] [--rounds 15] [--node PATH] [--python PATH] [--kernels simd,turbo] [--data FOLDER]
 * [--seeds 1,2,3,4,5] [--docs]`: everything about lanegrad alone (and tables beside scikit-learn), each kernel in a process of its own,
 * in turn. Prints tables, writes build/bench.json, and with --docs its parts of documents: docs/benchmarks.md, where a section names
 * no other.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeHost } from './host.js';
import { KERNEL_NAMES, startKernels } from './kernels.js';
import { documentBench } from './report.js';
import type { Row, Section } from './section.js';
import { curves } from './sections/curves.js';
import { gemm } from './sections/gemm.js';
import { inference } from './sections/inference.js';
import { ladder } from './sections/ladder.js';
import { memory } from './sections/memory.js';
import { mnist } from './sections/mnist.js';
import { operations } from './sections/operations.js';
import { peak } from './sections/peak.js';
import { scaling } from './sections/scaling.js';
import { server } from './sections/server.js';
import { sizes } from './sections/sizes.js';
import { start } from './sections/start.js';
import { streaming } from './sections/streaming.js';
import { tableSection } from './sections/table.js';
import { tabular } from './sections/tabular.js';
import { training } from './sections/training.js';
import { grouped, table } from './table.js';

/** In the order in which they run: shares and ceilings need the peaks. */
const SECTIONS: Readonly<Record<string, Section>> = {
  peak,
  gemm,
  ladder,
  operations,
  training,
  scaling,
  inference,
  start,
  memory,
  curves,
  server,
  mnist,
  sizes,
  streaming,
  table: tableSection,
  tabular,
};

/** These take minutes, or data that is not here, so they are run only on request. */
const ON_REQUEST = ['curves', 'server', 'mnist', 'sizes', 'streaming', 'table', 'tabular'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '15' },
    node: { type: 'string', default: process.execPath },
    // Debian's: scikit-learn is its package python3-sklearn
    python: { type: 'string', default: '/usr/bin/python3' },
    kernels: { type: 'string', default: KERNEL_NAMES.join() },
    data: { type: 'string' },
    // of tabular; the document has those of the default
    seeds: { type: 'string', default: '1,2,3,4,5' },
    docs: { type: 'boolean', default: false },
  },
});

function refuse(what: string): never {
  console.error(`bench: ${what}`);
  process.exit(2);
}

const rounds = Number(values.rounds);
if (!(Number.isInteger(rounds) && rounds > 0)) refuse(`--rounds must be a positive integer, not ${values.rounds}.`);
for (const name of positionals) {
  if (!Object.hasOwn(SECTIONS, name))
    refuse(`there is no section ${name}; there are ${Object.keys(SECTIONS).join(', ')}.`);
}
const seeds = values.seeds.split(',').map(Number);
if (!(seeds.length > 1 && seeds.every((seed) => Number.isInteger(seed) && seed >= 0)))
  refuse(`--seeds must be two or more whole numbers, such as 1,2,3, not ${values.seeds}.`);
if (values.docs && seeds.join() !== '1,2,3,4,5') refuse('--docs is for the seeds 1,2,3,4,5.');
const names = values.kernels.split(',').map((name) => {
  const found = KERNEL_NAMES.find((one) => one === name);
  return found ?? refuse(`there is no kernel ${name}; there are ${KERNEL_NAMES.join(', ')}.`);
});

const asked = positionals.length > 0 ? positionals : Object.keys(SECTIONS).filter((name) => !ON_REQUEST.includes(name));
// the yardstick of these
const yardstick = asked.some((name) => ['gemm', 'training', 'curves'].includes(name)) ? ['peak'] : [];
const wanted = [...asked, ...yardstick];

const data = values.data ?? process.env.LANEGRAD_MNIST;
if (wanted.includes('mnist') && data === undefined)
  refuse('mnist wants the folder of the IDX files, by --data FOLDER or LANEGRAD_MNIST.');
if (wanted.includes('tabular') && values.data === undefined)
  refuse('tabular wants the folder of the tables (digits.csv.gz, iris.csv.gz …), by --data FOLDER.');

const described = describeHost(values.node);
const { kernels, absent } = await startKernels(values.node, names);
console.log(
  `lanegrad ${described.version} (${described.commit}) · ${described.cpu}, ${described.cores} cores · Node ${described.node}`,
);
for (const [name, reason] of Object.entries(absent)) console.log(`without ${name}: ${reason}`);

const rows: Record<string, Row[]> = {};
for (const [name, section] of Object.entries(SECTIONS)) {
  if (!wanted.includes(name)) continue;
  rows[name] = await section.measure({ kernels, rounds, node: values.node, python: values.python, data, seeds, rows });
  console.log(`\n${section.title}: ${section.about}`);
  for (const [title, some] of grouped(rows[name], (row) => section.group?.(row) ?? '')) {
    console.log(`${title && `\n  ${title}\n`}${table(some, section.notes)}`);
  }
}
for (const kernel of kernels) kernel.stop();
const host = { ...described, share: Math.min(1, ...kernels.map(({ share }) => share).filter(Number.isFinite)) };
console.log(`\nThe kernels got ${Math.round(100 * host.share)} % of a core or more while they were timed.`);

mkdirSync('build', { recursive: true });
writeFileSync('build/bench.json', `${JSON.stringify({ host, rounds, absent, rows }, undefined, 2)}\n`);
console.log('\nwritten to build/bench.json');
if (values.docs) documentBench({ host, rounds, absent, rows }, SECTIONS, asked);
