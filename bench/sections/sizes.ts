import { writeFileSync } from 'node:fs';
import type { Row, Section } from '../section.js';

/** The sides of the map: every size from 1 to this. */
export const SIDE = 200;
/** The size of the dimension that a plane holds fast. */
const FIXED = 100;
/** How far ahead a faster product is looked for: a tile of the widest kernel. */
const REACH = 16;
/** The least of so many rounds stands: a disturbance only ever adds time. */
const ROUNDS = 3;

/** What two dimensions a plane is over; the third is FIXED. */
export const PLANES = [
  { rows: 'm', columns: 'n', fixed: 'k' },
  { rows: 'm', columns: 'k', fixed: 'n' },
  { rows: 'n', columns: 'k', fixed: 'm' },
] as const;

/** Seconds of one plane, `[rows, columns]`, both from 1. */
export interface Plane {
  readonly kernel: string;
  readonly rows: string;
  readonly columns: string;
  readonly fixed: string;
  readonly seconds: readonly (readonly number[])[];
}

/** Where the maps are kept for the chart. */
export const MAPS = 'build/gemm-sizes.json';

/**
 * How many times as long the worst product takes as a larger one that contains it: where this is above 1, whoever pads with
 * zeros is faster, and the size has fallen off a cliff.
 */
export function worstStep(seconds: readonly (readonly number[])[]): { ratio: number; row: number; column: number } {
  let worst = { ratio: 0, row: 0, column: 0 };
  seconds.forEach((line, i) => {
    line.forEach((time, j) => {
      for (let ahead = 1; ahead <= REACH; ahead++) {
        for (const larger of [line[j + ahead], seconds[i + ahead]?.[j]]) {
          if (larger !== undefined && time / larger > worst.ratio)
            worst = { ratio: time / larger, row: i + 1, column: j + 1 };
        }
      }
    });
  });
  return worst;
}

/** The product at every size, plane by plane. */
export const sizes: Section = {
  title: `Matrix product at every size from 1 to ${SIDE}`,
  about: `how many times as long the worst product takes as one up to ${REACH} larger in one dimension (docs/benchmarks/gemm-sizes.svg)`,
  how: `the least of ${ROUNDS} rounds`,
  async measure({ kernels }) {
    const rows: Row[] = [];
    const planes: Plane[] = [];
    // the kernels without fused arithmetic have the same loops
    for (const kernel of kernels.filter(({ name }) => name === 'relaxed' || name === 'turbo')) {
      for (const plane of PLANES) {
        const seconds = Array.from({ length: SIDE }, () => new Array<number>(SIDE).fill(Number.POSITIVE_INFINITY));
        for (let round = 0; round < ROUNDS; round++) {
          for (const [i, line] of seconds.entries()) {
            const shapes = line.map((_, j) => {
              const size: Record<'m' | 'n' | 'k', number> = { m: FIXED, n: FIXED, k: FIXED };
              size[plane.rows] = i + 1;
              size[plane.columns] = j + 1;
              return [size.m, size.n, size.k] as const;
            });
            await kernel.prepare('line', { kind: 'products', shapes });
            const { parts = {} } = await kernel.ask({ ask: 'time', job: 'line', seconds: 0 });
            for (const [j, time] of Object.values(parts).entries()) line[j] = Math.min(line[j] as number, time);
          }
        }
        planes.push({ kernel: kernel.name, ...plane, seconds });
        const { ratio, row, column } = worstStep(seconds);
        rows.push({
          what: `${plane.rows} and ${plane.columns} from 1 to ${SIDE}, ${plane.fixed} = ${FIXED}`,
          who: kernel.name,
          value: ratio,
          unit: '×',
          spread: 0,
          samples: ROUNDS,
          facts: { at: `${plane.rows} = ${row}, ${plane.columns} = ${column}` },
        });
      }
    }
    writeFileSync(MAPS, JSON.stringify(planes));
    return rows;
  },
  notes: ({ facts }) => `at ${facts?.at}`,
};
