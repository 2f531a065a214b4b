/** References of the sums over slabs, and of the verdict over a step. */
import { REDUCE_BLOCK } from '../../assembly/abi.js';
import { generator, type OperationCase, reals, SIZES, tabulate, UNIT, within } from './operation.js';

/** Lengths of slabs, padded to whole cache lines as slabs are, and how many numbers in front are not padding. */
const SLABS = [...SIZES, REDUCE_BLOCK - 16, REDUCE_BLOCK, REDUCE_BLOCK + 1, 2 * REDUCE_BLOCK + 500, 6 * REDUCE_BLOCK];

/** Random numbers padded with zeros to a multiple of 16. */
export function padded(next: () => number, count: number, low: number, high: number): Float32Array {
  const slab = new Float32Array(Math.ceil(count / 16) * 16);
  slab.set(reals(next, count, low, high));
  return slab;
}

/** Σ x² of every block. */
function blockSquares(x: Float32Array): Float64Array {
  return tabulate(Math.ceil(x.length / REDUCE_BLOCK), (block) =>
    x.subarray(block * REDUCE_BLOCK, (block + 1) * REDUCE_BLOCK).reduce((sum, value) => sum + value * value, 0),
  );
}

/** Roundings of one term of a block: its product, the additions of its lane, of the lanes and of their halves. */
const BLOCK_ROUNDINGS = REDUCE_BLOCK / 4 + 4;

/** Σ |x| of every block. */
function blockSizes(x: Float32Array): Float64Array {
  return tabulate(Math.ceil(x.length / REDUCE_BLOCK), (block) =>
    x.subarray(block * REDUCE_BLOCK, (block + 1) * REDUCE_BLOCK).reduce((sum, value) => sum + Math.abs(value), 0),
  );
}

const PENALTIES = ['L2', 'L1', 'L1 and L2'] as const;

function penaltyCases(): OperationCase[] {
  return SLABS.flatMap((count, i) =>
    [true, false].map((gradient): OperationCase => {
      const kind = PENALTIES[(i + Number(gradient)) % PENALTIES.length] as string;
      const label = `${kind}, ${count} padded${gradient ? '' : ', penalty only'}`;
      const next = generator(`penalty ${label}`);
      const w = padded(next, count, -2, 2);
      const g = padded(next, count, -1, 1);
      w[count - 1] = -0;
      const l2 = kind.includes('L2') ? Math.fround(0.01 + next()) : 0;
      const l1 = kind.includes('L1') ? Math.fround(0.01 + next()) : 0;
      return {
        label,
        record: { n: w.length, p: l2, q: l1 },
        inputs: { w, ...(gradient && { g }) },
        outcome: () => {
          const sizes = blockSizes(w);
          const partials = blockSquares(w).map((sum, block) => (l2 / 2) * sum + l1 * (sizes[block] as number));
          const slope = (value: number): number => l2 * value + l1 * Math.sign(value);
          const after = tabulate(w.length, (j) => (g[j] as number) + slope(w[j] as number));
          // the product, the sum of both slopes and the sum with g are rounded
          const magnitudes = tabulate(w.length, (j) => Math.abs(g[j] as number) + 3 * Math.abs(slope(w[j] as number)));
          return {
            operands: {
              partials: within(partials, { relative: BLOCK_ROUNDINGS * UNIT }),
              ...(gradient && { g: within(after, { relative: UNIT * (1 + UNIT) }, magnitudes) }),
            },
          };
        },
      };
    }),
  );
}

function squareSumCases(): OperationCase[] {
  return SLABS.map((count) => {
    const label = `${count} padded`;
    const g = padded(generator(`squareSum ${label}`), count, -3, 3);
    return {
      label,
      record: { n: g.length },
      inputs: { g },
      outcome: () => ({ operands: { partials: within(blockSquares(g), { relative: BLOCK_ROUNDINGS * UNIT }) } }),
    };
  });
}

interface Judged {
  readonly label: string;
  readonly m: number;
  readonly w?: Float32Array;
  readonly penalties?: Float64Array;
  readonly squares?: Float64Array;
  readonly clipNorm?: number;
  /** Changes the losses of the rows. */
  readonly spoil?: (rowLoss: Float32Array) => void;
}

