import { estimateOf, takeTurns } from '../contestant.js';
import { peakOf, type Row, rowOf, type Section } from '../section.js';

/** m, n, k and which side is stored transposed. */
export type Shape = readonly [m: number, n: number, k: number, transposed?: 'A' | 'B'];

const square = (side: number): Shape[] => [
  [side, side, side, 'B'],
  [side, side, side, 'A'],
  [side, side, side],
];
/** The three products of a dense layer: forward, gradient of the weights, gradient of the inputs. */
const layer = (batch: number, inputs: number, outputs: number): Shape[] => [
  [batch, outputs, inputs, 'B'],
  [outputs, inputs, batch, 'A'],
  [batch, inputs, outputs],
];

/** Squares, and the largest layers of the nets. */
export const SHAPES: readonly Shape[] = [
  ...[128, 256, 512, 1024].flatMap(square),
  ...layer(32, 64, 32),
  ...layer(64, 784, 128),
  ...layer(128, 784, 512),
  ...layer(256, 1024, 1024),
];

/** `128×512×784 Bᵀ` */
export function shapeName([m, n, k, transposed]: Shape): string {
  return `${m}×${n}×${k}${transposed ? ` ${transposed}ᵀ` : ''}`;
}

/** The matrix product with everything that training pays for. */
export const gemm: Section = {
  title: 'Matrix product',
  about: 'C = A · B of m×n×k with packing and edges: Bᵀ is the forward product, Aᵀ the gradient of the weights',
  async measure({ kernels, rounds, rows: before }) {
    const rows: Row[] = [];
    for (const shape of SHAPES) {
      const [m, n, k, transposed] = shape;
      const what = shapeName(shape);
      for (const kernel of kernels) {
        await kernel.prepare(what, { kind: 'product', m, n, k, ...(transposed && { transposed }) });
      }
      const times = await takeTurns(kernels, what, rounds, 0.05);
      for (const kernel of kernels) {
        const { name } = kernel;
        const row = rowOf(what, name, 'GFLOP/s', estimateOf(times, name), (seconds) => (2 * m * n * k) / seconds / 1e9);
        rows.push({ ...row, facts: { share: row.value / peakOf(before, name) } });
        await kernel.ask({ ask: 'drop', job: what });
      }
    }
    return rows;
  },
  notes: ({ facts }) => `${Math.round(100 * Number(facts?.share))} %`,
};
