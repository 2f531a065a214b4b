/** References of what judges a batch: losses, metrics, penalties, the norm of the gradient, the verdict. */
import { Flag, Loss, Metric, REDUCE_BLOCK } from '../../assembly/abi.js';
import { LOSSES } from './losses.js';
import {
  generator,
  integers,
  type OperationCase,
  type Outcome,
  reals,
  row,
  SHAPES,
  SIZES,
  tabulate,
  UNIT,
  type Values,
  within,
} from './operation.js';

type LossKey = keyof typeof LOSSES;
const LOSS_KEYS = Object.keys(LOSSES) as LossKey[];

/** The row with 1 at the class. */
const oneHot = (at: number, n: number): Float64Array => tabulate(n, (j) => (j === at ? 1 : 0));

/** Row i of targets in dense form. */
function targetRow(t: Values, i: number, n: number): Float64Array {
  return t instanceof Int32Array
    ? oneHot(t[i] as number, n)
    : Float64Array.from((t as Float32Array).subarray(i * n, (i + 1) * n));
}

/** Targets [m, n] that a loss takes: distributions, numbers from 0 to 1 (0 and 1 among them), or any numbers. */
function denseTargets(kind: LossKey, next: () => number, m: number, n: number): Float32Array {
  const { targets, domain } = LOSSES[kind];
  if (targets === 'any') return reals(next, m * n, ...domain);
  const t = reals(next, m * n, 0, 1);
  if (targets === 'probability') return t.map((value, i) => (i % 3 === 0 ? Math.round(value) : value));
  for (let i = 0; i < m; i++) {
    const values = row(t, i, n);
    const total = values.reduce((sum, value) => sum + value, 0);
    values.forEach((value, j) => {
      values[j] = value / total;
    });
  }
  return t;
}

interface LossVariant {
  readonly dense: boolean;
  readonly weighted: boolean;
  readonly gradient: boolean;
}

const LOSS_VARIANTS: readonly LossVariant[] = [true, false].flatMap((dense) =>
  [true, false].flatMap((weighted) => [true, false].map((gradient) => ({ dense, weighted, gradient }))),
);

function lossOutcome(
  kind: LossKey,
  z: Float32Array,
  t: Values,
  w: Float32Array | undefined,
  gradient: boolean,
  m: number,
  n: number,
): Outcome {
  const { loss, gradient: df, tolerance } = LOSSES[kind];
  const rowLoss: number[] = [];
  const dz: number[] = [];
  const bounds: number[] = [];
  const total = w ? w.reduce((sum, value) => sum + value, 0) : m;
  for (let i = 0; i < m; i++) {
    const [zs, ts] = [row(z, i, n), targetRow(t, i, n)];
    rowLoss.push(loss(zs, ts));
    const factor = total > 0 ? (w ? (w[i] as number) : 1) / total : 0;
    for (const slope of df(zs, ts)) {
      // a row of weight 0 does not count, whatever it holds
      dz.push(factor === 0 ? 0 : factor * slope);
      bounds.push(factor === 0 ? 0 : factor * (tolerance.absolute + (tolerance.relative + 2 * UNIT) * Math.abs(slope)));
    }
  }
  const gradientResult = { values: Float64Array.from(dz), bounds: Float64Array.from(bounds) };
  return { operands: { rowLoss: within(rowLoss, tolerance), ...(gradient && { dz: gradientResult }) } };
}

function lossCases(): OperationCase[] {
  const cases: OperationCase[] = [];
  const add = (
    label: string,
    kind: LossKey,
    z: Float32Array,
    t: Values,
    w: Float32Array | undefined,
    gradient: boolean,
    m: number,
    n: number,
  ) =>
    cases.push({
      label,
      record: { kind: Loss[kind], m, n, flags: t instanceof Int32Array ? 0 : Flag.DenseTargets },
      inputs: { z, t, ...(w && { w }) },
      outcome: () => lossOutcome(kind, z, t, w, gradient, m, n),
    });

  for (const kind of LOSS_KEYS) {
    const { domain, targets } = LOSSES[kind];
    for (const { dense, weighted, gradient } of LOSS_VARIANTS) {
      if (!dense && targets !== 'distribution') continue;
      for (const [m, n] of SHAPES) {
        const label = `${kind} ${m}×${n}${dense ? ' dense' : ''}${weighted ? ' weighted' : ''}${gradient ? '' : ' loss only'}`;
        const next = generator(label);
        const z = reals(next, m * n, ...domain);
        const t = dense ? denseTargets(kind, next, m, n) : integers(next, m, n);
        add(label, kind, z, t, weighted ? reals(next, m, 0, 2) : undefined, gradient, m, n);
      }
    }
    // logits of ±1e4, where eᶻ is out of reach
    const next = generator(`far ${kind}`);
    const far = reals(next, 35, -1e4, 1e4);
    add(`${kind} 5×7 dense, far apart`, kind, far, denseTargets(kind, next, 5, 7), undefined, true, 5, 7);
    if (targets === 'distribution') {
      add(`${kind} 5×7, far apart`, kind, far, integers(next, 5, 7), undefined, true, 5, 7);
    }
    // rows of weight 0 may hold anything, and weights may all be 0
    const z = reals(next, 35, ...domain);
    z[8] = Number.NaN;
    const t = denseTargets(kind, next, 5, 7);
    add(`${kind} 5×7 dense, a row of weight 0`, kind, z, t, Float32Array.of(1, 0, 2, 0, 1), true, 5, 7);
    add(`${kind} 5×7 dense, no weight at all`, kind, z, t, new Float32Array(5), true, 5, 7);
  }
  return cases;
}

