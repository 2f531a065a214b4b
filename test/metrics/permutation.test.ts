/** Permutation importance: what is shuffled, what it comes to, and that nothing else moves. */
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../../src/cli/evidence.js';
import { type Column, encode, fitFeatures, Table, tableOf } from '../../src/data/index.js';
import { r2 } from '../../src/metrics/index.js';
import { permutationImportance } from '../../src/metrics/permutation.js';
import { Domain, Random } from '../../src/random.js';

const ROWS = 2000;
/** Three independent columns, the third of two values that are opposite. */
function data(): Float32Array {
  const random = new Random(5, Domain.course);
  return Float32Array.from({ length: ROWS }, () => random.normal()).reduce(
    (x, value, row) => {
      const third = random.normal();
      x.set([value, random.normal(), third, -third], row * 4);
      return x;
    },
    new Float32Array(ROWS * 4),
  );
}
const BLOCKS = [
  { name: 'a', at: 0, width: 1 },
  { name: 'b', at: 1, width: 1 },
  { name: 'c', at: 2, width: 2 },
];

/** 2 a + c: of the third column, both halves count. */
const answers = (x: Float32Array): Float64Array =>
  Float64Array.from({ length: x.length / 4 }, (_, row) => {
    const [a, , c, d] = x.subarray(4 * row, 4 * row + 4) as unknown as [number, number, number, number];
    return 2 * a + (c - d) / 2;
  });

describe('permutationImportance', () => {
  const x = data();
  const truth = answers(x);
  const score = (values: Float32Array) => r2(truth, answers(values));

  it('is twice the share of the variance that a column explains, and exactly 0 for a column without a say', () => {
    const found = permutationImportance(x, 4, BLOCKS, score, { repeats: 20, seed: 1 });
    expect(found.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const [a, b, c] = found.map(({ mean }) => mean) as [number, number, number];
    // E (w x − w x')² = 2 w² var x, and var y = 4 + 1
    expect(Math.abs(a - 2 * (4 / 5))).toBeLessThan(0.05);
    expect(Math.abs(c - 2 * (1 / 5))).toBeLessThan(0.05);
    expect(found[1]).toEqual({ name: 'b', mean: 0, deviation: 0 });
    expect(b).toBe(0);
    expect(found[0]?.deviation).toBeGreaterThan(0);
  });

  it('shuffles one column at a time and whole, and gives everything back as it was', () => {
    const before = x.slice();
    const seen: Float32Array[] = [];
    const options = { repeats: 2, seed: 3 };
    permutationImportance(x, 4, BLOCKS, (values) => seen.push(values.slice()), options);
    expect(x).toEqual(before);
    expect(seen).toHaveLength(1 + 3 * 2);
    const columnOf = (values: Float32Array, i: number) => values.filter((_, at) => at % 4 === i);
    const moved = seen.map((values) =>
      [0, 1, 2, 3].filter((i) => columnOf(values, i).some((v, row) => v !== x[4 * row + i])),
    );
    expect(moved).toEqual([[], [0], [0], [1], [1], [2, 3], [2, 3]]);
    const [whole] = seen as [Float32Array];
    for (const values of seen) {
      for (const i of [0, 1, 2, 3]) expect(columnOf(values, i).sort()).toEqual(columnOf(whole, i).sort());
      expect(columnOf(values, 2)).toEqual(columnOf(values, 3).map((value) => -value));
    }
    expect(seen[1]).not.toEqual(seen[2]);
  });

  it('is the same for the same seed, and another for another', () => {
    const run = (seed: number) => permutationImportance(x, 4, BLOCKS, score, { repeats: 3, seed });
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it('of the inputs of a column is that of its raw values', () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({
      size: i % 7 === 0 ? null : (i * 37) % 50,
      city: ['Prague', 'Brno', null, 'Plzeň'][(i * 5) % 4],
      since: `2024-0${1 + (i % 9)}-1${i % 5}`,
      open: i % 3 ? 'yes' : 'no',
      y: (i * 13) % 30,
    }));
    const table = tableOf(rows);
    const features = fitFeatures(table, { target: 'y', task: 'regression' });
    const order = new Random(1, Domain.course).shuffle(Uint32Array.from(rows, (_, row) => row));
    const { x: whole } = encode(features, table);
    const blocks = blocksOf(features);
    expect(blocks.map(({ name }) => name)).toEqual(['size', 'city', 'since', 'open']);
    expect(blocks.reduce((sum, { width }) => sum + width, 0)).toBe(features.width);
    for (const { name, at, width } of blocks) {
      const columns = new Map(table.names.map((one): [string, Column] => [one, table.column(one)]));
      columns.set(name, table.pick(order).column(name));
      const { x: raw } = encode(features, new Table(columns, rows.length));
      const moved = whole.map((value, i) => {
        const [row, place] = [Math.floor(i / features.width), i % features.width];
        return place >= at && place < at + width
          ? (whole[(order[row] as number) * features.width + place] as number)
          : value;
      });
      expect(raw).toEqual(moved);
      expect(raw).not.toEqual(whole);
    }
  });
});
