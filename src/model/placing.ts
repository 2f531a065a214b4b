/** Finds places in the arena for the data of a fit: whole where that fits, else a block at a time. */
import type { Runtime } from '../runtime/runtime.js';
import type { BlockReader } from './blockreader.js';
import { Blocks, blockRows } from './blocks.js';
import { DataSupply, dataSupplyBytes } from './datasupply.js';
import { type Examples, ResidentExamples, residentBytes } from './resident.js';
import { StreamedSupply } from './streamed.js';
import { orderBytes, ResidentSupply, reserveOrder, type Supply } from './supply.js';

/** Checked arrays. Parts of one set (training rows, and rows held out of it) share this. */
export interface ArrayData {
  readonly label: string;
  readonly examples: Examples;
}

/** Rows that a fit trains on, or judges. */
export type Part = ArrayPart | DataPart;

interface AnyPart {
  readonly label: string;
  /** Rows of a batch: blocks are cut between batches. */
  readonly unit: number;
  /** Epochs are shuffled. */
  readonly ordered: boolean;
}

/** Rows of arrays. */
export interface ArrayPart extends AnyPart {
  readonly data: ArrayData;
  /** Which rows; undefined: all. */
  readonly rows: Uint32Array | undefined;
}

/** Rows of a data set. */
export interface DataPart extends AnyPart {
  readonly reader: BlockReader;
  /** An example of what its rows look like. */
  readonly form: Examples;
  readonly blocks: Blocks;
}

/** What a part's rows look like. */
export function formOf(part: Part): Examples {
  return 'reader' in part ? part.form : part.data.examples;
}

function countOf({ rows, data }: ArrayPart): number {
  return rows?.length ?? data.examples.x.rows;
}

/** Values in a row of inputs and targets. */
export function rowValues({ x, t }: Pick<Examples, 'x' | 't'>): number {
  return x.columns + (t.kind === 'values' ? t.columns : 1);
}

/** Which array parts are streamed, and in blocks of a half, a quarter … of the usual size. */
interface Choice {
  readonly streamed: readonly Part[];
  readonly halvings: number;
}

function streamedSize(part: ArrayPart, halvings: number): number {
  const { unit } = part;
  const whole = blockRows(unit, rowValues(part.data.examples));
  return blockRows(unit, 1, Math.floor(whole / (1 << halvings)));
}

function hasOrder({ ordered, rows }: ArrayPart): boolean {
  return ordered || rows !== undefined;
}

/** Bytes that parts take by a choice. Arrays that several resident parts share count once. */
function bytesOf(parts: readonly Part[], { streamed, halvings }: Choice): number {
  const resident = new Set<ArrayData>();
  let bytes = 0;
  for (const part of parts) {
    if ('reader' in part) {
      bytes += dataSupplyBytes(part.form, part.blocks, part.ordered);
    } else if (streamed.includes(part)) {
      const blocks = new Blocks(countOf(part), streamedSize(part, halvings), part.unit);
      bytes += residentBytes(part.data.examples, blocks.largest);
    } else {
      resident.add(part.data);
      if (hasOrder(part)) bytes += orderBytes(countOf(part));
    }
  }
  for (const { examples } of resident) bytes += residentBytes(examples);
  return bytes;
}

/** Halvings after which every block is a single batch. */
function mostHalvings(parts: readonly Part[]): number {
  let most = 0;
  for (const part of parts) {
    if ('reader' in part) continue;
    while (streamedSize(part, most) > part.unit) most++;
  }
  return most;
}

/** Whole if they fit; else the first arrays in blocks, which are the training rows; else all, in the largest blocks that fit. */
function choose(runtime: Runtime, parts: readonly Part[], { what, others, stream }: Placing): Choice {
  const whole: Choice = { streamed: [], halvings: 0 };
  const arrays = parts.filter((part): part is ArrayPart => !('reader' in part));
  const most = mostHalvings(arrays);
  const choices = [whole];
  // parts that share arrays stay together: one of them in blocks saves nothing as long as another is whole
  const together = arrays.filter(({ data }) => data === arrays[0]?.data);
  for (const streamed of stream ? [together, arrays] : []) {
    for (let halvings = 0; halvings <= most; halvings++) choices.push({ streamed, halvings });
  }
  const needs = (choice: Choice): number => bytesOf(parts, choice) + others;
  const fitting = choices.find((choice) => runtime.hasRoom(needs(choice)));
  if (fitting) return fitting;
  const least = choices.reduce((a, b) => (needs(b) < needs(a) ? b : a));
  const help = 'use fewer units, or a smaller `batchSize` or `blockRows`';
  runtime.ensureRoom(needs(least), what, arrays.length < parts.length ? help : undefined);
  return least;
}

/** How parts are to be placed. */
export interface Placing {
  /** Names the work in messages. */
  readonly what: string;
  /** Bytes that it needs besides. */
  readonly others: number;
  /** Whether arrays may be streamed. */
  readonly stream: boolean;
  /** Called when all will fit, before anything is reserved. */
  onChoice?(): void;
}

/**
 * Places the parts, in their order.
 * @returns a supply for each part, and what gives all the memory back
 * @throws MemoryLimitError, with nothing reserved, if not even single batches fit
 */
export function place(
  runtime: Runtime,
  parts: readonly Part[],
  placing: Placing,
): { readonly supplies: readonly Supply[]; release(): void } {
  const choice = choose(runtime, parts, placing);
  placing.onChoice?.();
  const releases: (() => void)[] = [];
  const release = (): void => {
    for (const one of releases.splice(0)) one();
  };
  const resident = new Map<ArrayData, ResidentExamples>();
  const examplesOf = (data: ArrayData): ResidentExamples => {
    const known = resident.get(data);
    if (known) return known;
    const placed = ResidentExamples.of(runtime, data.label, data.examples);
    releases.push(() => placed.release());
    resident.set(data, placed);
    return placed;
  };
  const supplyOf = (part: Part): Supply => {
    const { label, unit, ordered } = part;
    if ('reader' in part) return new DataSupply(runtime, label, part.reader, part.form, part.blocks, ordered);
    const { data, rows } = part;
    if (choice.streamed.includes(part)) {
      return new StreamedSupply(runtime, label, data.examples, rows, streamedSize(part, choice.halvings), unit);
    }
    const examples = examplesOf(data);
    const order = hasOrder(part) ? reserveOrder(runtime, countOf(part)) : undefined;
    return new ResidentSupply(runtime, examples, rows, order);
  };
  try {
    const supplies = parts.map((part) => {
      const supply = supplyOf(part);
      releases.push(() => supply.release());
      return supply;
    });
    return { supplies, release };
  } catch (error) {
    release();
    throw error;
  }
}