/** Column of the largest value, the first of equals. */
function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let j = 1; j < values.length; j++) if ((values[j] as number) > (values[best] as number)) best = j;
  return best;
}

/** What one batch adds to the accumulators of a metric: each with its arguments, straight from the definitions. */
const METRICS: Record<
  keyof typeof Metric,
  (loss: LossKey, z: Float32Array, t: Values, m: number, n: number) => number[]
> = {
  Accuracy: (loss, z, t, m, n) => {
    let hits = 0;
    if (loss === 'BinaryCrossEntropy') {
      // σ(z) > ½ where z > 0
      z.forEach((value, i) => {
        if (value > 0 === (t[i] as number) > 0.5) hits++;
      });
      return [hits, m * n];
    }
    for (let i = 0; i < m; i++) if (argmax(row(z, i, n)) === argmax(targetRow(t, i, n))) hits++;
    return [hits, m];
  },
  SquaredError: (_loss, z, t, m, n) => {
    const sums = [m, ...new Array<number>(3 * n).fill(0)];
    z.forEach((value, at) => {
      const target = t[at] as number;
      [(value - target) ** 2, target, target ** 2].forEach((term, i) => {
        const place = 1 + 3 * (at % n) + i;
        sums[place] = (sums[place] as number) + term;
      });
    });
    return sums;
  },
};

function metricCases(): OperationCase[] {
  const kinds: readonly (readonly [keyof typeof Metric, LossKey, boolean])[] = [
    ['Accuracy', 'CrossEntropy', false],
    ['Accuracy', 'CrossEntropy', true],
    ['Accuracy', 'BinaryCrossEntropy', true],
    ['SquaredError', 'MeanSquaredError', true],
  ];
  return kinds.flatMap(([kind, loss, dense]) =>
    SHAPES.map(([m, n]): OperationCase => {
      const label = `${kind} of ${loss} ${m}×${n}${dense ? ' dense' : ''}`;
      const next = generator(label);
      // rounded to quarters, so that there are equal ones
      const z = reals(next, m * n, -3, 3).map((value) => Math.round(4 * value) / 4);
      const t = dense ? denseTargets(loss, next, m, n) : integers(next, m, n);
      const before = tabulate(METRICS[kind](loss, z, t, m, n).length, () => Math.floor(100 * next()));
      return {
        label,
        record: { kind: Metric[kind], k: Loss[loss], m, n, flags: dense ? Flag.DenseTargets : 0 },
        inputs: { z, t, accumulators: before },
        outcome: () => {
          const added = METRICS[kind](loss, z, t, m, n);
          const after = before.map((value, i) => value + (added[i] as number));
          return {
            operands: {
              accumulators: within(
                after,
                { relative: 1e-13 },
                after.map((x) => Math.abs(x) + 2000),
              ),
            },
          };
        },
      };
    }),
  );
}

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

function penaltyCases(): OperationCase[] {
  return SLABS.flatMap((count) =>
    [true, false].map((gradient): OperationCase => {
      const label = `${count} padded${gradient ? '' : ', penalty only'}`;
      const next = generator(`penalty ${label}`);
      const w = padded(next, count, -2, 2);
      const g = padded(next, count, -1, 1);
      const l2 = Math.fround(0.01 + next());
      return {
        label,
        record: { n: w.length, p: l2 },
        inputs: { w, ...(gradient && { g }) },
        outcome: () => {
          const partials = blockSquares(w).map((sum) => (l2 / 2) * sum);
          const after = tabulate(w.length, (i) => (g[i] as number) + l2 * (w[i] as number));
          const magnitudes = tabulate(w.length, (i) => Math.abs(g[i] as number) + 2 * Math.abs(l2 * (w[i] as number)));
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
  /** Changes the losses of the rows. */
  readonly spoil?: (rowLoss: Float32Array) => void;
}

function verdictCase({ label, m, w, penalties, squares, spoil }: Judged): OperationCase {
  const rowLoss = reals(generator(`verdict ${label}`), m, 0, 5);
  spoil?.(rowLoss);
  const totals = { TotalLoss: 12.5, TotalDataLoss: 11.25, TotalWeight: 7 };
  const total = (values: ArrayLike<number> = []): number => Array.from(values).reduce((sum, value) => sum + value, 0);
  return {
    label,
    record: { m, n: penalties?.length ?? 0, k: squares?.length ?? 0 },
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
    { label: 'no weight at all', m: 3, w: new Float32Array(3), squares: doubles(1) },
  ].map(verdictCase);
}

/** rowLoss = l(z, t); dz */
export const loss = { cases: lossCases() };
/** sums of a metric */
export const metric = { cases: metricCases() };
/** λ/2 Σ w²; g += λ w */
export const penalty = { cases: penaltyCases() };
/** Σ g² */
export const squareSum = { cases: squareSumCases() };
/** L, J, ‖g‖ and whether they are finite */
export const verdict = { cases: verdictCases() };
