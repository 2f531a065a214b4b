/** What the library carries are the modules that asc made, to the byte. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packed, patch, unshared, withSection } from '../../scripts/pack.mjs';
import { binaryOf } from '../../src/runtime/embedded.js';
import { patched, unpack } from '../../src/runtime/unpack.js';
import { generator } from '../oracle/operation.js';
import { bytesIn, textOf } from '../support/source.js';

const { version } = JSON.parse(textOf('package.json')) as { version: string };

/** Whether the call is refused as damaged; any other error is thrown on. */
function refuses(call: () => Uint8Array): boolean {
  try {
    call();
  } catch (error) {
    expect(error).toEqual(new RangeError('damaged'));
    return true;
  }
  return false;
}

/** Bytes some of which were changed, and of which only the first may be left. */
const damages = (bytes: Uint8Array) => {
  const change = fc.record({ at: fc.nat(bytes.length - 1), by: fc.integer({ min: 1, max: 255 }) });
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  return fc.tuple(changes, fc.nat(bytes.length)).map(([all, left]) => {
    const copy = Uint8Array.from(bytes);
    for (const { at, by } of all) copy[at] = (copy[at] as number) ^ by;
    return left % 3 === 0 ? copy.subarray(0, left) : copy;
  });
};

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

  it('ends on any patch, and refuses one that leads elsewhere', () => {
    const next = bytes(old.subarray(5, 900), Buffer.from('something new'), old.subarray(100, 2000));
    const whole = Uint8Array.from(patch(Buffer.from(old), next));
    const inputs = fc.oneof(fc.uint8Array({ maxLength: 40 }), damages(whole));
    let refused = 0;
    const property = fc.property(inputs, (bytes) => {
      refused += Number(refuses(() => patched(old, bytes, next.length)));
    });
    fc.assert(property, { numRuns: 2000 });
    expect(refused).toBeGreaterThan(1000);
    expect(refuses(() => patched(old, whole.subarray(0, -1), next.length))).toBe(true);
  });
});

describe('unpack', () => {
  const random = generator('unpack');
  const letters = (count: number, of: number) => Uint8Array.from({ length: count }, () => Math.floor(random() * of));

  it.each([
    ['every byte', Uint8Array.from({ length: 256 }, (_, i) => i)],
    ['few letters', letters(500, 5)],
    ['all letters', letters(5000, 256)],
    ['the last byte alone', Uint8Array.of(255)],
    ['nothing', new Uint8Array()],
  ])('gives back what was packed: %s', (_, bytes) => {
    const { frequent, parts } = packed(bytes, bytes.slice().reverse());
    const [first, second] = parts.map((part) => unpack(part, frequent));
    expect(first).toEqual(bytes);
    expect(second).toEqual(bytes.slice().reverse());
  });

  it('ends where the text was cut off, with as many bytes as there should be', () => {
    const { frequent, parts } = packed(letters(500, 256));
    const [first] = parts as [(typeof parts)[number]];
    expect(unpack({ ...first, text: first.text.slice(0, 100) }, frequent)).toHaveLength(500);
  });

  it('has text that no minifier or character set changes, and that gzip makes no larger than the bytes', () => {
    const bytes = bytesIn('build/simd.wasm');
    const [{ text } = { text: '' }] = packed(bytes).parts;
    expect(text).toMatch(/^[ !#%&()-[\]-_a-~]+$/);
    const size = (data: string | Buffer) => gzipSync(data, { level: 9 }).length;
    expect(size(text)).toBeLessThan(1.02 * size(bytes));
  });
});
