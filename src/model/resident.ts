import { Step } from '../../assembly/abi.js';
import type { Matrix } from '../data/inputs.js';
import type { TargetMatrix } from '../data/targets.js';
import type { Program } from '../program/program.js';
import { align, type Region } from '../runtime/arena.js';
import type { Runtime } from '../runtime/runtime.js';
import type { BatchForm } from './programs.js';

/** Inputs with targets and row weights, checked. */
export interface Examples {
  readonly x: Matrix;
  readonly t: TargetMatrix;
  readonly weights: Float32Array | undefined;
}

/** Values from where on rows are moved one by one with `set`: shorter ones are faster in a loop. */
const LONG_ROW = 24;

function targetColumns(t: TargetMatrix): number {
  return t.kind === 'values' ? t.columns : 1;
}

/** Bytes that each part of so many rows takes in the arena, in the type they come in. */
function partBytes({ x, t, weights }: Examples, rows: number): readonly [x: number, t: number, weights: number] {
  return [
    align(rows * x.columns * x.data.BYTES_PER_ELEMENT),
    align(rows * targetColumns(t) * 4),
    weights ? align(rows * 4) : 0,
  ];
}

/** Bytes that so many rows of examples take in the arena. Default: all of them. */
export function residentBytes(examples: Examples, rows = examples.x.rows): number {
  return partBytes(examples, rows).reduce((sum, bytes) => sum + bytes);
}

type Values = Float32Array | Uint8Array | Uint32Array | Int32Array;

/** Copies rows of `columns` values: all of them, or those named, in their order. */
function copyRows(to: Values, from: Values, columns: number, rows: Uint32Array | undefined): void {
  if (!rows) {
    to.set(from);
  } else if (columns >= LONG_ROW) {
    for (let i = 0; i < rows.length; i++) {
      const start = (rows[i] as number) * columns;
      to.set(from.subarray(start, start + columns), i * columns);
    }
  } else {
    for (let i = 0, at = 0; i < rows.length; i++) {
      const start = (rows[i] as number) * columns;
      for (let j = 0; j < columns; j++) to[at++] = from[start + j] as number;
    }
  }
}

/** The form of the batches that examples are cut into. */
export function batchForm({ x, t, weights }: Examples, rows: number): BatchForm {
  return { rows, bytes: x.data instanceof Uint8Array, dense: t.kind === 'values', weighted: weights !== undefined };
}

/** A copy of some rows. */
export function pickRows({ x, t, weights }: Examples, rows: Uint32Array): Examples {
  const count = rows.length;
  const data = x.data instanceof Uint8Array ? new Uint8Array(count * x.columns) : new Float32Array(count * x.columns);
  copyRows(data, x.data, x.columns, rows);
  const copy = { weights: weights && new Float32Array(count), x: { ...x, data, rows: count } };
  if (weights && copy.weights) copyRows(copy.weights, weights, 1, rows);
  if (t.kind === 'indices') {
    const classes = new Int32Array(count);
    copyRows(classes, t.data, 1, rows);
    return { ...copy, t: { ...t, data: classes, rows: count } };
  }
  const values = new Float32Array(count * t.columns);
  copyRows(values, t.data, t.columns, rows);
  return { ...copy, t: { ...t, data: values, rows: count } };
}

/** Examples in the arena: stored once, in their own type, and bound to programs by pointer. */
export class ResidentExamples {
  readonly bytes: boolean;
  readonly dense: boolean;
  readonly weighted: boolean;
  readonly #runtime: Runtime;
  readonly #region: Region;
  readonly #targets: number;
  readonly #weights: number;
  #rows = 0;
  #scale = 1;

  /** Finds a place for so many rows of this form. @throws MemoryLimitError if they do not fit. */
  constructor(runtime: Runtime, label: string, form: Examples, capacity: number) {
    const { x, t, weights } = form;
    this.bytes = x.data instanceof Uint8Array;
    this.dense = t.kind === 'values';
    this.weighted = weights !== undefined;
    this.#runtime = runtime;
    this.#region = runtime.reserve(residentBytes(form, capacity), label);
    const [xBytes, tBytes] = partBytes(form, capacity);
    this.#targets = this.#region.offset + xBytes;
    this.#weights = weights ? this.#targets + tBytes : 0;
  }

  /** Copies all of these examples into the arena. @throws MemoryLimitError if they do not fit. */
  static of(runtime: Runtime, label: string, examples: Examples): ResidentExamples {
    const resident = new ResidentExamples(runtime, label, examples, examples.x.rows);
    resident.write(examples);
    return resident;
  }

  /** How many rows are here now. */
  get rows(): number {
    return this.#rows;
  }

  /** Puts examples of the same form in the place of those before: all of them, or the rows that are named, in that order. */
  write({ x, t, weights }: Examples, rows?: Uint32Array): void {
    const count = rows?.length ?? x.rows;
    const runtime = this.#runtime;
    const { offset } = this.#region;
    const values = count * x.columns;
    const into = this.bytes ? runtime.bytes(offset, values) : runtime.floats(offset, values);
    copyRows(into, x.data, x.columns, rows);
    const columns = targetColumns(t);
    const targets = this.dense
      ? runtime.floats(this.#targets, count * columns)
      : runtime.words(this.#targets, count * columns);
    copyRows(targets, t.data, columns, rows);
    if (weights) copyRows(runtime.floats(this.#weights, count), weights, 1, rows);
    this.#rows = count;
    this.#scale = x.scale;
  }

  /** Points a program's step block at this data; `indices` is the address of row numbers, or 0 for stored order. */
  bind(program: Program, indices: number): void {
    const { step } = program;
    step.setWord(Step.Inputs, this.#region.offset);
    step.setWord(Step.Targets, this.#targets);
    step.setWord(Step.Weights, this.#weights);
    step.setWord(Step.Indices, indices);
    step.setFloat(Step.InputScale, this.#scale);
  }

  /** Gives the memory back. */
  release(): void {
    this.#runtime.release(this.#region);
  }
}
