import { describe, expect, it } from 'vitest';
import { ArgumentError, createRuntime, DisposedError } from '../../src/index.js';
import { MatrixProduct, type MatrixProductOptions } from '../../src/kernels.js';

describe('MatrixProduct', () => {
  it('gives its memory back once, and cannot be used afterwards', () => {
    const runtime = createRuntime();
    const start = runtime.used;
    const product = new MatrixProduct(2, 1, 2, { runtime });
    product.set(Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6));
    product.run();
    expect([...product.result()]).toEqual([17, 39]);
    product.dispose();
    product.dispose();
    expect(runtime.used).toBe(start);
    expect(() => product.run()).toThrow('MatrixProduct.run: it was disposed. Help: make another one.');
    expect(() => product.result()).toThrow(DisposedError);
    expect(() => product.set(new Float32Array(4), new Float32Array(2))).toThrow(DisposedError);
  });

  it.each<[string, object, string]>([
    ['a runtime that is none', { runtime: {} }, '`runtime` must come from createRuntime. Received: {'],
    ['a side that is transposed by a number', { transposeA: 1 }, '`transposeA` must be true or false. Received: 1.'],
  ])('refuses %s', (_, options, message) => {
    const make = () => new MatrixProduct(2, 2, 2, options as MatrixProductOptions);
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });
});
