/** References of what brings numbers in and changes parameters: gather, optimizer rules, random numbers. */
import { Distribution, Element, Optimizer, Step } from '../../assembly/abi.js';
import {
  exactly,
  generator,
  integers,
  type OperationCase,
  type Outcome,
  SHAPES,
  SIZES,
  tabulate,
  UNDERFLOW,
  UNIT,
  type Values,
  within,
} from './operation.js';
import { DISTRIBUTIONS } from './random.js';
import { padded } from './sums.js';

/** How a stored element comes into the batch. */
const ELEMENTS: Record<keyof typeof Element, (stored: Values, scale: number) => Outcome['operands'][string]> = {
  Word: (stored) => stored as Int32Array,
  // one product of float32, rounded once
  Uint8: (stored, scale) => exactly(Float64Array.from(stored, (value) => Math.fround(value * scale))),
};

function gatherCases(): OperationCase[] {
  const cases: OperationCase[] = [];
  const sources = ['Inputs', 'Targets', 'Weights'] as const;
  for (const kind of Object.keys(ELEMENTS) as (keyof typeof ELEMENTS)[]) {
    SHAPES.forEach(([m, n], i) => {
      for (const indexed of [true, false]) {
        const source = sources[i % 3] as (typeof sources)[number];
        const label = `${kind} ${m}×${n} of ${source}${indexed ? ' by indices' : ''}`;
        const next = generator(label);
        const first = i % 4;
        const stored = m + 9;
        // any words at all, NaN with a payload among them
        const data =
          kind === 'Word'
            ? Int32Array.from({ length: stored * n }, () => 2 ** 32 * next())
            : Uint8Array.from({ length: stored * n }, () => 256 * next());
        const indices = integers(next, first + m, stored);
        const scale = Math.fround(1 / 255);
        cases.push({
          label,
          record: { kind: Element[kind], m, n, k: Step[source] },
          inputs: {},
          bound: { [source]: data, ...(indexed && { Indices: indices }) },
          step: { words: { First: first }, floats: { InputScale: scale } },
          outcome: () => {
            const rows = Array.from({ length: m }, (_, r) => (indexed ? (indices[first + r] as number) : first + r));
            const chosen = data.slice(0, m * n);
            rows.forEach((at, r) => {
              chosen.set(data.subarray(at * n, (at + 1) * n), r * n);
            });
            return { operands: { y: ELEMENTS[kind](chosen, scale) } };
          },
        });
      }
    });
  }
  return cases;
}

/** Hyperparameters of one update: rate, bias corrections, and the immediates of the record. */
interface Hyper {
  readonly rate: number;
  readonly c1: number;
  readonly c2: number;
  readonly p: number;
  readonly q: number;
  readonly r: number;
}

/** A number and the bound of its error. */
type Bounded = readonly [value: number, bound: number];

function bounded(value: number, bound: number): Bounded {
  return [value, bound + UNDERFLOW];
}

/** What a rule makes of one parameter with its gradient and states. */
interface Rule {
  readonly states: 0 | 1 | 2;
  readonly hyper: Hyper;
  readonly apply: (theta: number, g: number, s: number, r: number, hyper: Hyper) => Record<string, Bounded>;
}

/** Moments below this become zero. */
const LEAST = 1e-30;

const RULES: Record<keyof typeof Optimizer, Rule> = {
  /** θ ← θ − ε g: the product and the difference are rounded. */
  Sgd: {
    states: 0,
    hyper: { rate: 0.05, c1: 0, c2: 0, p: 0, q: 0, r: 0 },
    apply: (theta, g, _s, _r, { rate }) => ({
      theta: bounded(theta - rate * g, UNIT * (Math.abs(theta) + 2 * Math.abs(rate * g))),
    }),
  },
  /**
   * s ← ρ1 s + (1 − ρ1) g, r ← ρ2 r + (1 − ρ2) g², θ ← θ − ε ŝ/(√r̂ + δ): two roundings of each term of s, three of r (of
   * which the root halves the error), and eight in the quotient.
   */
  Adam: {
    states: 2,
    hyper: { rate: 0.01, c1: 1 / (1 - 0.9 ** 3), c2: 1 / (1 - 0.999 ** 3), p: 0.9, q: 0.999, r: 1e-8 },
    apply: (theta, g, s, r, { rate, c1, c2, p, q, r: delta }) => {
      const first = p * s + (1 - p) * g;
      const second = q * r + (1 - q) * g * g;
      const s1 = Math.abs(first) < LEAST ? 0 : first;
      const r1 = second < LEAST ? 0 : second;
      const quotient = (rate * c1) / (Math.sqrt(r1 * c2) + delta);
      const change = s1 === 0 ? 0 : quotient * s1;
      const magnitude = s1 === 0 ? 0 : Math.abs(p * s) + Math.abs((1 - p) * g);
      return {
        theta: bounded(theta - change, UNIT * (Math.abs(theta) + Math.abs(change)) + 8 * UNIT * quotient * magnitude),
        s: bounded(s1, 2 * UNIT * magnitude),
        r: bounded(r1, 3 * UNIT * r1),
      };
    },
  },
};

