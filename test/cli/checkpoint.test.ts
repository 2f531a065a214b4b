/** `train --checkpoint`: a run that is ended at any moment goes on, and ends as one that is not. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exactText, parseExact } from '../../src/format/exactjson.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/format/safetensors.js';
import { type Ended, start, writeIdx } from './command.js';

const windows = process.platform === 'win32';
if (windows) console.warn('skipped: Ctrl-C, as Windows has no signals that a test can send to another process');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanegrad-checkpoint-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const at = (...names: string[]): string => join(folder, ...names);
const checkpoint = join('lanegrad-out', 'checkpoint.safetensors');
const model = join('lanegrad-out', 'model.safetensors');
const bytesOf = (path = model): string => readFileSync(at(path)).toString('base64');
const filesOf = (out = 'lanegrad-out'): string[] => (existsSync(at(out)) ? readdirSync(at(out)).sort() : []);

async function done(...args: string[]): Promise<Ended> {
  const ended = await start(folder, args);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  return ended;
}

async function refused(args: readonly string[], message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await start(folder, args);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
}

type Line = Readonly<Record<string, unknown>> & { readonly event: string };

function linesOf({ stdout }: Ended): Line[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** What a run came to, apart from its speed. */
function resultOf(ended: Ended): object {
  const { test, stopReason, epochs, keptEpoch } = linesOf(ended).at(-1) as Line;
  return { test, stopReason, epochs, keptEpoch };
}

const drawings = (): string[] =>
  readFileSync(at('lanegrad-out', 'report.html'), 'utf8').match(/<svg[\s\S]*?<\/svg>/g) ?? [];

/** More epochs than are over before a test acts, and few enough to wait for. */
const RUN = ['train', 'spirals', '--epochs', '500', '--patience', '500', '--json'];
const KEPT = [...RUN, '--checkpoint'];

/** The run up to a moment when its progress says so, and there is a checkpoint: then a signal ends it. */
async function until(epoch: number, signal: NodeJS.Signals, args: readonly string[] = KEPT): Promise<Ended> {
  for (let attempt = 0; attempt < 9; attempt++) {
    let [reached, sent] = [false, false];
    const ended = await start(folder, args, (child, stderr) => {
      reached ||= stderr.includes(`epoch ${String(epoch).padStart(3)}/`);
      if (sent || !reached || !existsSync(at(checkpoint))) return;
      sent = true;
      child.kill(signal);
    });
    // on a busy machine it may be over before it hears of it, or about to take the checkpoint away
    const over = !existsSync(at(checkpoint)) || (signal === 'SIGKILL' && existsSync(at(model)));
    if (!over) return ended;
    rmSync(at('lanegrad-out'), { recursive: true });
  }
  throw new Error('the command is always over before a signal reaches it');
}

