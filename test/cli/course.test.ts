import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf } from '../../src/course/document.js';
import { LESSONS } from '../../src/course/lessons.js';
import { PICTURE_MARK } from '../../src/course/picture.js';
import { type Ended, start } from './command.js';

/** A lesson that takes a fraction of a second. */
const QUICK = 'batch-norm-statistics';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanegrad-course-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const course = (...args: string[]): Promise<Ended> => start(folder, ['course', ...args]);

/** Demands exit code 2 with one line that fits, nothing on stdout, and no file. */
async function refused(args: readonly string[], message: RegExp): Promise<void> {
  const before = readdirSync(folder);
  const { code, stdout, stderr } = await course(...args);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(readdirSync(folder)).toEqual(before);
}

const jsonLines = (stdout: string): unknown[] => {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
};

describe('lanegrad course', () => {
  it('lists every lesson with its claim, and writes nothing', async () => {
    const { code, stdout, stderr } = await course();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { name, title } of LESSONS) expect(stdout).toContain(`  ${name}\n      ${title}\n`);
    expect(readdirSync(folder)).toEqual([]);
    const listed = jsonLines((await course('--json')).stdout);
    expect(listed).toEqual(LESSONS.map(({ name, title }) => ({ event: 'lesson', name, title })));
  });

  it('runs a lesson: the code, the figures with their bounds, the picture', async () => {
    const { code, stdout, stderr } = await course(QUICK);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lesson = LESSONS.find(({ name }) => name === QUICK) as (typeof LESSONS)[number];
    for (const line of codeOf(lesson).trimEnd().split('\n')) expect(stdout).toContain(line);
    expect(stdout).toContain(lesson.title);
    expect(stdout).toMatch(/^ {2}✓ {2}largest \|mean − β\| of what leaves +\S+ +at most 0\.0001$/m);
    const path = join('lanegrad-out', 'course', `${QUICK}.svg`);
    expect(stdout).toContain(`  picture  ${path}\n`);
    expect(readFileSync(join(folder, path), 'utf8').startsWith(PICTURE_MARK)).toBe(true);
    // without the code
    const quiet = await course(QUICK, '--quiet');
    expect(quiet.stdout).not.toContain('function experiment');
    expect(quiet.stdout).toContain(lesson.title);
  });

  it('writes one JSON object with --json, and the picture where --out says; the seed decides the figures', async () => {
    const run = async (seed: string, out: string) => {
      const { code, stdout } = await course(QUICK, '--json', '--seed', seed, '--out', out);
      expect(code).toBe(0);
      return { lines: jsonLines(stdout), picture: readFileSync(join(folder, out, `${QUICK}.svg`), 'utf8') };
    };
    const [five, again, six] = [await run('5', 'a'), await run('5', join('b', 'c')), await run('6', 'd')];
    expect(five.lines).toMatchObject([{ event: 'outcome', name: QUICK, seed: 5, holds: true }]);
    const [{ checks, picture }] = five.lines as [{ checks: { value: number }[]; picture: string }];
    expect(picture).toBe(join('a', `${QUICK}.svg`));
    expect(checks.every(({ value }) => Number.isFinite(value))).toBe(true);
    expect(again.lines).toMatchObject([{ seed: 5, checks }]);
    expect(again.picture).toBe(five.picture);
    expect(six.picture).not.toBe(five.picture);
    expect(existsSync(join(folder, 'lanegrad-out'))).toBe(false);
  });

  it.each([
    [
      ['batch-norm-statistic'],
      /^lanegrad course: there is no lesson "batch-norm-statistic": did you mean `batch-norm-/,
    ],
    [[''], /^lanegrad course: there is no lesson "": known are `depth-width`, `/],
    [[QUICK, 'more'], /^lanegrad course: unexpected argument "more"/],
    [[QUICK, '--nope'], /^lanegrad course: unknown flag `--nope`/],
    [[QUICK, '--seed', 'x'], /^lanegrad course: `--seed` must be a whole number of at least 0, not "x"/],
    [['--seed', 'x'], /^lanegrad course: `--seed` must be a whole number of at least 0, not "x"/],
    [[QUICK, '--seed', '4294967296'], /^lanegrad course: `--seed` must be at most 4294967295, not 4294967296\.$/m],
    [[QUICK, '--out', ''], /^lanegrad course: `--out` needs a value/],
  ])('refuses %j', async (args, message) => {
    await refused(args, message);
  });

  it('takes the largest seed', async () => {
    expect(await course(QUICK, '--quiet', '--seed', '4294967295')).toMatchObject({ code: 0, stderr: '' });
  });

  it('replaces its own pictures, and those of others only with --force', async () => {
    const path = join(folder, 'out', `${QUICK}.svg`);
    mkdirSync(join(folder, 'out'));
    writeFileSync(path, '<svg/>');
    const message =
      /^lanegrad course: .*batch-norm-statistics\.svg was not written by this command; .*--out.*--force\.$/m;
    await refused([QUICK, '--out', 'out'], message);
    // nothing is run before all places are known to be free
    await refused(['all', '--out', 'out'], message);
    expect(readFileSync(path, 'utf8')).toBe('<svg/>');
    expect(await course(QUICK, '--quiet', '--out', 'out', '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(path, 'utf8').startsWith(PICTURE_MARK)).toBe(true);
    expect(await course(QUICK, '--quiet', '--out', 'out')).toMatchObject({ code: 0 });
    expect(readdirSync(join(folder, 'out'))).toEqual([`${QUICK}.svg`]);
  });

  it('refuses a place that is a file, or a folder where the picture would go', async () => {
    writeFileSync(join(folder, 'file'), '');
    await refused([QUICK, '--out', 'file'], /^lanegrad course: .*file is not a folder\.$/m);
    await refused(
      [QUICK, '--out', join('file', 'below')],
      /^lanegrad(?: course)?: .*(?:file is not a folder|through directories only)/,
    );
    mkdirSync(join(folder, 'out', `${QUICK}.svg`), { recursive: true });
    await refused([QUICK, '--out', 'out'], /^lanegrad course: .*batch-norm-statistics\.svg is not a file\.$/m);
  });

  it.runIf(process.platform === 'linux')('refuses a place where no folder can be made', async () => {
    await refused([QUICK, '--out', '/proc/x/y'], /^lanegrad course: the folder \/proc\/x cannot be made; .*--out\.$/m);
    const trained = await start(folder, ['train', '--epochs', '1', '--hidden', '8', '--out', '/proc/x']);
    expect(trained.code).toBe(2);
    expect(trained.stderr).toMatch(/^lanegrad train: the folder \/proc\/x cannot be made; .*--out\.$/m);
  });
});
