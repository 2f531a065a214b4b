/** What the library carries are the modules that asc made, to the byte. */
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflated, patch, unshared, withSection } from '../../scripts/pack.mjs';
import { binaryOf } from '../../src/runtime/embedded.js';
import { inflate, patched, unpack } from '../../src/runtime/unpack.js';
import { generator } from '../oracle/operation.js';
import { bytesIn, textOf } from '../support/source.js';

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

  const plain = letters(3000, 20);
  it.each([
    ['stored', deflateRawSync(plain, { level: 0 })],
    ['of the fixed code', deflateRawSync(plain, { strategy: constants.Z_FIXED })],
  ])('refuses blocks that are %s', (_, bytes) => {
    expect(refuses(() => inflate(bytes, plain.length))).toBe(true);
  });

  const deflatedBytes = deflateRawSync(plain, { level: 9 });
  it.each([
    ['nothing', new Uint8Array(0), 10],
    ['an end that is missing', deflatedBytes.subarray(0, -20), plain.length],
    ['fewer bytes than there should be', deflatedBytes, plain.length + 1],
    ['more bytes than there should be', deflatedBytes, plain.length - 1],
  ])('refuses %s', (_, bytes, length) => {
    expect(refuses(() => inflate(bytes, length))).toBe(true);
  });

  it('ends on any bytes, with as many as there should be or with an error of ours', () => {
    const inputs = fc.oneof(fc.uint8Array({ maxLength: 200 }), damages(deflatedBytes));
    const property = fc.property(inputs, (bytes) => {
      if (!refuses(() => inflate(bytes, plain.length))) expect(inflate(bytes, plain.length)).toHaveLength(plain.length);
    });
    fc.assert(property, { numRuns: 2000 });
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

  it.each(['with', 'without'])('throws on what is damaged, %s Node’s zlib', (which) => {
    const bytes = Buffer.from(textOf('CONTRIBUTING.md'));
    const text = deflated(bytes);
    const { getBuiltinModule } = process;
    if (which === 'without') process.getBuiltinModule = (() => undefined) as typeof getBuiltinModule;
    try {
      for (const bad of [text.slice(0, 400), `!${text}`, '']) expect(() => unpack(bad, bytes.length)).toThrow();
      expect(refuses(() => unpack(text, bytes.length + 1))).toBe(true);
    } finally {
      process.getBuiltinModule = getBuiltinModule;
    }
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
