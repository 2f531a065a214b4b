/** Tables on disk: the same features and the same encoded rows as in memory. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dense, outputLayer, sequential } from 'lanegrad';
import { type Column, encodeExamples, fitFeatures, parseCsv, type SplitOptions, split, Table } from 'lanegrad/data';
import { openTable, readTable, StoredTable } from 'lanegrad/node';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'lanegrad-stored-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A CSV of every kind of column, with gaps, quotes, numbers that become text late, and rows without a target. */
function csv(rows: number): string {
  const unit = (i: number): number => ((i * 7919 + 13) % 10007) / 10007;
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b] = [unit(i), unit(3 * i + 1)];
    const fields = [
      `order ${i}`,
      i % 11 === 0 ? '' : (100 * a - 30).toFixed(3),
      i % 37 === 5 ? '"Ústí, ""North"""' : `place ${Math.floor(b * 90)}`,
      `202${i % 5}-0${1 + (i % 9)}-1${i % 7}`,
      a > 0.4 ? 'yes' : 'no',
      i < rows - 5 ? i % 9 : 'n9',
      i % 101 === 3 ? '' : a + b + unit(5 * i) > 1.5 ? 'in' : 'out',
    ];
    return `${fields.join(',')}${'x'.repeat(i % 2)},${(a * b).toFixed(6)}`;
  });
  return `name,amount,place,since,express,code,target,share\n${lines.join('\n').replaceAll('inx', 'in').replaceAll('outx', 'out').replaceAll(',x,', ',,')}\n`;
}

const path = join(folder, 'all.csv');
const TEXT = csv(70_000);
const WHOLE = parseCsv(TEXT);
writeFileSync(path, TEXT);

/** All rows that a data set gives, in blocks of odd sizes. */
async function rowsOf(table: Table, features: Parameters<Table['encoded']>[0]) {
  const dataset = table.encoded(features);
  if (!dataset) throw new Error('this table is in memory');
  const x = new Float32Array(dataset.rows * features.width);
  const y: number[] = [];
  for (let first = 0; first < dataset.rows; first += 9973) {
    const count = Math.min(9973, dataset.rows - first);
    const block = await dataset.read(first, count);
    x.set((block.x as { data: Float32Array }).data, first * features.width);
    y.push(...block.y);
  }
  return { x, y };
}

