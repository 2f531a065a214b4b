import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArgumentError, FormatError } from '../../src/errors.js';
import { readIdx } from '../../src/node/index.js';

/** Adds one to a count. */
function tally(counts: number[], place: number): void {
  counts[place] = (counts[place] ?? 0) + 1;
}

const images = new Uint8Array([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40]);
const labels = new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]);
const expected = { x: { data: images.slice(16), shape: [2, 1, 2] }, y: labels.slice(8) };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lanegrad-idx-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** Writes the four files, named and packed as asked, and returns the names. */
async function writeSet(separator: '-' | '.', packed: boolean): Promise<string[]> {
  const names: string[] = [];
  for (const part of ['train', 't10k']) {
    for (const [kind, bytes] of [
      ['images-idx3', images],
      ['labels-idx1', labels],
    ] as const) {
      const name = `${part}-${kind.replace('-', separator)}-ubyte${packed ? '.gz' : ''}`;
      await writeFile(join(directory, name), packed ? gzipSync(bytes) : bytes);
      names.push(name);
    }
  }
  return names;
}

describe('readIdx', () => {
  it.each([
    ['-', false],
    ['-', true],
    ['.', false],
    ['.', true],
  ] as const)('reads the published names: with %s, packed %s', async (separator, packed) => {
    await writeSet(separator, packed);
    expect(await readIdx(directory)).toEqual({ train: expected, test: expected });
  });

  it('names the file that is missing', async () => {
    const names = await writeSet('-', true);
    for (const name of names) {
      const bytes = name.includes('images') ? images : labels;
      await rm(join(directory, name));
      const plain = name.replace('.gz', '');
      await expect(readIdx(directory)).rejects.toThrow(ArgumentError);
      await expect(readIdx(directory)).rejects.toThrow(`readIdx: \`directory\` must hold ${plain} or ${name}`);
      await writeFile(join(directory, plain), bytes);
    }
    expect(await readIdx(directory)).toEqual({ train: expected, test: expected });
  });

  it('refuses a directory that is none', async () => {
    await expect(readIdx(join(directory, 'none'))).rejects.toThrow(ArgumentError);
    await expect(readIdx(join(directory, 'none'))).rejects.toThrow('readIdx: `directory` must exist');
    await writeFile(join(directory, 'file'), images);
    await expect(readIdx(join(directory, 'file'))).rejects.toThrow(ArgumentError);
    await expect(readIdx('')).rejects.toThrow('readIdx: `directory` must be a path. Received: "".');
    const [first] = await writeSet('-', false);
    await rm(join(directory, first as string));
    await mkdir(join(directory, first as string));
    await expect(readIdx(directory)).rejects.toThrow('must be a file, not a directory');
  });

  it('names the damaged file', async () => {
    await writeSet('-', true);
    const name = 't10k-labels-idx1-ubyte.gz';
    await writeFile(join(directory, name), gzipSync(labels.subarray(0, 9)));
    await expect(readIdx(directory)).rejects.toThrow(FormatError);
    await expect(readIdx(directory)).rejects.toThrow(name);
    await writeFile(join(directory, name), gzipSync(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 1, 7])));
    await expect(readIdx(directory)).rejects.toThrow('t10k-images and -labels: there must be one label for each image');
    await writeFile(join(directory, name), labels);
    await expect(readIdx(directory)).rejects.toThrow('the file must be whole gzip data');
  });

  it('notices every truncation and harmful bit of a packed file', async () => {
    await writeSet('-', true);
    const path = join(directory, 'train-labels-idx1-ubyte.gz');
    const packed = gzipSync(labels);
    for (let length = 0; length < packed.length; length++) {
      await writeFile(path, packed.subarray(0, length));
      await expect(readIdx(directory)).rejects.toThrow(FormatError);
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * packed.length - 1), async (bit) => {
        const damaged = Uint8Array.from(packed);
        damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
        await writeFile(path, damaged);
        // a bit of the time stamp or the system's name changes nothing: then the data must be right
        const result = await readIdx(directory).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(FormatError);
        else expect(result).toEqual({ train: expected, test: expected });
      }),
    );
  });
});

const mnist = fileURLToPath(new URL('../../../shared/data/mnist', import.meta.url));
const present = existsSync(mnist);
if (!present) console.warn(`MNIST itself is not tested: there is no directory ${mnist}.`);

describe.skipIf(!present)('MNIST', () => {
  it('is read as published', async () => {
    const { train, test } = await readIdx(mnist);
    expect(train.x.shape).toEqual([60000, 28, 28]);
    expect(test.x.shape).toEqual([10000, 28, 28]);
    expect(Array.from(train.y.subarray(0, 8))).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
    expect(Array.from(test.y.subarray(0, 8))).toEqual([7, 2, 1, 0, 4, 1, 4, 9]);
    // the mean and the digit counts that are cited everywhere
    const mean = train.x.data.reduce((sum, pixel) => sum + pixel, 0) / train.x.data.length / 255;
    expect(mean).toBeCloseTo(0.1307, 4);
    const counts = new Array<number>(10).fill(0);
    for (const digit of train.y) tally(counts, digit);
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  });
});
