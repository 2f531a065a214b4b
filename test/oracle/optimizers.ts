/** References of the optimizer rules. */
import { Optimizer } from '../../assembly/abi.js';
import { exactly, generator, type OperationCase, SIZES, UNDERFLOW, UNIT } from './operation.js';
import { padded } from './sums.js';

/** Hyperparameters of one update: rate, bias corrections, and the immediates of the record. */
interface Hyper {
  readonly rate: number;
  readonly c1: number;
  readonly c2: number;
  readonly p: number;
  readonly q: number;
  readonly r: number;
  /** What a range's rate is multiplied by, what is left of θ by weight decay λ, and what scales the gradient. */
  readonly multiplier: number;
  readonly decay: number;
  readonly scale: number;
}

/** A number and the bound of its error. */
type Bounded = readonly [value: number, bound: number];

function bounded(value: number, bound: number): Bounded {
  return [value, bound + UNDERFLOW];
}

/** What a rule makes of one parameter with its gradient and states. */
interface Rule {
  readonly states: 0 | 1 | 2;
  readonly hyper: Pick<Hyper, 'rate' | 'c1' | 'c2' | 'p' | 'q' | 'r'>;
  /** Its only state is a sum or average of squares. */
  readonly squares?: true;
  readonly apply: (theta: number, g: number, s: number, r: number, hyper: Hyper) => Record<string, Bounded>;
}

/** Moments below this become zero. */
const LEAST = 1e-30;
/** The largest float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

const flushed = (x: number): number => (Math.abs(x) < LEAST ? 0 : x);

/** θ − change, where the change is off by `error` before it is multiplied by ε and subtracted. */
function moved(theta: number, change: number, error: number): Bounded {
  return bounded(theta - change, UNIT * (Math.abs(theta) + 2 * Math.abs(change)) + error);
}

/** Roundings of the gradient and of the rate before a rule sees them: none where they are multiplied by 1. */
function before({ scale, multiplier }: Hyper) {
  return { ofG: scale === 1 ? 0 : 1, ofRate: multiplier === 1 ? 0 : 1 };
}

/**
 * s ← ρ1 s + (1 − ρ1) g, r ← ρ2 r + (1 − ρ2) g², θ ← (1 − ελ) θ − ε ŝ/(√r̂ + δ): two roundings of each term of s, three of r
 * (of which the root halves the error), and eight in the quotient; three more of θ where λ is not 0.
 */
function adam(theta: number, g: number, s: number, r: number, hyper: Hyper): Record<string, Bounded> {
  const { rate, c1, c2, p, q, r: delta, decay } = hyper;
  const s1 = flushed(p * s + (1 - p) * g);
  const r1 = flushed(q * r + (1 - q) * g * g);
  const quotient = (rate * c1) / (Math.sqrt(r1 * c2) + delta);
  const change = s1 === 0 ? 0 : quotient * s1;
  const magnitude = s1 === 0 ? 0 : Math.abs(p * s) + Math.abs((1 - p) * g);
  const kept = Math.max(1 - rate * decay, 0) * theta;
  const { ofG, ofRate } = before(hyper);
  const sizes = (decay > 0 ? 4 : 1) * Math.abs(theta) + Math.abs(change);
  return {
    theta: bounded(kept - change, UNIT * sizes + (8 + 2 * ofG + ofRate) * UNIT * quotient * magnitude),
    s: bounded(s1, (2 + ofG) * UNIT * magnitude),
    r: bounded(r1, (3 + 2 * ofG) * UNIT * r1),
  };
}

