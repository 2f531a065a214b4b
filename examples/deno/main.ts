/** Trains in Deno, without a single permission: `deno run main.ts`. */
import { adam, createRuntime, dense, sequential } from 'lanegrad';
import { spirals } from 'lanegrad/data';

const train = spirals({ rows: 1500, seed: 1 });
const test = spirals({ rows: 500, seed: 2 });

const model = sequential(
  {
    input: 2,
    seed: 1,
    layers: [dense(32, { activation: 'relu' }), dense(32, { activation: 'relu' }), dense(1, { activation: 'sigmoid' })],
  },
  { runtime: createRuntime({ kernel: 'simd' }) },
).compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'binaryCrossEntropy', metrics: ['accuracy'] });

await model.fit(train.x, train.y, { epochs: 60 });
const { accuracy } = await model.evaluate(test.x, test.y);
console.log(JSON.stringify({ accuracy, runtime: model.runtime.reason }));
