/**
 * The nets that everything is measured on, and their data as files, so that every contestant, in whatever language, starts
 * from the same weights and sees the same rows. Relu, softmax cross entropy, Adam, float32.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Sizes of a net, from its inputs to its outputs, and how it is trained. */
export interface Net {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly batch: number;
  /** Rows of the data set: an epoch is all of them in order. */
  readonly rows: number;
  /** Updates after which the losses are compared. */
  readonly checkSteps: number;
}

/** Their names. */
export type NetName = (typeof NET_NAMES)[number];

const NET_NAMES = ['S', 'M', 'L', 'XL'] as const;

const net = (name: NetName, sizes: readonly number[], batch: number, rows: number, checkSteps: number): Net => ({
  name,
  sizes,
  batch,
  rows,
  checkSteps,
});

/** By name; XL has only as many rows as its slowest contestant can bear. */
export const NETS = {
  S: net('S', [64, 32, 10], 32, 3200, 20),
  M: net('M', [784, 128, 10], 64, 3200, 20),
  L: net('L', [784, 512, 256, 10], 128, 1280, 10),
  XL: net('XL', [1024, 1024, 1024, 1024, 10], 256, 512, 2),
} as const satisfies Readonly<Record<NetName, Net>>;

/** `784-512-256-10, batch 128` */
export function netText({ sizes, batch }: Net): string {
  return `${sizes.join('-')}, batch ${batch}`;
}

/** A net with the paths of its data: what is sent to a contestant. */
export interface NetFiles extends Net {
  /** float32, `[rows, inputs]`. */
  readonly x: string;
  /** uint8 class indices, `[rows]`. */
  readonly y: string;
  /** float32: for each layer its weights `[out, in]`, then its biases `[out]`. */
  readonly weights: string;
}

/** Floating-point operations of the matrix products of one training step: three for each layer, without the first dX. */
export function productFlops({ sizes, batch }: Net): number {
  return sizes.slice(1).reduce((sum, outputs, i) => {
    const inputs = sizes[i] as number;
    return sum + (i === 0 ? 2 : 3) * 2 * batch * inputs * outputs;
  }, 0);
}

/** Weights and biases. */
export function parameterCount({ sizes }: Net): number {
  return sizes.slice(1).reduce((sum, outputs, i) => sum + outputs * ((sizes[i] as number) + 1), 0);
}

/** The i-th of a fixed sequence of numbers between 0 and 1 (multiplicative hash by the golden ratio, twice). */
export function unit(i: number): number {
  const once = Math.imul(i + 1, 0x9e3779b1);
  return (Math.imul(once ^ (once >>> 15), 0x85ebca6b) >>> 8) / 2 ** 24;
}

/** Writes the data of a net and says where it is. Inputs are uniform in ±½, weights as He et al. (2015) have them. */
export function writeNet(net: Net, folder = 'build/bench-data'): NetFiles {
  mkdirSync(folder, { recursive: true });
  const path = (name: string) => resolve(folder, `${net.name}.${name}`);
  const [inputs] = net.sizes as readonly [number];
  const outputs = net.sizes.at(-1) as number;
  const x = Float32Array.from({ length: net.rows * inputs }, (_, i) => unit(i) - 0.5);
  const y = Uint8Array.from({ length: net.rows }, (_, i) => Math.floor(unit(i + 1e6) * outputs));
  const weights = net.sizes.slice(1).flatMap((out, layer) => {
    const from = net.sizes[layer] as number;
    const limit = Math.sqrt(6 / from);
    return [
      Float32Array.from({ length: out * from }, (_, i) => (2 * unit(i + 7919 * layer) - 1) * limit),
      new Float32Array(out),
    ];
  });
  writeFileSync(path('x'), x);
  writeFileSync(path('y'), y);
  writeFileSync(path('weights'), Buffer.concat(weights.map((one) => Buffer.from(one.buffer))));
  return { ...net, x: path('x'), y: path('y'), weights: path('weights') };
}

/** A layer's initial values. */
export interface LayerValues {
  readonly inputs: number;
  readonly outputs: number;
  /** `[outputs, inputs]` */
  readonly weight: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer>;
}

/** The data of a net, read back. */
export function readNet(files: NetFiles) {
  const x = floats(readFileSync(files.x));
  const y = Uint8Array.from(readFileSync(files.y));
  const weights = floats(readFileSync(files.weights));
  let at = 0;
  const take = (count: number) => {
    at += count;
    return weights.slice(at - count, at);
  };
  const layers = files.sizes.slice(1).map((outputs, i): LayerValues => {
    const inputs = files.sizes[i] as number;
    return { inputs, outputs, weight: take(outputs * inputs), bias: take(outputs) };
  });
  return { x, y, layers };
}

function floats(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
