/** `lanegrad train FILE` and what follows from it: tables out of files, by the built command. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/format/safetensors.js';
import { loadTable } from '../../src/index.js';
import { Random } from '../../src/random.js';
import { type Ended, start } from './command.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanegrad-tables-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const at = (...names: string[]): string => join(folder, ...names);
const write = (name: string, content: string | Uint8Array): void => writeFileSync(at(name), content);

async function done(...args: string[]): Promise<Ended> {
  const ended = await start(folder, args);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  return ended;
}

/** Demands exit code 2, one line on stderr that fits, and nothing on stdout. */
async function refused(args: readonly string[], message: RegExp | string): Promise<void> {
  const { code, stdout, stderr } = await start(folder, args);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
}

interface Result {
  readonly test: { readonly rows: number; readonly [name: string]: unknown };
  readonly warning?: string;
  readonly data: string;
  readonly next: readonly string[];
  readonly outOfBag: { readonly r2: number };
}

/** The last line of `--json`. */
function resultOf({ stdout }: Ended): Result {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) as string) as Result;
}

/** Orders with a realistic mess: gaps, a category, a date, a number for each row; what they bring follows from the rest. */
function orders(rows: number, seed = 1): string {
  const random = new Random(seed, 24);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [price, amount] = [5 + 45 * random.uniform(), 1 + random.below(9)];
    const city = ['Prague', 'Brno', '"Ostrava, Poruba"'][random.below(3)] as string;
    const month = 1 + random.below(12);
    const brings = price * amount * (city === 'Brno' ? 0.8 : 1) + 3 * random.normal();
    const gap = random.below(20) === 0;
    return [
      `order-${i}`,
      gap ? '' : price.toFixed(2),
      amount,
      city,
      `2024-${String(month).padStart(2, '0')}-15`,
      brings > 150 ? 'yes' : 'no',
      brings.toFixed(2),
    ].join(',');
  });
  return `${['order_id,price,amount,city,placed,returned,brings', ...lines].join('\n')}\n`;
}

const QUICK = ['--epochs', '3', '--hidden', '8', '--quiet'];

describe('numbers of a table', () => {
  beforeAll(async () => {
    write('orders.csv', orders(900));
    write('orders.csv.gz', gzipSync(orders(900)));
    write('more.csv', orders(500, 2));
  });

  it('are learned with defaults, judged with an interval, and reported without a confusion matrix', async () => {
    const { stdout, stderr } = await done(
      'train',
      'orders.csv',
      '--target',
      'brings',
      '--drop',
      'returned',
      '--seed',
      '3',
    );
    expect(stdout).toMatch(/^ {2}data +900 rows of 7 columns, orders\.csv, brings as a number$/m);
    expect(stdout).toMatch(/^ {2}notes +order_id: left out, it names rows/m);
    expect(stdout).toMatch(/^ {2}split +train 630 · validation 135 · test 135 +at random, seed 3$/m);
    expect(stdout).toMatch(/^ {2}model +\d+ → 128 tanh → 1 linear .*dropout keeps 0\.9$/m);
    expect(stdout).toMatch(
      /^ {2}test +R² 0\.\d{4} +95% interval 0\.\d+ – 0\.\d+ \(bootstrap\) +rmse \S+ +mae \S+ +baseline rmse/m,
    );
    expect(Number(/R² ([\d.]+)/.exec(stdout)?.[1])).toBeGreaterThan(0.85);
    expect(stderr).toMatch(/^ {2}epoch +1\/200 +loss [\d.]+ +val [\d.]+ +val R² +-?[\d.]+ /m);
    const page = readFileSync(at('lanegrad-out', 'report.html'), 'utf8');
    expect(page).toContain('test R²');
    expect(page).toContain('Learning curves');
    expect(page).toContain('Configuration');
    expect(page).not.toContain('Confusion matrix');
    expect(page).toContain('<span>--target brings</span>');
  });

  it('are judged again on the test part, whatever file the table is in', async () => {
    const trained = resultOf(await done('train', 'orders.csv', '--target', 'brings', '--json', ...QUICK));
    expect(trained.test).toMatchObject({ rows: 135, r2: expect.any(Number), rmse: expect.any(Number) });
    const model = join('lanegrad-out', 'model.safetensors');
    for (const file of ['orders.csv', 'orders.csv.gz']) {
      const again = resultOf(await done('evaluate', model, file, '--json'));
      expect(again.test).toEqual(trained.test);
      expect(again.warning).toBe(undefined);
      expect(again.data).toContain('the test part of');
    }
    const other = resultOf(await done('evaluate', model, 'more.csv', '--json'));
    expect(other.test.rows).toBe(500);
    expect(other.warning).toContain('not the table of the training (orders.csv, 900 rows; here 500)');
  });

  it('have a summary with features and origin', async () => {
    await done('train', 'orders.csv', '--target', 'brings', ...QUICK, '--out', 'summed');
    const { stdout } = await done('summary', join('summed', 'model.safetensors'));
    expect(stdout).toContain('dense 8 tanh');
    expect(stdout).toMatch(/^test R² -?\d\.\d{4} on 135 rows, after 3 epochs, weights of epoch \d$/m);
    expect(stdout).toMatch(/^city +category +one of /m);
    expect(stdout).toMatch(/^order_id +identifier +left out: /m);
    expect(stdout).toMatch(
      /trained by lanegrad \S+ on orders\.csv, 900 rows in all, test 0\.15, validation 0\.15, seed 42/,
    );
  });

  it('may be several, and learned by their logarithm', async () => {
    const two = resultOf(
      await done('train', 'orders.csv', '--target', 'brings,price', '--json', ...QUICK, '--out', 'two'),
    );
    expect(two.test.targets).toMatchObject([{ target: 'brings' }, { target: 'price' }]);
    const { stdout } = await done('predict', join('two', 'model.safetensors'), 'more.csv');
    expect(stdout.split('\n')[0]).toBe('row,prediction_brings,prediction_price');
    const table = await done('evaluate', join('two', 'model.safetensors'), 'orders.csv');
    expect(table.stdout).toMatch(/^ +brings +-?[\d.]+ /m);
    write('positive.csv', orders(900).replaceAll(/,-[\d.]+$/gm, ',0'));
    const log = resultOf(
      await done('train', 'positive.csv', '--target', 'brings', '--log', '--json', ...QUICK, '--out', 'log'),
    );
    const again = resultOf(await done('evaluate', join('log', 'model.safetensors'), 'positive.csv', '--json'));
    expect(again.test).toEqual(log.test);
  });

  it('are told by an ensemble too, whose file holds the features', async () => {
    const flags = ['--target', 'brings', '--bagging', '2', '--json', '--out', 'bagged', ...QUICK];
    const trained = resultOf(await done('train', 'orders.csv', ...flags));
    expect(trained.outOfBag.r2).toBeTypeOf('number');
    const model = join('bagged', 'model.safetensors');
    expect(resultOf(await done('evaluate', model, 'orders.csv', '--json')).test).toEqual(trained.test);
    expect((await done('predict', model, 'more.csv')).stdout.trimEnd().split('\n')).toHaveLength(501);
    expect((await done('summary', model)).stdout).toMatch(/^bagging · 2 members[\s\S]*^city +category/m);
  });
});

