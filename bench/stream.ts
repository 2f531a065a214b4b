/**
 * `node stream.js KERNEL REPRODUCIBLE FILE INPUTS,…,OUTPUTS BATCH [ROWS]`: one epoch over a file of rows, or, with ROWS, as many
 * steps over so many of its rows in memory. Prints one line of JSON.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { adam, createRuntime, dense, type RuntimeOptions, sequential } from 'lanegrad';
import { openRows } from 'lanegrad/node';

const [kernel, reproducible, path, netSizes, batch, resident] = process.argv.slice(2) as [string, ...string[]];
const [input, ...widths] = (netSizes as string).split(',').map(Number) as [number, ...number[]];
const layers = widths.map((units, i) => dense(units, { activation: i === widths.length - 1 ? 'softmax' : 'relu' }));
const runtime = createRuntime({
  kernel: kernel as NonNullable<RuntimeOptions['kernel']>,
  reproducible: reproducible === 'true',
  threads: 1,
});
const model = sequential({ input, layers, seed: 1 }, { runtime }).compile({
  loss: 'crossEntropy',
  optimizer: adam({ learningRate: 1e-6 }),
});
const dataset = await openRows(path as string, { columns: input, targets: 'class' });
const batchSize = Number(batch);

/** Rows per second of a fit, and the share of its time that it waited. */
async function measure(work: () => Promise<unknown>, rows: number) {
  const before = performance.eventLoopUtilization();
  const begin = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { idle } = performance.eventLoopUtilization(before);
  return { rowsPerSecond: rows / seconds, waited: idle / 1000 / seconds, cpu: (user + system) / 1e6 / seconds };
}

/** The first rows of the file. */
function head(rows: number): { x: Float32Array; y: Int32Array } {
  const data = new Float32Array(rows * (input + 1));
  const file = openSync(path as string, 'r');
  readSync(file, data, 0, data.byteLength, 0);
  closeSync(file);
  const x = new Float32Array(rows * input);
  for (let row = 0; row < rows; row++)
    x.set(data.subarray(row * (input + 1), (row + 1) * (input + 1) - 1), row * input);
  return { x, y: Int32Array.from({ length: rows }, (_, row) => data[(row + 1) * (input + 1) - 1] as number) };
}

const base = process.memoryUsage.rss();
if (resident === undefined) {
  const figures = await measure(() => model.fit(dataset, { batchSize }), dataset.rows);
  console.log(JSON.stringify({ ...figures, base, peak: process.resourceUsage().maxRSS * 1024, rows: dataset.rows }));
} else {
  const rows = Number(resident);
  const { x, y } = head(rows);
  const epochs = Math.ceil(dataset.rows / rows);
  console.log(JSON.stringify(await measure(() => model.fit(x, y, { batchSize, epochs }), rows * epochs)));
}
