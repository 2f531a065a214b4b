import { Domain, Random } from '../random.js';

/** Row numbers of two disjoint parts, each in ascending order. */
export interface Parts {
  readonly kept: Uint32Array;
  readonly heldOut: Uint32Array;
}

/**
 * Holds out a share of the rows: drawn at random, and stratified where class indices are given (each class gives its
 * share, by largest remainder). At least one row stays on either side when there are two rows or more.
 */
export function holdOut(rows: number, fraction: number, seed: number, labels?: Int32Array): Parts {
  const random = new Random(seed, Domain.split);
  const groups = new Map<number, number[]>();
  for (let i = 0; i < rows; i++) {
    const label = labels ? (labels[i] as number) : 0;
    const group = groups.get(label);
    if (group) group.push(i);
    else groups.set(label, [i]);
  }
  const wanted = tailRows(rows, fraction);
  const classes = [...groups.entries()].sort((a, b) => a[0] - b[0]).map(([, members]) => members);
  const exact = classes.map((members) => (members.length * wanted) / rows);
  const take = exact.map(Math.floor);
  let missing = wanted - take.reduce((sum, n) => sum + n, 0);
  const byRemainder = classes.map((_, c) => c).sort((a, b) => fractional(exact, b) - fractional(exact, a) || a - b);
  for (const c of byRemainder) {
    if (missing === 0) break;
    take[c] = (take[c] as number) + 1;
    missing--;
  }
  const out = new Uint8Array(rows);
  classes.forEach((members, c) => {
    random.shuffle(members);
    for (const row of members.slice(0, take[c])) out[row] = 1;
  });
  return byMask(out);
}

/** How many rows the last share of them is: at least one, and not all. */
export function tailRows(rows: number, fraction: number): number {
  return Math.min(rows - 1, Math.max(1, Math.round(rows * fraction)));
}

/** Holds out the last share of the rows: for time series. */
export function holdOutTail(rows: number, fraction: number): Parts {
  const wanted = tailRows(rows, fraction);
  return byMask(Uint8Array.from({ length: rows }, (_, i) => (i >= rows - wanted ? 1 : 0)));
}

function fractional(values: readonly number[], i: number): number {
  const value = values[i] as number;
  return value - Math.floor(value);
}

function byMask(out: Uint8Array): Parts {
  const all = Uint32Array.from(out, (_, i) => i);
  return { kept: all.filter((i) => out[i] === 0), heldOut: all.filter((i) => out[i] === 1) };
}
