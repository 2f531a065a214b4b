import type { Matrix } from '../data/inputs.js';
import type { TargetMatrix } from '../data/targets.js';
import { log } from '../math.js';
import { lossRow } from '../nn/losses.js';
import { sgd } from '../nn/optimizers.js';
import { Domain, Random } from '../random.js';
import { Core } from './core.js';
import { evaluateSlices } from './evaluate.js';
import { sampleSize } from './fit.js';
import { type Examples, ResidentExamples } from './resident.js';
import type { ModelState } from './state.js';
import { ResidentSupply } from './supply.js';

/** Rows that one member predicts at a time between two turns of the event loop. */
const CHUNK_ROWS = 1024;
/** Streams from here on give the members' seeds, those below it the samples they train on. */
const SEED_STREAMS = 0x80000000;
/** Probabilities below this (and above 1 minus the next one) count as it in a loss, which stays finite. */
const LEAST_PROBABILITY = 1e-30;
const LEAST_REST = 1 / 16777216;

/** What drives the initial weights and the order of rows of a member: of the first one what drives the single model. */
export function memberSeed(single: number, seed: number, member: number): number {
  if (member === 0) return single;
  const random = new Random(seed, Domain.bagging, SEED_STREAMS + member);
  // 53 bits
  return random.next() * 2097152 + (random.next() >>> 11);
}

/** The rows that a member trains on: a share of `rows`, drawn with replacement, in ascending order. */
export function bootstrap(rows: Uint32Array, share: number, seed: number, member: number): Uint32Array {
  const random = new Random(seed, Domain.bagging, member);
  const sample = new Uint32Array(sampleSize(rows.length, share));
  for (let i = 0; i < sample.length; i++) sample[i] = rows[random.below(rows.length)] as number;
  return sample.sort();
}

/** The outputs of several models for the same rows, in the units that the models work in, as they come in. */
export class Votes {
  readonly #outputs: number;
  /** The first vote on each row, and how far the others are from it: sums of numbers near zero cancel nothing. */
  readonly #first: Float32Array;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  /** Votes on each row. */
  readonly counts: Uint32Array;

  constructor(rows: number, outputs: number) {
    this.#outputs = outputs;
    this.#first = new Float32Array(rows * outputs);
    this.#sums = new Float64Array(rows * outputs);
    this.#squares = new Float64Array(rows * outputs);
    this.counts = new Uint32Array(rows);
  }

  /** A model's vote on all rows of x, or on those that are named; gives way after every thousand. */
  *add({ core }: ModelState, x: Matrix, rows?: Uint32Array): Generator<undefined, void> {
    const count = rows?.length ?? x.rows;
    const { columns } = x;
    for (let first = 0; first < count; first += CHUNK_ROWS) {
      const end = Math.min(count, first + CHUNK_ROWS);
      const chosen = rows?.subarray(first, end);
      const data = chosen ? rowsOf(x, chosen) : x.data.subarray(first * columns, end * columns);
      const out = new Float32Array((end - first) * this.#outputs);
      core.predict({ ...x, data, rows: end - first }, out);
      for (let i = first; i < end; i++) {
        const at = (i - first) * this.#outputs;
        this.#count(rows ? (rows[i] as number) : i, out.subarray(at, at + this.#outputs));
      }
      yield;
    }
  }

  #count(row: number, vote: Float32Array): void {
    const votes = this.counts[row] as number;
    this.counts[row] = votes + 1;
    for (let j = 0; j < vote.length; j++) {
      const at = row * this.#outputs + j;
      const value = vote[j] as number;
      if (votes === 0) this.#first[at] = value;
      const difference = value - (this.#first[at] as number);
      this.#sums[at] = (this.#sums[at] as number) + difference;
      this.#squares[at] = (this.#squares[at] as number) + difference * difference;
    }
  }

  /** The mean vote on every row; 0 where there is none. */
  mean(): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.#first, (first, at) => first + (this.#sums[at] as number) / this.#voters(at));
  }

  /** The standard deviation of the votes on every row, √(Σ(v − mean)²/n). */
  deviation(): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.#first, (_, at) => {
      const n = this.#voters(at);
      const sum = this.#sums[at] as number;
      return Math.sqrt(Math.max(0, (this.#squares[at] as number) - (sum * sum) / n) / n);
    });
  }

  #voters(at: number): number {
    return Math.max(1, this.counts[Math.floor(at / this.#outputs)] as number);
  }
}

function rowsOf({ data, columns }: Matrix, rows: Uint32Array): Float32Array | Uint8Array {
  const length = rows.length * columns;
  const chosen = data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  rows.forEach((row, i) => {
    chosen.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return chosen;
}

/** Some rows of targets. */
export function targetsOf(t: TargetMatrix, rows: Uint32Array): TargetMatrix {
  if (t.kind === 'indices')
    return { ...t, rows: rows.length, data: Int32Array.from(rows, (row) => t.data[row] as number) };
  const { columns } = t;
  const data = Float32Array.from({ length: rows.length * columns }, (_, i) => {
    return t.data[(rows[Math.floor(i / columns)] as number) * columns + (i % columns)] as number;
  });
  return { ...t, rows: rows.length, data };
}

/**
 * Loss and metrics of outputs that were voted on, by the kernels that judge a model's: a network without layers gets the
 * outputs as its inputs, as logits where the loss takes logits.
 */
export function* score(
  { compiled, core, unit }: ModelState,
  outputs: Float32Array,
  t: TargetMatrix,
): Generator<undefined, Record<string, number>> {
  const { network, loss, metrics } = compiled;
  const columns = network.outputs;
  const bare = { ...network, inputs: columns, layers: [], parameters: [], parameterCount: 0, slabBytes: 64 };
  const { tile } = core.blueprint;
  const facts = {
    loss,
    metrics,
    optimizer: sgd(),
    standardized: false,
    tile,
    clipNorm: undefined,
    clipValue: undefined,
  };
  const judge = new Core({ ...facts, network: bare }, core.runtime, 0);
  try {
    const x: Matrix = { data: logits(lossRow(loss).fuses, outputs), rows: t.rows, columns, scale: 1 };
    const examples: Examples = { x, t, weights: undefined };
    const resident = ResidentExamples.of(core.runtime, 'outputs to judge', examples);
    const supply = new ResidentSupply(core.runtime, resident, undefined, undefined);
    try {
      const { loss: value, dataLoss: _, ...rest } = yield* evaluateSlices<never>(judge, supply, unit, () => true);
      return { loss: value as number, ...rest };
    } finally {
      resident.release();
    }
  } finally {
    judge.release();
  }
}

/** Numbers whose softmax, or sigmoid, the outputs are. */
function logits(activation: string | undefined, outputs: Float32Array): Float32Array {
  if (activation === 'softmax') return outputs.map((p) => log(Math.max(p, LEAST_PROBABILITY)));
  if (activation !== 'sigmoid') return outputs;
  return outputs.map((p) => {
    const likely = Math.min(Math.max(p, LEAST_PROBABILITY), 1 - LEAST_REST);
    return log(likely) - log(1 - likely);
  });
}
