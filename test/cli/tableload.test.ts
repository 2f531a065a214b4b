/** How the command reads a table, parts its rows, and refuses what is no table. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Values } from '../../src/cli/arguments.js';
import { rowsIn } from '../../src/cli/dataset.js';
import { defaultsFor } from '../../src/cli/defaults.js';
import { type TableFlags, tableFlags } from '../../src/cli/table/flags.js';
import { loadTable } from '../../src/cli/table/load.js';
import { fingerprintOf, partsOf } from '../../src/cli/table/parts.js';
import { readPieces, readTable } from '../../src/cli/table/read.js';
import { inFlags } from '../../src/cli/table/words.js';
import { parseCsv, tableOf } from '../../src/data/index.js';
import { judgeNumbers } from '../../src/report/numbers.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanegrad-load-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const SPLIT = { test: 0.2, validation: 0.2, seed: 1 };

function flags(given: Readonly<Record<string, string | boolean>>): TableFlags {
  return tableFlags('train', new Values('train', given));
}

/** Writes a file and loads it with these flags. */
function load(content: string | Uint8Array, given: Readonly<Record<string, string | boolean>>, name = 'table.csv') {
  const path = join(folder, name);
  writeFileSync(path, content);
  return loadTable(path, flags(given), SPLIT);
}

/** Lines with `x` counting, and what `y` gives for each. */
const lines = (rows: number, y: (i: number) => string | number): string =>
  `x,y\n${Array.from({ length: rows }, (_, i) => `${(i * 7) % 11}.5,${y(i)}`).join('\n')}\n`;

describe('what is no table, or nothing to learn from, is refused in one sentence', () => {
  it.each([
    ['a target that is empty in every row', lines(20, () => ''), /the target `y` is empty in every row/],
    ['a constant target', lines(20, () => 3.5), /the target `y` must vary.*3\.5 in every row/],
    ['one class only', lines(20, () => 'cat'), /the target `y` must have at least two classes.*only "cat"/],
    [
      'an unclosed quote',
      `${lines(5, (i) => i)}"1,2\n3,4\n`,
      /a field on line 7 begins with a quote that is never closed/,
    ],
    ['too few fields', `${lines(5, (i) => i)}1\n`, /line 7 has 1 field, and there are 2 columns/],
    ['two columns of one name', 'x,y,x\n1,2,3\n', /two columns have the name "x", number 1 and 3/],
    ['an empty file', '', /empty/],
    ['names without rows', 'x,y\n', /no row below them/],
    ['zeros among the bytes', Uint8Array.of(80, 75, 3, 4, 0, 0, 1, 2), /no text/],
    ['bytes that are not UTF-8', Uint8Array.of(120, 44, 121, 10, 0xff, 0xfe, 44, 49, 10), /not UTF-8/],
    ['damaged gzip', gzipSync(lines(500, (i) => i)).subarray(0, 60), /gzip/],
    ['too many classes', lines(60, (i) => `name ${i}`), /the target `y` must have few classes/],
    ['no column but the target', 'y\n1\n2\n3\n4\n5.5\n6\n', /at least one column must be left as an input/],
  ])('%s', async (_, content, message) => {
    const error = await load(content, { target: 'y' }).catch((reason: unknown) => reason as Error);
    expect(error).toBeInstanceOf(Error);
    const { message: text, name } = error as Error;
    expect(text).toMatch(message);
    expect(text).toContain(`${join(folder, 'table.csv')}`);
    expect(text).not.toMatch(/\n|fitFeatures|parseCsv/);
    expect(['ArgumentError', 'FormatError']).toContain(name);
  });

  it('a file that changes while it is read', async () => {
    const path = join(folder, 'changing.csv');
    writeFileSync(
      path,
      lines(900_000, (i) => i),
    );
    const pieces = readPieces(path);
    expect((await pieces.next()).done).toBe(false);
    appendFileSync(path, '1,2\n');
    const rest = async () => {
      for await (const _ of pieces);
    };
    await expect(rest()).rejects.toThrow(/must stay as it is while it is read.*bytes/);
  });
});

