/** References of the operations that work element by element, or row by row, without a product. */
import { Activation } from '../../assembly/abi.js';
import { ACTIVATIONS } from './activations.js';
import { softmax, softmaxGradient } from './losses.js';
import { exactly, generator, type OperationCase, reals, row, SHAPES, tabulate, UNIT, within } from './operation.js';
import { kept } from './random.js';

type ActivationKey = keyof typeof ACTIVATIONS;
const KINDS = Object.keys(ACTIVATIONS) as ActivationKey[];

/** The parameter of an activation, and half of it where there is one. */
function parametersOf(kind: ActivationKey): number[] {
  const { parameter } = ACTIVATIONS[kind];
  return parameter === 0 ? [0] : [parameter, parameter / 2];
}

/** Arguments from all of the domain, every other one near the kink, the last one at it. */
function argumentsOf(kind: ActivationKey, count: number, label: string): Float32Array {
  const [low, high] = ACTIVATIONS[kind].domain;
  const next = generator(label);
  const x = reals(next, count, low, high).map((value, i) => (i % 2 === 0 ? value : 2 * next() - 1));
  if (count > 1) x[count - 1] = 0;
  return x;
}

/** Where functions of float32 go wrong. */
const SPECIAL = [
  0,
  -0,
  1e-45,
  -1e-45,
  1e-38,
  -1e-38,
  1e-7,
  -1e-7,
  88,
  -88,
  1e4,
  -1e4,
  3e38,
  -3e38,
  Infinity,
  -Infinity,
];

function activationCases(): OperationCase[] {
  const cases: OperationCase[] = [];
  for (const kind of KINDS) {
    const { f, tolerance } = ACTIVATIONS[kind];
    for (const parameter of parametersOf(kind)) {
      const p = Math.fround(parameter);
      const add = (label: string, x: Float32Array, m: number, n: number) =>
        cases.push({
          label,
          record: { kind: Activation[kind], m, n, p },
          inputs: { x },
          outcome: () => ({
            operands: {
              y: within(
                Array.from(x, (value) => f(value, p)),
                tolerance,
              ),
            },
          }),
        });
      for (const [m, n] of SHAPES) {
        const label = `${kind} p=${parameter} ${m}×${n}`;
        add(label, argumentsOf(kind, m * n, label), m, n);
      }
      const special = Float32Array.of(...SPECIAL, Number.NaN);
      add(`${kind} p=${parameter} special values`, special, 1, special.length);
    }
  }
  return cases;
}

function activationGradientCase(
  kind: ActivationKey,
  p: number,
  label: string,
  x: Float32Array,
  m: number,
  n: number,
): OperationCase {
  const { f, df, gradientFrom, tolerance, slopeTolerance = tolerance } = ACTIVATIONS[kind];
  const source = gradientFrom === 'input' ? x : x.map((value) => f(value, p));
  const dy = reals(generator(`dy ${label}`), m * n);
  return {
    label,
    record: { kind: Activation[kind], m, n, p },
    inputs: { source, dy },
    outcome: () => {
      const values = tabulate(m * n, (i) => (dy[i] as number) * df(x[i] as number, p));
      // |dy| ≤ 1 and the product rounds once more; where f′ is exact (0, 1 or p), that is all
      const { absolute, relative } = slopeTolerance;
      return { operands: { dx: within(values, { absolute, relative: relative + UNIT }) } };
    },
  };
}

function activationGradientCases(): OperationCase[] {
  return KINDS.flatMap((kind) =>
    parametersOf(kind).flatMap((parameter) =>
      SHAPES.map(([m, n]): OperationCase => {
        const label = `${kind} p=${parameter} ${m}×${n}`;
        const p = Math.fround(parameter);
        return activationGradientCase(kind, p, label, argumentsOf(kind, m * n, label), m, n);
      }).concat(
        activationGradientCase(
          kind,
          Math.fround(parameter),
          `${kind} p=${parameter} special values`,
          Float32Array.from(SPECIAL),
          1,
          SPECIAL.length,
        ),
      ),
    ),
  );
}

function standardizeCases(): OperationCase[] {
  return SHAPES.map(([m, n]) => {
    const label = `${m}×${n}`;
    const next = generator(`standardize ${label}`);
    const x = reals(next, m * n, -300, 300);
    const mean = reals(next, n, -100, 100);
    const scale = reals(next, n, 0.01, 3);
    return {
      label,
      record: { m, n },
      inputs: { x, mean, scale },
      outcome: () => {
        const y = tabulate(m * n, (i) => ((x[i] as number) - (mean[i % n] as number)) * (scale[i % n] as number));
        return { operands: { y: within(y, { relative: 2 * UNIT * (1 + UNIT) }) } };
      },
    };
  });
}