function verdictCase({ label, m, w, penalties, squares, clipNorm = 0, spoil }: Judged): OperationCase {
  const rowLoss = reals(generator(`verdict ${label}`), m, 0, 5);
  spoil?.(rowLoss);
  const totals = { TotalLoss: 12.5, TotalDataLoss: 11.25, TotalWeight: 7 };
  const total = (values: ArrayLike<number> = []): number => Array.from(values).reduce((sum, value) => sum + value, 0);
  return {
    label,
    record: { m, n: penalties?.length ?? 0, k: squares?.length ?? 0, p: clipNorm },
    inputs: { rowLoss, ...(w && { w }), ...(penalties && { penalties }), ...(squares && { squares }) },
    step: { doubles: totals, words: { Status: 1 } },
    outcome: () => {
      const weight = (i: number): number => (w ? (w[i] as number) : 1);
      const weightSum = total(tabulate(m, weight));
      const weighted = tabulate(m, (i) => (weight(i) === 0 ? 0 : weight(i) * (rowLoss[i] as number)));
      const data = weightSum > 0 ? total(weighted) / weightSum : 0;
      const omega = total(penalties);
      const norm = Math.sqrt(total(squares));
      const finite = Number.isFinite(data + omega) && Number.isFinite(norm);
      return {
        operands: {},
        step: {
          words: { Status: finite ? 0 : 1 },
          floats: { GradientScale: clipNorm > 0 && norm > clipNorm ? Math.fround(clipNorm) / norm : 1 },
          doubles: {
            Loss: data + omega,
            DataLoss: data,
            Penalty: omega,
            GradientNorm: norm,
            WeightSum: weightSum,
            TotalLoss: totals.TotalLoss + (finite ? (data + omega) * weightSum : 0),
            TotalDataLoss: totals.TotalDataLoss + (finite ? data * weightSum : 0),
            TotalWeight: totals.TotalWeight + (finite ? weightSum : 0),
          },
        },
      };
    },
  };
}

function verdictCases(): OperationCase[] {
  const next = generator('verdict');
  const doubles = (count: number): Float64Array => tabulate(count, () => next());
  const everything = (m: number): Judged => ({
    label: `${m} rows, all operands`,
    m,
    w: reals(next, m, 0, 2),
    penalties: doubles(3),
    squares: doubles(5),
  });
  const spoilt = (value: number) => (rowLoss: Float32Array) => {
    rowLoss[1] = value;
  };
  return [
    ...SIZES.map((m) => ({ label: `${m} rows, evaluated`, m })),
    ...SIZES.map(everything),
    { label: 'weights only', m: 5, w: reals(next, 5, 0, 2) },
    { label: 'penalties only', m: 5, penalties: doubles(65) },
    { label: 'gradient only', m: 5, squares: doubles(129) },
    { label: 'a loss that is NaN', m: 5, squares: doubles(2), spoil: spoilt(Number.NaN) },
    { label: 'a loss that is infinite', m: 5, squares: doubles(2), spoil: spoilt(Number.POSITIVE_INFINITY) },
    { label: 'a loss that is NaN, of weight 0', m: 3, w: Float32Array.of(1, 0, 2), spoil: spoilt(Number.NaN) },
    { label: 'a gradient that is infinite', m: 3, squares: Float64Array.of(1, Infinity) },
    { label: 'a gradient that is NaN', m: 3, squares: Float64Array.of(1, Number.NaN) },
    { label: 'a penalty that is infinite', m: 3, penalties: Float64Array.of(1, Infinity), squares: doubles(1) },
    { label: 'a gradient that is clipped', m: 3, squares: Float64Array.of(4, 5), clipNorm: 0.7 },
    { label: 'a gradient as long as may be', m: 3, squares: Float64Array.of(4, 5), clipNorm: 3 },
    { label: 'a gradient that is short enough', m: 3, squares: Float64Array.of(4, 5), clipNorm: 3.1 },
    { label: 'a gradient of zeros, clipped', m: 3, squares: Float64Array.of(0), clipNorm: 1 },
    { label: 'a gradient that is infinite, clipped', m: 3, squares: Float64Array.of(1, Infinity), clipNorm: 1 },
    { label: 'a gradient that is NaN, clipped', m: 3, squares: Float64Array.of(1, Number.NaN), clipNorm: 1 },
    { label: 'no weight at all', m: 3, w: new Float32Array(3), squares: doubles(1) },
  ].map(verdictCase);
}

/** λ₂/2 Σ w² + λ₁ Σ |w|; g += λ₂ w + λ₁ sign(w) */
export const penalty = { cases: penaltyCases() };
/** Σ g² */
export const squareSum = { cases: squareSumCases() };
/** L, J, ‖g‖ and whether they are finite */
export const verdict = { cases: verdictCases() };
