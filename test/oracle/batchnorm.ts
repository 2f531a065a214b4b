/**
 * References of batch normalization (Ioffe and Szegedy 2015), of its running averages and of folding it into a dense layer,
 * straight from the definitions in float64. Nothing of the library but the enums is used.
 */
import { Side } from '../../assembly/abi.js';
import { generator, type OperationCase, reals, row, SHAPES, SIZES, tabulate, UNIT, within } from './operation.js';
import { column, columnsOf, EPSILON, inverse, result, STYLES, spread, sum } from './spread.js';

function momentsCases(): OperationCase[] {
  return Object.entries(STYLES).flatMap(([style, numbers]) =>
    SHAPES.map(([m, n]): OperationCase => {
      const label = `${m}×${n} ${style}`;
      const x = numbers(generator(`moments ${label}`), m * n);
      return {
        label,
        record: { m, n },
        inputs: { x },
        outcome: () => {
          const columns = Array.from({ length: n }, (_, j) => spread(column(x, j, m, n)));
          const values = [...columns.map(({ mean }) => mean), ...columns.map(({ variance }) => variance)];
          const bounds = [
            ...columns.map(({ meanBound }) => meanBound),
            ...columns.map(({ varianceBound }) => varianceBound),
          ];
          return { operands: { moments: result(values, bounds) } };
        },
      };
    }),
  );
}

function normalizeCases(): OperationCase[] {
  return SHAPES.map(([m, n]): OperationCase => {
    const label = `${m}×${n}`;
    const next = generator(`normalize ${label}`);
    const x = reals(next, m * n, -3, 3);
    const { mean, variance, gamma, beta } = columnsOf(next, n);
    return {
      label,
      record: { m, n, p: EPSILON },
      inputs: { x, mean, variance, gamma, beta },
      outcome: () => {
        const scaled = tabulate(m * n, (i) => {
          const j = i % n;
          return ((x[i] as number) - (mean[j] as number)) * (gamma[j] as number) * inverse(variance[j] as number);
        });
        const y = scaled.map((value, i) => value + (beta[i % n] as number));
        // difference, 1/√ (3), two products and the sum
        const magnitudes = scaled.map((value, i) => Math.abs(value) + Math.abs(beta[i % n] as number));
        return { operands: { y: within(y, { relative: 7.1 * UNIT }, magnitudes) } };
      },
    };
  });
}

function normalizeGradientCases(): OperationCase[] {
  return SHAPES.map(([m, n]): OperationCase => {
    const label = `${m}×${n}`;
    const next = generator(`normalizeGradient ${label}`);
    const x = reals(next, m * n, -3, 3);
    const dy = reals(next, m * n, -1, 1);
    const { mean, variance, gamma } = columnsOf(next, n);
    return {
      label,
      record: { m, n, p: EPSILON },
      inputs: { x, dy, moments: Float32Array.of(...mean, ...variance), gamma },
      outcome: () => {
        const dx = new Float64Array(m * n);
        const dxBounds = new Float64Array(m * n);
        const dgamma: number[] = [];
        const dgammaBounds: number[] = [];
        const dbeta: number[] = [];
        const dbetaBounds: number[] = [];
        for (let j = 0; j < n; j++) {
          const s = inverse(variance[j] as number);
          const normal = column(x, j, m, n).map((value) => (value - (mean[j] as number)) * s);
          const flowing = column(dy, j, m, n);
          const products = normal.map((value, i) => value * (flowing[i] as number));
          const [total, size] = [sum(flowing), sum(flowing, Math.abs)];
          const [slope, steepness] = [sum(products), sum(products, Math.abs)];
          dbeta.push(total);
          dbetaBounds.push(m * UNIT * size);
          dgamma.push(slope);
          // difference, two products, the sum, 1/√ (3)
          dgammaBounds.push((m + 6) * UNIT * steepness);
          for (let i = 0; i < m; i++) {
            const scale = s * (gamma[j] as number);
            const [d, h] = [flowing[i] as number, normal[i] as number];
            dx[i * n + j] = scale * (d - total / m - (h * slope) / m);
            // the sums' roundings, and some of each operation from there to the end
            const magnitude = Math.abs(scale) * (Math.abs(d) + size / m + (Math.abs(h) * steepness) / m);
            dxBounds[i * n + j] = (m + 20) * UNIT * magnitude;
          }
        }
        return {
          operands: {
            dx: { values: dx, bounds: dxBounds },
            dgamma: result(dgamma, dgammaBounds),
            dbeta: result(dbeta, dbetaBounds),
          },
        };
      },
    };
  });
}

