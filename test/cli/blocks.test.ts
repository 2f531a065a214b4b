/** Rows on disk are judged block by block, with the verdict of rows in memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, createRuntime, dense, outputLayer, sequential } from 'lanegrad';
import { fitFeatures, parseCsv } from 'lanegrad/data';
import { openTable } from 'lanegrad/node';
import { afterAll, describe, expect, it } from 'vitest';
import { isStreamed, rowsIn, type Streamed } from '../../src/cli/dataset.js';
import { verdictOn } from '../../src/cli/judging.js';
import { restored } from '../../src/cli/models.js';
import { judgedRows, taskOf } from '../../src/cli/table/load.js';
import { decodeModel } from '../../src/model/checkpoint.js';

const folder = mkdtempSync(join(tmpdir(), 'lanegrad-blocks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ROWS = 20_000;
/** Wide, so that 4 MiB are some thousand rows: each of the categories is an input. */
const text = ['size,kind,left,price']
  .concat(
    Array.from({ length: ROWS }, (_, i) => {
      const size = (i * 37) % 1000;
      const kind = (i * 7) % 97 < 60 ? `kind-${(i * 7) % 97}` : 'rare-ž';
      return `${i % 11 ? size : ''},${kind},${['yes', 'no', 'later'][(size * 3 + i) % 3]},${size * 2 + (i % 5)}`;
    }),
  )
  .join('\n');
const path = join(folder, 'rows.csv');
writeFileSync(path, text);
const memory = parseCsv(text);

/** As it is, but that each block is told. */
function watched(rows: Streamed): { readonly rows: Streamed; readonly blocks: [first: number, count: number][] } {
  const blocks: [number, number][] = [];
  const { dataset } = rows;
  const read: typeof dataset.read = (first, count, spare) => {
    blocks.push([first, count]);
    return dataset.read(first, count, spare);
  };
  return { rows: { ...rows, dataset: { ...dataset, read } }, blocks };
}

describe.each([
  ['classes', 'left'],
  ['numbers', 'price'],
] as const)('%s', (_, target) => {
  const features = fitFeatures(memory, { target });
  /** A model that takes rows as numbers, as the command has it. */
  const model = () => {
    const layers = [dense(8, { activation: 'relu' }), outputLayer(features)];
    using trained = sequential({ input: features, layers, seed: 1 }).compile({ optimizer: adam() });
    return restored(decodeModel(trained.save()), createRuntime({ kernel: 'simd' }));
  };

  it('have the same verdict, and each block is read once', async () => {
    using table = await openTable(path);
    const judged = judgedRows(features, table, path, false);
    if (!isStreamed(judged)) throw new Error('rows on disk come in blocks');
    const { rows, blocks } = watched(judged);
    using one = model();
    const { warnings, unseen, ...whole } = judgedRows(features, memory, path, false);
    expect(isStreamed(whole)).toBe(false);
    expect({ warnings, unseen }).toEqual({ warnings: judged.warnings, unseen: judged.unseen });
    expect(await verdictOn(one, rows, taskOf(features))).toEqual(await verdictOn(one, whole, taskOf(features)));
    // the first row alone tells the form
    expect(blocks[0]).toEqual([0, 1]);
    const counts = blocks.slice(1).map(([, count]) => count);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(rowsIn(whole));
    expect(counts.length).toBeGreaterThan(1);
    // about 4 MiB of float32, to a batch
    expect(Math.max(...counts) * features.width * 4).toBeLessThan(5 << 20);
  });

  it('give some rows as they are in memory', async () => {
    using table = await openTable(path);
    const judged = judgedRows(features, table, path, false);
    const whole = judgedRows(features, memory, path, false);
    if (!isStreamed(judged) || isStreamed(whole)) throw new Error('one is on disk');
    const some = Uint32Array.of(3, 17_000, 19_999);
    const { x, y } = judged.pick(some);
    expect(x.shape).toEqual([3, features.width]);
    some.forEach((row, i) => {
      const { width } = features;
      expect(x.data.slice(i * width, (i + 1) * width)).toEqual(whole.x.data.slice(row * width, (row + 1) * width));
      expect(y[i]).toBe(whole.y[row]);
    });
  });
});
