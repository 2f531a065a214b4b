/** The report that `lanegrad train FILE` writes: what it shows besides the result. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import { start } from './command.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanegrad-report-'));
  const random = new Random(4, 24);
  const lines = Array.from({ length: 400 }, (_, i) => {
    const [a, b] = [random.normal(), random.normal()];
    const kind = i % 3 ? 'plain' : 'rare';
    const y = 3 * a + (kind === 'rare' ? 2 : 0) + 0.1 * random.normal();
    return [
      `n-${i}`,
      a.toFixed(3),
      i % 9 ? b.toFixed(3) : '',
      kind,
      y > 0 ? 'above' : 'below',
      y.toFixed(3),
      (-2 * y).toFixed(3),
    ];
  });
  writeFileSync(
    join(folder, 'rows.csv'),
    ['name,a,b,kind,side,y,z', ...lines.map((line) => line.join(','))].join('\n'),
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const HEADINGS_AROUND = { before: ['Learning curves'], after: ['Configuration', 'Repeat this run'] };

async function reportOf(out: string, ...args: string[]) {
  const flags = ['--epochs', '30', '--hidden', '16', '--learning-rate', '0.01', '--quiet', '--out', out];
  const ended = await start(folder, ['train', ...flags, ...args]);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  const text = readFileSync(join(folder, out, 'report.html'), 'utf8');
  const { document } = parseHTML(text);
  const texts = (selector: string) => [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);
  return { text, document, texts };
}

describe('the report of a table', () => {
  it('of classes: confusion, calibration, importance, the columns, the split', async () => {
    const { texts, text } = await reportOf('classes', 'rows.csv', '--target', 'side', '--drop', 'y,z');
    expect(texts('h2')).toEqual([
      ...HEADINGS_AROUND.before,
      'Confusion matrix',
      'Calibration',
      'What the answers rest on',
      'The data',
      'The split',
      ...HEADINGS_AROUND.after,
    ]);
    expect(texts('.importance tbody th')).toHaveLength(3);
    // y is 3 a, and 2 more of a kind; b has nothing to do with it
    expect(texts('.importance tbody th').slice(0, 2)).toEqual(['a', 'kind']);
    expect(texts('.columns tbody th')).toEqual(['name', 'a', 'b', 'kind', 'side', 'y', 'z']);
    expect(texts('.portions + dl dt')).toEqual(['training', 'validation', 'test']);
    expect(text).not.toMatch(/NaN|undefined|\[object/);
  });

  it('of several numbers: residuals of each; and the same run gives the same report', async () => {
    const run = (out: string) => reportOf(out, 'rows.csv', '--target', 'y,z', '--drop', 'side');
    const { texts, text } = await run('numbers');
    expect(texts('h2')).toEqual([
      ...HEADINGS_AROUND.before,
      'Residuals',
      'What the answers rest on',
      'The data',
      'The split',
      ...HEADINGS_AROUND.after,
    ]);
    expect(texts('h3.name')).toEqual(['y', 'z', 'y', 'z']);
    expect(texts('.importance tbody th').at(0)).toBe('a');
    const sections = (page: string) => page.slice(page.indexOf('<h2>Residuals'), page.indexOf('<h2>Configuration'));
    expect(sections((await run('again')).text)).toBe(sections(text));
  });
});

describe('the report of a table with many columns and a large network', () => {
  it('says why it does not tell what the answers rest on', async () => {
    const random = new Random(6, 24);
    const columns = Array.from({ length: 700 }, (_, i) => `c${i}`);
    const lines = Array.from({ length: 100 }, (_, i) => [...columns.map(() => random.normal().toFixed(2)), `${i}.5`]);
    writeFileSync(join(folder, 'wide.csv'), [[...columns, 'y'], ...lines].map((line) => line.join(',')).join('\n'));
    const { document, texts } = await reportOf(
      'wide',
      'wide.csv',
      '--target',
      'y',
      '--hidden',
      '1024,1024',
      '--epochs',
      '1',
    );
    expect(texts('h2')).toContain('What the answers rest on');
    expect(document.querySelectorAll('.importance')).toHaveLength(0);
    const [said] = texts('.note').filter((text) => text?.startsWith('Not computed, as it takes too long'));
    expect(said).toMatch(/5 shuffles of each of the 700 columns,[^.]* would answer for 15 test rows/);
  });
});

describe('the report of points in the plane', () => {
  it('has no table and nothing of columns', async () => {
    const { texts } = await reportOf('moons', 'moons');
    expect(texts('h2').filter((title) => !title.startsWith('Decision boundary'))).toEqual([
      ...HEADINGS_AROUND.before,
      'Confusion matrix',
      'Calibration',
      'The split',
      ...HEADINGS_AROUND.after,
    ]);
  });
});
