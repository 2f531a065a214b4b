/** What the library carries are the modules that asc made, to the byte. */
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deflated, patch, unshared, withSection } from '../../scripts/pack.mjs';
import { binaryOf } from '../../src/runtime/embedded.js';
import { inflate, patched, unpack } from '../../src/runtime/unpack.js';
import { generator } from '../oracle/operation.js';
import { bytesIn, textOf } from '../support/source.js';

const { version } = JSON.parse(textOf('package.json')) as { version: string };

describe('the kernels in the library', () => {
  it.each(['simd', 'relaxed'] as const)('are build/%s.wasm, with a section that says what they are', (name) => {
    const expected = withSection(bytesIn(`build/${name}.wasm`), 'lanegrad', `${version} ${name}`);
    expect(Buffer.compare(Buffer.from(binaryOf(name) as Uint8Array), expected)).toBe(0);
  });

  it.each(['simd', 'relaxed'] as const)('are dist/%s.wasm too, for memory of one thread', (name) => {
    const inlined = Buffer.from(binaryOf(name) as Uint8Array);
    expect(Buffer.compare(bytesIn(`dist/${name}.wasm`), unshared(inlined))).toBe(0);
    expect(() => unshared(unshared(inlined))).toThrow('do not import their memory');
  });
});

describe('inflate', () => {
  const random = generator('inflate');
  const letters = (count: number, of: number) => Uint8Array.from({ length: count }, () => Math.floor(random() * of));
  const repeating = Uint8Array.from({ length: 90_000 }, (_, i) => (i % 40_000 < 300 ? 7 : (i * i) % 251));

  it.each([
    ['few letters', letters(5000, 5)],
    ['runs, and copies from far away', repeating],
    ['several blocks', Uint8Array.from([...letters(60_000, 90), ...letters(60_000, 3)])],
  ])('gives back what zlib deflated: %s', (_, bytes) => {
    expect(Buffer.compare(inflate(deflateRawSync(bytes, { level: 9 }), bytes.length), bytes)).toBe(0);
  });
});

describe('patched', () => {
  const random = generator('patch');
  const old = Uint8Array.from({ length: 3000 }, () => Math.floor(random() * 256));
  const bytes = (...parts: Uint8Array[]) => Buffer.concat(parts);

  it.each([
    ['the same', bytes(old)],
    ['nothing alike', bytes(old.map((byte) => byte ^ 85))],
    ['pieces in another order', bytes(old.subarray(2000), old.subarray(0, 1500), old.subarray(1200, 2500))],
    ['something at both ends', bytes(old.subarray(0, 9), old, old.subarray(5, 12))],
  ])('makes one from the other: %s', (_, next) => {
    const difference = patch(Buffer.from(old), next);
    expect(Buffer.compare(patched(old, difference, next.length), next)).toBe(0);
  });
});

describe('unpack', () => {
  it('gives the same with Node’s zlib and without', () => {
    const bytes = Buffer.from(textOf('CONTRIBUTING.md'));
    const text = deflated(bytes);
    const { getBuiltinModule } = process;
    const native = unpack(text, bytes.length);
    process.getBuiltinModule = (() => undefined) as typeof getBuiltinModule;
    try {
      expect(unpack(text, bytes.length)).toEqual(native);
    } finally {
      process.getBuiltinModule = getBuiltinModule;
    }
    expect(Buffer.compare(native, bytes)).toBe(0);
  });

  it('makes the kernels without zlib too', () => {
    const { getBuiltinModule } = process;
    const native = binaryOf('relaxed');
    process.getBuiltinModule = (() => undefined) as typeof getBuiltinModule;
    try {
      expect(Buffer.compare(Buffer.from(binaryOf('relaxed') as Uint8Array), Buffer.from(native as Uint8Array))).toBe(0);
    } finally {
      process.getBuiltinModule = getBuiltinModule;
    }
  });
});
