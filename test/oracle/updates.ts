/** References of what brings numbers in: gather and random numbers. */
import { Distribution, Element, Step } from '../../assembly/abi.js';
import {
  exactly,
  generator,
  integers,
  type OperationCase,
  type Outcome,
  SHAPES,
  SIZES,
  tabulate,
  type Values,
  within,
} from './operation.js';
import { DISTRIBUTIONS } from './random.js';

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
/** x = Philox4x32-10(…) */
export const random = { cases: randomCases() };