/** The rules in float64. ε is rate · multiplier and g is scale · gradient, each rounded once before a rule sees it. */
const RULES: Record<keyof typeof Optimizer, Rule> = {
  /** θ ← θ − ε g */
  Sgd: {
    states: 0,
    hyper: { rate: 0.05, c1: 0, c2: 0, p: 0, q: 0, r: 0 },
    apply: (theta, g, _s, _r, hyper) => {
      const { ofG, ofRate } = before(hyper);
      const change = hyper.rate * g;
      return { theta: moved(theta, change, (ofG + ofRate) * UNIT * Math.abs(change)) };
    },
  },
  /** θ ← θ − ε ŝ/(√r̂ + δ) */
  Adam: {
    states: 2,
    hyper: { rate: 0.01, c1: 1 / (1 - 0.9 ** 3), c2: 1 / (1 - 0.999 ** 3), p: 0.9, q: 0.999, r: 1e-8 },
    apply: adam,
  },
  /** θ ← (1 − ελ) θ − Adam's step */
  AdamW: {
    states: 2,
    hyper: { rate: 0.01, c1: 1 / (1 - 0.9 ** 3), c2: 1 / (1 - 0.999 ** 3), p: 0.9, q: 0.999, r: 1e-8 },
    apply: adam,
  },
  /** v ← p v + q g, θ ← θ − ε v */
  Momentum: {
    states: 1,
    hyper: { rate: 0.05, c1: 0, c2: 0, p: 0.9, q: 1 - Math.fround(0.9), r: 0 },
    apply: (theta, g, s, _r, hyper) => {
      const { rate, p, q } = hyper;
      const { ofG, ofRate } = before(hyper);
      const v = flushed(p * s + q * g);
      const magnitude = Math.abs(p * s) + Math.abs(q * g);
      return {
        theta: moved(theta, rate * v, (2 + ofG + ofRate) * UNIT * rate * magnitude),
        s: bounded(v, (2 + ofG) * UNIT * magnitude),
      };
    },
  },
  /** v ← p v + g, θ ← θ − ε (g + p v) */
  Nesterov: {
    states: 1,
    hyper: { rate: 0.05, c1: 0, c2: 0, p: 0.9, q: 1, r: 0 },
    apply: (theta, g, s, _r, hyper) => {
      const { rate, p } = hyper;
      const { ofG, ofRate } = before(hyper);
      const v = flushed(p * s + g);
      const magnitude = Math.abs(p * s) + Math.abs(g);
      // v with its two roundings, its product with p, and the sum
      const error = (4 + ofG + ofRate) * UNIT * rate * (Math.abs(g) + p * magnitude);
      return { theta: moved(theta, rate * (g + p * v), error), s: bounded(v, (2 + ofG) * UNIT * magnitude) };
    },
  },
  /** r ← r + g², θ ← θ − ε g/(δ + √r) */
  Adagrad: {
    states: 1,
    squares: true,
    hyper: { rate: 0.1, c1: 0, c2: 0, p: 0, q: 0, r: 1e-7 },
    apply: (theta, g, s, _r, hyper) => {
      const { rate, r: delta } = hyper;
      const { ofG, ofRate } = before(hyper);
      const r1 = Math.min(flushed(s + g * g), LARGEST);
      const change = (rate * g) / (delta + Math.sqrt(r1));
      // half of the two roundings of r, the root, the sum and the quotient
      const error = (4 + 2 * ofG + ofRate) * UNIT * Math.abs(change);
      return { theta: moved(theta, change, error), s: bounded(r1, (2 + 2 * ofG) * UNIT * r1) };
    },
  },
  /** r ← ρ r + (1 − ρ) g², θ ← θ − ε g/√(δ + r) */
  Rmsprop: {
    states: 1,
    squares: true,
    hyper: { rate: 0.01, c1: 0, c2: 0, p: 0.9, q: 0, r: 1e-6 },
    apply: (theta, g, s, _r, hyper) => {
      const { rate, p, r: delta } = hyper;
      const { ofG, ofRate } = before(hyper);
      const r1 = flushed(p * s + (1 - p) * g * g);
      const change = (rate * g) / Math.sqrt(delta + r1);
      // half of the three roundings of r and of the sum, the root and the quotient
      const error = (4 + 2 * ofG + ofRate) * UNIT * Math.abs(change);
      return { theta: moved(theta, change, error), s: bounded(r1, (3 + 2 * ofG) * UNIT * r1) };
    },
  },
};

