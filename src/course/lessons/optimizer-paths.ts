import * as Plot from '@observablehq/plot';
import { adagrad, adam, dense, ewaMomentum, type Optimizer, rmsprop, sequential, sgd } from '../../index.js';
import { cos, sin } from '../../math.js';
import { lesson } from '../lesson.js';
import { chart, color, lines, picture } from '../picture.js';
import { normalRows } from '../sets.js';

// #region code
const STEPS = 60;
const [A, B] = [1, 100];
/** Rows of target 0 whose mean squared error is J = ½(a w₁² + b w₂²); the bias stays 0. */
const ROWS = [1, -1].flatMap((sign) => [
  [sign * Math.sqrt(A), 0],
  [0, sign * Math.sqrt(B)],
]);

/** An optimizer, and what the book says that it takes off a weight for gradient g; `m` is all it remembers, t1 = ρ₁ᵗ, t2 = ρ₂ᵗ. */
interface Method {
  optimizer: Optimizer;
  step(g: number, m: { s: number; r: number; t1: number; t2: number }): number;
}

const METHODS: Record<string, Method> = {
  SGD: { optimizer: sgd({ learningRate: 0.018 }), step: (g) => 0.018 * g },
  momentum: {
    optimizer: ewaMomentum({ learningRate: 0.04, alpha: 0.9 }),
    step(g, m) {
      m.s = 0.9 * m.s + 0.1 * g;
      return 0.04 * m.s;
    },
  },
  AdaGrad: {
    optimizer: adagrad({ learningRate: 0.3 }),
    step(g, m) {
      m.r += g * g;
      return (0.3 * g) / (1e-7 + Math.sqrt(m.r));
    },
  },
  RMSProp: {
    optimizer: rmsprop({ learningRate: 0.05, rho: 0.9 }),
    step(g, m) {
      m.r = 0.9 * m.r + 0.1 * g * g;
      return (0.05 * g) / Math.sqrt(1e-6 + m.r);
    },
  },
  Adam: {
    optimizer: adam({ learningRate: 0.1, beta1: 0.9, beta2: 0.999 }),
    step(g, m) {
      Object.assign(m, { s: 0.9 * m.s + 0.1 * g, r: 0.999 * m.r + 0.001 * g * g, t1: 0.9 * m.t1, t2: 0.999 * m.t2 });
      return (0.1 * m.s) / (1 - m.t1) / (Math.sqrt(m.r / (1 - m.t2)) + 1e-8);
    },
  },
};

