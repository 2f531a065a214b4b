/** What a place forbids or lacks is said in words; the real places are visited by `npm run test:runtimes`. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRuntime, dense, load, sequential, UnsupportedError } from '../../src/index.js';

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

it.each(['auto', 'simd', 'relaxed'] as const)('where there is no SIMD, kernel %s is refused', (kernel) => {
  vi.stubGlobal('WebAssembly', { ...WebAssembly, validate: () => false });
  expect(() => createRuntime({ kernel, threads: 1 })).toThrow(UnsupportedError);
  expect(() => createRuntime({ kernel, threads: 1 })).toThrow(
    /^This JavaScript engine has no WebAssembly SIMD\. Help: /,
  );
});

it('where there is no WebAssembly, that is said', () => {
  vi.stubGlobal('WebAssembly', undefined);
  expect(() => createRuntime()).toThrow(/^This JavaScript engine has no WebAssembly\. Help: lanegrad needs it/);
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

describe('a Worker that starts', () => {
  it('may make models, train and load them, though it may make no signals to abort by', () => {
    class Refused {
      constructor() {
        throw new Error('Disallowed operation called within global scope.');
      }
    }
    vi.stubGlobal('AbortController', Refused);
    const x = Float32Array.from({ length: 12 }, (_, i) => i / 12);
    const y = Float32Array.from({ length: 6 }, (_, i) => i);
    const model = sequential({ input: 2, layers: [dense(1)] }).compile({ loss: 'meanSquaredError' });
    model.fitSync(x, y);
    const again = load<'meanSquaredError'>(model.save({ optimizer: true }));
    again.fitSync(x, y);
    model.fitSync(x, y);
    expect(again.predict(x)).toEqual(model.predict(x));
    for (const one of [model, again]) one.dispose();
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

  it('gives workers the whole address of their script, as they have another one of their own', () => {
    vi.stubGlobal('document', { baseURI: 'https://example.org/app/' });
    expect(createRuntime({ threads: 1, workerUrl: 'worker.js' }).workerUrl).toBe('https://example.org/app/worker.js');
    expect(createRuntime({ threads: 1, workerUrl: new URL('data:text/javascript,') }).workerUrl).toBe(
      'data:text/javascript,',
    );
    expect(() => createRuntime({ workerUrl: 'https://' })).toThrow(/`workerUrl` must be the address of a copy/);
  });

  it('whose rules allow no worker from text says which, and trains on', async () => {
    const addresses: string[] = [];
    class Refused {
      onerror: ((event: { readonly message: string }) => void) | undefined;
      constructor(address: string) {
        addresses.push(address);
        setTimeout(() => this.onerror?.({ message: '' }), 0);
      }
      postMessage(): void {}
      terminate(): void {}
    }
    vi.stubGlobal('Worker', Refused);
    const { getBuiltinModule } = process;
    process.getBuiltinModule = (() => undefined) as typeof getBuiltinModule;
    try {
      const runtime = createRuntime({ kernel: 'simd', threads: 2 });
      const model = sequential({ input: 2, layers: [dense(1)] }, { runtime }).compile({ loss: 'meanSquaredError' });
      const x = [
        [1, 2],
        [3, 4],
      ];
      const fit = model.fit(x, [1, 2], { background: true });
      await expect(fit).rejects.toThrow(
        /^fit: no worker could be started .*allow blob: in its worker-src, or `workerUrl`/,
      );
      // the refusal comes by a timer, which 20 such epochs may be faster than
      for (let fits = 0; fits < 100 && model.runtime.threads !== 1; fits++) {
        await model.fit(x, [1, 2], { epochs: 20, sliceMs: 0 });
      }
      const reason = expect.stringMatching(/one thread from now on: a Web Worker did not start: .*worker-src/);
      expect(model.runtime).toMatchObject({ threads: 1, reason });
      expect(addresses.every((address) => address.startsWith('blob:'))).toBe(true);
      const asked = addresses.length;
      await expect(model.fit(x, [1, 2], { background: true, workerUrl: 'https://example.org/w.js' })).rejects.toThrow();
      expect(addresses[asked]).toBe('https://example.org/w.js');
    } finally {
      process.getBuiltinModule = getBuiltinModule;
    }
  });
});