describe('openTable', () => {
  it('has the columns that the table in memory has', async () => {
    using table = await openTable(path);
    expect(table).toBeInstanceOf(StoredTable);
    expect([table.rows, table.names]).toEqual([WHOLE.rows, WHOLE.names]);
    for (const name of WHOLE.names) expect(table.column(name)).toEqual(WHOLE.column(name));
    expect(table.row(63)).toEqual(WHOLE.row(63));
    expect((await table.load(69_000, 3)).row(2)).toEqual(WHOLE.row(69_002));
  });

  it.each<[string, Partial<SplitOptions>, Parameters<typeof fitFeatures>[1]]>([
    ['classes, stratified', { stratify: 'target' }, { target: 'target' }],
    ['numbers, by time', { time: 'since' }, { target: 'share', drop: ['target'], maxCategories: 10 }],
    ['two targets, by group', { group: 'place' }, { target: ['share', 'amount'], kinds: { code: 'category' } }],
  ])('gives the same features and encoded rows, bit for bit: %s', async (_, how, options) => {
    using table = await openTable(path);
    const shares = { test: 0.2, validation: 0.1, seed: 3, ...how };
    const [stored, whole] = [split(table, shares), split(WHOLE, shares)];
    const features = fitFeatures(stored.train, options);
    expect(features).toEqual(fitFeatures(whole.train, options));
    for (const part of ['train', 'validation', 'test'] as const) {
      const expected = encodeExamples(features, whole[part]);
      const { x, y } = await rowsOf(stored[part], features);
      expect(Buffer.compare(Buffer.from(x.buffer), Buffer.from(expected.x.buffer)), part).toBe(0);
      expect(
        Buffer.compare(Buffer.from(new Float32Array(y).buffer), Buffer.from(Float32Array.from(expected.y).buffer)),
      ).toBe(0);
    }
  });

  it('trains, validates and evaluates block by block, with the bits of rows in memory where these are not shuffled', async () => {
    using table = await openTable(path);
    const shares = { test: 0.2, validation: 0.1, seed: 3 };
    const [stored, whole] = [split(table, shares), split(WHOLE, shares)];
    const features = fitFeatures(stored.train, { target: 'target', drop: ['share'] });
    const logs = [];
    const predictions: Float32Array[] = [];
    for (const { train, validation, test } of [stored, whole]) {
      const layers = [dense(8, { activation: 'relu' }), outputLayer(features)];
      const model = sequential({ input: features, layers, seed: 1 }).compile({ metrics: ['accuracy'] });
      const { metrics } = await model.fit(train, {
        epochs: 2,
        batchSize: 256,
        shuffle: false,
        validationData: validation,
      });
      logs.push({ metrics, ...(await model.evaluate(test)), labels: model.predictLabels(train) });
      predictions.push(model.predict(train));
    }
    expect(predictions[0]?.length).toBe(49_000);
    expect(predictions[0]).toEqual(predictions[1]);
    expect(logs[0]).toEqual(logs[1]);
    expect(logs[0]?.accuracy).toBeGreaterThan(0.6);
  });

  it('predicts some rows at a time, and says where a fault is', async () => {
    using table = await openTable(path);
    const features = fitFeatures(table, { target: 'target' });
    const model = sequential({ input: features, layers: [outputLayer(features)], seed: 1 }).compile();
    const pieces = Array.from(table.pieces(features.columns, 9000), (piece) => [piece.names, piece.rows] as const);
    expect(pieces.map(([, rows]) => rows)).toEqual([...Array(7).fill(9000), 7000]);
    expect(pieces.every(([names]) => names.join() === features.columns.join())).toBe(true);
    const last = table.pick(Uint32Array.from({ length: 40_000 }, (_, i) => 69_999 - i));
    expect(model.predict(last)).toEqual(model.predict(WHOLE).reverse().slice(0, 40_000));
    expect(model.predictDetailed(table)).toEqual(model.predictDetailed(WHOLE));

    const faulty = join(folder, 'faulty.csv');
    writeFileSync(faulty, TEXT.replace(/^(order 20000,)[^,]*/m, '$1much'));
    using other = await openTable(faulty);
    expect(() => model.predict(other)).toThrow(
      'predict, from row 16384 on: row 3616, column `amount` must hold a number. Received: "much"',
    );
    const empty = table.pick(new Uint32Array(0));
    expect(() => model.predict(empty)).toThrow('predict: at least one row is needed');
  });

  it('is read once by fitFeatures, column by column', () => {
    const asked: string[] = [];
    class Counted extends Table {
      override column(name: string): Column {
        asked.push(name);
        return super.column(name);
      }
      override narrowed(): Counted {
        return this;
      }
    }
    const counted = new Counted(new Map(WHOLE.names.map((name) => [name, WHOLE.column(name)])), WHOLE.rows);
    const features = fitFeatures(counted, { target: 'share' });
    expect(features.columns).toContain('amount');
    // each is on disk, perhaps, and as long as all rows
    expect(asked.filter((name) => name !== 'share').sort()).toEqual(
      WHOLE.names.filter((name) => name !== 'share').sort(),
    );
  });

  it('takes every format', async () => {
    for (const name of ['snappy.parquet', 'lz4.feather']) {
      const golden = new URL(`../golden/tables/${name}`, import.meta.url).pathname;
      using table = await openTable(golden);
      const whole = await readTable(golden);
      for (const column of whole.names) expect(table.column(column)).toEqual(whole.column(column));
    }
    const lines = join(folder, 'a.jsonl');
    writeFileSync(lines, '{"a":1}\n{"b":"x"}\n');
    using table = await openTable(lines, { temporary: folder });
    expect(table.row(1)).toEqual({ a: null, b: 'x' });
  });

  it('leaves no file behind, not even while it is open, and says when it was closed', async () => {
    const temporary = mkdtempSync(join(folder, 'temporary'));
    const table = await openTable(path, { temporary });
    const { train } = split(table, { test: 0.5 });
    const dataset = train.encoded(fitFeatures(train, { target: 'share' }));
    const seen = readdirSync(temporary);
    table.close();
    table.close();
    expect(process.platform === 'win32' ? [] : seen).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
    expect(() => train.column('share')).toThrow('openTable: this table was closed. Help: call openTable again.');
    await expect(dataset?.read(0, 1)).rejects.toThrow('was closed');
    const cut = join(folder, 'cut.csv');
    writeFileSync(cut, 'a,b\n1,2\n3\n');
    await expect(openTable(cut, { temporary })).rejects.toThrow('line 3 has 1 field');
    expect(readdirSync(temporary)).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no folder', { temporary: join(folder, 'none') }, 'openTable: `temporary` must exist'],
    ['an unknown option', { temporary: folder, colums: ['a'] }, 'did you mean `columns`?'],
    ['no options', null, 'options must be an object'],
  ])('refuses %s', async (_, options, message) => {
    await expect(openTable(path, options as object)).rejects.toThrow(message);
  });

  it('loads rows that are there, and no others', async () => {
    using table = await openTable(path);
    const { train } = split(table, { test: 0.5 });
    for (const some of [table, train as StoredTable]) {
      const last = await some.load(some.rows - 2, 2, ['name']);
      expect([last.rows, last.names]).toEqual([2, ['name']]);
      for (const [first, count] of [
        [some.rows - 2, 3],
        [some.rows, 1],
        [-1, 1],
        [0, 0],
        [0.5, 1],
        [0, Number.NaN],
      ]) {
        const refused = some.load(first as number, count as number);
        await expect(refused).rejects.toThrow(
          `all among the ${some.rows} that there are (counted from 0). Received: [`,
        );
      }
      await expect(some.load(0, 1, ['nam'])).rejects.toThrow('load: `nam` is no column');
    }
  });

  it('names rows and columns of what cannot be encoded', async () => {
    using table = await openTable(path);
    const features = fitFeatures(split(table, { test: 0.2 }).train, { target: 'share', drop: ['target'] });
    const other = join(folder, 'other.csv');
    writeFileSync(
      other,
      `${TEXT.slice(0, 3000).split('\n').slice(0, 9).join('\n')}\n`.replace(/,-?\d+\.\d{3},/, ',many,'),
    );
    using strange = await openTable(other);
    await expect(strange.encoded(features).read(0, 8)).rejects.toThrow(
      /openTable, from row 0 on: row \d, column `amount` must/,
    );
    writeFileSync(other, 'share,place\n1,a\n');
    using narrow = await openTable(other);
    expect(() => narrow.encoded(features)).toThrow('the column `amount` is needed');
  });
});
