/** Tables of a handful of rows: a model wherever there is anything to learn from, and one sentence where there is not. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldsOf, partsOf } from '../../src/cli/table/parts.js';
import { fitFeatures, split, type Table, tableOf } from '../../src/data/index.js';
import { adam, dense, outputLayer, sequential } from '../../src/index.js';
import { start } from './command.js';

const SPLIT = { test: 0.15, validation: 0.15, seed: 42 };
const NAMES = ['yes', 'no', 'maybe'];

/** The target of each row: numbers, or one of some classes in turn. */
const TARGETS = {
  numbers: (i: number) => 1.25 + 2.5 * i,
  'two classes': (i: number) => NAMES[i % 2] as string,
  'three classes': (i: number) => NAMES[i % 3] as string,
};

function tiny(rows: number, target: (i: number) => number | string): Table {
  return tableOf(Array.from({ length: rows }, (_, i) => ({ a: (1.37 * i) % 5, b: (0.7 * i * i) % 3, x: target(i) })));
}

const counts = (parts: ReturnType<typeof partsOf>): number[] =>
  [parts.train, parts.validation, parts.test].map(({ length }) => length);

describe.each(Object.entries(TARGETS))('the parts of few rows with %s', (kind, target) => {
  const classes = kind === 'numbers' ? undefined : 'x';

  it('hold every row once, give training what can be learned, and say which part is missing', () => {
    for (let rows = 2; rows <= 12; rows++) {
      const table = tiny(rows, target);
      for (let seed = 0; seed < 20; seed++) {
        const parts = partsOf(table, ['x'], { ...SPLIT, seed }, {}, classes);
        const { train, validation, test, notes } = parts;
        const all = [...train, ...validation, ...test].sort((a, b) => a - b);
        expect(all, `${rows} rows, seed ${seed}`).toEqual([...Array(rows).keys()]);
        const learned = new Set(Array.from(train, (row) => table.value(row, 'x')));
        expect(learned.size).toBeGreaterThan(1);
        if (classes) for (const row of all) expect(learned).toContain(table.value(row, 'x'));
        const missing = test.length === 0 ? ['test'] : validation.length === 0 ? ['validation'] : [];
        expect(notes.filter((note) => note.startsWith('too few')).map((note) => note.split(' ')[5])).toEqual(missing);
        if (test.length === 0) expect(validation).toHaveLength(0);
        expect(partsOf(table, ['x'], { ...SPLIT, seed }, {}, classes)).toEqual(parts);
      }
    }
  });
});

describe('few rows', () => {
  it('of numbers go to training first, then to the test, then to validation', () => {
    const parts = (rows: number) => counts(partsOf(tiny(rows, TARGETS.numbers), ['x'], SPLIT, {}, undefined));
    expect([2, 3, 4, 5].map(parts)).toEqual([
      [2, 0, 0],
      [2, 0, 1],
      [2, 1, 1],
      [3, 1, 1],
    ]);
  });

  it('of which but one is the same number give that one to training', () => {
    const table = tiny(6, (i) => (i === 4 ? 7.5 : 5.5));
    for (let seed = 0; seed < 10; seed++) {
      const { train, test, notes } = partsOf(table, ['x'], { ...SPLIT, seed }, {}, undefined);
      expect(train).toContain(4);
      const moved = train.length > 4 || test.length === 0;
      expect(notes.some((note) => /x: 1 row of other numbers than all others, moved/.test(note))).toBe(moved);
    }
  });

  it('of a class that validation has too leave the test its row', () => {
    const table = tiny(4, TARGETS['two classes']);
    const parts = partsOf(table, ['x'], SPLIT, { stratify: 'x' }, 'x');
    expect(counts(parts)).toEqual([3, 0, 1]);
    expect(parts.notes[0]).toBe('x: 1 row of the rarest classes, moved to the training part.');
  });

  it('by time or group have the parts that there are rows for, or cannot be learned', () => {
    const rows = [
      { x: 'a', day: '2024-01-01', who: 'p' },
      { x: 'b', day: '2024-01-02', who: 'p' },
      { x: 'a', day: '2024-01-03', who: 'p' },
    ];
    const table = tableOf(rows);
    expect(counts(partsOf(table, ['x'], SPLIT, { time: 'day' }, 'x'))).toEqual([2, 0, 1]);
    expect(counts(partsOf(table, ['x'], SPLIT, { group: 'who' }, 'x'))).toEqual([3, 0, 0]);
    const alike = tableOf(
      [...rows, ...rows].map((row, i) => ({ ...row, day: `2024-01-0${i + 1}`, x: i < 4 ? 'a' : 'b' })),
    );
    expect(() => partsOf(alike, ['x'], SPLIT, { time: 'day' }, 'x')).toThrow(
      /training rows must have two classes of `x` at least. Received: one in 4 rows, the earliest by day. Help: leave `time` out/,
    );
  });

  it('in folds have no validation part where that would leave one row', () => {
    const folds = foldsOf(tiny(4, TARGETS.numbers), ['x'], 2, { ...SPLIT, validation: 0.5 }, {}, undefined);
    expect(folds.map(counts)).toEqual([
      [2, 0, 2],
      [2, 0, 2],
    ]);
    expect(() => foldsOf(tiny(2, TARGETS.numbers), ['x'], 2, SPLIT, {}, undefined)).toThrow(
      /every fold must have two different rows to learn from.*Received: 2 rows in 2 folds/,
    );
  });
});

