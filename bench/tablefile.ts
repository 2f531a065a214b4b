/**
 * `node tablefile.js open|read FILE`: a CSV of orders to a model: opens it on disk (or reads it into memory), splits, fits features,
 * trains 3 epochs, tests. Prints one line of JSON: seconds of each phase and what the processor was busy meanwhile, rows, most
 * memory, accuracy. `node tablefile.js train FILE FOLDER`: the same of the command `lanegrad train`, which writes into the folder.
 */
import { statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { adam, dense, outputLayer, sequential } from 'lanegrad';
import { fitFeatures, split } from 'lanegrad/data';
import { openTable, readTable } from 'lanegrad/node';

const EPOCHS = 3;
const [mode, path, folder] = process.argv.slice(2) as [string, string, string];

const seconds: Record<string, number> = {};
const cpu: Record<string, number> = {};
const base = process.memoryUsage.rss();
const peaks: Record<string, number> = {};
let begin = performance.now();
let used = process.cpuUsage();

/** Ends a phase. */
function lap(phase: string): void {
  seconds[phase] = (performance.now() - begin) / 1000;
  peaks[phase] = process.resourceUsage().maxRSS * 1024;
  const { user, system } = process.cpuUsage(used);
  cpu[phase] = (user + system) / 1e6;
  begin = performance.now();
  used = process.cpuUsage();
}

/** Prints what was found, last of all. */
function tell(found: Readonly<Record<string, number>>): void {
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ seconds, cpu, bytes: statSync(path).size, base, peaks, peak, ...found }));
}

/** The command in this process, so that its memory is known. */
async function command(): Promise<void> {
  process.argv.splice(2, Number.POSITIVE_INFINITY, 'train', path, '--target', 'churned', '--epochs', String(EPOCHS));
  process.argv.push('--out', folder);
  process.on('exit', () => {
    lap('everything');
    tell({});
  });
  await import(new URL('../../bin/lanegrad.cjs', import.meta.url).href);
}

async function program(): Promise<void> {
  const table = mode === 'open' ? await openTable(path) : await readTable(path);
  lap('reading');
  const { train, validation, test } = split(table, { test: 0.1, validation: 0.1, stratify: 'churned', seed: 1 });
  lap('splitting');
  const features = fitFeatures(train, { target: 'churned' });
  lap('features');
  const layers = [dense(64, { activation: 'relu' }), dense(32, { activation: 'relu' }), outputLayer(features)];
  const model = sequential({ input: features, layers, seed: 1 }).compile({
    optimizer: adam({ learningRate: 1e-3 }),
    metrics: ['accuracy'],
  });
  await model.fit(train, { epochs: EPOCHS, batchSize: 256, validationData: validation });
  lap('training');
  const { accuracy } = await model.evaluate(test);
  lap('testing');
  tell({ rows: table.rows, trained: train.rows * EPOCHS, width: features.width, accuracy });
}

await (mode === 'train' ? command() : program());
