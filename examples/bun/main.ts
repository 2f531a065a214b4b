/** Trains in Bun, saves the model in a file, and reads it again: `bun run main.ts model.safetensors`. */
import { adam, batchNorm, dense, load, sequential } from 'lanegrad';
import { digits } from 'lanegrad/data';
import { readModelBytes, saveFile } from 'lanegrad/node';

const file = process.argv[2] ?? 'model.safetensors';
const train = digits({ rows: 2000, seed: 1 });
const test = digits({ rows: 500, seed: 2 });

const model = sequential({
  input: [16, 16],
  seed: 1,
  standardize: true,
  layers: [dense(64, { activation: 'relu' }), batchNorm(), dense(10, { activation: 'softmax' })],
}).compile({ optimizer: adam({ learningRate: 0.003 }), loss: 'crossEntropy', metrics: ['accuracy'] });

await model.fit(train.x, train.y, { epochs: 5 });
await saveFile(file, model);

const loaded = load<'crossEntropy', 'accuracy'>(await readModelBytes(file));
const { accuracy } = await loaded.evaluate(test.x, test.y);
console.log(JSON.stringify({ accuracy, kernel: loaded.runtime.kernel }));