/**
 * Logits: of the size that training has, equal ones, and far apart ones (a loser's exponential is then 0). The largest
 * is anywhere in the row.
 */
function logits(next: () => number, m: number, n: number): Float32Array {
  return reals(next, m * n, -1, 1).map((value, at) => {
    const style = Math.floor(at / n) % 4;
    return style === 0 ? 20 * value : style === 1 ? 3 * value : style === 2 ? 0.5 : 1e4 * value;
  });
}

function softmaxCases(): OperationCase[] {
  return SHAPES.map(([m, n]) => {
    const label = `${m}×${n}`;
    const x = logits(generator(`softmax ${label}`), m, n);
    return {
      label,
      record: { m, n },
      inputs: { x },
      outcome: () => {
        const y = Array.from({ length: m }, (_, i) => softmax(row(x, i, n))).flat();
        // exp within an ulp and x − max rounded: u(2 + |d|)e^d each, below 3u in all; the sum of n in four lanes, ÷, ×
        return { operands: { y: within(y, { absolute: 3 * UNIT, relative: (n / 4 + 10) * UNIT }) } };
      },
    };
  });
}

function softmaxGradientCases(): OperationCase[] {
  return SHAPES.map(([m, n]) => {
    const label = `${m}×${n}`;
    const next = generator(`softmaxGradient ${label}`);
    const x = logits(next, m, n);
    const y = Float32Array.from(Array.from({ length: m }, (_, i) => softmax(row(x, i, n))).flat());
    const dy = reals(next, m * n, -3, 3);
    return {
      label,
      record: { m, n },
      inputs: { y, dy },
      outcome: () => {
        const dx: number[] = [];
        const magnitudes: number[] = [];
        for (let i = 0; i < m; i++) {
          const [ys, dys] = [row(y, i, n), row(dy, i, n)];
          dx.push(...softmaxGradient(ys, dys));
          let terms = 0;
          for (let j = 0; j < n; j++) terms += Math.abs((ys[j] as number) * (dys[j] as number));
          for (let j = 0; j < n; j++) magnitudes.push((ys[j] as number) * (Math.abs(dys[j] as number) + terms));
        }
        return { operands: { dx: within(dx, { relative: (n / 4 + 6) * UNIT }, magnitudes) } };
      },
    };
  });
}

function addCases(): OperationCase[] {
  return SHAPES.map(([m, n]) => {
    const label = `${m}×${n}`;
    const next = generator(`add ${label}`);
    const a = reals(next, m * n, -3, 3);
    const b = reals(next, m * n, -3, 3);
    return {
      label,
      record: { m, n },
      inputs: { a, b },
      outcome: () => ({
        operands: {
          c: within(
            tabulate(m * n, (i) => (a[i] as number) + (b[i] as number)),
            { relative: UNIT },
          ),
        },
      }),
    };
  });
}

function dropoutCases(): OperationCase[] {
  const place = { stream: 3, step: 12, seedLow: 0x9abcdef0, seedHigh: 0x12345678 };
  return [0.5, 0.8, 1e-3, 1].flatMap((share) =>
    SHAPES.map(([m, n]): OperationCase => {
      const label = `keep ${share} ${m}×${n}`;
      const keep = Math.fround(share);
      const x = reals(generator(`dropout ${label}`), m * n, -3, 3);
      return {
        label,
        record: { m, n, k: place.stream, p: keep },
        inputs: { x },
        step: { words: { Number: place.step, SeedLow: place.seedLow, SeedHigh: place.seedHigh } },
        outcome: () => {
          // a quotient of two float32, rounded once
          const y = tabulate(m * n, (i) => (kept(i, place, keep) ? Math.fround((x[i] as number) / keep) : 0));
          return { operands: { y: exactly(y) } };
        },
      };
    }),
  );
}

/** y = f(x) */
export const activation = { cases: activationCases() };
/** dx = dy · f′ */
export const activationGradient = { cases: activationGradientCases() };
/** y = (x − mean) · scale */
export const standardize = { cases: standardizeCases() };
/** c = a + b */
export const add = { cases: addCases() };
/** y = mask · x / keep */
export const dropout = { cases: dropoutCases() };
/** y = exp(x) / Σ exp(x) */
export const softmaxRows = { cases: softmaxCases() };
/** dx = y · (dy − Σ dy·y) */
export const softmaxRowsGradient = { cases: softmaxGradientCases() };
