import { availableParallelism } from 'node:os';
import { adam, createRuntime, dense, sequential } from 'lanegrad';

/** One net with one number of threads. */
export interface ScalingResult {
  readonly net: string;
  readonly threads: number | 'auto';
  /** Of the fastest step, and of the middle one: on a machine that others use too, the first is nearer to the truth. */
  readonly fastest: number;
  readonly median: number;
  /** How many times as fast as one thread, by the fastest steps. */
  readonly speedup: number;
  readonly steps: number;
}

/** The nets of all tables of peers, with steps that are timed together: a step of the smallest is too short to time. */
const NETS = [
  { name: 'S 64-32-10', sizes: [64, 32, 10], batch: 32, together: 8 },
  { name: 'M 784-128-10', sizes: [784, 128, 10], batch: 64, together: 2 },
  { name: 'L 784-512-256-10', sizes: [784, 512, 256, 10], batch: 128, together: 1 },
  { name: 'XL 1024-1024-1024-1024-10', sizes: [1024, 1024, 1024, 1024, 10], batch: 256, together: 1 },
] as const;

/** Milliseconds that one configuration trains before the next one does, and of its beginning that do not count. */
const TURN = 150;
const WARM = 30;

/**
 * Samples per second of training with 1, 2 … threads and with `auto`, in short turns A B C A B C …, so that all of them meet
 * the machine in the same moods. Each epoch is a few steps and is timed by itself.
 */
export function measureScaling(rounds: number): ScalingResult[] {
  const counts = [...Array.from({ length: Math.min(8, availableParallelism()) }, (_, i) => i + 1), 'auto' as const];
  return NETS.flatMap(({ name, sizes, batch, together }) => {
    const [input, ...widths] = sizes;
    const rows = batch * together;
    const x = Float32Array.from(
      { length: rows * input },
      (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24 - 0.5,
    );
    const y = Uint8Array.from({ length: rows }, (_, i) => i % 10);
    const layers = widths.map((units, i) => dense(units, { activation: i === widths.length - 1 ? 'softmax' : 'relu' }));
    const contestants = counts.map((threads) => {
      const model = sequential({ input, layers, seed: 1 }, { runtime: createRuntime({ threads }) });
      return { threads, model: model.compile({ loss: 'crossEntropy', optimizer: adam() }), times: [] as number[] };
    });
    for (let round = 0; round < rounds; round++) {
      for (const { model, times } of contestants) {
        const begin = performance.now();
        let last = begin;
        const onEpochEnd = (): 'stop' | undefined => {
          const now = performance.now();
          if (last - begin > WARM) times.push((now - last) / 1000);
          last = now;
          return now - begin > TURN ? 'stop' : undefined;
        };
        model.fitSync(x, y, { epochs: 1e9, batchSize: batch, shuffle: false, onEpochEnd });
      }
    }
    const sorted = contestants.map(({ times }) => times.sort((a, b) => a - b));
    return contestants.map(({ threads, times }, i) => ({
      net: `${name}, batch ${batch}`,
      threads,
      fastest: rows / (sorted[i]?.[0] ?? Number.NaN),
      median: rows / (sorted[i]?.[times.length >> 1] ?? Number.NaN),
      speedup: (sorted[0]?.[0] ?? Number.NaN) / (sorted[i]?.[0] ?? Number.NaN),
      steps: times.length * together,
    }));
  });
}
