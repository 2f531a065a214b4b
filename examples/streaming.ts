/**
 * Rows that do not fit into memory: a file of float32 values, of which one block at a time is in memory while it trains.
 */
import { open } from 'node:fs/promises';
import { adam, dense, sequential } from 'lanegrad';
import { openRows } from 'lanegrad/node';

const COLUMNS = 16;

/** Writes rows of 16 values, each with its class behind it: 0, or 1 where the first half sums up to more than the second. */
export async function writeRows(path: string, rows: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let first = 0; first < rows; first += 4096) {
      const count = Math.min(4096, rows - first);
      const values = new Float32Array(count * (COLUMNS + 1));
      for (let i = 0; i < count; i++) {
        const row = values.subarray(i * (COLUMNS + 1), (i + 1) * (COLUMNS + 1));
        let difference = 0;
        for (let j = 0; j < COLUMNS; j++) {
          const value = Math.random() - 0.5;
          row[j] = value;
          difference += j < COLUMNS / 2 ? value : -value;
        }
        row[COLUMNS] = difference > 0 ? 1 : 0;
      }
      await file.write(new Uint8Array(values.buffer));
    }
  } finally {
    await file.close();
  }
}

/** Trains on the file, holding out its last tenth, and returns the accuracy on that. */
export async function learnFromFile(path: string): Promise<number> {
  const rows = await openRows(path, { columns: COLUMNS, targets: 'class' });
  const model = sequential({
    input: COLUMNS,
    standardize: true, // fitted in a pass over the file, before the first epoch
    seed: 42,
    layers: [dense(32, { activation: 'relu' }), dense(2, { activation: 'softmax' })],
  }).compile({ optimizer: adam(), loss: 'crossEntropy', metrics: ['accuracy'] });
  const { metrics } = await model.fit(rows, { epochs: 3, batchSize: 64, validationSplit: { tail: 0.1 } });
  const { val_accuracy = [] } = metrics;
  console.log(`accuracy on the last tenth, by epoch: ${val_accuracy.map((share) => share.toFixed(3)).join(', ')}`);
  return val_accuracy.at(-1) ?? 0;
}
