/** The line that shows how a training goes. */
import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { Progress } from '../../src/cli/progress.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** What a terminal of so many columns is shown at the end of an epoch. */
function lineOn(columns: number): string {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  vi.stubGlobal('process', { ...process, stderr: { isTTY: true, columns, write }, env: process.env });
  const progress = new Progress({ quiet: false, epochs: 200, epochRows: 100, score: 'accuracy' });
  progress.epoch({ epoch: 100, loss: 0.5, val_loss: 0.6, accuracy: 0.9, val_accuracy: 0.8 });
  return stripVTControlCharacters(written.join('')).replace('\r', '');
}

it.each([10, 20, 30, 40, 80])('takes one line of a terminal of %i columns', (columns) => {
  const line = lineOn(columns);
  expect(line.length).toBeLessThan(columns);
  expect(line).toMatch(columns < 20 ? /^ {2}epoch/ : /^ {2}epoch 100\/200 {2}/);
  if (columns >= 40) expect(line).toContain('━'.repeat(16));
});

it('shows loss and accuracy where there is room', () => {
  expect(lineOn(120)).toMatch(/loss 0\.5 +val 0\.6 +val acc 80\.00% .*rows\/s {2}ETA /);
});
