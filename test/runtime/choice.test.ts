/** Which kernels a runtime takes, and that the choice changes no bit where it must not. */
import { describe, expect, it } from 'vitest';
import type { Tile } from '../../assembly/abi.js';
import { adam, createRuntime, dense, sequential } from '../../src/index.js';
import { MatrixProduct } from '../../src/kernels.js';
import { chooseKernels, type KernelName, reproducibly } from '../../src/runtime/choice.js';
import { binaryOf } from '../../src/runtime/embedded.js';
import { Runtime } from '../../src/runtime/runtime.js';
import { chooseThreads } from '../../src/runtime/threads.js';
import { supports, TILES } from '../../src/runtime/wasm.js';
import { generator, reals } from '../oracle/operation.js';

const bitsOf = ({ buffer }: Float32Array): Uint32Array => new Uint32Array(buffer);

/** A runtime with another tile than its engine would get. */
function withTile(kernel: KernelName, tile: Tile): Runtime {
  return new Runtime({ ...chooseKernels(kernel, kernel === 'simd'), tile }, chooseThreads(1), 1 << 28);
}

describe('createRuntime', () => {
  it('takes the reproducible kernels when asked, and relaxed ones by itself only where the engine has them', () => {
    expect(createRuntime({ kernel: 'simd' })).toMatchObject({ kernel: 'simd', reproducible: true });
    expect(createRuntime({ reproducible: true })).toMatchObject({ kernel: 'simd', reproducible: true });
    const kernel = supports('relaxed') ? 'relaxed' : 'simd';
    expect(createRuntime()).toMatchObject({ kernel, reproducible: kernel === 'simd' });
  });

  it.each(['simd', 'relaxed'] as const)('knows without compiling whether the engine can run %s', (arithmetic) => {
    expect(supports(arithmetic)).toBe(WebAssembly.validate(binaryOf(arithmetic) as Uint8Array<ArrayBuffer>));
  });

  it('is reproducible by itself within work that must come out alike everywhere, and only there', async () => {
    const inside = await reproducibly(async () => {
      await Promise.resolve();
      return createRuntime();
    });
    expect(inside).toMatchObject({ kernel: 'simd', reproducible: true });
    await expect(reproducibly(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(createRuntime().reproducible).toBe(!supports('relaxed'));
  });

  it('refuses relaxed kernels that are to be reproducible', () => {
    const call = () => createRuntime({ kernel: 'relaxed', reproducible: true });
    expect(call).toThrow(/not reproducible.*use kernel 'simd'/);
  });

  it('says of turbo what it found', () => {
    const runtime = createRuntime({ kernel: 'turbo', reproducible: true });
    expect(runtime.reproducible).toBe(true);
    if (runtime.kernel === 'turbo') expect(runtime.reason).toMatch(/256 bits/);
    else expect(runtime).toMatchObject({ kernel: 'simd', reason: expect.stringMatching(/^no turbo: this engine/) });
  });

  it('has relaxed kernels with turbo wherever the engine can be told to have them', () => {
    const runtime = createRuntime({ kernel: 'turbo' });
    expect(runtime.reproducible).toBe(!supports('relaxed'));
  });
});

describe('the tile', () => {
  it.each([
    [1, 100, 300],
    [7, 17, 5],
    [65, 129, 257],
    [130, 48, 64],
  ])('changes no bit of a product %i × %i × %i', (m, n, k) => {
    const next = generator(`tile ${m} ${n} ${k}`);
    const [a, b] = [reals(next, m * k), reals(next, k * n)];
    const [first, ...others] = TILES.simd.map((tile) => {
      const product = new MatrixProduct(m, n, k, { runtime: withTile('simd', tile) });
      product.set(a, b);
      product.run();
      return bitsOf(product.result());
    });
    for (const other of others) expect(other).toEqual(first);
  });

  it('changes no bit of a training', () => {
    const next = generator('tile training');
    const x = { data: reals(next, 50 * 13), shape: [50, 13] };
    const y = Uint8Array.from({ length: 50 }, (_, i) => i % 3);
    const [first, ...others] = TILES.simd.map((tile) => {
      const layers = [dense(37, { activation: 'relu' }), dense(3, { activation: 'softmax' })];
      const model = sequential({ input: 13, seed: 3, layers }, { runtime: withTile('simd', tile) }).compile({
        loss: 'crossEntropy',
        optimizer: adam(),
      });
      model.fitSync(x, y, { epochs: 3, batchSize: 8 });
      return model.save({ optimizer: true });
    });
    for (const other of others) expect(other).toEqual(first);
  });
});