/** The hyperparameters as the kernel gets them. */
function rounded(hyper: Hyper): Hyper {
  const f = Math.fround;
  const { rate, c1, c2, p, q, r } = hyper;
  return { rate: f(rate), c1: f(c1), c2: f(c2), p: f(p), q: f(q), r: f(r) };
}

function optimizerCase(kind: keyof typeof RULES, count: number, gradientScale: number, status: 0 | 1): OperationCase {
  const label = `${kind} ${count} padded${gradientScale === 1 ? '' : `, gradients of ${gradientScale}`}${status ? ', forbidden' : ''}`;
  const next = generator(label);
  const rule = RULES[kind];
  const hyper = rounded(rule.hyper);
  const theta = padded(next, count, -1, 1);
  const g = padded(next, count, -gradientScale, gradientScale);
  const s = padded(next, count, -gradientScale, gradientScale);
  const r = padded(next, count, 0, gradientScale ** 2);
  const states = { ...(rule.states > 0 && { s }), ...(rule.states > 1 && { r }) };
  const { rate, c1, c2, p, q } = hyper;
  return {
    label,
    record: { kind: Optimizer[kind], n: theta.length, p, q, r: hyper.r },
    inputs: { theta, g, ...states },
    step: { words: { Status: status }, floats: { LearningRate: rate, Correction1: c1, Correction2: c2 } },
    outcome: () => {
      if (status !== 0) {
        const same = Object.entries({ theta, ...states }).map(([name, values]) => [name, exactly(values)] as const);
        return { operands: Object.fromEntries(same) };
      }
      const after = Array.from(theta, (value, i) =>
        rule.apply(value, g[i] as number, s[i] as number, r[i] as number, hyper),
      );
      const part = (name: string, at: 0 | 1) => Float64Array.from(after, (updated) => (updated[name] as Bounded)[at]);
      const results = ['theta', ...Object.keys(states)].map(
        (name) => [name, { values: part(name, 0), bounds: part(name, 1) }] as const,
      );
      return { operands: Object.fromEntries(results) };
    },
  };
}

function randomCases(): OperationCase[] {
  const place = { stream: 3, step: 12, seedLow: 0x9abcdef0, seedHigh: 0x12345678 };
  return (Object.keys(DISTRIBUTIONS) as (keyof typeof DISTRIBUTIONS)[]).flatMap((kind) =>
    [...SIZES, 16, 1000].map((n): OperationCase => {
      const { element, tolerance } = DISTRIBUTIONS[kind];
      const p = Math.fround(kind === 'Uniform' ? -0.3 : 0.1);
      const q = Math.fround(0.7);
      const absolute = tolerance.absolute * (Math.abs(p) + Math.abs(q));
      return {
        label: `${kind} ${n}`,
        record: { kind: Distribution[kind], n, k: place.stream, p, q },
        inputs: {},
        step: { words: { Number: place.step, SeedLow: place.seedLow, SeedHigh: place.seedHigh } },
        outcome: () => ({
          operands: {
            x: within(
              tabulate(n, (i) => element(i, place, p, q)),
              { absolute },
            ),
          },
        }),
      };
    }),
  );
}

/** y[i] = x[indices[first + i]] */
export const gather = { cases: gatherCases() };
/** θ ← θ − ε · rule(g) */
export const optimizer = {
  cases: (Object.keys(RULES) as (keyof typeof RULES)[]).flatMap((kind) => [
    ...SIZES.map((count) => optimizerCase(kind, count, 1, 0)),
    optimizerCase(kind, 65, 1e-16, 0),
    optimizerCase(kind, 65, 1e-31, 0),
    optimizerCase(kind, 65, 1, 1),
  ]),
};
/** x = Philox4x32-10(…) */
export const random = { cases: randomCases() };
