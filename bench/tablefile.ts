/**
 * `node tablefile.js open|read FILE`: a CSV of orders to a model: opens it on disk (or reads it into memory), splits, fits features,
 * trains 3 epochs, tests. Prints one line of JSON: seconds of each phase, CPU seconds of the first, rows, most memory, accuracy.
 */
import { statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { adam, dense, outputLayer, sequential } from 'lanegrad';
import { fitFeatures, split } from 'lanegrad/data';
import { openTable, readTable } from 'lanegrad/node';

const EPOCHS = 3;
const [mode, path] = process.argv.slice(2) as [string, string];

const seconds: Record<string, number> = {};
const base = process.memoryUsage.rss();
const peaks: Record<string, number> = {};
let begin = performance.now();

/** Ends a phase. */
function lap(phase: string): void {
  seconds[phase] = (performance.now() - begin) / 1000;
  peaks[phase] = process.resourceUsage().maxRSS * 1024;
  begin = performance.now();
}

const cpu = process.cpuUsage();
const table = mode === 'open' ? await openTable(path) : await readTable(path);
const { user, system } = process.cpuUsage(cpu);
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
console.log(
  JSON.stringify({
    seconds,
    cpu: (user + system) / 1e6,
    bytes: statSync(path).size,
    rows: table.rows,
    trained: train.rows * EPOCHS,
    width: features.width,
    base,
    peaks,
    peak: process.resourceUsage().maxRSS * 1024,
    accuracy,
  }),
);
