import { namesOf } from './cells.js';
import { type Column, pickColumn } from './column.js';
import { classesIn, targetValues } from './encode.js';
import type { Features, Field } from './features.js';
import { countsOf } from './kinds.js';
import { list } from './notes.js';
import { Scratch } from './numbers.js';
import { scaleOf } from './scale.js';
import type { Table } from './table.js';

/** From this on, a column and the target are taken for the same thing. */
const SAME = 0.999;
/** Fewer rows than this may agree by chance. */
const FEW_ROWS = 20;

/** Rows that are compared before all are. */
const HEAD = 256;

/** Bits of the lower half of a row's hash. */
const LOW = 0x1fffff;

/** Mixes a word into a hash (the finalizer's multiplier and shift of MurmurHash3, Appleby). */
function mix(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x85ebca6b);
  return Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ (h >>> 16);
}

/** Counts rows that are exact copies of an earlier one: by a hash of 53 bits, which among a million different rows two share
 * once in 18,000 tables (n²/2⁵⁴). */
class RowHashes {
  readonly #high: Int32Array;
  readonly #low: Int32Array;

  constructor(rows: number) {
    this.#high = new Int32Array(rows).fill(17);
    this.#low = new Int32Array(rows).fill(71);
  }

  add(column: Column): void {
    const { buffer, byteOffset, length } = column.type === 'number' ? column.values : column.codes;
    const perRow = column.type === 'number' ? 2 : 1;
    const words = new Int32Array(buffer, byteOffset, length * perRow);
    const [high, low] = [this.#high, this.#low];
    for (let row = 0, i = 0; row < length; row++) {
      for (const end = i + perRow; i < end; i++) {
        high[row] = mix(high[row] as number, words[i] as number);
        low[row] = mix(low[row] as number, ~(words[i] as number));
      }
    }
  }

  copies(): number {
    const [high, low] = [this.#high, this.#low];
    const rows = high.length;
    // a place for each hash: behind the place that its bits name, where that is taken
    let size = 4;
    while (size < 2 * rows) size *= 2;
    const places = new Int32Array(size).fill(-1);
    const last = places.length - 1;
    let copies = 0;
    for (let row = 0; row < rows; row++) {
      let at = (high[row] as number) & last;
      let other = places[at] as number;
      while (
        other >= 0 &&
        (high[other] !== high[row] || (((low[other] as number) ^ (low[row] as number)) & LOW) !== 0)
      ) {
        at = (at + 1) & last;
        other = places[at] as number;
      }
      if (other >= 0) copies++;
      else places[at] = row;
    }
    return copies;
  }
}

/** Whether two columns hold the same in every row; of texts, whether one could be translated into the other. */
function isCopy(a: Column, b: Column): boolean {
  if (a.type === 'number' && b.type === 'number') {
    for (let i = 0; i < a.values.length; i++) if (!Object.is(a.values[i], b.values[i])) return false;
    return true;
  }
  if (a.type === 'number' || b.type === 'number') return false;
  const [to, back] = [new Map<number, number>([[-1, -1]]), new Map<number, number>([[-1, -1]])];
  return a.codes.every((code, i) => {
    const other = b.codes[i] as number;
    const [known, knownBack] = [to.get(code), back.get(other)];
    to.set(code, other);
    back.set(other, code);
    return (known ?? other) === other && (knownBack ?? code) === code;
  });
}

/** Values, but for NaN where others are NaN. */
function withGapsOf(values: Float64Array, others: Float64Array, scratch: Scratch): Float64Array {
  const some = scratch.numbers(values.length);
  for (let i = 0; i < values.length; i++) some[i] = Number.isNaN(others[i]) ? Number.NaN : (values[i] as number);
  return some;
}

/** Pearson's correlation over the rows that have both. */
function correlation(a: Float64Array, b: Float64Array, [first, second]: readonly [Scratch, Scratch]): number {
  const [x, y] = [withGapsOf(a, b, first), withGapsOf(b, a, second)];
  const [p, q] = [scaleOf(x), scaleOf(y)];
  let [sum, count] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i])) continue;
    sum += (((x[i] as number) - p.mean) / p.spread) * (((y[i] as number) - q.mean) / q.spread);
    count++;
  }
  return count >= FEW_ROWS ? sum / count : 0;
}

/** Rows of a table of codes × classes that the commonest class of each code has, as a share; 0 where codes hardly repeat. */
function purity(column: Column, labels: Int32Array, classes: number): number {
  const { codes, dictionary } = namesOf(column);
  const counts = countsOf({ codes, dictionary });
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (rows < FEW_ROWS || counts.filter((count) => count > 0).length > rows / 5) return 0;
  const table = new Uint32Array(dictionary.length * classes);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (code < 0) continue;
    const at = code * classes + (labels[i] as number);
    table[at] = (table[at] as number) + 1;
  }
  let most = 0;
  for (let at = 0; at < table.length; at += classes) most += Math.max(...table.subarray(at, at + classes));
  return most / rows;
}