/** The path of every method from the same start: as the library goes it, and by the book's formula in float64. */
function experiment(seed: number) {
  const start = normalRows(1, [0.2, 0.1], seed).data.map((noise, i) => (i === 0 ? 2 : 0.8) + noise);
  return Object.entries(METHODS).map(([name, { optimizer, step }]) => {
    using model = sequential({ input: 2, layers: [dense(1)] }).compile({ loss: 'meanSquaredError', optimizer });
    model.setParameters({ 'dense0.weight': { data: start } });
    const weights = () => Array.from(model.parameters()['dense0.weight']?.data ?? []);
    const [path, exact] = [[weights()], [weights()]];
    const [memory1, memory2] = [
      { s: 0, r: 0, t1: 1, t2: 1 },
      { s: 0, r: 0, t1: 1, t2: 1 },
    ];
    for (let t = 1; t <= STEPS; t++) {
      model.trainOnBatch(ROWS, [0, 0, 0, 0]);
      path.push(weights());
      const [w1 = 0, w2 = 0] = exact.at(-1) ?? [];
      exact.push([w1 - step(A * w1, memory1), w2 - step(B * w2, memory2)]);
    }
    return { name, path, exact };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Point = readonly number[];

function pathOf(result: Result, name: string): readonly Point[] {
  return (result.find((one) => one.name === name) as Result[number]).path;
}

function lossAt([w1 = 0, w2 = 0]: Point): number {
  return (A * w1 * w1 + B * w2 * w2) / 2;
}

/** The largest distance in one weight between the library's paths and the formulas'. */
function farFromFormulas(result: Result): number {
  const far = ({ path, exact }: Result[number]) =>
    path.flatMap((point, t) => point.map((w, i) => Math.abs(w - (exact[t]?.[i] ?? Number.NaN))));
  return Math.max(...result.flatMap(far));
}

/** The first update along the gentle slope as a share of that along the steep one. */
function firstUpdate(result: Result, name: string): number {
  const [from, to] = pathOf(result, name) as [Point, Point];
  return ((to[0] as number) - (from[0] as number)) / ((to[1] as number) - (from[1] as number));
}

/** What is left after t steps of the way to the minimum along the gentle slope. */
function left(result: Result, name: string, t: number): number {
  const path = pathOf(result, name);
  return Math.abs((path[t]?.[0] as number) / (path[0]?.[0] as number));
}

/** J of RMSProp as a multiple of that of SGD after t steps. */
function lossRatio(result: Result, t: number): number {
  return lossAt(pathOf(result, 'RMSProp')[t] as Point) / lossAt(pathOf(result, 'SGD')[t] as Point);
}

/** The ellipse J = level as points. */
function ellipse(level: number): { x: number; y: number }[] {
  return Array.from({ length: 181 }, (_, i) => {
    const angle = (Math.PI * i) / 90;
    return { x: Math.sqrt((2 * level) / A) * cos(angle), y: Math.sqrt((2 * level) / B) * sin(angle) };
  });
}

const LEVELS = [0.02, 0.08, 0.32, 1.28, 5.12, 20.48, 81.92];

/** Five optimizers on one quadratic. */
export const optimizerPaths = lesson({
  name: 'optimizer-paths',
  title: 'On a long valley, RMSProp makes greater progress along the gentle slope than SGD at any stable rate.',
  formula: `J = ½(a w₁² + b w₂²), a = 1, b = 100        g = (a w₁, b w₂)
SGD        θ ← θ − εg, stable for ε < 2/b          momentum  v ← αv + (1 − α)g, θ ← θ − εv
AdaGrad    r ← r + g², θ ← θ − εg/(δ + √r)         RMSProp   r ← ρr + (1 − ρ)g², θ ← θ − εg/√(δ + r)
Adam       s ← ρ₁s + (1 − ρ₁)g, r ← ρ₂r + (1 − ρ₂)g², θ ← θ − ε s/(1 − ρ₁ᵗ) / (√(r/(1 − ρ₂ᵗ)) + δ)`,
  about: `Sixty steps from one random start. SGD has nine tenths of the largest rate at which it is stable: it crosses the valley to
and fro, and takes only 1.8 % off w₁ in a step; no stable rate leaves less than (1 − 2a/b)⁴⁰ = 45 % of it after 40 steps. AdaGrad,
RMSProp and Adam divide the gradient of each weight by its own size, so their first step is as long along the gentle slope as
along the steep one, whatever a and b are. Their rates, and that of momentum, are chosen by hand. Every path is computed a
second time by the book's formula in float64. Goodfellow, Bengio, Courville, Deep Learning, 8.3.1, 8.3.2 and 8.5.`,
  experiment,
  checks: (result) => [
    { says: 'largest distance of a weight from the formula in float64', value: farFromFormulas(result), most: 1e-5 },
    { says: 'first update of w₁ / of w₂, SGD', value: firstUpdate(result, 'SGD'), least: 0.015, most: 0.045 },
    ...['AdaGrad', 'RMSProp', 'Adam'].map((name) => ({
      says: `the same, ${name}`,
      value: firstUpdate(result, name),
      least: 0.999,
      most: 1.001,
    })),
    { says: 'left of w₁ after 40 steps, SGD', value: left(result, 'SGD', 40), least: 0.48, most: 0.49 },
    { says: 'the same, RMSProp', value: left(result, 'RMSProp', 40), most: 0.25 },
    { says: 'J of RMSProp / of SGD after 60 steps', value: lossRatio(result, 60), most: 0.02 },
  ],
  picture: (result) =>
    picture('Paths of five optimizers down a long valley, over contours of the loss; and the loss over the steps', [
      chart({
        title: 'Paths over contours of J',
        width: 560,
        height: 430,
        x: { label: 'w₁, gentle slope', domain: [-0.4, 2.4] },
        y: { label: 'w₂, steep slope', domain: [-0.7, 1] },
        marks: [
          ...LEVELS.map((level) => Plot.line(ellipse(level), { x: 'x', y: 'y', stroke: '#c8c8c8', clip: true })),
          ...result.flatMap(({ path }, i) => {
            const points = path.map(([x, y]) => ({ x, y }));
            return [
              Plot.line(points, { x: 'x', y: 'y', stroke: color(i), strokeWidth: 1.5, clip: true }),
              Plot.dot(points, { x: 'x', y: 'y', fill: color(i), r: 2.2, clip: true }),
            ];
          }),
          Plot.dot([[0, 0]], { symbol: 'plus', stroke: '#222222', r: 5 }),
        ],
        keys: result.map(({ name }, i) => ({ name, color: color(i) })),
      }),
      lines({
        title: 'Loss',
        width: 430,
        height: 430,
        x: { label: 'step' },
        y: { label: 'J', type: 'log', domain: [1e-5, 100], ticks: [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100] },
        series: result.map(({ name, path }) => ({
          name,
          points: path.map((point, t) => [t, lossAt(point)] as const).filter(([, loss]) => loss >= 1e-5),
        })),
      }),
    ]),
});