describe('classes of a table', () => {
  it('are stratified, and have accuracy, AUC and log loss', async () => {
    write('returns.csv', orders(600));
    const flags = ['--target', 'returned', '--drop', 'brings', '--epochs', '20', '--json'];
    const ended = await done('train', 'returns.csv', ...flags);
    const [first] = ended.stdout.split('\n');
    expect(JSON.parse(first as string)).toMatchObject({
      event: 'start',
      data: { classes: ['no', 'yes'] },
      model: { widths: expect.arrayContaining([128, 1]) },
    });
    const { test } = resultOf(ended);
    expect(test.accuracy).toBeGreaterThan(0.8);
    const model = join('lanegrad-out', 'model.safetensors');
    const { stdout } = await done('evaluate', model, 'returns.csv');
    expect(stdout).toMatch(/accuracy .*Wilson/);
    expect(stdout).toMatch(/scores +f1 .*AUC 0\.9\d+ +log loss 0\.\d+/);
    const { stdout: answers } = await done('predict', model, 'returns.csv');
    const [head, line] = answers.split('\n') as [string, string];
    expect(head).toBe('row,prediction,probability_no,probability_yes');
    const [, prediction, no, yes] = line.split(',');
    expect(Number(no) + Number(yes)).toBeCloseTo(1, 5);
    expect(prediction).toBe(Number(yes) > 0.5 ? 'yes' : 'no');
    await refused(
      ['evaluate', model, 'digits'],
      /the model takes rows of a table such as returns\.csv, and digits is none/,
    );
  });
});

