/** `lanegrad train FILE --folds N`: N models are judged, and the one that is saved is that of a run without it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import { start } from './command.js';

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanegrad-folds-'));
  const random = new Random(3, 2);
  const rows = Array.from({ length: 120 }, (_, i) => {
    const [a, b] = [random.normal(), random.normal()];
    const day = `2024-0${1 + (i % 9)}-1${i % 10}`;
    return `${a},${b},${i % 10},${day},${a + b > 0 ? 'yes' : 'no'},${(10 * a - b).toFixed(3)}`;
  });
  writeFileSync(at('rows.csv'), ['a,b,customer,day,late,price', ...rows].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const FLAGS = ['train', 'rows.csv', '--hidden', '8', '--epochs', '30', '--learning-rate', '0.02'];

async function events(...args: string[]): Promise<readonly Record<string, unknown>[]> {
  const { code, stdout, stderr } = await start(folder, [...args, '--json']);
  expect(code, stderr).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('--folds', () => {
  it('judges every row once, tells mean and deviation, and saves the model of a run without it', async () => {
    const flags = [...FLAGS, '--target', 'late', '--drop', 'price'];
    const told = await events(...flags, '--folds', '4', '--out', 'with');
    const folds = told.filter(({ event }) => event === 'fold') as { rows: number; accuracy: number; loss: number }[];
    expect(folds.map(({ rows }) => rows)).toEqual([30, 30, 30, 30]);
    const { folds: found } = told.at(-1) as {
      folds: { accuracy: { values: number[]; mean: number; deviation: number } };
    };
    const { values, mean, deviation } = found.accuracy;
    expect(values).toEqual(folds.map(({ accuracy }) => accuracy));
    expect(mean).toBeCloseTo(values.reduce((sum, one) => sum + one, 0) / 4, 12);
    expect(deviation ** 2).toBeCloseTo(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 3, 12);
    expect(mean).toBeGreaterThan(0.85);
    // epochs of folds are not told: they would be taken for those of the model
    await events(...flags, '--out', 'without').then((plain) => {
      expect(plain.filter(({ event }) => event === 'epoch')).toHaveLength(
        told.filter(({ event }) => event === 'epoch').length,
      );
    });
    expect(readFileSync(at('with', 'model.safetensors'))).toEqual(readFileSync(at('without', 'model.safetensors')));
    const report = readFileSync(at('with', 'report.html'), 'utf8');
    expect(report).toContain('accuracy, 4 folds');
    expect(report).toContain('--folds 4');
  });

  it('of numbers tells R², and keeps groups whole', async () => {
    const flags = [
      ...FLAGS,
      '--target',
      'price',
      '--drop',
      'late',
      '--group',
      'customer',
      '--folds',
      '3',
      '--out',
      'numbers',
    ];
    const { code, stdout } = await start(folder, flags);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}folds {4}1 of 3 {3}R² 0\.\d{4} on 48 rows/m);
    expect(stdout).toMatch(/^ {2}folds {4}R² 0\.\d{4} ± 0\.\d{4}/m);
  });

  it.each([
    [['--folds', '1'], /--folds/],
    [['--folds', '3', '--time', 'day'], /`--folds` deals rows out at random/],
    [['--folds', '3', '--bagging', '3'], /`--folds` is for single models.*`--bagging`/],
    [['--folds', '3', '--checkpoint'], /`--folds` is for single models.*`--checkpoint`/],
    [['--folds', '121'], /rows\.csv.*from 2 to the number of rows, 120|`folds`/],
    [['--folds', '11', '--group', 'customer'], /at least 11 groups/],
  ] as const)('refuses %s', async (flags, message) => {
    const { code, stdout, stderr } = await start(folder, [...FLAGS, '--target', 'late', ...flags]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('refuses what is no table', async () => {
    const { code, stderr } = await start(folder, ['train', 'digits', '--folds', '3']);
    expect(code).toBe(2);
    expect(stderr).toContain('`--folds` is for tables');
  });
});
