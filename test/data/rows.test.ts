import { appendFile, mkdtemp, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentError, type Block, type Dataset, FormatError } from '../../src/index.js';
import { openRows } from '../../src/node/index.js';
import { untyped } from '../facade/refusals.js';
import { classifier, clusters, hashOf, regressor } from '../facade/support.js';

const rows = 500;
const { x, y } = clusters(rows);
let directory: string;
const at = (name: string) => join(directory, name);

/** Rows of `width` inputs with so many targets behind each, as the bytes of a file. */
function interleaved(inputs: ArrayLike<number>, width: number, targets: ArrayLike<number>, each = 1): Float32Array {
  const count = inputs.length / width;
  const flat = new Float32Array(count * (width + each));
  for (let row = 0; row < count; row++) {
    for (let j = 0; j < width; j++) flat[row * (width + each) + j] = inputs[row * width + j] as number;
    for (let j = 0; j < each; j++) flat[row * (width + each) + width + j] = targets[row * each + j] as number;
  }
  return flat;
}

const save = async (name: string, data: Float32Array | Uint8Array, header = 0) => {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  await writeFile(at(name), Buffer.concat([new Uint8Array(header), bytes]));
  return at(name);
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lanegrad-rows-'));
  await save('train.f32', interleaved(x, 4, y));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const options = { shuffle: false, epochs: 2, batchSize: 32 } as const;

/** The bits that arrays give. */
const wanted = (() => {
  const model = classifier();
  model.fitSync(x, y, options);
  return hashOf(model);
})();

async function trained<Y extends Int32Array | Uint8Array | readonly number[] | readonly string[]>(dataset: Dataset<Y>) {
  const model = classifier();
  await model.fit(dataset, options);
  return hashOf(model);
}

/** All rows of a data set, by blocks of 7 that are filled again and again. */
async function readAll<Y extends ArrayLike<number>>(dataset: Dataset<Y>) {
  const inputs: number[] = [];
  const targets: number[] = [];
  let spare: Block<Y> | undefined;
  const buffers = new Set<ArrayBufferLike>();
  for (let first = 0; first < dataset.rows; first += 7) {
    const block = await dataset.read(first, Math.min(7, dataset.rows - first), spare);
    const { data } = block.x as { data: Float32Array };
    inputs.push(...data);
    targets.push(...Array.from(block.y));
    buffers.add(data.buffer);
    spare = block;
  }
  return { inputs, targets, buffers: buffers.size };
}

describe('openRows', () => {
  it('reads rows with their class behind them, in the same memory again and again', async () => {
    const dataset = await openRows(at('train.f32'), { columns: 4, targets: 'class' });
    expect(dataset.rows).toBe(rows);
    const { inputs, targets, buffers } = await readAll(dataset);
    expect(inputs).toEqual([...x]);
    expect(targets).toEqual(y);
    expect(buffers).toBe(1);
    expect(await trained(dataset)).toBe(wanted);
  });

  it('reads the same with blocks of another size, and serves several fits at a time', async () => {
    const dataset = await openRows(at('train.f32'), { columns: 4, targets: 'class', blockRows: 64 });
    const hashes = await Promise.all([trained(dataset), trained(dataset), trained(dataset)]);
    expect(hashes).toEqual([wanted, wanted, wanted]);
    const model = classifier();
    await model.fit(dataset, { validationData: dataset, epochs: 2 });
    await model.fit(dataset, { validationSplit: { tail: 0.2 }, epochs: 2, maxSamples: 300, batchSize: 32 });
    expect(model.history?.metrics.val_loss).toHaveLength(1);
  });

  it('takes targets from memory, or from another file', async () => {
    const path = await save('inputs.f32', x, 12);
    const inputs = { columns: 4, skip: 12, blockRows: 100 };
    const names = ['a', 'b', 'c'];
    expect(await trained(await openRows(path, { ...inputs, targets: Int32Array.from(y) }))).toBe(wanted);
    expect(await trained(await openRows(path, { ...inputs, targets: y }))).toBe(wanted);
    const labels = await save('labels.u8', Uint8Array.from(y), 8);
    const file = { path: labels, type: 'uint8', skip: 8 } as const;
    expect(await trained(await openRows(path, { ...inputs, targets: file }))).toBe(wanted);
    const named = await openRows(path, { ...inputs, targets: y.map((label) => names[label] as string) });
    await expect(trained(named)).rejects.toThrow('declare them with `classes` in sequential');
  });

  it('reads target values', async () => {
    const values = Float32Array.from(y, (label, row) => label - row / 10);
    const inputs = x.subarray(0, 3 * rows);
    const model = regressor();
    model.fitSync(inputs, values, options);
    const behind = await save('values.f32', interleaved(inputs, 3, values));
    const alone = await save('inputs3.f32', inputs);
    const targets = { path: await save('targets.f32', values), type: 'float32' } as const;
    for (const dataset of [
      await openRows(behind, { columns: 3, targets: 1 }),
      await openRows(alone, { columns: 3, targets }),
      await openRows(alone, { columns: 3, targets: values }),
    ]) {
      const other = regressor();
      await other.fit(dataset, options);
      expect(hashOf(other)).toBe(hashOf(model));
    }
    const two = await openRows(await save('two.f32', interleaved(inputs, 3, x, 2)), { columns: 3, targets: 2 });
    const { inputs: some, targets: pairs } = await readAll(two);
    expect(some).toEqual([...inputs]);
    expect(pairs).toEqual([...x.subarray(0, 2 * rows)]);
  });

  it('reads wide rows, whose inputs are moved as one', async () => {
    const wide = Float32Array.from({ length: 40 * 50 }, (_, i) => i);
    const classes = Array.from({ length: 50 }, (_, row) => row % 9);
    const dataset = await openRows(await save('wide.f32', interleaved(wide, 40, classes)), {
      columns: 40,
      targets: 'class',
    });
    expect(await readAll(dataset)).toEqual({ inputs: [...wide], targets: classes, buffers: 1 });
  });

  it('reads bytes, scaled', async () => {
    const bytes = Uint8Array.from({ length: 5 * 20 }, (_, i) => (i % 5 === 4 ? i % 3 : 2 * i));
    const dataset = await openRows(await save('bytes.u8', bytes), {
      columns: 4,
      type: 'uint8',
      scale: 1 / 255,
      targets: 'class',
    });
    const block = await dataset.read(3, 2);
    expect(block.x).toEqual({ data: Uint8Array.from([30, 32, 34, 36, 40, 42, 44, 46]), shape: [2, 4], scale: 1 / 255 });
    expect(block.y).toEqual(Int32Array.from([19 % 3, 24 % 3]));
  });

  it('names row and column of the file for values that cannot be used', async () => {
    const spoilt = interleaved(x, 4, y);
    spoilt[5 * 321 + 2] = Number.NEGATIVE_INFINITY;
    const dataset = await openRows(await save('infinite.f32', spoilt), { columns: 4, targets: 'class', blockRows: 96 });
    await expect(trained(dataset)).rejects.toThrow(
      'fit, x: every value must be a finite number, but row 321, column 2 holds -Infinity',
    );
    for (const [value, message] of [
      [2.5, 'openRows: the class of row 321 of '],
      [Number.NaN, 'must be a whole number. Received: NaN.'],
      [7, 'fit, y: the label of row 321 must be a class index from 0 to 2. Received: 7.'],
    ] as const) {
      spoilt[5 * 321 + 2] = 0;
      spoilt[5 * 321 + 4] = value;
      const path = await save('label.f32', spoilt);
      const other = await openRows(path, { columns: 4, targets: 'class', blockRows: 96 });
      await expect(trained(other)).rejects.toThrow(message);
      await expect(trained(other)).rejects.toThrow(ArgumentError);
    }
  });
});

describe('openRows refuses', () => {
  const cases: Readonly<Record<string, readonly [path: unknown, options: object, message: string]>> = {
    'a file that is not there': ['none.f32', { columns: 4, targets: 'class' }, '`path` must exist'],
    'a directory': ['.', { columns: 4, targets: 'class' }, '`path` must be a file, not a directory'],
    'no path': [7, { columns: 4, targets: 'class' }, '`path` must be a path'],
    'no columns': ['train.f32', { columns: 0, targets: 'class' }, '`columns` must be a positive integer'],
    'another type': ['train.f32', { columns: 4, targets: 'class', type: 'float64' }, '`type` is not one that exists'],
    'a scale of float32': ['train.f32', { columns: 4, targets: 'class', scale: 2 }, '`scale` is for uint8 data only'],
    'no targets': ['train.f32', { columns: 4 }, "`targets` must be 'class', a number of values in each row"],
    'half a target': ['train.f32', { columns: 4, targets: 0.5 }, '`targets` must be a positive integer'],
    'part of a byte': [
      'train.f32',
      { columns: 4, targets: 'class', skip: -1 },
      '`skip` must be a whole number of bytes',
    ],
    'an option that is none': ['train.f32', { columns: 4, target: 'class' }, 'did you mean `targets`?'],
    'another number of targets': ['train.f32', { columns: 5, targets: [1, 2] }, 'one or more for each of the 500 rows'],
    'targets in no file': [
      'train.f32',
      { columns: 5, targets: { path: 'nowhere', type: 'uint8' } },
      '`targets.path` must exist',
    ],
    'an option of targets that is none': [
      'train.f32',
      { columns: 5, targets: { path: 'nowhere', kind: 'uint8' } },
      'openRows, targets: `kind` is not an option',
    ],
  };

  it.each(Object.entries(cases))('%s', async (_, [path, given, message]) => {
    const where = typeof path === 'string' ? at(path) : path;
    const work = openRows(untyped(where), untyped(given));
    await expect(work).rejects.toThrow(ArgumentError);
    await expect(work).rejects.toThrow(message);
  });

  it('rows that the file does not have', async () => {
    const dataset = await openRows(at('train.f32'), { columns: 4, targets: 'class' });
    for (const [first, count] of [
      [499, 2],
      [-1, 1],
      [500, 1],
      [0, 0],
      [0.5, 1],
    ] as const) {
      await expect(dataset.read(first, count)).rejects.toThrow(
        `openRows, read: a first row and a number of rows are needed, all among the 500 that there are (counted from 0). Received: [${first}, ${count}].`,
      );
    }
  });

  it('a size that is no whole number of rows, in numbers', async () => {
    const work = openRows(at('train.f32'), { columns: 6, targets: 'class', skip: 8 });
    await expect(work).rejects.toThrow(FormatError);
    await expect(work).rejects.toThrow(
      `${at('train.f32')}: the file must hold whole rows of 7 float32 values, 28 bytes each, behind 8 bytes. Received: 10000 bytes.`,
    );
    await writeFile(at('empty.f32'), '');
    await expect(openRows(at('empty.f32'), { columns: 6, targets: 1 })).rejects.toThrow('Received: 0 bytes');
  });

  it('a file of targets with another number of rows', async () => {
    const path = await save('few.u8', new Uint8Array(499));
    const work = openRows(at('train.f32'), { columns: 5, targets: { path, type: 'uint8' } });
    await expect(work).rejects.toThrow('must have targets for 500 rows. Received: 499 rows');
  });

  it.each<readonly [how: string, change: (path: string) => Promise<unknown>, message: string]>([
    ['becomes shorter', (path) => truncate(path, 2100), 'it had 10000 bytes and has 2100'],
    ['is a little shorter', (path) => truncate(path, 9999), 'it had 10000 bytes and has 9999'],
    ['becomes longer', (path) => appendFile(path, 'more'), 'it had 10000 bytes and has 10004'],
    ['is written', (path) => utimes(path, 1e9, 1e9), 'it was written'],
    [
      'is replaced',
      async (path) => {
        await save('other.f32', interleaved(x, 4, y));
        await rename(at('other.f32'), path);
      },
      'it was written',
    ],
  ])('a file that %s while it is read', async (_, change, message) => {
    const path = await save('changing.f32', interleaved(x, 4, y));
    const dataset = await openRows(path, { columns: 4, targets: 'class', blockRows: 50 });
    const model = classifier();
    let left = 3;
    const changing: typeof dataset = {
      ...dataset,
      async read(...args) {
        if (left-- === 0) await change(path);
        return dataset.read(...args);
      },
    };
    const work = model.fit(changing, { shuffle: false, epochs: 2 });
    await expect(work).rejects.toThrow(FormatError);
    await expect(work).rejects.toThrow(`the file must stay as it is while it is read. Received: ${message}`);
    expect(model.history?.stopReason).toBe('aborted');
  });

  it('a file that is deleted while it is read', async () => {
    const path = await save('gone.f32', interleaved(x, 4, y));
    const dataset = await openRows(path, { columns: 4, targets: 'class' });
    await rm(path);
    await expect(classifier().fit(dataset)).rejects.toThrow('openRows: `path` must exist');
  });
});
