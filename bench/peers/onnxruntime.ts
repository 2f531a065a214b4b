/** onnxruntime: `node onnxruntime.js node|web THREADS`. Inference only; the input tensor is made once, as its users can. */
import type { InferenceSession, TypedTensor } from 'onnxruntime-common';
import { type Job, type Spec, serve } from '../lines.js';
import { readNet } from '../nets.js';
import { versionOf } from './common.js';
import { onnxModel } from './onnx.js';

await serve(async () => {
  const [flavour = 'node', count = '1'] = process.argv.slice(2);
  const threads = Number(count);
  const ort = flavour === 'web' ? await import('onnxruntime-web') : await import('onnxruntime-node');
  if (flavour === 'web') ort.env.wasm.numThreads = threads;
  const options: InferenceSession.SessionOptions = {
    executionProviders: [flavour === 'web' ? 'wasm' : 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  };
  return {
    facts: { version: versionOf(`onnxruntime-${flavour}`), node: process.version },
    async prepare(spec: Spec): Promise<Job> {
      if (spec.kind === 'train') throw new Error('onnxruntime does not train');
      if (spec.kind !== 'predict') throw new Error(`${spec.kind} is not measured here`);
      const { net, rows } = spec;
      const { x, layers } = readNet(net);
      const inputs = net.sizes[0] as number;
      const session = await ort.InferenceSession.create(onnxModel(layers), options);
      const feeds = { x: new ort.Tensor('float32', x.slice(0, rows * inputs), [rows, inputs]) };
      const once = async () => (await session.run(feeds)).y as TypedTensor<'float32'>;
      const calls = rows === 1 ? 100 : 2;
      return {
        units: calls * rows,
        waits: true,
        check: [...(await once()).data],
        async call() {
          for (let i = 0; i < calls; i++) await once();
        },
        dispose: () => void session.release(),
      };
    },
  };
});
