import { adam, createRuntime, dense, sequential } from 'lanegrad';
import { measure } from './measure.js';

/** One net: samples per second of `fit`, and the profile of one step. */
export interface TrainingResult {
  readonly name: string;
  readonly samplesPerSecond: number;
  readonly spread: number;
  readonly microsecondsPerStep: number;
  readonly profile: string;
}

const NETS = [
  // a step with next to no arithmetic: what it takes is an upper bound of all work outside kernels
  { name: 'smallest 1-2', sizes: [1, 2], batch: 1, rows: 1000 },
  { name: 'S 64-32-10', sizes: [64, 32, 10], batch: 32, rows: 3200 },
  { name: 'M 784-128-10', sizes: [784, 128, 10], batch: 64, rows: 3200 },
  { name: 'L 784-512-256-10', sizes: [784, 512, 256, 10], batch: 128, rows: 1280 },
] as const;

/** Relu nets with softmax cross entropy and Adam, as in every table of peers: one epoch over resident float32 rows. */
export async function measureTraining(rounds: number): Promise<TrainingResult[]> {
  const nets = NETS.map(({ name, sizes, batch, rows }) => {
    const [input, ...widths] = sizes;
    const x = Float32Array.from(
      { length: rows * input },
      (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24 - 0.5,
    );
    const y = Uint8Array.from({ length: rows }, (_, i) => i % (sizes.at(-1) as number));
    const layers = widths.map((units, i) => dense(units, { activation: i === widths.length - 1 ? 'softmax' : 'relu' }));
    const runtime = createRuntime({ threads: 1 });
    const model = sequential({ input, layers, seed: 1 }, { runtime }).compile({
      loss: 'crossEntropy',
      optimizer: adam(),
    });
    // the same data again and again: what differs between 1 and 9 epochs is steps alone
    const epochs = (n: number) => () => void model.fitSync(x, y, { epochs: n, batchSize: batch, shuffle: false });
    return { name, batch, rows, x, y, model, epochs };
  });
  const results: TrainingResult[] = [];
  for (const { name, batch, rows, x, y, model, epochs } of nets) {
    const [one, nine] = await measure({ one: epochs(1), nine: epochs(9) }, rounds);
    if (!one || !nine) throw new Error('nothing was measured');
    const perStep = (nine.median - one.median) / (8 * (rows / batch));
    const profile = model.profile(x, y, { batchSize: batch, repetitions: 200 });
    results.push({
      name: `${name}, batch ${batch}`,
      samplesPerSecond: batch / perStep,
      spread: Math.max(one.spread, nine.spread),
      microsecondsPerStep: perStep * 1e6,
      profile,
    });
  }
  return results;
}