describe('rows', () => {
  it('come from CSV, tabs, JSON lines, packed or not', async () => {
    const table = parseCsv(lines(12, (i) => i % 3));
    const rows = Array.from({ length: 12 }, (_, i) => JSON.stringify(table.row(i)));
    writeFileSync(join(folder, 'a.tsv'), lines(12, (i) => i % 3).replaceAll(',', '\t'));
    writeFileSync(join(folder, 'a.csv.gz'), gzipSync(lines(12, (i) => i % 3)));
    writeFileSync(join(folder, 'a.jsonl'), rows.join('\n'));
    writeFileSync(join(folder, 'a.ndjson.gz'), gzipSync(rows.join('\n')));
    for (const name of ['a.tsv', 'a.csv.gz', 'a.jsonl', 'a.ndjson.gz']) {
      expect(fingerprintOf(await readTable(join(folder, name))), name).toBe(fingerprintOf(table));
    }
    expect(fingerprintOf(parseCsv(lines(12, (i) => i % 4)))).not.toBe(fingerprintOf(table));
  });

  it('are parted by class, by time and by group, the same way each time', () => {
    const table = tableOf(
      Array.from({ length: 100 }, (_, i) => ({ x: i, y: i % 4 === 0 ? 'a' : 'b', day: 1000 - i, who: `p${i % 10}` })),
    );
    const count = (rows: Uint32Array) => rows.filter((row) => row % 4 === 0).length;
    const classes = partsOf(table, ['y'], SPLIT, { stratify: 'y' }, 'y');
    expect([classes.train, classes.validation, classes.test].map(count)).toEqual([15, 5, 5]);
    expect(partsOf(table, ['y'], SPLIT, { stratify: 'y' }, 'y')).toEqual(classes);
    const time = partsOf(table, ['x'], SPLIT, { time: 'day' }, undefined);
    expect([...time.test]).toEqual(Array.from({ length: 20 }, (_, i) => i));
    const group = partsOf(table, ['x'], SPLIT, { group: 'who' }, undefined);
    const people = (rows: Uint32Array) => new Set(Array.from(rows, (row) => row % 10));
    expect([...people(group.test)].filter((one) => people(group.train).has(one))).toEqual([]);
  });

  it('without a target are in no part, and those of a class of one are for training', async () => {
    const table = parseCsv(lines(40, (i) => (i === 0 ? '' : i === 1 ? 'rare' : i % 2 === 0 ? 'a' : 'b')));
    for (let seed = 0; seed < 8; seed++) {
      const { train, validation, test } = partsOf(table, ['y'], { ...SPLIT, seed }, { stratify: 'y' }, 'y');
      expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual(
        Array.from({ length: 39 }, (_, i) => i + 1),
      );
      expect(train).toContain(1);
    }
    const { notes = [], test } = await load(
      lines(40, (i) => (i === 0 ? '' : i % 2 === 0 ? 'a' : 'b')),
      { target: 'y' },
    );
    expect(notes).toContain('1 of 40 rows have no target, and are left out.');
    expect(test && rowsIn(test)).toBe(8);
  });

  it('have the task that their target suggests, or that a flag names', async () => {
    const task = async (y: (i: number) => string | number, given: Readonly<Record<string, string>> = {}) =>
      (await load(lines(60, y), { target: 'y', ...given })).task;
    expect(await task((i) => i % 3)).toMatchObject({ kind: 'classes', classes: ['0', '1', '2'] });
    expect(await task((i) => 3 + (i % 6))).toMatchObject({ kind: 'numbers', targets: ['y'] });
    expect(await task((i) => 3 + (i % 6), { task: 'classification' })).toMatchObject({ kind: 'classes' });
    expect(await task((i) => i % 3, { task: 'regression' })).toMatchObject({ kind: 'numbers' });
    expect(await task((i) => (i % 2 === 0 ? 2 : 4))).toMatchObject({ kind: 'classes', classes: ['2', '4'] });
    const { notes } = await load(
      lines(60, (i) => 3 + (i % 6)),
      { target: 'y' },
    );
    expect(notes?.join()).toMatch(
      /y: 6 different whole numbers from 3 to 8 are taken for numbers; `--task classification`/,
    );
  });

  it('have kinds that a flag names; columns that are dropped or name groups are no inputs', async () => {
    const csv = `zip,who,x,y\n${Array.from({ length: 60 }, (_, i) => `${100 + (i % 3)},p${i % 20},${i % 7},${i}.5`).join('\n')}\n`;
    const plain = (await load(csv, { target: 'y' })).features;
    expect(plain?.fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'zip number',
      'who category',
      'x number',
    ]);
    const { features, notes } = await load(csv, { target: 'y', kind: 'zip=category', drop: 'x', group: 'who' });
    expect(features?.fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual(['zip category']);
    expect(notes).toContain('who: left out, as it names the groups.');
    await expect(load(csv, { target: 'y', kind: 'zap=category' })).rejects.toThrow(
      /no column `zap`; did you mean `zip`/,
    );
  });
});

