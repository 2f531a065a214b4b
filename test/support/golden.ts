/**
 * The golden fixtures of test/golden (schema `dnn-golden/1`): numbers from PyTorch and NumPy for whole networks, losses
 * and optimizers. The float64 expectation is compared at the tolerance of the float32 file, which says how far PyTorch's
 * own float32 is off.
 */
import { readFileSync } from 'node:fs';

type Encoded = number | string;

/** An array of a fixture: plain numbers, or integers times a scale. */
type EncodedArray =
  | { readonly shape: readonly number[]; readonly data: readonly Encoded[] }
  | { readonly shape: readonly number[]; readonly q: readonly number[]; readonly scale: number };

type Tolerance =
  | { readonly mode: 'array'; readonly floor: number; readonly rel: Readonly<Record<string, number>> }
  | { readonly mode: 'element'; readonly rel_abs: Readonly<Record<string, readonly [number, number]>> }
  | { readonly mode: 'relative'; readonly rel: Readonly<Record<string, number>> };

interface EncodedCase {
  readonly id: string;
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly input: Readonly<Record<string, EncodedArray>>;
  readonly expect: Readonly<Record<string, EncodedArray | Encoded>>;
  readonly tol: Tolerance;
}

/** Numbers with their shape; a plain number has shape []. */
export interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

function decodeNumber(value: Encoded): number {
  return typeof value === 'string' ? Number(value) : value;
}

function decode(value: EncodedArray | Encoded): GoldenArray {
  if (typeof value !== 'object') return { shape: [], data: Float64Array.of(decodeNumber(value)) };
  if ('data' in value) return { shape: value.shape, data: Float64Array.from(value.data, decodeNumber) };
  return { shape: value.shape, data: Float64Array.from(value.q, (q) => q * value.scale) };
}

/** One case: inputs, and what must come out of them. */
export class GoldenCase {
  readonly id: string;
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of everything that is expected. */
  readonly expected: readonly string[];
  readonly #input: EncodedCase['input'];
  readonly #expect: EncodedCase['expect'];
  readonly #tolerance: Tolerance;

  constructor(single: EncodedCase, double: EncodedCase) {
    if (single.id !== double.id) throw new Error(`golden: ${single.id} and ${double.id} are not the same case.`);
    this.id = single.id;
    this.kind = single.kind;
    this.config = single.config;
    this.expected = Object.keys(double.expect);
    this.#input = single.input;
    this.#expect = double.expect;
    this.#tolerance = single.tol;
  }

  /** An input, by name. */
  input(name: string): GoldenArray {
    const value = this.#input[name];
    if (value === undefined) throw new Error(`golden: ${this.id} has no input ${name}.`);
    return decode(value);
  }

  /** An input as float32, which it is exactly. */
  floats(name: string): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.input(name).data);
  }

  /** An expectation in float64, by name. */
  expectation(name: string): Float64Array {
    const value = this.#expect[name];
    if (value === undefined) throw new Error(`golden: ${this.id} expects no ${name}.`);
    return decode(value).data;
  }

  /** How `got` misses what is expected, in words; undefined if it does not. */
  miss(name: string, got: ArrayLike<number>): string | undefined {
    const wanted = this.expectation(name);
    if (got.length !== wanted.length) return `${name} has ${got.length} values, expected ${wanted.length}`;
    const bound = this.#bound(name, wanted);
    for (let i = 0; i < wanted.length; i++) {
      const [g, e] = [got[i] as number, wanted[i] as number];
      const fits = g === e || (Number.isNaN(e) && Number.isNaN(g)) || Math.abs(g - e) <= bound(e);
      if (!fits) return `${name}[${i}] is ${g}, expected ${e} ± ${bound(e)}`;
    }
    return undefined;
  }

  #bound(name: string, wanted: Float64Array): (e: number) => number {
    const tolerance = this.#tolerance;
    switch (tolerance.mode) {
      case 'array': {
        const largest = wanted.reduce((most, e) => Math.max(most, Math.abs(e)), tolerance.floor);
        const bound = (tolerance.rel[name] as number) * largest;
        return () => bound;
      }
      case 'element': {
        const [relative, absolute] = tolerance.rel_abs[name] as readonly [number, number];
        return (e) => relative * Math.abs(e) + absolute;
      }
      case 'relative': {
        const relative = tolerance.rel[name] as number;
        return (e) => relative * Math.abs(e) + 1e-30;
      }
    }
  }
}

function read(name: string, dtype: 'f32' | 'f64'): readonly EncodedCase[] {
  const text = readFileSync(new URL(`../golden/${name}.${dtype}.json`, import.meta.url), 'utf8');
  return (JSON.parse(text) as { cases: EncodedCase[] }).cases;
}

/** The cases of one suite. */
export function goldenCases(name: string): GoldenCase[] {
  const doubles = new Map(read(name, 'f64').map((one) => [one.id, one]));
  return read(name, 'f32').map((one) => {
    const double = doubles.get(one.id);
    if (!double) throw new Error(`golden: ${name}.f64.json lacks ${one.id}.`);
    return new GoldenCase(one, double);
  });
}