function runningAverageCases(): OperationCase[] {
  const settings = [
    { name: '', momentum: 0.9, scale: 1, status: 0 },
    { name: ', momentum 0', momentum: 0, scale: 1, status: 0 },
    { name: ', forbidden', momentum: 0.9, scale: 1, status: 1 },
    { name: ', near 1e-30', momentum: 0.9, scale: 1e-30, status: 0 },
  ] as const;
  return settings.flatMap(({ name, momentum, scale, status }) =>
    SIZES.map((n): OperationCase => {
      const label = `${n}${name}`;
      const next = generator(`runningAverage ${label}`);
      const average = reals(next, n, -2 * scale, 2 * scale);
      const batch = reals(next, n, -2 * scale, 2 * scale);
      const p = Math.fround(momentum);
      return {
        label,
        record: { n, p },
        inputs: { average, batch },
        step: { words: { Status: status } },
        outcome: () => {
          const parts = tabulate(n, (i) => p * (average[i] as number));
          const fresh = tabulate(n, (i) => (1 - p) * (batch[i] as number));
          const after = parts.map((value, i) => {
            if (status !== 0) return average[i] as number;
            const mixed = value + (fresh[i] as number);
            return Math.abs(mixed) < 1e-30 ? 0 : mixed;
          });
          const magnitudes = parts.map((value, i) => Math.abs(value) + Math.abs(fresh[i] as number));
          const relative = status === 0 ? 3 * UNIT : 0;
          return { operands: { average: within(after, { relative }, magnitudes) } };
        },
      };
    }),
  );
}

function normalizationScaleCases(): OperationCase[] {
  return SIZES.map((n): OperationCase => {
    const columns = columnsOf(generator(`normalizationScale ${n}`), n);
    const { mean, variance, gamma, beta } = columns;
    return {
      label: String(n),
      record: { n, p: EPSILON },
      inputs: columns,
      outcome: () => {
        const scale = tabulate(n, (j) => (gamma[j] as number) * inverse(variance[j] as number));
        const moved = scale.map((value, j) => value * (mean[j] as number));
        const shift = moved.map((value, j) => (beta[j] as number) - value);
        const magnitudes = moved.map((value, j) => Math.abs(value) + Math.abs(beta[j] as number));
        return {
          operands: {
            scale: within(scale, { relative: 3 * UNIT }),
            shift: within(shift, { relative: 6 * UNIT }, magnitudes),
          },
        };
      },
    };
  });
}

function foldCases(): OperationCase[] {
  return (Object.keys(SIDES) as (keyof typeof SIDES)[]).flatMap((side) =>
    SHAPES.map(([m, n]): OperationCase => {
      const label = `${side} ${m}×${n}`;
      const next = generator(`fold ${label}`);
      const size = side === 'Inputs' ? n : m;
      const inputs = {
        weight: reals(next, m * n),
        bias: reals(next, m),
        scale: reals(next, size, -2, 2),
        shift: reals(next, size, -2, 2),
      };
      return { label, record: { kind: Side[side], m, n }, inputs, outcome: () => SIDES[side](inputs, m, n) };
    }),
  );
}

type Folded = Readonly<Record<'weight' | 'bias' | 'scale' | 'shift', Float32Array>>;

/** What becomes of weights and biases, by the side that the scale is on. */
const SIDES: Record<keyof typeof Side, (given: Folded, m: number, n: number) => ReturnType<OperationCase['outcome']>> =
  {
    /** (W h + b) · scale + shift */
    Outputs: ({ weight, bias, scale, shift }, m, n) => {
      const weights = tabulate(m * n, (at) => (weight[at] as number) * (scale[Math.floor(at / n)] as number));
      const scaled = tabulate(m, (i) => (bias[i] as number) * (scale[i] as number));
      const magnitudes = scaled.map((value, i) => Math.abs(value) + Math.abs(shift[i] as number));
      const biases = scaled.map((value, i) => value + (shift[i] as number));
      return {
        operands: {
          foldedWeight: within(weights, { relative: UNIT }),
          foldedBias: within(biases, { relative: 2 * UNIT }, magnitudes),
        },
      };
    },
    /** W (h · scale + shift) + b: the sum over n in four lanes */
    Inputs: ({ weight, bias, scale, shift }, m, n) => {
      const weights = tabulate(m * n, (at) => (weight[at] as number) * (scale[at % n] as number));
      const terms = tabulate(m * n, (at) => (weight[at] as number) * (shift[at % n] as number));
      const biases = tabulate(m, (i) => (bias[i] as number) + sum(row(terms, i, n)));
      const magnitudes = tabulate(m, (i) => Math.abs(bias[i] as number) + sum(row(terms, i, n), Math.abs));
      return {
        operands: {
          foldedWeight: within(weights, { relative: UNIT }),
          foldedBias: within(biases, { relative: (n / 4 + 5) * UNIT }, magnitudes),
        },
      };
    },
  };

/** Mean and variance of columns */
export const moments = { cases: momentsCases() };
/** y = (x − mean) γ/√(v + ε) + β */
export const normalize = { cases: normalizeCases() };
/** dx, dγ, dβ of it */
export const normalizeGradient = { cases: normalizeGradientCases() };
/** a ← p a + (1 − p) batch */
export const runningAverage = { cases: runningAverageCases() };
/** scale = γ/√(v + ε), shift = β − mean · scale */
export const normalizationScale = { cases: normalizationScaleCases() };
/** W′ and b′ */
export const fold = { cases: foldCases() };