interface Setting {
  readonly count: number;
  readonly gradientScale?: number;
  readonly status?: 0 | 1;
  readonly multiplier?: number;
  readonly decay?: number;
  readonly scale?: number;
}

function optimizerCase(kind: keyof typeof RULES, setting: Setting): OperationCase {
  const { count, gradientScale = 1, status = 0, multiplier = 1, decay = 0, scale = 1 } = setting;
  const { count: _, ...told } = setting;
  const label = [`${kind} ${count} padded`, ...Object.entries(told).map(([name, value]) => `${name} ${value}`)].join();
  const next = generator(label);
  const rule = RULES[kind];
  const f = Math.fround;
  const { rate, c1, c2, p, q, r: delta } = rule.hyper;
  const given = { rate: f(rate), c1: f(c1), c2: f(c2), p: f(p), q: f(q), r: f(delta) };
  const range = { multiplier: f(multiplier), decay: f(decay), scale: f(scale) };
  const hyper = { ...given, ...range, rate: given.rate * range.multiplier };
  const theta = padded(next, count, -1, 1);
  const g = padded(next, count, -gradientScale, gradientScale);
  const s = padded(next, count, rule.squares ? 0 : -gradientScale, gradientScale ** (rule.squares ? 2 : 1));
  const r = padded(next, count, 0, gradientScale ** 2);
  const states = { ...(rule.states > 0 && { s }), ...(rule.states > 1 && { r }) };
  return {
    label,
    record: { kind: Optimizer[kind], n: theta.length, p, q, r: delta, s: multiplier, t: decay },
    inputs: { theta, g, ...states },
    step: {
      words: { Status: status },
      floats: { LearningRate: rate, Correction1: c1, Correction2: c2, GradientScale: scale },
    },
    outcome: () => {
      if (status !== 0) {
        const same = Object.entries({ theta, ...states }).map(([name, values]) => [name, exactly(values)] as const);
        return { operands: Object.fromEntries(same) };
      }
      const after = Array.from(theta, (value, i) =>
        rule.apply(value, (g[i] as number) * range.scale, s[i] as number, r[i] as number, hyper),
      );
      const part = (name: string, at: 0 | 1) => Float64Array.from(after, (updated) => (updated[name] as Bounded)[at]);
      const results = ['theta', ...Object.keys(states)].map(
        (name) => [name, { values: part(name, 0), bounds: part(name, 1) }] as const,
      );
      return { operands: Object.fromEntries(results) };
    },
  };
}

/** θ ← θ − ε · rule(g) */
export const optimizer = {
  cases: (Object.keys(RULES) as (keyof typeof RULES)[]).flatMap((kind) => [
    ...SIZES.map((count) => optimizerCase(kind, { count })),
    optimizerCase(kind, { count: 65, gradientScale: 1e-16 }),
    optimizerCase(kind, { count: 65, gradientScale: 1e-31 }),
    optimizerCase(kind, { count: 65, gradientScale: 1e9 }),
    optimizerCase(kind, { count: 65, status: 1 }),
    optimizerCase(kind, { count: 65, scale: 0.37 }),
    optimizerCase(kind, { count: 65, multiplier: 0.3 }),
    optimizerCase(kind, { count: 65, multiplier: 0 }),
    ...(kind === 'Adagrad' ? [optimizerCase(kind, { count: 65, gradientScale: 1.8e19 })] : []),
    ...(kind === 'AdamW'
      ? [
          optimizerCase(kind, { count: 65, decay: 0.1, multiplier: 3, scale: 0.5 }),
          optimizerCase(kind, { count: 65, decay: 1000 }),
        ]
      : []),
  ]),
};
