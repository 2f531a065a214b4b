import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelled, parseIdx } from '../../src/data/index.js';
import { ArgumentError, FormatError } from '../../src/errors.js';

/** IDX bytes of type uint8, written from the format's description. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, 8, shape.length]);
  const view = new DataView(bytes.buffer);
  for (const [axis, size] of shape.entries()) view.setUint32(4 + 4 * axis, size);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A shape and data that fill it. */
const content = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }).chain((shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  return fc.record({ shape: fc.constant(shape), data: fc.uint8Array({ minLength: length, maxLength: length }) });
});

describe('parseIdx', () => {
  it('reads back what was written, wherever the bytes lie', () => {
    fc.assert(
      fc.property(content, fc.nat(9), ({ shape, data }, offset) => {
        const file = idx(shape, data);
        const memory = new Uint8Array(offset + file.length + 3);
        memory.set(file, offset);
        expect(parseIdx(memory.subarray(offset, offset + file.length))).toEqual({ data, shape });
      }),
    );
  });

  it('refuses every truncation and every extension', () => {
    fc.assert(
      fc.property(content, fc.uint8Array({ minLength: 1, maxLength: 20 }), ({ shape, data }, rest) => {
        const file = idx(shape, data);
        for (let length = 0; length < file.length; length++) {
          expect(() => parseIdx(file.subarray(0, length))).toThrow(FormatError);
        }
        expect(() => parseIdx(new Uint8Array([...file, ...rest]))).toThrow(FormatError);
      }),
    );
  });

  it('refuses every flipped bit of the header', () => {
    fc.assert(
      fc.property(content, ({ shape, data }) => {
        const file = idx(shape, data);
        for (let bit = 0; bit < 8 * (4 + 4 * shape.length); bit++) {
          const damaged = file.slice();
          damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
          expect(() => parseIdx(damaged)).toThrow(FormatError);
        }
      }),
    );
  });

  it('reads any bytes or throws a FormatError, nothing else', () => {
    const almost = fc.uint8Array({ maxLength: 40 }).map((tail) => new Uint8Array([0, 0, 8, ...tail]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), almost), (bytes) => {
        try {
          const { data, shape } = parseIdx(bytes);
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });

  const images = idx([2, 3], new Uint8Array(6));
  it.each([
    ['nothing', new Uint8Array(), 'a.idx: an IDX file has a header of at least 8 bytes. Received: no bytes at all.'],
    ['three bytes', images.subarray(0, 3), 'a.idx: an IDX file has a header of at least 8 bytes. Received: 3 bytes.'],
    [
      'half a header',
      images.subarray(0, 9),
      'a.idx: a header of rank 2 is 12 bytes long. Received: 9 bytes. Help: the',
    ],
    ['data cut short', images.subarray(0, 17), 'with the sizes 2 × 3 the file is 18 bytes long. Received: 17 bytes.'],
    ['bytes too many', new Uint8Array([...images, 0]), 'Received: 19 bytes. Help: bytes follow after the data.'],
    ['gzip', new Uint8Array([0x1f, 0x8b, 8, 0]), 'begins with two zero bytes. Received: gzip data. Help: unpack it'],
    ['PNG', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d]), 'Received: a PNG picture.'],
    ['JPEG', new Uint8Array([0xff, 0xd8, 0xff, 0xe0]), 'Received: a JPEG picture.'],
    ['zip', new Uint8Array([0x50, 0x4b, 3, 4]), 'Received: a zip archive.'],
    ['text', ascii('label,pixel0,pixel1\n'), 'Received: text that begins with "label,pixel0,pix".'],
    ['anything else', new Uint8Array([1, 2, 254, 4, 5]), 'Received: 01 02 fe 04.'],
    ['float32', new Uint8Array([0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0]), 'Received: type 0x0d (float32).'],
    ['no type', new Uint8Array([0, 0, 7, 1]), 'Received: type 0x07, which IDX does not have.'],
    ['rank 0', new Uint8Array([0, 0, 8, 0, 1]), 'has at least one axis. Received: rank 0.'],
    [
      'a zero size',
      idx([3, 0], new Uint8Array()),
      'every axis must have a size of at least 1. Received: the sizes 3 × 0.',
    ],
    [
      'sizes past counting',
      idx([2 ** 31, 2 ** 31, 2], new Uint8Array(8)),
      'sizes must multiply to less than 2^53 bytes. Received: the sizes 2147483648 × 2147483648 × 2.',
    ],
  ])('names the file, the rule and what came: %s', (_, bytes, message) => {
    expect(() => parseIdx(bytes, 'a.idx')).toThrow(FormatError);
    expect(() => parseIdx(bytes, 'a.idx')).toThrow(message);
  });
});

describe('labelled', () => {
  const images = { data: new Uint8Array(12), shape: [3, 2, 2] };
  const labels = { data: new Uint8Array(3), shape: [3] };

  it('puts images and labels together', () => {
    expect(labelled(images, labels)).toEqual({ x: images, y: labels.data });
  });

  it('refuses what does not belong together', () => {
    const two = { data: new Uint8Array(2), shape: [2] };
    expect(() => labelled(images, two, 'mnist')).toThrow(FormatError);
    expect(() => labelled(images, two, 'mnist')).toThrow(
      'mnist: there must be one label for each image. Received: 3 images and 2 labels.',
    );
    expect(() => labelled(labels, images)).toThrow('labels must have one axis');
    expect(() => labelled(labels, labels)).toThrow('images must have two axes or more');
  });

  it('and parseIdx refuse what is of another kind', () => {
    for (const given of [undefined, null, 'a', [0, 0, 8, 1], new ArrayBuffer(8)]) {
      expect(() => parseIdx(given as unknown as Uint8Array)).toThrow('parseIdx: the bytes of an IDX file are needed');
      expect(() => labelled(images, given as unknown as typeof labels)).toThrow('must be as parseIdx gives them');
      expect(() => labelled(given as unknown as typeof images, labels)).toThrow(ArgumentError);
    }
  });
});
