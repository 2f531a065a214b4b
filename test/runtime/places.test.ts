/** What a place forbids or lacks is said in words; the real places are visited by `npm run test:runtimes`. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRuntime, dense, sequential } from '../../src/index.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

// first of all, before the kernels are compiled for others
it('where rules forbid compiling, the directive is named', () => {
  const { CompileError } = WebAssembly;
  class Refused {
    constructor() {
      throw new CompileError('blocked by CSP');
    }
  }
  vi.stubGlobal('WebAssembly', {
    ...WebAssembly,
    validate: WebAssembly.validate,
    Memory: WebAssembly.Memory,
    Module: Refused,
  });
  expect(() => createRuntime({ kernel: 'simd', threads: 1 })).toThrow(
    /^WebAssembly may not be compiled here \(CompileError: blocked by CSP\). Help: .*'wasm-unsafe-eval'.*script-src/,
  );
});

describe('a Worker at the edge', () => {
  it('has 64 MiB unless it is told otherwise, and what needs more is refused with an estimate', () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    const compile = (memoryLimit?: number) => {
      const runtime = createRuntime({ threads: 1, ...(memoryLimit && { memoryLimit }) });
      return sequential({ input: 2000, layers: [dense(2500), dense(1)] }, { runtime }).compile({
        loss: 'meanSquaredError',
      });
    };
    expect(() => compile()).toThrow(/needs an estimated \d+\.\d MiB, but the memory limit is 64\.0 MiB/);
    compile(200 * 1024 * 1024).dispose();
  });
});

describe('a page', () => {
  it('that is not isolated has one thread, and says what it lacks', () => {
    vi.stubGlobal('document', {});
    vi.stubGlobal('crossOriginIsolated', false);
    const { threads, reason } = createRuntime({ threads: 4 });
    expect(threads).toBe(1);
    expect(reason).toMatch(/one thread: this page is not cross-origin isolated \(headers Cross-Origin-Opener-Policy/);
  });
});
