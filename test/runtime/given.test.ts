/** Kernels that the user compiled: `createRuntime({ module })`. */
import { setFlagsFromString } from 'node:v8';
import { describe, expect, it, vi } from 'vitest';
import { withSection } from '../../scripts/pack.mjs';
import { createRuntime, dense, type RuntimeOptions, sequential, UnsupportedError } from '../../src/index.js';
import { bytesIn } from '../support/source.js';

// Node 20 has relaxed SIMD behind a flag, which may be set before the module is compiled
setFlagsFromString('--experimental-wasm-relaxed-simd');

const compiled = (name: string) => new WebAssembly.Module(Uint8Array.from(bytesIn(`dist/${name}.wasm`)));
const simd = compiled('simd');

/** A module with nothing in it but what is given. */
const bare = (section = '', text = '') => {
  const head = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  return new WebAssembly.Module(Uint8Array.from(section ? withSection(head, section, text) : head));
};

function train(options: RuntimeOptions): Uint8Array {
  const x = Float32Array.from({ length: 60 * 8 }, (_, i) => ((i * 37) % 101) / 50 - 1);
  const y = Uint8Array.from({ length: 60 }, (_, i) => i % 3);
  const layers = [dense(16, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
  const model = sequential({ input: 8, layers }, { runtime: createRuntime(options) }).compile({ loss: 'crossEntropy' });
  model.fitSync(x, y, { epochs: 2 });
  return model.save();
}

describe('createRuntime with `module`', () => {
  it('trains to the same bits as with the kernels inside', () => {
    expect(train({ module: simd })).toEqual(train({ kernel: 'simd', threads: 1 }));
  });

  it('says what it runs, and on how many threads', () => {
    expect(createRuntime({ module: simd, threads: 4 })).toMatchObject({
      kernel: 'simd',
      reproducible: true,
      threads: 1,
      reason: "kernels 'simd' of `module`; one thread: the kernels of `module` are for one",
    });
  });

  it('takes the relaxed ones too, unless they are to be reproducible', () => {
    const module = compiled('relaxed');
    expect(createRuntime({ module })).toMatchObject({ kernel: 'relaxed', reproducible: false });
    expect(createRuntime({ module, kernel: 'relaxed' }).kernel).toBe('relaxed');
    expect(() => createRuntime({ module, reproducible: true })).toThrow(
      "createRuntime: `module` must be the kernels asked for (`reproducible: true`). Received: kernels 'relaxed'.",
    );
  });

  it.each(['relaxed', 'turbo'] as const)('refuses the baseline kernels where %s is asked for', (kernel) => {
    expect(() => createRuntime({ module: simd, kernel })).toThrow(
      `createRuntime: \`module\` must be the kernels asked for (kernel '${kernel}'). Received: kernels 'simd'.`,
    );
  });

  it.each([
    [
      'bytes',
      bytesIn('dist/simd.wasm'),
      /must be a WebAssembly\.Module\. Received: Buffer\(\d+\)\. Help: compile lanegrad/,
    ],
    ['nothing', null, /must be a WebAssembly\.Module\. Received: null/],
    ['a module of something else', bare(), /must be kernels of lanegrad\. Received: a module of something else/],
    [
      'an old version',
      bare('lanegrad', '0.0.9 simd'),
      /of this version, .* Received: those of version 0\.0\.9 \(simd\)/,
    ],
    [
      'unknown kernels',
      bare('lanegrad', '0.1.0 fast'),
      /\(simd or relaxed\)\. Received: those of version 0\.1\.0 \(fast\)/,
    ],
  ])('refuses %s', (_, module, message) => {
    expect(() => createRuntime({ module: module as unknown as WebAssembly.Module })).toThrow(message);
  });
});

describe('a place that compiles no WebAssembly', () => {
  it('is told what to do', async () => {
    vi.resetModules();
    const fresh = await import('../../src/index.js');
    class Forbidden extends WebAssembly.Module {
      constructor(bytes: BufferSource) {
        super(bytes);
        throw new WebAssembly.CompileError("violates the following directive: script-src 'self'");
      }
    }
    vi.stubGlobal('WebAssembly', Object.assign(Object.create(WebAssembly), { Module: Forbidden }));
    try {
      const call = () => fresh.createRuntime({ kernel: 'simd' });
      expect(call).toThrow(fresh.UnsupportedError);
      expect(call).toThrow(/may not be compiled here \(.*script-src 'self'\)\. Help: .*'wasm-unsafe-eval'.*`module`/);
      expect(fresh.UnsupportedError).not.toBe(UnsupportedError);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
