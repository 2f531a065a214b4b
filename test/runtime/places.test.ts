/** What a place forbids or lacks is said in words; the real places are visited by `npm run test:runtimes`. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRuntime, dense, sequential } from '../../src/index.js';
import { compileKernels } from '../../src/runtime/compile.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

describe('compiling kernels', () => {
  it('names the directive where rules forbid it', () => {
    const { CompileError } = WebAssembly;
    class Refused {
      constructor() {
        throw new CompileError('blocked by CSP');
      }
    }
    vi.stubGlobal('WebAssembly', { ...WebAssembly, validate: WebAssembly.validate, Module: Refused });
    expect(() => compileKernels(EMPTY)).toThrowErrorMatchingInlineSnapshot(
      `[UnsupportedError: WebAssembly may not be compiled here (blocked by CSP). Help: on a page, add 'wasm-unsafe-eval' to \`script-src\` of its Content-Security-Policy; in a Worker at the edge, call createRuntime while the Worker starts, outside of requests, with a compatibility date of 2025-06-01 or later.]`,
    );
  });

  it('passes on what is wrong with the bytes', () => {
    expect(() => compileKernels(Uint8Array.of(1, 2, 3))).toThrow(WebAssembly.CompileError);
  });
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
