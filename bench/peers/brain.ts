/**
 * brain.js. It has neither batches nor softmax nor cross entropy: it updates after every row, with sigmoid-like outputs and
 * squared error, so its losses cannot be compared, and its figures are shown as those of another computation.
 */
import { type Job, type Spec, serve } from '../lines.js';
import { readNet } from '../nets.js';
import { versionOf } from './common.js';

await serve(async () => {
  const { default: brain } = await import('brain.js');
  return {
    facts: { version: versionOf('brain.js'), node: process.version },
    prepare(spec: Spec): Job {
      if (spec.kind !== 'train') throw new Error(`${spec.kind} is not measured here`);
      const { sizes, batch } = spec.net;
      // its start-up for large nets takes longer than all the others together
      if (spec.net.name !== 'S' && spec.net.name !== 'M') throw new Error('too slow for this net');
      const { x, y } = readNet(spec.net);
      const [inputs, outputs] = [sizes[0] as number, sizes.at(-1) as number];
      const network = new brain.NeuralNetwork({ hiddenLayers: sizes.slice(1, -1) as number[], activation: 'relu' });
      const data = Array.from({ length: batch }, (_, i) => ({
        input: Array.from(x.subarray(i * inputs, (i + 1) * inputs)),
        output: Array.from({ length: outputs }, (_, j) => (j === y[i] ? 1 : 0)),
      }));
      const options = { praxis: 'adam', iterations: 10, errorThresh: 1e-12, learningRate: 1e-6, log: false } as const;
      return { units: 10 * batch, call: () => void network.train(data, options) };
    },
  };
});
