/** Small data sets and comparisons that the tests of the facade share. */
import { createHash } from 'node:crypto';
import { adam, dense, MemoryLimitError, type NamedArray, sequential, sgd } from '../../src/index.js';
import { Domain, Random } from '../../src/random.js';

/** Rows of numbers with a class each. */
export interface Classified {
  readonly x: Float32Array;
  readonly y: number[];
}

/** `rows` points around `classes` centres in `width` dimensions, with the class of each; row r has class r mod classes. */
export function clusters(rows: number, { width = 4, classes = 3, noise = 0.5, seed = 1 } = {}): Classified {
  const random = new Random(seed, Domain.spirals);
  const centres = Array.from({ length: classes * width }, () => 2 * random.normal());
  const x = new Float32Array(rows * width);
  const y = Array.from({ length: rows }, (_, row) => row % classes);
  x.forEach((_, i) => {
    const row = Math.floor(i / width);
    x[i] = (centres[(y[row] as number) * width + (i % width)] as number) + noise * random.normal();
  });
  return { x, y };
}

/** Points with a target that is a curved function of them, times `size` plus `offset`. */
export function curve(rows: number, { width = 3, size = 1, offset = 0, seed = 1 } = {}): Classified {
  const random = new Random(seed, Domain.spirals);
  const x = Float32Array.from({ length: rows * width }, () => random.normal());
  const y = Array.from({ length: rows }, (_, row) => {
    const [a = 0, b = 0] = x.subarray(row * width);
    return Math.fround(offset + size * (a * b + Math.abs(a)));
  });
  return { x, y };
}

/** A flat array as an array of rows. */
export function rowsOf(data: ArrayLike<number>, width: number): number[][] {
  return Array.from({ length: data.length / width }, (_, row) =>
    Array.from({ length: width }, (_, j) => data[row * width + j] as number),
  );
}

/** A classifier of `clusters` with three classes. */
export function classifier({ seed = 3, learningRate = 0.01, standardize = false } = {}) {
  const layers = [dense(8, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
  return sequential({ input: 4, seed, standardize, layers }).compile({
    loss: 'crossEntropy',
    optimizer: adam({ learningRate }),
    metrics: ['accuracy'],
  });
}

/** A network for `curve`. */
export function regressor({ seed = 3, learningRate = 0.01, standardize = false, standardizeTarget = false } = {}) {
  const layers = [dense(8, { activation: 'tanh' }), dense(1)];
  return sequential({ input: 3, seed, standardize, standardizeTarget, layers }).compile({
    loss: 'meanSquaredError',
    optimizer: sgd({ learningRate }),
    metrics: ['rmse', 'r2'],
  });
}

/** SHA-256 of bytes, in hexadecimal: what is printed when two saved models differ is then one line. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The largest |a − b| of two arrays of one length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Number.NaN;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] as number) - (b[i] as number)));
  return largest;
}

/** The values of one parameter, which must exist. */
export function valuesOf(parameters: Readonly<Record<string, NamedArray>>, name: string): Float32Array {
  const array = parameters[name];
  if (!array) throw new Error(`there is no ${name} among ${Object.keys(parameters).join(', ')}`);
  return array.data;
}

/** SHA-256 of all parameters in order: the bits alone, without names, shapes or metadata. */
export function hashOf(model: { parameters(): Record<string, NamedArray> }): string {
  const values = Object.values(model.parameters()).flatMap(({ data }) => [...data]);
  return sha256(new Uint8Array(Float32Array.from(values).buffer));
}

/** The least memory limit, to some bytes, that a call works with. */
export function leastLimit(call: (memoryLimit: number) => void): number {
  let [low, high] = [100_000, 2 ** 24];
  while (high - low > 256) {
    const middle = Math.ceil((low + high) / 2);
    try {
      call(middle);
      high = middle;
    } catch (error) {
      if (!(error instanceof MemoryLimitError)) throw error;
      low = middle;
    }
  }
  return high;
}
