/**
 * References of layer normalization (Ba, Kiros, Hinton 2016), straight from the definitions in float64. Nothing of the
 * library is used.
 */
import { generator, type OperationCase, reals, row, SHAPES, tabulate, UNIT, within } from './operation.js';
import { column, columnsOf, EPSILON, inverse, type Row, result, STYLES, spread, sum } from './spread.js';

function layerNormCases(): OperationCase[] {
  return Object.entries(STYLES).flatMap(([style, numbers]) =>
    SHAPES.map(([m, n]): OperationCase => {
      const label = `${m}×${n} ${style}`;
      const next = generator(`layerNorm ${label}`);
      const x = numbers(next, m * n);
      const { gamma, beta } = columnsOf(next, n);
      return {
        label,
        record: { m, n, p: EPSILON },
        inputs: { x, gamma, beta },
        outcome: () => {
          const rows = Array.from({ length: m }, (_, i) => spread(row(x, i, n)));
          const scales = rows.map(({ variance }) => inverse(variance));
          // the derivative of 1/√(v + ε) by v is −½/√(v + ε)³, and a variance is never below 0
          const scaleBounds = rows.map(({ variance, varianceBound }, i) => {
            const least = Math.max(variance - varianceBound, 0);
            return (0.5 * varianceBound * (scales[i] as number)) / (least + EPSILON) + 3 * UNIT * (scales[i] as number);
          });
          const y = new Float64Array(m * n);
          const bounds = new Float64Array(m * n);
          rows.forEach(({ mean, meanBound }, i) => {
            const [s, sBound] = [scales[i] as number, scaleBounds[i] as number];
            for (let j = 0; j < n; j++) {
              const [g, b] = [gamma[j] as number, beta[j] as number];
              const centred = (x[i * n + j] as number) - mean;
              y[i * n + j] = g * centred * s + b;
              const slack = meanBound * (s + sBound) + Math.abs(centred) * sBound;
              const size = Math.abs(g * centred * s) + Math.abs(g) * slack + Math.abs(b);
              bounds[i * n + j] = Math.abs(g) * slack + 4 * UNIT * size;
            }
          });
          return {
            operands: {
              y: { values: y, bounds },
              mean: result(
                rows.map(({ mean }) => mean),
                rows.map(({ meanBound }) => meanBound),
              ),
              scale: result(scales, scaleBounds),
            },
          };
        },
      };
    }),
  );
}

/** Matrices, and what a forward pass would have left behind of their rows. */
function rowsOf(label: string, m: number, n: number) {
  const next = generator(label);
  return {
    x: reals(next, m * n, -3, 3),
    dy: reals(next, m * n, -1, 1),
    mean: reals(next, m, -1, 1),
    scale: reals(next, m, 0.1, 3),
    gamma: reals(next, n, -2, 2),
  };
}

function layerNormGradientCases(): OperationCase[] {
  return SHAPES.map(([m, n]): OperationCase => {
    const label = `${m}×${n}`;
    const { x, dy, mean, scale, gamma } = rowsOf(`layerNormGradient ${label}`, m, n);
    return {
      label,
      record: { m, n },
      inputs: { x, dy, mean, scale, gamma },
      outcome: () => {
        const dx = new Float64Array(m * n);
        const magnitudes = new Float64Array(m * n);
        for (let i = 0; i < m; i++) {
          const s = scale[i] as number;
          const normal = tabulate(n, (j) => ((x[i * n + j] as number) - (mean[i] as number)) * s);
          const h = tabulate(n, (j) => (gamma[j] as number) * (dy[i * n + j] as number));
          const products = h.map((value, j) => value * (normal[j] as number));
          for (let j = 0; j < n; j++) {
            const [value, hat] = [h[j] as number, normal[j] as number];
            dx[i * n + j] = s * (value - sum(h) / n - (hat * sum(products)) / n);
            const sums = sum(h, Math.abs) / n + (Math.abs(hat) * sum(products, Math.abs)) / n;
            magnitudes[i * n + j] = s * (Math.abs(value) + sums);
          }
        }
        return { operands: { dx: within(dx, { relative: (n / 4 + 16) * UNIT }, magnitudes) } };
      },
    };
  });
}

function layerNormParameterGradientCases(): OperationCase[] {
  return SHAPES.map(([m, n]): OperationCase => {
    const label = `${m}×${n}`;
    const { x, dy, mean, scale } = rowsOf(`layerNormParameterGradient ${label}`, m, n);
    return {
      label,
      record: { m, n },
      inputs: { x, dy, mean, scale },
      outcome: () => {
        const terms = tabulate(m * n, (at) => {
          const i = Math.floor(at / n);
          return (dy[at] as number) * ((x[at] as number) - (mean[i] as number)) * (scale[i] as number);
        });
        const down = (values: Row, f?: (value: number) => number) =>
          tabulate(n, (j) => sum(column(values, j, m, n), f));
        return {
          operands: {
            dgamma: within(down(terms), { relative: (m + 3) * UNIT }, down(terms, Math.abs)),
            dbeta: within(down(dy), { relative: m * UNIT }, down(dy, Math.abs)),
          },
        };
      },
    };
  });
}

/** y = γ (x − mean)/√(v + ε) + β, by rows */
export const layerNorm = { cases: layerNormCases() };
/** dx of it */
export const layerNormGradient = { cases: layerNormGradientCases() };
/** dγ and dβ of it */
export const layerNormParameterGradient = { cases: layerNormParameterGradientCases() };
