import { namesOf } from './cells.js';
import { type Column, pickColumn } from './column.js';
import { targetValues } from './encode.js';
import type { Features, Field } from './features.js';
import { list } from './notes.js';
import { scaleOf } from './scale.js';
import type { Table } from './table.js';

/** From this on, a column and the target are taken for the same thing. */
const SAME = 0.999;
/** Fewer rows than this may agree by chance. */
const FEW_ROWS = 20;

/** Rows that are compared before all are. */
const HEAD = 256;

/** Mixes a word into a hash (the finalizer's multiplier and shift of MurmurHash3, Appleby). */
function mix(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x85ebca6b);
  return Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ (h >>> 16);
}

/** How many rows are exact copies of an earlier one: by a hash of 53 bits, which among a million
 * different rows two share once in 18,000 tables (n²/2⁵⁴). */
function duplicateRows(table: Table): number {
  const [high, low] = [new Int32Array(table.rows).fill(17), new Int32Array(table.rows).fill(71)];
  for (const name of table.names) {
    const column = table.column(name);
    const words = column.type === 'number' ? new Int32Array(column.values.slice().buffer) : column.codes;
    const perRow = column.type === 'number' ? 2 : 1;
    for (let i = 0; i < words.length; i++) {
      const row = perRow === 2 ? i >> 1 : i;
      high[row] = mix(high[row] as number, words[i] as number);
      low[row] = mix(low[row] as number, ~(words[i] as number));
    }
  }
  const seen = new Set<number>();
  for (let i = 0; i < table.rows; i++) seen.add(((high[i] as number) >>> 0) * 2097152 + ((low[i] as number) & 2097151));
  return table.rows - seen.size;
}

/** Whether two columns hold the same in every row; of texts, whether one could be translated into the other. */
function isCopy(a: Column, b: Column): boolean {
  if (a.type === 'number' && b.type === 'number') {
    return a.values.every((value, i) => Object.is(value, b.values[i]));
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

/** Pearson's correlation over the rows that have both. */
function correlation(a: Float64Array, b: Float64Array): number {
  const x = a.map((value, i) => (Number.isNaN(b[i]) ? Number.NaN : value));
  const y = b.map((value, i) => (Number.isNaN(a[i]) ? Number.NaN : value));
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
  const table = new Float64Array(dictionary.length * classes);
  const used = new Set<number>();
  let rows = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (code < 0) continue;
    const at = code * classes + (labels[i] as number);
    table[at] = (table[at] as number) + 1;
    used.add(code);
    rows++;
  }
  if (rows < FEW_ROWS || used.size > rows / 5) return 0;
  let most = 0;
  for (const code of used) most += Math.max(...table.subarray(code * classes, (code + 1) * classes));
  return most / rows;
}

/** Whether the values of each class lie in a range of their own. */
function separates(values: Float64Array, labels: Int32Array, classes: number): boolean {
  const least = new Float64Array(classes).fill(Number.POSITIVE_INFINITY);
  const most = new Float64Array(classes).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < values.length; i++) {
    const [value, label] = [values[i] as number, labels[i] as number];
    if (value < (least[label] as number)) least[label] = value;
    if (value > (most[label] as number)) most[label] = value;
  }
  const order = [...least.keys()].sort((a, b) => (least[a] as number) - (least[b] as number));
  return order.every((label, i) => i === 0 || (most[order[i - 1] as number] as number) < (least[label] as number));
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

/** How a column gives the target away, in words, or undefined. */
function giveaway(
  table: Table,
  field: Field,
  targets: readonly string[],
  features: Pick<Features, 'classes'>,
): string | undefined {
  const column = table.column(field.name);
  const { classes } = features;
  if (classes) {
    const { codes, dictionary } = namesOf(table.column(targets[0] as string));
    const places = dictionary.map((label) => classes.indexOf(label));
    const labels = codes.map((code) => places[code] as number);
    if (column.type === 'number' && field.kind === 'number' && table.rows >= FEW_ROWS) {
      if (separates(column.values, labels, classes.length)) return 'its values alone tell the classes apart';
    }
    const few = column.type === 'text' || new Set(column.values.subarray(0, 1000)).size < 200;
    if (few && purity(column, labels, classes.length) >= SAME) return 'each of its values goes with one class';
    return undefined;
  }
  for (const name of targets) {
    const target = targetValues('fitFeatures', table.column(name), name, false);
    if (column.type === 'number') {
      const r = correlation(column.values, target);
      if (Math.abs(r) > SAME) return `its correlation with ${name} is ${r.toFixed(4)}`;
    } else if (explained(column, target) > SAME) return `its values alone tell ${name}`;
  }
  return undefined;
}

/** Notes of copies among rows and columns, and of columns that give the target away. */
export function audit(
  table: Table,
  targets: readonly string[],
  features: Pick<Features, 'classes'>,
  fields: readonly Field[],
): string[] {
  const notes: string[] = [];
  const copies = duplicateRows(table);
  if (copies > 0) {
    notes.push(
      `${copies} of ${table.rows} rows ${copies === 1 ? 'is an exact copy of another' : 'are exact copies of others'}: ` +
        'where such rows are in two parts of a split, the test is too kind.',
    );
  }
  const copied = new Set<string>();
  // the first rows tell most columns apart: those of a table on disk need not all be read for each other
  const first = Uint32Array.from({ length: Math.min(table.rows, HEAD) }, (_, row) => row);
  const heads = fields.map(({ name }) => pickColumn(table.column(name), first));
  for (const [i, { name }] of fields.entries()) {
    const same = fields.filter((other, j) => {
      if (j <= i || copied.has(other.name) || !isCopy(heads[i] as Column, heads[j] as Column)) return false;
      return isCopy(table.column(name), table.column(other.name));
    });
    for (const other of same) copied.add(other.name);
    if (same.length > 0 && !copied.has(name))
      notes.push(`${list(same.map((one) => one.name))}: the same as ${name} in every row.`);
  }
  for (const field of fields) {
    const how = giveaway(table, field, targets, features);
    if (how) {
      notes.push(`${field.name}: gives the target away, ${how}; if it is not known when you predict, \`drop\` it.`);
    }
  }
  return notes;
}
