/** References of losses and metrics, on the rows of a batch. */
import { Flag, Loss, Metric } from '../../assembly/abi.js';
import { LOSSES } from './losses.js';
import {
  generator,
  integers,
  type OperationCase,
  type Outcome,
  reals,
  row,
  SHAPES,
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
  p: number,
): Outcome {
  const { loss, gradient: df, tolerance } = LOSSES[kind];
  const rowLoss: number[] = [];
  const dz: number[] = [];
  const bounds: number[] = [];
  const total = w ? w.reduce((sum, value) => sum + value, 0) : m;
  for (let i = 0; i < m; i++) {
    const [zs, ts] = [row(z, i, n), targetRow(t, i, n)];
    rowLoss.push(loss(zs, ts, p));
    const factor = total > 0 ? (w ? (w[i] as number) : 1) / total : 0;
    for (const slope of df(zs, ts, p)) {
      // a row of weight 0 does not count, whatever it holds
      dz.push(factor === 0 ? 0 : factor * slope);
      bounds.push(factor === 0 ? 0 : factor * (tolerance.absolute + (tolerance.relative + 2 * UNIT) * Math.abs(slope)));
    }
  }
  const gradientResult = { values: Float64Array.from(dz), bounds: Float64Array.from(bounds) };
  return { operands: { rowLoss: within(rowLoss, tolerance), ...(gradient && { dz: gradientResult }) } };
}

/** The parameter of a loss and half of it; 0 where there is none. */
function parametersOf(kind: LossKey): number[] {
  const { parameter } = LOSSES[kind];
  return parameter === undefined ? [0] : [parameter, parameter / 2];
}

function lossCasesOf(kind: LossKey, p: number): OperationCase[] {
  const cases: OperationCase[] = [];
  const { domain, targets } = LOSSES[kind];
  const name = p === 0 ? kind : `${kind} p=${p}`;
  const add = (
    label: string,
    z: Float32Array,
    t: Values,
    w: Float32Array | undefined,
    gradient: boolean,
    m: number,
    n: number,
  ) =>
    cases.push({
      label: `${name} ${m}×${n}${label}`,
      record: { kind: Loss[kind], m, n, p, flags: t instanceof Int32Array ? 0 : Flag.DenseTargets },
      inputs: { z, t, ...(w && { w }) },
      outcome: () => lossOutcome(kind, z, t, w, gradient, m, n, p),
    });

  for (const { dense, weighted, gradient } of LOSS_VARIANTS) {
    if (!dense && targets !== 'distribution') continue;
    for (const [m, n] of SHAPES) {
      const label = `${dense ? ' dense' : ''}${weighted ? ' weighted' : ''}${gradient ? '' : ' loss only'}`;
      const next = generator(`${kind} ${m}×${n}${label}`);
      const z = reals(next, m * n, ...domain);
      const t = dense ? denseTargets(kind, next, m, n) : integers(next, m, n);
      // some values are met exactly, which is where |z − t| has its kink
      if (targets === 'any') for (let i = 1; i < z.length; i += 5) z[i] = t[i] as number;
      add(label, z, t, weighted ? reals(next, m, 0, 2) : undefined, gradient, m, n);
    }
  }
  // logits of ±1e4, where eᶻ is out of reach
  const next = generator(`far ${kind}`);
  const far = reals(next, 35, -1e4, 1e4);
  add(' dense, far apart', far, denseTargets(kind, next, 5, 7), undefined, true, 5, 7);
  if (targets === 'distribution') add(', far apart', far, integers(next, 5, 7), undefined, true, 5, 7);
  // rows of weight 0 may hold anything, and weights may all be 0
  const z = reals(next, 35, ...domain);
  z[8] = Number.NaN;
  const t = denseTargets(kind, next, 5, 7);
  add(' dense, a row of weight 0', z, t, Float32Array.of(1, 0, 2, 0, 1), true, 5, 7);
  add(' dense, no weight at all', z, t, new Float32Array(5), true, 5, 7);
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
  AbsoluteError: (_loss, z, t, m, n) => {
    const sums = [m, ...new Array<number>(n).fill(0)];
    z.forEach((value, at) => {
      const place = 1 + (at % n);
      sums[place] = (sums[place] as number) + Math.abs(value - (t[at] as number));
    });
    return sums;
  },
  ClassCounts: (loss, z, t, m, n) => {
    const rows = Array.from({ length: m }, (_, i) => {
      const [zs, ts] = [row(z, i, n), targetRow(t, i, n)];
      const binary = loss === 'BinaryCrossEntropy';
      const said = (j: number) => (binary ? (zs[j] as number) > 0 : argmax(zs) === j);
      const meant = (j: number) => (binary ? (ts[j] as number) > 0.5 : argmax(ts) === j);
      return { said, meant };
    });
    return Array.from({ length: n }, (_, j) => [
      rows.filter(({ said, meant }) => said(j) && meant(j)).length,
      rows.filter(({ said }) => said(j)).length,
      rows.filter(({ meant }) => meant(j)).length,
    ]).flat();
  },
};

function metricCases(): OperationCase[] {
  const kinds: readonly (readonly [keyof typeof Metric, LossKey, boolean])[] = [
    ['Accuracy', 'CrossEntropy', false],
    ['Accuracy', 'CrossEntropy', true],
    ['Accuracy', 'BinaryCrossEntropy', true],
    ['ClassCounts', 'CrossEntropy', false],
    ['ClassCounts', 'CrossEntropy', true],
    ['ClassCounts', 'BinaryCrossEntropy', true],
    ['SquaredError', 'MeanSquaredError', true],
    ['AbsoluteError', 'MeanAbsoluteError', true],
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

/** rowLoss = l(z, t); dz */
export const loss = { cases: LOSS_KEYS.flatMap((kind) => parametersOf(kind).flatMap((p) => lossCasesOf(kind, p))) };
/** sums of a metric */
export const metric = { cases: metricCases() };