it('notes of the library speak of flags', () => {
  expect(
    inFlags("zip, age: few whole numbers, taken for numbers; if they are codes, give kinds: { zip: 'category' }."),
  ).toBe('zip, age: few whole numbers, taken for numbers; if they are codes, give `--kind zip=category`.');
  expect(inFlags("y: 3 are taken for classes; task: 'regression' takes them for numbers.")).toBe(
    'y: 3 are taken for classes; `--task regression` takes them for numbers.',
  );
  expect(inFlags('paid: gives the target away, how; if it is not known when you predict, `drop` it.')).toBe(
    'paid: gives the target away, how; if it is not known when you predict, `--drop paid`.',
  );
});

describe('the worth of numbers', () => {
  const truth = Float64Array.from({ length: 200 }, (_, i) => i % 50);
  const near = truth.map((value, i) => value + ((i * 37) % 11) - 5);

  it('has R² within its interval, which narrows as rows are added, and the same one each time', () => {
    const one = judgeNumbers(near, truth, ['y']);
    const [low, high] = one.interval as [number, number];
    expect(low).toBeLessThan(one.r2);
    expect(high).toBeGreaterThan(one.r2);
    expect(judgeNumbers(near, truth, ['y'])).toEqual(one);
    const repeat = (values: Float64Array) =>
      Float64Array.from({ length: 16 * 200 }, (_, i) => values[i % 200] as number);
    const [closer, farther] = judgeNumbers(repeat(near), repeat(truth), ['y']).interval as [number, number];
    // four times narrower for sixteen times the rows, but for chance
    expect((farther - closer) / (high - low)).toBeGreaterThan(0.2);
    expect((farther - closer) / (high - low)).toBeLessThan(0.3);
  });

  it('has the mean as its baseline, and none for the interval of too few rows', () => {
    const { targets, r2 } = judgeNumbers(truth, truth, ['y']);
    expect(r2).toBe(1);
    expect(targets[0]).toMatchObject({ rmse: 0, mae: 0, baseline: { mean: 24.5 } });
    expect(targets[0]?.baseline.mae).toBeCloseTo(12.5, 10);
    expect(judgeNumbers([1, 2], [2, 1], ['y']).interval).toBe(undefined);
  });

  it('of several targets is the mean of theirs', () => {
    const both = Float64Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? truth : near)[i >> 1] as number);
    const doubled = Float64Array.from({ length: 400 }, (_, i) => truth[i >> 1] as number);
    const { r2, targets } = judgeNumbers(both, doubled, ['a', 'b']);
    expect(targets[0]?.r2).toBe(1);
    expect(r2).toBeCloseTo((1 + (targets[1]?.r2 as number)) / 2, 12);
  });
});

it('defaults follow the number of training rows', () => {
  expect(defaultsFor('table', 5000)).toMatchObject({ hidden: [128], activation: 'tanh', batchSize: 16 });
  expect(defaultsFor('table', 5001)).toMatchObject({ hidden: [128, 64], activation: 'relu', batchSize: 64 });
  const [middle, large] = [defaultsFor('table', 50_000), defaultsFor('table', 2_000_000)];
  expect(large.batchSize).toBeGreaterThan(middle.batchSize);
  expect(large.epochs).toBeLessThan(middle.epochs);
});
