import { MatrixProduct } from 'lanegrad/kernels';
import { measure } from './measure.js';

/** One shape of the matrix product. */
export interface GemmResult {
  readonly name: string;
  readonly gflops: number;
  readonly spread: number;
}

/** m, n, k and which side is stored transposed: squares, and the products of the nets of bench/training.ts. */
const SHAPES: readonly (readonly [number, number, number, ('A' | 'B')?])[] = [
  [128, 128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [64, 128, 784, 'B'],
  [128, 784, 64, 'A'],
  [128, 512, 784, 'B'],
  [512, 784, 128, 'A'],
  [128, 256, 512, 'B'],
  [128, 512, 256],
  [256, 1024, 1024, 'B'],
];

function random(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => ((Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24) * 2 - 1);
}

/** GFLOP/s of C = A · B with everything that training pays for: packing B and A, edges, any size. */
export async function measureGemm(rounds: number): Promise<GemmResult[]> {
  const products = SHAPES.map(([m, n, k, transposed]) => {
    const product = new MatrixProduct(m, n, k, { transposeA: transposed === 'A', transposeB: transposed === 'B' });
    product.set(random(m * k), random(k * n));
    return { name: `${m}×${n}×${k}${transposed ? ` ${transposed}ᵀ` : ''}`, product };
  });
  const timings = await measure(
    Object.fromEntries(products.map(({ name, product }) => [name, () => product.run()])),
    rounds,
  );
  return timings.map(({ name, median, spread }, i) => {
    const [m, n, k] = SHAPES[i] as readonly [number, number, number];
    return { name, gflops: (2 * m * n * k) / median / 1e9, spread };
  });
}
