/** What the tests of threads share: a network with all that a step can have, and hands on the threads themselves. */
import type { Worker } from 'node:worker_threads';
import { Header, Op, RECORD_BYTES, Sync, Word } from '../../assembly/abi.js';
import {
  activation,
  adamw,
  batchNorm,
  createRuntime,
  dense,
  dropout,
  l1,
  l1l2,
  layerNorm,
  maxNorm,
  type Runtime,
  residual,
  sequential,
} from '../../src/index.js';
import { clusters } from '../facade/support.js';

/** Images of 12 × 12 with three classes, as numbers around zero. */
export const images = clusters(96, { width: 144, noise: 2 });

/** A network with everything that reads or writes other memory in a step, and draws random numbers. */
export function everything(runtime: Runtime) {
  const layers = [
    dropout({ keep: 0.9 }),
    dense(67, { weightRegularizer: l1l2({ l1: 0.001, l2: 0.01 }), weightConstraint: maxNorm(2) }),
    batchNorm(),
    activation('relu'),
    residual([dense(41, { activation: 'gelu' }), layerNorm(), dropout({ rate: 0.25 }), dense(67)]),
    dense(29, { activation: 'tanh', weightRegularizer: l1(0.0005, { proximal: true }), learningRateMultiplier: 0.5 }),
    dense(3, { activation: 'softmax' }),
  ];
  const augment = { flipHorizontal: true, rotate: 20, shift: 1, stretch: 0.1, noise: 0.05 };
  return sequential({ input: [12, 12], seed: 5, standardize: true, augment, layers }, { runtime }).compile({
    loss: 'crossEntropy',
    optimizer: adamw({ learningRate: 0.003 }),
    metrics: ['accuracy'],
    clipNorm: 0.7,
    clipValue: 0.2,
  });
}

/** A small network for `clusters`. */
export function small(runtime: Runtime) {
  const layers = [dense(8, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
  return sequential({ input: 4, seed: 3, layers }, { runtime }).compile({ loss: 'crossEntropy' });
}

/** A runtime with as many threads, all of them up. */
export function assembled(threads: number, kernel: 'simd' | 'auto' = 'simd'): Runtime {
  const runtime = createRuntime({ kernel, threads });
  if (!runtime.team.assemble(threads, 20_000)) throw new Error(`${threads} threads did not come up in 20 seconds`);
  return runtime;
}

/** The byte offset of a region, by how its line in the memory map ends. */
export function offsetOf(runtime: Runtime, label: string): number {
  const line = runtime
    .map()
    .split('\n')
    .findLast((row) => row.includes(label));
  if (line === undefined) throw new Error(`there is no region ${label} in\n${runtime.map()}`);
  return Number.parseInt(line.slice(0, 8), 16);
}

/** Gives the workers of a team a scratch that is no memory: they trap where a product uses it, and thread 0 does not. */
export function spoilScratch(runtime: Runtime): void {
  runtime.words(offsetOf(runtime, 'threads'), Sync.Message)[Sync.Scratch] = 0xffffff00;
}

/**
 * Moves what the largest optimizer's record of a step reads to the end of memory, so that one of two threads finds its share
 * there and the other (`victim`, 0 or 1) does not; returns what undoes it.
 */
export function spoilOptimizer(runtime: Runtime, victim: 0 | 1): () => void {
  const program = offsetOf(runtime, 'train program');
  const count = runtime.words(program, 1)[Header.Count] as number;
  const records = Array.from({ length: count }, (_, i) => program + (i + 1) * RECORD_BYTES);
  const updates = records.filter((at) => runtime.words(at, 1)[Word.Op] === Op.Optimizer);
  const sizeOf = (at: number): number => runtime.words(at, RECORD_BYTES / 4)[Word.N] as number;
  const [largest] = updates.sort((a, b) => sizeOf(b) - sizeOf(a));
  if (largest === undefined) throw new Error('the program has no optimizer');
  const half = 4 * 16 * Math.ceil(sizeOf(largest) / 2 / 16);
  const record = runtime.words(largest, RECORD_BYTES / 4);
  const kept = record[Word.B] as number;
  // an offset that wraps around leaves the first half outside of memory and the second one inside
  record[Word.B] = victim === 1 ? runtime.buffer.byteLength - half : -half >>> 0;
  return () => {
    // memory may have grown meanwhile: not by a view of before
    runtime.words(largest, RECORD_BYTES / 4)[Word.B] = kept;
  };
}

/** Waits until nothing is left of teams that were dissolved. */
export async function dissolved(runtime: Runtime): Promise<void> {
  while (runtime.map().includes('threads')) await turn();
}

/** The workers that this process starts from now on. */
export function watchWorkers(): { readonly started: Worker[]; stop(): void } {
  const started: Worker[] = [];
  const listener = (worker: Worker) => void started.push(worker);
  process.on('worker', listener);
  return { started, stop: () => void process.off('worker', listener) };
}

/** A turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