describe('the library with few rows', () => {
  it('names the rows that a split or features need', () => {
    expect(() => split(tiny(2, TARGETS.numbers), { test: 0.15, validation: 0.15 })).toThrow(
      'split: at least 3 rows are needed, one for each part. Received: 2.',
    );
    expect(() => split(tiny(1, TARGETS.numbers), { test: 0.15 })).toThrow('at least 2 rows are needed');
    for (const target of Object.values(TARGETS)) {
      expect(() => fitFeatures(tiny(1, target), { target: 'x' })).toThrow(
        'fitFeatures: at least two rows with a target are needed to learn from. Received: 1 row.',
      );
    }
  });

  it.each(Object.entries(TARGETS))('learns %s from two rows on', (kind, target) => {
    for (const rows of [2, 3, 4, 5, 8, 10]) {
      const table = tiny(rows, target);
      const features = fitFeatures(table, { target: 'x' });
      expect(features.task).toBe(kind === 'numbers' ? 'regression' : 'classification');
      const layers = [dense(4, { activation: 'tanh' }), outputLayer(features)];
      const model = sequential({ input: features, seed: 1, layers }).compile({
        optimizer: adam({ learningRate: 0.05 }),
      });
      const { metrics } = model.fitSync(table, { epochs: 20 });
      expect(metrics.loss?.at(-1), `${rows} rows`).toBeLessThan(metrics.loss?.[0] as number);
      expect(model.predict(table).every(Number.isFinite)).toBe(true);
      expect(model.evaluateSync(table).loss).toBeGreaterThan(0);
      model.dispose();
    }
  });
});

describe('the command with few rows', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lanegrad-tiny-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, rows: number, target: (i: number) => number | string): string => {
    const table = tiny(rows, target);
    const lines = Array.from({ length: rows }, (_, i) => Object.values(table.row(i)).join(','));
    writeFileSync(join(folder, name), `a,b,x\n${lines.join('\n')}\n`);
    return name;
  };
  const train = (file: string, ...more: string[]) =>
    start(folder, ['train', file, '--target', 'x', '--epochs', '2', '--hidden', '4', '--force', ...more]);

  it.each(Object.entries(TARGETS))('trains on %s, with a report without a figure that is none', async (_, target) => {
    for (const rows of [2, 3, 4, 5, 8]) {
      const { code, stdout, stderr } = await train(write('few.csv', rows, target), '--json', '--quiet');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [begun, ...others] = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const { test, next } = others.at(-1);
      expect(begun.split.train + begun.split.validation + begun.split.test).toBe(rows);
      expect(test?.rows ?? 0).toBe(begun.split.test);
      expect(next.filter((line: string) => line.includes(' evaluate '))).toHaveLength(test ? 1 : 0);
      const page = parseHTML(readFileSync(join(folder, 'lanegrad-out', 'report.html'), 'utf8')).document;
      for (const script of page.querySelectorAll('script, style')) script.remove();
      const text = page.documentElement.outerHTML;
      expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
      const without = test === null ? 'test' : begun.split.validation === 0 ? 'validation' : undefined;
      if (without) expect(text).toContain(`too few rows for a ${without} part: `);
      else expect(text).not.toContain('too few rows');
    }
  });

  it('says so where no row is left for a test part, and does not promise one later', async () => {
    const file = write('two.csv', 2, TARGETS['two classes']);
    const { stdout } = await train(file, '--out', 'two');
    expect(stdout).toMatch(/^ {2}notes +too few rows for a test part: nothing tells how well/m);
    expect(stdout).toMatch(/^ {2}split +train 2 +at random/m);
    expect(stdout).toMatch(/^ {2}test +none: no row was left for a test part$/m);
    expect(stdout).not.toContain(' evaluate ');
    const page = readFileSync(join(folder, 'two', 'report.html'), 'utf8');
    expect(page).toContain('<div class="headline">not tested</div><p>as no row was left for a test part</p>');
    const model = join('two', 'model.safetensors');
    const { code, stderr } = await start(folder, ['evaluate', model, file]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'lanegrad evaluate: two.csv: no row of this table was left for a test part; give a table of other rows.\n',
    });
    expect((await start(folder, ['summary', model])).stdout).toContain('the model is not tested');
    expect((await start(folder, ['evaluate', model, write('more.csv', 6, TARGETS['two classes'])])).code).toBe(0);
  });

  it('refuses one row, and one class, in one sentence', async () => {
    const refused = async (file: string, message: string) => {
      const { code, stdout, stderr } = await train(file, '--out', 'none');
      expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `lanegrad: ${file}: ${message}\n` });
    };
    const one = 'at least two rows with a target are needed to learn from. Received: 1 row.';
    for (const target of Object.values(TARGETS)) await refused(write('one.csv', 1, target), one);
    await refused(
      write('alike.csv', 3, () => 'yes'),
      'the target `x` must have at least two classes. Received: only "yes".',
    );
  });

  it('trains ensembles and with batch normalization on two rows', async () => {
    for (const [kind, target] of Object.entries(TARGETS)) {
      const file = write('two.csv', 2, target);
      for (const flags of [
        ['--bagging', '3'],
        ['--batch-norm', 'before'],
      ]) {
        const { code, stderr } = await train(file, '--quiet', ...flags);
        expect({ code, stderr }, `${kind} ${flags}`).toEqual({ code: 0, stderr: '' });
      }
    }
  });
});