describe('train --checkpoint', () => {
  it('gives the bytes, figures and curves of a run without, and leaves nothing else', async () => {
    const without = await done(...RUN);
    const [expected, drawn] = [bytesOf(), drawings()];
    const ended = await done(...KEPT);
    expect(bytesOf()).toBe(expected);
    expect(resultOf(ended)).toEqual(resultOf(without));
    expect(drawings()).toEqual(drawn);
    expect(filesOf()).toEqual(['model.safetensors', 'report.html']);
    expect(linesOf(ended).some(({ event }) => event === 'resumed')).toBe(false);
  });

  it('goes on after a kill, and takes away what was not finished', async () => {
    const without = await done(...RUN);
    const [expected, drawn] = [bytesOf(), drawings()];
    rmSync(at('lanegrad-out'), { recursive: true });
    await until(20, 'SIGKILL');
    expect(filesOf()).toContain('checkpoint.safetensors');
    expect(filesOf()).not.toContain('model.safetensors');
    const left = '01234567-89ab-4def-8123-456789abcdef.tmp';
    const mine = '.model.safetensors.mine.tmp';
    for (const name of [`.checkpoint.safetensors.${left}`, `.model.safetensors.${left}`, mine]) {
      writeFileSync(at('lanegrad-out', name), 'half');
    }
    const ended = await done(...KEPT);
    const resumed = linesOf(ended).find(({ event }) => event === 'resumed');
    expect(resumed?.checkpoint).toBe(checkpoint);
    // on a slow disk the only one may be of the first epoch
    const { epochs, rows } = resumed as unknown as { readonly epochs: number; readonly rows: number };
    expect(epochs + rows).toBeGreaterThan(0);
    // it tells the epochs that it did itself, and its result is that of all
    expect(linesOf(ended).find(({ event }) => event === 'epoch')?.epoch).toBe(epochs + 1);
    expect(resultOf(ended)).toEqual(resultOf(without));
    expect(drawings()).toEqual(drawn);
    expect(bytesOf()).toBe(expected);
    expect(filesOf()).toEqual([mine, 'model.safetensors', 'report.html']);
  });

  it('five kills at random moments, at any stage, of runs with all there is', async () => {
    const script = fileURLToPath(new URL('../soak/killCommand.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, '5', '3']);
    const { kills, runs, same } = JSON.parse(stdout);
    expect(kills).toBeGreaterThanOrEqual(5);
    expect(same).toBe(runs);
  });

  it('without validation rows keeps the curves of all epochs too', async () => {
    const quick = ['train', 'spirals', '--epochs', '200', '--validation', '0', '--diagnostics', '--json'];
    const without = await done(...quick);
    const [expected, drawn] = [bytesOf(), drawings()];
    rmSync(at('lanegrad-out'), { recursive: true });
    for (const epoch of [10, 40]) await until(epoch, 'SIGKILL', [...quick, '--checkpoint']);
    const ended = await done(...quick, '--checkpoint');
    const told = ({ event }: Line) => event === 'diagnosis';
    expect(linesOf(ended).filter(told)).toEqual(linesOf(without).filter(told));
    expect(resultOf(ended)).toEqual(resultOf(without));
    expect(drawings()).toEqual(drawn);
    expect(bytesOf()).toBe(expected);
  });

  it.skipIf(windows)('Ctrl-C keeps, judges and saves the best, and the same command goes on', async () => {
    await done(...RUN);
    const expected = bytesOf();
    const first = await until(15, 'SIGINT');
    expect(first.code, first.stderr).toBe(0);
    const result = linesOf(first).at(-1);
    expect(result).toMatchObject({ event: 'result', stopReason: 'aborted', checkpoint });
    expect(result?.keptEpoch).toBeGreaterThan(0);
    expect(filesOf()).toEqual(['checkpoint.safetensors', 'model.safetensors', 'report.html']);
    const { stdout } = await done('evaluate', model, 'spirals', '--json');
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) as string).test).toEqual(result?.test);
    const second = await done(...KEPT);
    expect(linesOf(second).at(-1)).not.toHaveProperty('checkpoint');
    expect(bytesOf()).toBe(expected);
  });

  it('a time limit ends a run, and the next one goes on, with another limit or none', async () => {
    await done(...RUN);
    const expected = bytesOf();
    const limited = await done(...KEPT, '--time-limit', '60ms');
    expect(linesOf(limited).at(-1)).toMatchObject({ stopReason: 'timeLimit', checkpoint });
    await done(...KEPT, '--time-limit', '70ms', '--checkpoint-every', '10ms');
    await done(...KEPT);
    expect(bytesOf()).toBe(expected);
  });

  it('of another command line, other data, kernels or versions is refused, and says what differs', async () => {
    await until(5, 'SIGKILL');
    const before = bytesOf(checkpoint);
    const help = /begin anew with `--force`, which removes it\.\n$/;
    await refused([...KEPT, '--seed', '7'], help);
    for (const [args, what] of [
      [['--seed', '7'], 'begun with `--seed 42`, and this command is with `--seed 7`'],
      [['--epochs', '501'], 'with `--epochs 500`, and this command is with `--epochs 501`'],
      [['--diagnostics'], 'without `--diagnostics`, and this command is with `--diagnostics`'],
      [['--l2', '1e-3'], 'without `--l2`, and this command is with `--l2 0.001`'],
    ] as const) {
      await refused(
        [...KEPT, ...args],
        new RegExp(`checkpoint.safetensors does not belong to this training: .*${what}`),
      );
    }
    const { tensors, metadata } = decodeSafetensors(readFileSync(at(checkpoint)), 'test');
    const entry = parseExact(metadata.checkpoint as string) as { readonly identity: object };
    for (const [change, what] of [
      [{ data: 1 }, 'with other rows than there are now'],
      [{ kernel: 'other' }, 'with the kernel other, and here it would be (turbo|relaxed|simd)'],
      [{ lanegrad: '0.0.0' }, 'with version 0\\.0\\.0, and this is '],
    ] as const) {
      const text = exactText({ ...entry, identity: { ...entry.identity, ...change } });
      writeFileSync(at(checkpoint), encodeSafetensors({ tensors, metadata: { ...metadata, checkpoint: text } }));
      await refused(KEPT, new RegExp(what));
    }
    writeFileSync(at(checkpoint), Buffer.from(before, 'base64'));
    // begins anew
    const ended = await done(...KEPT, '--epochs', '3', '--force');
    expect(linesOf(ended).some(({ event }) => event === 'resumed')).toBe(false);
    expect(filesOf()).toEqual(['model.safetensors', 'report.html']);
  });

  it('notices that the files of a folder have changed', async () => {
    writeIdx(at('data'));
    const args = [
      'train',
      'data',
      '--hidden',
      '64,64',
      '--epochs',
      '900',
      '--patience',
      '900',
      '--json',
      '--checkpoint',
    ];
    await until(4, 'SIGKILL', args);
    writeIdx(at('data'), true);
    await refused(args, /begun with other rows than there are now/);
  });

  it('leaves alone what it did not write, and what it was not asked about', async () => {
    mkdirSync(at('lanegrad-out'));
    const quick = ['train', 'spirals', '--epochs', '1', '--quiet'];
    writeFileSync(at(checkpoint), 'mine');
    await refused(
      [...quick, '--checkpoint'],
      /checkpoint\.safetensors was not written by this command, or is damaged;/,
    );
    await done(...quick);
    expect(readFileSync(at(checkpoint), 'utf8')).toBe('mine');
    // a model of this command is none of its checkpoints
    writeFileSync(at(checkpoint), readFileSync(at(model)));
    await refused([...quick, '--checkpoint'], /was not written by this command/);
    await done(...quick, '--checkpoint', '--force');
    expect(filesOf()).toEqual(['model.safetensors', 'report.html']);
  });

  it('is refused where it cannot be', async () => {
    await refused(['train', '--checkpoint-every', '2s'], /`--checkpoint-every` needs `--checkpoint`/);
    await refused(['train', '--checkpoint', '--checkpoint-every', '2'], /`--checkpoint-every` must be a time/);
    await refused(['train', '--checkpoint', '--bagging', '3'], /`--checkpoint` is for a single model, and `--bagging`/);
    expect(filesOf()).toEqual([]);
  });

  it('that diverges takes the checkpoint away: it would diverge again', async () => {
    const args = ['--optimizer', 'sgd', '--learning-rate', '1e9', '--activation', 'relu', '--checkpoint-every', '1ms'];
    const { code } = await start(folder, [...KEPT, ...args]);
    expect(code).toBe(1);
    expect(filesOf()).toEqual([]);
  });
});
