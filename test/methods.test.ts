/** docs/methods.md is a map: what it names is there. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TRAIN_FLAGS } from '../src/cli/flags.js';
import { LESSONS } from '../src/course/lessons.js';
import * as lanegrad from '../src/index.js';
import { OPTIMIZER_NAMES } from '../src/nn/optimizers.js';
import { SCHEDULE_NAMES } from '../src/nn/schedules.js';
import { textOf } from './support/source.js';

/** The cells of a table's rows, without its head. */
function rowsOf(text: string): string[][] {
  const rows = [...text.matchAll(/^\|(.+)\|$/gm)].map(([, row = '']) =>
    row.split(/(?<!\\)\|/).map((cell) => cell.trim()),
  );
  return rows.slice(2);
}

/** What stands between backticks. */
function quoted(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words);
}

const rows = rowsOf(textOf('docs/methods.md'));
const flags = Object.values(TRAIN_FLAGS).flatMap((group) => Object.keys(group));
const formulas = rowsOf(textOf('docs/numerics.md')).map(([name = '']) => name);
const operations = textOf('docs/operations.md');
/** Names that are no export of their own but belong to a model or its options. */
const MEMBERS = [
  'gradients',
  'fit',
  'diagnose',
  'trainOnBatch',
  'compile',
  'augment',
  'biasInitializer',
  'weightRegularizer',
  'weightConstraint',
];

describe.each(rows.map((row) => [row[0] as string, row] as const))('the row %s', (_, row) => {
  const [, library, file, flag, formula = ''] = row;

  it('names functions that users can import', () => {
    const names = quoted(library).map((code) => code.split('(')[0] as string);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !(name in lanegrad) && !MEMBERS.includes(name))).toEqual([]);
  });

  it('names files, flags and formulas that are there', () => {
    expect(quoted(file).length).toBeGreaterThan(0);
    for (const path of quoted(file)) expect(existsSync(new URL(`../${path}`, import.meta.url)), path).toBe(true);
    for (const [name = '', value] of quoted(flag).map((words) => words.split(' '))) {
      expect(flags).toContain(name.replace('--', ''));
      if (value !== undefined) expect(OPTIMIZER_NAMES).toContain(value.split(':')[0]);
    }
    for (const name of formula.split(/; | to /).filter(Boolean)) {
      if (name.startsWith('operations: ')) expect(operations).toContain(`| ${name.replace('operations: ', '')} |`);
      else expect(formulas).toContain(name);
    }
  });
});

it('every lesson, optimizer and schedule has a row', () => {
  const lessons = rows.flatMap(([, , , , , cell = '']) => cell.split(', '));
  expect([...new Set(lessons.filter(Boolean))].sort()).toEqual(LESSONS.map(({ name }) => name).sort());
  const names = rows.flatMap(([, cell]) => quoted(cell)).map((code) => code.split('(')[0] as string);
  expect([...OPTIMIZER_NAMES, ...SCHEDULE_NAMES].filter((name) => !names.includes(name))).toEqual([]);
});