/** Whether the values of each class lie in a range of their own. */
function separates(values: Float64Array, labels: Int32Array, classes: number): boolean {
  const least = new Float64Array(classes).fill(Number.POSITIVE_INFINITY);
  const most = new Float64Array(classes).fill(Number.NEGATIVE_INFINITY);
  // ranges that overlap in the first rows do so in all
  for (const [first, end] of [
    [0, HEAD],
    [HEAD, values.length],
  ] as const) {
    for (let i = first; i < Math.min(end, values.length); i++) {
      const [value, label] = [values[i] as number, labels[i] as number];
      if (value < (least[label] as number)) least[label] = value;
      if (value > (most[label] as number)) most[label] = value;
    }
    const order = [...least.keys()].sort((a, b) => (least[a] as number) - (least[b] as number));
    if (order.some((label, i) => i > 0 && (most[order[i - 1] as number] as number) >= (least[label] as number)))
      return false;
  }
  return true;
}

/** Share of a target's variance that the means of each code explain; 0 where codes hardly repeat. */
function explained(column: Column, target: Float64Array): number {
  const { codes, dictionary } = namesOf(column);
  const [sums, counts] = [new Float64Array(dictionary.length), new Float64Array(dictionary.length)];
  const { mean, spread } = scaleOf(target);
  let rows = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (code < 0) continue;
    sums[code] = (sums[code] as number) + ((target[i] as number) - mean) / spread;
    counts[code] = (counts[code] as number) + 1;
    rows++;
  }
  const used = counts.filter((count) => count > 0).length;
  if (rows < FEW_ROWS || used > rows / 5) return 0;
  return sums.reduce((sum, one, code) => sum + (one * one) / Math.max(1, counts[code] as number), 0) / rows;
}

/** Finds copies among rows and columns, and columns that give the target away, while each column is there once. */
export class Audit {
  readonly #table: Table;
  readonly #targets: readonly string[];
  readonly #classes: number;
  /** The class of each row. */
  readonly #labels: Int32Array | undefined;
  readonly #hashes: RowHashes;
  /** The first rows of each field: they tell most columns apart. */
  readonly #heads: (readonly [name: string, head: Column])[] = [];
  readonly #giveaways: string[] = [];
  readonly #scratches = [new Scratch(), new Scratch()] as const;

  /** @param table whose rows all have a target */
  constructor(table: Table, targets: readonly string[], { classes }: Pick<Features, 'classes'>) {
    this.#table = table;
    this.#targets = targets;
    this.#hashes = new RowHashes(table.rows);
    this.#classes = classes?.length ?? 0;
    if (classes)
      this.#labels = classesIn('fitFeatures', classes, table.column(targets[0] as string), targets[0] as string);
  }

  /** Takes any column of the table, as a part of its rows. */
  addToRows(column: Column): void {
    this.#hashes.add(column);
  }

  /** Takes a column that is an input. */
  addField(field: Field, column: Column): void {
    const { name } = field;
    const first = Uint32Array.from({ length: Math.min(this.#table.rows, HEAD) }, (_, row) => row);
    const head = pickColumn(column, first);
    this.#heads.push([name, head.type === 'text' ? { ...head, dictionary: [] } : head]); // the texts are not needed
    const how = this.#giveaway(field, column);
    if (how) {
      this.#giveaways.push(`${name}: gives the target away, ${how}; if it is not known when you predict, \`drop\` it.`);
    }
  }

  /** What was found, in words. */
  notes(): string[] {
    const notes: string[] = [];
    const { rows } = this.#table;
    const copies = this.#hashes.copies();
    if (copies > 0) {
      notes.push(
        `${copies} of ${rows} rows ${copies === 1 ? 'is an exact copy of another' : 'are exact copies of others'}: ` +
          'where such rows are in two parts of a split, the test is too kind.',
      );
    }
    return [...notes, ...this.#copiedColumns(), ...this.#giveaways];
  }

  #copiedColumns(): string[] {
    const notes: string[] = [];
    const copied = new Set<string>();
    for (const [i, [name, head]] of this.#heads.entries()) {
      const same = this.#heads
        .filter(([other, its], j) => j > i && !copied.has(other) && isCopy(head, its))
        .map(([other]) => other)
        .filter((other) => this.#table.lend(name, (one) => this.#table.lend(other, (its) => isCopy(one, its))));
      for (const other of same) copied.add(other);
      if (same.length > 0 && !copied.has(name)) notes.push(`${list(same)}: the same as ${name} in every row.`);
    }
    return notes;
  }

  /** How a column gives the target away, in words, or undefined. */
  #giveaway({ kind }: Field, column: Column): string | undefined {
    const labels = this.#labels;
    if (labels) {
      if (column.type === 'number' && kind === 'number' && labels.length >= FEW_ROWS) {
        if (separates(column.values, labels, this.#classes)) return 'its values alone tell the classes apart';
      }
      const few = column.type === 'text' || new Set(column.values.subarray(0, 1000)).size < 200;
      if (few && purity(column, labels, this.#classes) >= SAME) return 'each of its values goes with one class';
      return undefined;
    }
    for (const name of this.#targets) {
      const target = targetValues('fitFeatures', this.#table.column(name), name, false);
      if (column.type === 'number') {
        const r = correlation(column.values, target, this.#scratches);
        if (Math.abs(r) > SAME) return `its correlation with ${name} is ${r.toFixed(4)}`;
      } else if (explained(column, target) > SAME) return `its values alone tell ${name}`;
    }
    return undefined;
  }
}