describe('predict, piece by piece', () => {
  const rows = 130_000; // more than any piece that a reader takes at once
  let long: string;
  beforeAll(async () => {
    write('few.csv', orders(300));
    await done('train', 'few.csv', '--target', 'brings', '--drop', 'returned', '--out', 'few', ...QUICK);
    const lines = orders(1000, 5).trimEnd().split('\n');
    const [head, ...rest] = lines as [string, ...string[]];
    long = `${[head, ...Array.from({ length: rows }, (_, i) => rest[i % 1000])].join('\n')}\n`;
  });
  const model = join('few', 'model.safetensors');

  it('answers as the library does, in the order of the rows', async () => {
    expect(long.length).toBeGreaterThan(5 << 20);
    write('long.csv', long);
    const { stdout } = await done('predict', model, 'long.csv', '--out', 'answers.csv');
    expect(stdout).toMatch(/saved +answers\.csv: 130,000 rows/);
    const answers = readFileSync(at('answers.csv'), 'utf8').trimEnd().split('\n');
    expect(answers).toHaveLength(rows + 1);
    expect(answers[0]).toBe('row,prediction');
    const trained = loadTable(new Uint8Array(readFileSync(at(model))));
    const columns = (long.split('\n')[1] as string).split(',');
    const [value] = trained.predict([
      { price: columns[1], amount: columns[2], city: columns[3]?.replaceAll('"', ''), placed: columns.at(-3) },
    ]);
    expect(columns[3]).not.toContain('"');
    for (const row of [0, 1000, 129_000]) {
      const [number, answer] = (answers[row + 1] as string).split(',');
      expect(number).toBe(String(row));
      expect(Math.abs(Number(answer) - (value as number))).toBeLessThan(1e-3);
    }
  });

  it('counts what training rows did not have, over all pieces', async () => {
    write('strange.csv', long.replaceAll('Prague', 'Pilsen').replaceAll(/^(order-\d*7),([^,]*),\d/gm, '$1,$2,'));
    const { stdout, stderr } = await done('predict', model, 'strange.csv');
    const pilsen = long.split('Prague').length - 1;
    expect(stderr).toContain(`city: ${pilsen.toLocaleString('en-US')} of 130,000 rows hold what training rows did not`);
    expect(stderr).toContain('amount: 13,000 of 130,000 rows have no value, and training rows all had one');
    expect(stdout.trimEnd().split('\n')).toHaveLength(rows + 1);
  });

  it('names row and column of text in a column of numbers, and writes no half a file', async () => {
    const lines = long.split('\n');
    lines[129_001] = (lines[129_001] as string).replace(/^(order-\d+,[^,]*),\d+/, '$1,many');
    write('text.csv', lines.join('\n'));
    await refused(
      ['predict', model, 'text.csv', '--out', 'none.csv'],
      /text\.csv: row 129000 \(from 0\), column `amount` must hold a number, not "many"/,
    );
    expect(() => readFileSync(at('none.csv'))).toThrow('ENOENT');
    write('absent.csv', 'price,city,placed\n3,Brno,2024-01-15\n');
    await refused(['predict', model, 'absent.csv'], /absent\.csv: the input column `amount` is needed/);
  });
});

describe('bad usage of tables: exit code 2 and one sentence', () => {
  beforeAll(() => {
    write('pets.csv', orders(60));
    write('constant.csv', 'a,y\n1,5\n2,5\n3,5\n');
  });

  it.each([
    ['no target', [], /`--target` is missing.*`order_id`, `price`.*did you mean `--target brings`\?/],
    ['a target that is not there', ['--target', 'bring'], /no column `bring`; did you mean `brings`\?/],
    ['a target given twice', ['--target', 'brings,brings'], /names the column `brings` twice/],
    [
      'the target to drop',
      ['--target', 'brings', '--drop', 'brings'],
      /`--drop` and `--kind` are for inputs, and this is the target.*`--task` says what it is\./,
    ],
    ['a column to drop that is not there', ['--target', 'brings', '--drop', 'x'], /no column `x`/],
    [
      'an unknown kind',
      ['--target', 'brings', '--kind', 'city=categry'],
      /unknown kind `categry`.*did you mean `category`/,
    ],
    ['augmentation', ['--target', 'brings', '--augment', 'shift:1'], /`--augment` is for images, and a table has none/],
    [
      'class weights for numbers',
      ['--target', 'brings', '--class-weight', 'balanced'],
      /is for classes, and brings is a number/,
    ],
    ['two ways to part', ['--target', 'brings', '--time', 'placed', '--group', 'city'], /part the rows in two ways/],
  ])('%s', async (_, flags, message) => {
    await refused(['train', 'pets.csv', ...flags], message);
  });

  it('flags of tables for other data, a file that is not there, and one that is no table', async () => {
    await refused(['train', 'digits', '--target', 'x'], /`--target` is for tables, such as a CSV, and digits is none/);
    await refused(['train', 'nothing.csv', '--target', 'x'], /the file nothing\.csv does not exist/);
    write('table.xlsx', 'x');
    await refused(['train', 'table.xlsx', '--target', 'x'], /is a file that is no table/);
    await refused(
      ['train', 'constant.csv', '--target', 'y'],
      /constant\.csv: the target `y` must have at least two classes/,
    );
  });
});

it('a model file has the entries of the library and the run', async () => {
  write('small.csv', orders(60));
  await done('train', 'small.csv', '--target', 'brings', '--out', 'small', ...QUICK);
  const { metadata } = decodeSafetensors(readFileSync(at('small', 'model.safetensors')), 'test');
  expect(JSON.parse(metadata.run as string)).toMatchObject({ data: 'table', table: { file: 'small.csv', by: {} } });
  expect(JSON.parse(metadata.features as string)).toMatchObject({ target: 'brings', task: 'regression' });
});
